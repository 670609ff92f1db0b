package e2e

import (
	"testing"

	"github.com/chromedp/cdproto/fetch"
)

// planned counts what the script plans from now on.
const planned = `(() => {
	window.planned = 0;
	const plan = window.setTimeout;
	window.setTimeout = (act, delay) => { window.planned++; return plan(act, delay); };
})()`

// over fails the test if the page does not say that it is not kept up to date, or goes on asking.
func (b *tab) over() {
	b.t.Helper()
	b.until(`!document.getElementById("stale").hidden`)
	b.want(`document.getElementById("lost").hidden && window.planned === 0`)
}

// Who may not read any more is told so once: that is no lost connection.
func TestSignedOut(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int64
		header string
	}{{"not signed in", 401, ""}, {"refused", 403, ""}, {"sign-in page", 302, "Location: /login"}, {"sign-in elsewhere", 303, "Location: http://elsewhere.test/login"}} {
		t.Run(c.name, func(t *testing.T) {
			b := open(t, serve(t))
			b.visit("/?title=contacts")
			b.eval(planned, nil)
			next := b.intercept("*/activity/?title=contacts")
			b.answer(next(), c.status, c.header, "")
			b.over()
			call(b, fetch.Disable, struct{}{})
			b.submit(one("#stale button"))
			b.want(`document.getElementById("stale").hidden`)
			b.excuse("status of 40")
			b.excuse("elsewhere.test") // which the browser tells of, though it does not go there
		})
	}
}

// A stream that is refused is not asked for again.
func TestSignedOutOfStream(t *testing.T) {
	b := open(t, serve(t))
	next := b.intercept("*/stream*")
	b.visit("/feed")
	b.eval(planned, nil)
	b.answer(next(), 401, "", "")
	b.answer(next(), 401, "", "")
	b.over()
	b.excuse("status of 401")
}

// A page to sign in is opened by itself, and not in the panel.
func TestSignedOutOfPanel(t *testing.T) {
	b := open(t, serve(t))
	b.visit("/feed?type=call.completed")
	next := b.intercept("*/events/*")
	b.leave(func() {
		b.click(firstWhen)
		b.answer(next(), 302, "Location: /activity/search", "")
		b.answer(next(), 302, "Location: /activity/search", "")
	})
	b.want(`location.pathname === "/activity/search" && !document.getElementById("panel").open`)
}

// A stream that has missed something makes the page load again, unless somebody works with it.
func TestReset(t *testing.T) {
	const reset = "id: 1\nevent: reset\ndata: {}\n\n"
	h := serve(t)
	for _, c := range []struct{ name, work, kept string }{
		{"nothing", "", ""},
		{"comment", `(() => { const e = document.querySelector("textarea"); e.value = "half a "; })()`, `document.querySelector("textarea").value === "half a "`},
		{"filter", `document.querySelector(".filters select").selectedIndex = 1`, `document.querySelector(".filters select").selectedIndex === 1`},
		{"place", "scrollTo(0, 500)", "scrollY >= 500"},
		{"panel", firstWhen + `.click()`, `document.getElementById("panel").open`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := open(t, h)
			next := b.intercept("*/stream*")
			b.visit("/entity?of=account%3A1")
			request := next()
			if c.work == "" {
				b.leave(func() { b.answer(request, 200, "Content-Type: text/event-stream", reset) })
				return
			}
			b.eval("window.kept = true; "+c.work, nil)
			b.until(c.kept)
			b.answer(request, 200, "Content-Type: text/event-stream", reset)
			b.until(`!document.getElementById("stale").hidden`)
			b.want("window.kept && " + c.kept)
			b.want(`document.getElementById("stale").textContent.startsWith("This page is no longer kept up to date.")`)
		})
	}
}
