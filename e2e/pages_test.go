package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

var (
	widths  = []int64{390, 820, 1440}
	schemes = []string{"light", "dark"}
)

// view is a page that is looked at.
type view struct{ name, path string }

// views are all pages, in the states that look different.
func views(h *crm) []view {
	imported, running := h.task("contacts.csv"), h.task("Spring campaign")
	return []view{
		{"activity", "/"},
		{"activity with previews", "/?previews=shown&sort=status&order=asc"},
		{"activity folded out", "/?title=search"},
		{"activity empty", "/?title=nothing+has+this+title"},
		{"report", imported},
		{"report category", imported + "?kind=updated"},
		{"report processing", running},
		{"report failed", h.task("Target accounts")},
		{"report cancelled", h.task("CTOs in Berlin")},
		{"report recipe", h.task("Fair visitors")},
		{"report compared", h.task("Hot leads")},
		{"feed", "/feed"},
		{"feed category", "/feed?category=email"},
		{"event", h.event("call.completed")},
		{"event comment", h.event("activity.comment")},
		{"entity", "/entity?of=account%3A1"},
		{"entity hierarchy", "/entity?of=account%3A1&descendants=true"},
		{"entity category", "/entity?of=account%3A1&category=deals"},
		{"entity merged", "/entity?of=account%3A4"},
		{"entity merged into", "/entity?of=account%3A3"},
		{"entity hostile", "/entity?of=contact%3Ajavascript%3Aalert(1)"},
		{"entity unknown", "/entity?of=account%3Anone"},
		{"usage", "/usage"},
		{"usage of an identity", "/usage?subject=identity%3Aana%40linkedin"},
		{"search", "/search?q=glo"},
		{"search without result", "/search?q=zzzz"},
		{"confirm cancel", running + "/cancel"},
		{"confirm rerun", imported + "/rerun"},
		{"confirm undo", imported + "/undo"},
		{"error 404", "/nothing"},
		{"error 400", "/entity"},
	}
}

// Each page at each width, light and dark: nothing goes wrong, nothing is wider than the screen, and axe-core finds nothing.
func TestPages(t *testing.T) {
	h := serve(t)
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range views(h) {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			b := open(t, h)
			found := map[string][]string{} // where a violation is, of each
			for _, width := range widths {
				b.size(width, 900)
				b.visit(v.path)
				if strings.HasPrefix(v.name, "error") { // which the browser calls an error, rightly
					b.mu.Lock()
					b.faults = slices.DeleteFunc(b.faults, func(f string) bool { return strings.Contains(f, "status of 40") && strings.Contains(f, v.path) })
					b.mu.Unlock()
				}
				var wide string
				b.eval(overflowing, &wide)
				if wide != "" {
					t.Errorf("%d pixels: wider than the screen: %s", width, wide)
				}
				b.eval(string(axe)+"; 0", nil)
				for _, scheme := range schemes {
					b.scheme(scheme)
					for _, violation := range b.violations() {
						found[violation] = append(found[violation], fmt.Sprintf("%d %s", width, scheme))
					}
				}
			}
			for violation, where := range found {
				t.Errorf("%s: %s", strings.Join(where, ", "), violation)
			}
		})
	}
}

// overflowing names what makes a page wider than the screen.
const overflowing = `(() => {
	const width = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth <= width) return "";
	const wide = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > width + 1);
	return "by " + (document.documentElement.scrollWidth - width) + ": " + wide.slice(0, 4).map((e) => e.outerHTML.slice(0, 120)).join(" | ");
})()`

// scheme sets whether the reader prefers light or dark pages.
func (b *tab) scheme(name string) {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// violations are what axe-core, which must be there, finds.
func (b *tab) violations() []string {
	b.t.Helper()
	var found []struct {
		ID, Help string
		Nodes    []struct{ HTML string }
	}
	b.eval(`axe.run(document, {
		runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"], rules: { "target-size": { enabled: true } }, resultTypes: ["violations"], preload: false,
	}).then((result) => result.violations)`, &found)
	var list []string
	for _, v := range found {
		for _, n := range v.Nodes[:min(len(v.Nodes), 3)] {
			list = append(list, fmt.Sprintf("%s: %s\n\t%s", v.ID, v.Help, n.HTML))
		}
	}
	return list
}

// The test of pages sees what is wrong: it is shown a page on which everything is.
func TestPagesSeesFaults(t *testing.T) {
	h := serve(t)
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, h)
	b.visit("/")
	b.eval(`(() => {
		document.body.insertAdjacentHTML("beforeend", '<img src="http://elsewhere.test/a.png"><p>x</p>');
		document.body.lastElementChild.style.width = "3000px";
		console.error("bad");
		setTimeout(() => { throw new Error("worse"); });
		fetch("http://elsewhere.test/").catch(() => {});
	})()`, nil)
	b.eval(string(axe)+"; 0", nil)
	b.until("document.documentElement.scrollWidth > innerWidth")
	var wide string
	b.eval(overflowing, &wide)
	if !strings.Contains(wide, "<p style") {
		t.Errorf("nothing is said of what is too wide: %q", wide)
	}
	if got := strings.Join(b.violations(), "\n"); !strings.Contains(got, "image-alt") {
		t.Errorf("axe-core does not see a picture without a text: %s", got)
	}
	faults := strings.Join(b.excused(), "\n")
	for _, want := range []string{"console: ", "exception: ", "Content Security Policy"} {
		if !strings.Contains(faults, want) {
			t.Errorf("%q is not noted in:\n%s", want, faults)
		}
	}
}
