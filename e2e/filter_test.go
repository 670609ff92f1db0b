package e2e

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

// submit sends the form around a button by a click on it.
func (b *tab) submit(button string) {
	b.t.Helper()
	b.leave(func() { b.click(button) })
}

// list evaluates an expression for a list of texts.
func (b *tab) list(expression string) []string {
	b.t.Helper()
	var list []string
	b.eval(expression, &list)
	return list
}

const (
	rowIDs    = `[...document.querySelectorAll("tr.task")].map((e) => e.id)`
	rowKinds  = `[...document.querySelectorAll("tr.task .kind")].map((e) => e.textContent)`
	eventIDs  = `[...document.querySelectorAll("#events > .event")].map((e) => e.dataset.id)`
	theFilter = `document.querySelector(".filters .buttons button")`
)

// What is filtered by the form has an address without anything that was not filled in, which shows the same again.
func TestFilters(t *testing.T) {
	b := open(t, serve(t))
	b.visit("/")
	b.choose("select[name=kind]", "search")
	b.choose("select[name=status]", "completed")
	b.choose("select[name=actor]", "user:ana@acme.test")
	b.submit(theFilter)
	want := url.Values{"kind": {"search"}, "status": {"completed"}, "actor": {"user:ana@acme.test"}}
	for range 2 {
		got, err := url.ParseQuery(strings.TrimPrefix(b.text("location.search"), "?"))
		if err != nil || got.Encode() != want.Encode() {
			t.Errorf("the address has %v, instead of %v (%v)", got, want, err)
		}
		kinds := b.list(rowKinds)
		if len(kinds) != 50 || len(slices.Compact(kinds)) != 1 || kinds[0] != "Search" {
			t.Errorf("not 50 searches: %d, %v", len(kinds), kinds)
		}
		b.want(`document.querySelector("select[name=kind]").value === "search" && document.querySelector("select[name=status]").value === "completed"`)
		b.leave(func() { b.eval("location.reload()", nil) })
	}
	b.submit(withText(".filters a", "Clear"))
	b.want(`location.search === ""`)

	b.click(withText(".filters summary", "More filters"))
	b.fill("input[name=title]", "contacts")
	b.fill("input[name='attribute.template']", "weekly")
	b.submit(theFilter)
	b.want(`location.search === "?title=contacts&attribute.template=weekly"`)
	b.want(`document.querySelectorAll("tr.task").length === 1 && document.querySelector(".folded").open`)

	b.visit("/feed")
	b.click(withText(".tabs a", "Calls"))
	b.until(`location.search === "?category=calls" && document.readyState === "complete"`)
	b.choose("select[name=when]", "last_7_days")
	b.submit(theFilter)
	b.want(`location.search === "?category=calls&when=last_7_days"`)
	b.want(`document.querySelectorAll("#events > .event").length > 5 && [...document.querySelectorAll("#events > .event > .what .type")].every((e) => e.textContent === "Call completed")`)
}

// A column is sorted by with a click, and the other way round with another one.
func TestSort(t *testing.T) {
	b := open(t, serve(t))
	b.visit("/?previews=shown")
	for _, column := range []struct{ name, values string }{
		{"Status", `[...document.querySelectorAll("tr.task .status")].map((e) => ["queued", "processing", "completed", "failed", "cancelled"].indexOf(e.textContent))`},
		{"Records", `[...document.querySelectorAll("tr.task .records > summary")].map((e) => parseInt(e.firstChild.data))`},
		{"Started", `[...document.querySelectorAll("tr.task [data-label=Started] time")].map((e) => Date.parse(e.dateTime))`},
	} {
		for _, direction := range []string{"descending", "ascending"} {
			b.submit(withText("thead a", column.name))
			b.want(`[...document.querySelectorAll("[aria-sort]")].map((e) => e.textContent + e.ariaSort).join() === ` + quoted(column.name+direction))
			var values []float64
			b.eval(column.values, &values)
			if direction == "descending" {
				slices.Reverse(values)
			}
			if len(values) != 50 || !slices.IsSorted(values) || values[0] == values[49] {
				t.Errorf("%s is not %s: %v", column.name, direction, values)
			}
		}
	}
	b.want(`location.search.includes("previews=shown")`)
}

// Pages follow each other, and lead back.
func TestPaging(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	for _, test := range []struct{ path, ids, next, back string }{
		{"/?previews=shown", rowIDs, "Next page", "Previous page"},
		{"/feed", eventIDs, "Older", "Newest"},
		{h.task("contacts.csv"), `[...document.querySelectorAll(".outcomes tbody th")].map((e) => e.textContent)`, "Next page", "First page"},
	} {
		b.visit(test.path)
		first := b.list(test.ids)
		b.submit(withText(".pager a", test.next))
		second := b.list(test.ids)
		if len(first) < 50 || len(second) == 0 || slices.ContainsFunc(first, func(id string) bool { return slices.Contains(second, id) }) {
			t.Errorf("%s: pages of %d and %d that have some in common, or lack them", test.path, len(first), len(second))
		}
		b.submit(withText(".pager a", test.back))
		if again := b.list(test.ids); !slices.Equal(again, first) {
			t.Errorf("%s: the way back leads elsewhere", test.path)
		}
	}
}

// A row's records come when it is opened.
func TestRecords(t *testing.T) {
	b := open(t, serve(t))
	b.visit("/?title=contacts.csv")
	b.want(`document.querySelector(".records table") === null`)
	b.click(one(".records summary"))
	b.until(`document.querySelectorAll(".records tbody tr").length === 50`)
	b.want(`document.querySelector(".records .changes del").textContent === "+49 30 1" && document.querySelector(".records .changes ins").textContent === "CTO"`)
	b.want(`document.querySelector(".records .numbers").textContent.includes("60 created")`)
	b.submit(withText(".records a", "Open the report"))
	b.want(`document.querySelector("h1").textContent === "contacts.csv"`)
	b.submit(withText(".tabs a", "Updated"))
	b.want(`document.querySelectorAll(".outcomes tbody tr").length === 20`)
	b.fill("#report input[name=search]", "Contact 10")
	b.submit(withText(".filters button", "Search"))
	b.want(`[...document.querySelectorAll(".outcomes th[scope=row] .entity")].map((e) => e.textContent).join() === "Contact 10,Contact 100,Contact 106"`)
}

// The report is downloaded as a file.
func TestDownload(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	b.visit(h.task("contacts.csv"))
	dir := t.TempDir()
	if _, err := chromedp.CallBrowser(b.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID, DownloadPath: dir,
	}); err != nil {
		t.Fatal(err)
	}
	b.click(withText(".heading a", "CSV"))
	var files []string
	for end := time.Now().Add(patience); len(files) == 0 && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		files, _ = filepath.Glob(filepath.Join(dir, "*.csv")) // the pattern is valid
	}
	if len(files) != 1 {
		t.Fatalf("no file was downloaded: %v", files)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	if len(lines) != 121 || !strings.Contains(lines[0], "title") || !strings.Contains(string(data), "Contact 118") {
		t.Errorf("%d lines, of which the first are %s", len(lines), must(json.Marshal(lines[:min(3, len(lines))])))
	}
}

func must(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return data
}
