package e2e

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/runtime"
)

// onward is an expression for the IDs of the events on the page, and of those on all older ones that it leads to.
const onward = `(async () => {
	const ids = [];
	for (let page = document; page;) {
		ids.push(...[...page.querySelectorAll("#events [data-id]")].map((e) => e.dataset.id));
		const next = page.querySelector("a[rel=next]");
		page = next && new DOMParser().parseFromString(await (await fetch(next.getAttribute("href"))).text(), "text/html");
	}
	return [...new Set(ids)].sort();
})()`

// complete fails the test if there is an event that neither the page shows nor an older one that it leads to.
func (b *tab) complete() {
	b.t.Helper()
	got := b.list(onward)
	fresh := open(b.t, b.host)
	fresh.visit("/feed")
	if want := fresh.list(onward); !slices.Equal(got, want) {
		b.t.Errorf("%d events are on the page and on older ones, of %d", len(got), len(want))
	}
}

// lines counts the lines that the script holds, on the page or not.
func (b *tab) lines() int {
	b.t.Helper()
	prototype := call(b, runtime.Evaluate, runtime.EvaluateParams{Expression: "HTMLLIElement.prototype"})
	found := call(b, runtime.QueryObjects, runtime.QueryObjectsParams{PrototypeObjectID: prototype.Result.ObjectID})
	yes := true
	count := call(b, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		FunctionDeclaration: "function () { return this.length; }", ObjectID: found.Objects.ObjectID, ReturnByValue: &yes,
	})
	n, err := strconv.Atoi(string(count.Result.Value))
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// However many arrive, the page does not grow for ever, and each event is on it or on an older page.
func TestManyArrive(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	b.visit("/feed")
	for i := range 270 {
		h.tell("record many %d", i+1)
	}
	b.until(noted("many 270"))
	b.until(`document.querySelectorAll("#events > .event").length < 300`)
	b.want(`document.getElementById("arrived").hidden`)
	b.complete()

	// Who has the focus in the list is not disturbed.
	b.eval(firstWhen+`.focus()`, nil)
	for i := range 270 {
		h.tell("record more %d", i+1)
	}
	b.until(`!document.getElementById("arrived").hidden`)
	b.want(`document.activeElement.matches("#events .when")`)
	b.click(one("#arrived button"))
	b.until(noted("more 270"))
	b.until(`document.activeElement === ` + firstWhen)
	b.complete()
}

// What arrives while somebody reads further down is counted, and not all of it kept.
func TestManyArriveBelow(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	b.visit("/feed")
	b.eval("scrollTo(0, 900)", nil)
	before := b.lines()
	for i := range 400 {
		h.tell("record below %d", i+1)
	}
	b.until(`document.getElementById("arrived").textContent.trim() === "400 new"`)
	if kept := b.lines() - before; kept < 290 || kept > 310 {
		t.Errorf("%d lines are kept", kept)
	}
	b.click(one("#arrived button"))
	b.until(noted("below 400"))
	b.until(`document.getElementById("arrived").hidden && document.querySelectorAll("#events > .event").length < 300`)
	b.complete()
}

// What arrived behind the panel is there when it closes; and nothing that comes later overtakes it.
func TestArrivesBehindPanel(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	b.visit("/feed")
	b.click(firstWhen)
	b.until(`document.getElementById("panel").open`)
	h.tell("record behind 1")
	b.until(`!document.getElementById("arrived").hidden`)
	b.click(one(".panel .close"))
	b.until(noted("behind 1"))
	b.want(`document.getElementById("arrived").hidden`)
	b.eval("scrollTo(0, 900)", nil)
	h.tell("record behind 2")
	b.until(`!document.getElementById("arrived").hidden`)
	b.eval("scrollTo(0, 0)", nil)
	h.tell("record behind 3")
	b.until(noted("behind 3"))
	if got := b.notes("behind"); !slices.Equal(got, []string{"behind 3", "behind 2", "behind 1"}) {
		t.Errorf("the timeline shows %v", got)
	}
}

// Who cannot see that something is new is told, in one sentence for what comes together; and the focus goes to where it is.
func TestArrivalIsSaid(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	b.visit("/feed")
	b.eval(`(() => {
		window.said = [];
		const news = document.getElementById("news");
		new MutationObserver(() => { if (news.textContent) said.push(news.textContent); }).observe(news, { childList: true });
	})()`, nil)
	b.want(`document.getElementById("news").role === "status" && document.getElementById("news").checkVisibility()`)
	for i := range 5 {
		h.tell("record said %d", i+1)
	}
	b.until(noted("said 5"))
	b.want(`document.querySelector("#events > .event .line").textContent.endsWith("said 5 new")`)
	b.until(`said.reduce((sum, text) => sum + parseInt(text), 0) === 5`)
	b.want(`said.length < 5`)

	b.eval("scrollTo(0, 900)", nil)
	for i := range 2 {
		h.tell("record unseen %d", i+1)
		b.until(fmt.Sprintf(`document.getElementById("arrived").textContent.trim() === "%d new"`, i+1))
	}
	b.click(one("#arrived button"))
	b.until(`document.activeElement === ` + firstWhen)
	b.want(noted("unseen 2"))
	b.until(`said.reduce((sum, text) => sum + parseInt(text), 0) === 7`)
}

// A page that the browser kept listens again when somebody comes back to it.
func TestArrivesAfterBack(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	b.visit("/feed")
	b.eval(`dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }))`, nil)
	h.tell("record back 1")
	b.eval(`dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))`, nil)
	h.tell("record back 2")
	b.until(noted("back 2"))
	b.want(noted("back 1"))
}
