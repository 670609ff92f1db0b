package e2e

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// reachable marks all that can be operated and is shown. What is in closed details is not, nor is what is scrolled in code.
const reachable = `(() => {
	const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")];
	window.missing = new Set(all.filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && !e.closest("dialog:not([open])")));
	window.unseen = [];
	return window.missing.size;
})()`

// step notes where the focus is.
const step = `(() => {
	const e = document.activeElement, style = getComputedStyle(e);
	if (e === document.body) return true;
	window.missing.delete(e);
	const r = e.getBoundingClientRect();
	if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2 || r.bottom < 0 || r.top > innerHeight || r.right < 0) unseen.push(e.outerHTML.slice(0, 200));
	return window.missing.size === 0;
})()`

// With the Tab key everything can be reached, in the order of the page, and the focus is seen.
func TestTabOrder(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	for _, path := range []string{
		"/?title=contacts", "/?status=processing", "/feed?type=call.completed", "/entity?of=account%3A1&category=calls", h.task("contacts.csv") + "?kind=invalid_field",
		h.task("contacts.csv") + "/cancel?", h.event("call.completed"), "/usage", "/search?q=glob",
	} {
		if path == h.task("contacts.csv")+"/cancel?" {
			path = h.task("Spring campaign") + "/cancel"
		}
		b.visit(path)
		var n int
		b.eval(reachable, &n)
		done, last := false, -1
		for i := 0; i < 2*n+20 && !done; i++ {
			b.press(kb.Tab)
			b.eval(step, &done)
			if i == 0 {
				b.want(`document.activeElement.matches(".skip") && document.activeElement.getBoundingClientRect().left >= 0`)
			}
			last = i
		}
		if n < 10 || !done {
			t.Errorf("%s: of %d, after %d steps: %s", path, n, last, b.text("[...window.missing].map((e) => e.outerHTML.slice(0, 200)).join()"))
		}
		if got := b.text(`window.unseen.join("\n")`); got != "" {
			t.Errorf("%s: the focus is not seen at %s", path, got)
		}
	}
}

// The first thing on a page leads past the navigation.
func TestSkip(t *testing.T) {
	b := open(t, serve(t))
	b.visit("/feed")
	b.press(kb.Tab, kb.Enter)
	b.want(`document.activeElement.id === "main" && location.hash === "#main"`)
	b.press(kb.Tab)
	b.want(`document.getElementById("main").contains(document.activeElement) && document.activeElement.closest(".tabs") !== null`)
}

// With the keyboard alone an event is opened beside the page, and left again.
func TestPanelByKeyboard(t *testing.T) {
	b := open(t, serve(t))
	b.visit("/feed?type=call.completed")
	for range 200 {
		b.press(kb.Tab)
		if b.text("document.activeElement === "+firstWhen) == "true" {
			break
		}
	}
	b.press(kb.Enter)
	b.until(`document.getElementById("panel").open && document.querySelector(".panel h1") !== null`)
	b.want(`document.activeElement.matches(".panel .close")`)
	for range 30 {
		b.press(kb.Tab)
		b.want(`document.getElementById("panel").contains(document.activeElement) || document.activeElement === document.body`)
	}
	b.press(kb.Escape)
	b.until(`!document.getElementById("panel").open`)
	b.want("document.activeElement === " + firstWhen)
	b.pressBack()
	b.want(`document.activeElement.closest(".event") === document.querySelector("#events > .event")`)
}
