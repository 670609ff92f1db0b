package activity_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// linked returns what a journal makes of an address.
func linked(t testing.TB, link string) string {
	t.Helper()
	journal := configured(t, activity.Config{Link: func(activity.Entity) string { return link }})
	return journal.Link(deal)
}

func TestLink(t *testing.T) {
	for _, link := range []string{
		"https://crm.example/deals/42", "http://localhost:8080", "HTTPS://crm.example/?a=1&b=%20#x", "https://[::1]/x", "https://münchen.example/straße",
		"/deals/42", "deals/42", "../42", "?id=42", "#42", "/a:b", "a/b:c", "?next=javascript:x", "/javascript:alert(1)", "/deals/2026-01-01T00:00:00Z",
		"javascript%3Aalert(1)", "https://crm.example//double", "/a//b", "/" + strings.Repeat("x", activity.MaxLink-1),
	} {
		if got := linked(t, link); got != link {
			t.Errorf("%q becomes %q", link, got)
		}
	}
	for _, link := range []string{
		"", "javascript:alert(1)", "JavaScript:alert(1)", "java\nscript:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)", " javascript:alert(1)",
		"\u00a0javascript:alert(1)", "java\u200bscript:alert(1)", "java\x00script:alert(1)", "javascript://crm.example/%0aalert(1)", "vbscript:x",
		"data:text/html,<b>", "mailto:ana@acme.test", "ftp://crm.example", "file:///etc/passwd", "view-source:https://crm.example",
		"//evil.example", "///evil.example", `\\evil.example`, `/\evil.example`, `\/evil.example`, "/\t/evil.example", "/\r\n/evil.example", " //evil.example", `https:\\evil.example`,
		"https:", "https://", "https:///evil.example", "https:evil.example", "https:/evil.example", "https://:443", "https://crm.example@evil.example", "https://a:b@crm.example",
		":42", "1:2", "a:b", "https://crm.example/%zz", "https://crm.example:port", "/a b", "/\u202eabc", "/\ufeff", "/a\u0085", "/\xff", `/"onclick=x`, "/<b>", "/`",
		"/" + strings.Repeat("x", activity.MaxLink),
	} {
		if got := linked(t, link); got != "" {
			t.Errorf("%q becomes %q, want none", link, got)
		}
	}
}

func TestLinkOfWhom(t *testing.T) {
	asked := 0
	journal := configured(t, activity.Config{Link: func(e activity.Entity) string {
		asked++
		return "/" + e.Kind + "/" + url.PathEscape(e.ID)
	}})
	for _, test := range []struct {
		entity activity.Entity
		want   string
		asked  int
	}{
		{deal, "/deal/42", 1},
		{activity.User("a/b@c", ""), "/user/a%2Fb@c", 2},
		{activity.Entity{}, "", 2},
		{activity.Entity{Kind: "user"}, "", 2}, // was erased
	} {
		if got := journal.Link(test.entity); got != test.want || asked != test.asked {
			t.Errorf("Link(%v) = %q after %d calls, want %q after %d", test.entity, got, asked, test.want, test.asked)
		}
	}
	if got := newJournal(t).Link(deal); got != "" {
		t.Errorf("Link = %q without Config.Link", got)
	}
	if got := journal.With(activity.StoreOf(journal)).Link(deal); got != "/deal/42" {
		t.Errorf("Link = %q of the journal in a transaction", got)
	}
}

// FuzzLink resolves links on a page as browsers do: they lead to a page of the host, or say where to.
func FuzzLink(f *testing.F) {
	for _, seed := range []string{"https://crm.example/1", "/a?b#c", "//evil.example", "javascript:x", "Java\nScript:x", `/\evil.example`, "https:evil", "?x:y", "%2f%2fevil", "/.//evil.example"} {
		f.Add(seed)
	}
	page, err := url.Parse("https://host.example/accounts/7")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, link string) {
		got := linked(t, link)
		if got == "" {
			return
		}
		if got != link || len(got) > activity.MaxLink {
			t.Fatalf("%q becomes %q", link, got)
		}
		// Browsers strip what is no character of a URL, and read backslashes as slashes.
		plain := strings.ReplaceAll(strings.Map(func(r rune) rune {
			if r <= ' ' {
				return -1
			}
			return r
		}, got), `\`, "/")
		to, err := page.Parse(plain)
		if err != nil {
			t.Fatalf("%q is no URL: %v", got, err)
		}
		lower := strings.ToLower(plain)
		absolute := strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://")
		if to.Scheme != "https" && to.Scheme != "http" || !absolute && to.Host != page.Host {
			t.Errorf("%q leads to %v", got, to)
		}
	})
}

// A page links whom it names.
func ExampleJournal_Link() {
	journal, err := activity.New(memstore.New(), &activity.Config{
		Link: func(e activity.Entity) string {
			switch e.Kind {
			case "deal":
				return "/deals/" + url.PathEscape(e.ID)
			case "website":
				return e.ID // it came from outside
			}
			return "" // no page
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range []activity.Entity{
		{Kind: "deal", ID: "42/b"}, {Kind: "website", ID: "https://acme.test"}, {Kind: "website", ID: "javascript:alert(1)"}, activity.System("importer"),
	} {
		fmt.Printf("%s: %q\n", e.ID, journal.Link(e))
	}
	// Output:
	// 42/b: "/deals/42%2Fb"
	// https://acme.test: "https://acme.test"
	// javascript:alert(1): ""
	// importer: ""
}
