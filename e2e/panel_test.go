package e2e

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

const firstWhen = `document.querySelector("#events > .event > .when")`

// Details open beside the page, and close in three ways. The focus comes back to where it was.
func TestPanel(t *testing.T) {
	b := open(t, serve(t))
	b.visit("/feed")
	b.eval("window.kept = true", nil)
	for _, end := range []struct {
		name string
		do   func()
	}{
		{"Escape", func() { b.press(kb.Escape) }},
		{"button", func() { b.click(one(".panel .close")) }},
		{"backdrop", func() { b.clickAt(100, 500) }},
	} {
		t.Run(end.name, func(t *testing.T) {
			b.eval(`document.getElementById("panel-content").replaceChildren()`, nil)
			b.click(firstWhen)
			b.until(`document.getElementById("panel").open && document.querySelector(".panel h1") !== null`)
			b.want(`document.querySelector(".panel .detail").textContent.includes("Permalink")`)
			b.want(`document.getElementById("panel").contains(document.activeElement)`)
			b.want(`document.querySelector(".panel dt") && getComputedStyle(document.querySelector(".panel")).right === "0px"`)
			end.do()
			b.until(`!document.getElementById("panel").open`)
			b.want("document.activeElement === " + firstWhen)
		})
	}
	b.want("window.kept")
}

// What stands in the panel is a page by itself, too.
func TestPanelIsPage(t *testing.T) {
	b := open(t, serve(t))
	b.visit("/feed?type=call.completed")
	b.click(firstWhen)
	b.until(`document.querySelector(".panel h1") !== null`)
	heading := b.text(`document.querySelector(".panel h1").textContent`)
	b.submit(withText(".panel a", "Permalink"))
	b.want(`document.querySelector("main h1").textContent === ` + quoted(heading))
	b.want(`location.pathname.startsWith("/activity/events/")`)
}
