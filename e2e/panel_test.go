package e2e

import (
	"testing"

	"github.com/chromedp/cdproto/fetch"
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

// The panel shows what was asked for last, whichever answer comes first.
func TestPanelLast(t *testing.T) {
	b := open(t, serve(t))
	b.visit("/feed")
	next := b.intercept("*/events/*")
	b.eval(`(() => {
		window.answered = 0;
		const text = Response.prototype.text;
		Response.prototype.text = async function () {
			const answer = await text.call(this);
			setTimeout(() => window.answered++);
			return answer;
		};
	})()`, nil)
	const second = `document.querySelectorAll("#events > .event > .when")[1]`
	b.click(firstWhen)
	first := next()
	b.click(second)
	call(b, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: next().RequestID})
	b.until(`document.getElementById("panel").open`)
	call(b, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: first.RequestID})
	b.until("window.answered === 2")
	b.want(`[...document.querySelectorAll(".panel dd a")].some((e) => e.textContent === "Permalink" && e.getAttribute("href") === ` + second + `.getAttribute("href"))`)

	// Nor does it open after it was closed.
	b.click(one(".panel .close"))
	b.click(firstWhen)
	first = next()
	b.eval(`document.getElementById("panel").dispatchEvent(new Event("close"))`, nil)
	call(b, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: first.RequestID})
	b.until("window.answered === 3")
	b.want(`!document.getElementById("panel").open`)
}

// Who follows a link in the panel is at the heading of what comes.
func TestPanelGoesOn(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	b.visit(h.event("call.completed"))
	b.fill("textarea", "one")
	b.submit(withText("button", "Add comment"))
	b.visit("/feed?type=call.completed")
	b.click(firstWhen)
	b.until(`document.querySelector(".panel .event .when") !== null`)
	heading := b.text(`document.querySelector(".panel h1").textContent`)
	b.click(one(".panel .event .when"))
	b.until(`document.querySelector(".panel h1").textContent !== ` + quoted(heading))
	b.until(`document.activeElement === document.querySelector(".panel h1")`)
}
