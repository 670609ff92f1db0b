package e2e

import (
	"slices"
	"strings"
	"testing"
)

// hostile are the texts of host/hostile.go, in parts that are looked for.
var hostile = []string{`<script>alert(1)</script>`, `"'><img src=x onerror=alert(1)>`, `javascript:alert(1)`, "O'Neil \"Q\" `b` &amp; {{.}} \\", "\u202eexe.tnemyap", strings.Repeat("W", 255)}

// tame is an expression for what a page has been made to do: elements that there should not be, addresses that are scripts, and texts
// that turn the direction of what stands beside them.
const tame = `(() => {
	const bad = [...document.querySelectorAll("img, b, iframe, script:not([src*='/activity/static/'])")];
	bad.push(...[...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) => a.name.startsWith("on"))));
	bad.push(...[...document.querySelectorAll("a, form, button")].filter((e) => /^\s*javascript:/i.test(e.href || e.action || e.formAction || "")));
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) {
		const e = texts.currentNode.parentElement;
		if (texts.currentNode.data.includes("\u202e") && !e.closest("bdi, option, pre, textarea")) bad.push(e);
	}
	return bad.map((e) => e.outerHTML.slice(0, 200)).join("\n");
})()`

// tamed fails the test if a page was made to do something. That no dialog opens and no script is refused, open sees to.
func (b *tab) tamed() {
	b.t.Helper()
	if bad := b.text(tame); bad != "" {
		b.t.Errorf("%s: %s", b.text("location"), bad)
	}
}

// shows fails the test if the page lacks a text.
func (b *tab) shows(texts ...string) {
	b.t.Helper()
	shown := b.text("document.body.textContent")
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			b.t.Errorf("%s does not show %q", b.text("location"), text)
		}
	}
}

// summarized are the texts as summaries have them: without what turns the direction, and cut.
func summarized() []string {
	texts := slices.Clone(hostile)
	texts[4], texts[5] = strings.Trim(texts[4], "\u202e"), texts[5][:100]
	return texts
}

// Whatever people write is shown as the text that it is.
func TestHostile(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	contact, user := "contact%3Ajavascript%3Aalert(1)", "user%3A%3Cscript%3Ealert(1)%3C%2Fscript%3E"

	b.visit("/?actor=" + user)
	b.tamed()
	b.shows(hostile[1], hostile[4], hostile[5])
	for i, row := range b.list(`[...document.querySelectorAll("tr.task .kind")].map((e) => e.getAttribute("href").slice("/activity".length))`) {
		b.visit(row)
		b.tamed()
		b.shows(hostile[0], hostile[1], hostile[2])
		if strings.Contains(b.text(`document.querySelector("h1").textContent`), "img") {
			b.shows(hostile...)
			b.visit(row + "?search=" + "%3Cscript%3E")
			b.tamed()
			b.visit(row + "/undo")
			b.tamed()
			b.shows(hostile[1])
		}
		if i == 0 {
			b.visit(row + "/rerun")
			b.tamed()
		}
	}

	for _, path := range []string{"/entity?of=" + contact, "/feed?type=note.added&when=last_30_days", "/feed?type=deal.stage_changed&when=last_30_days", "/feed?type=email.bounced&when=last_30_days"} {
		b.visit(path)
		b.tamed()
		b.shows(summarized()...)
	}
	b.visit("/entity?of=" + contact)
	for _, event := range b.list(`[...document.querySelectorAll("#events > .event > .when")].map((e) => e.getAttribute("href").slice("/activity".length))`) {
		b.visit(event)
		b.tamed()
	}
	b.visit("/feed?type=email.bounced")
	b.click(`[...document.querySelectorAll("#events > .event > .when")].at(-1)`)
	b.until(`document.querySelector(".panel h1") !== null`)
	b.tamed()

	for _, path := range []string{
		"/entity?of=account%3Aa%2Fb%3Fc%3Dd%26e%23f%3A%22g", "/entity?of=" + user, "/usage?subject=" + user, "/usage?subject=identity%3A%3Cimg%20src%3Dx%3E",
		"/search?q=script", "/search?q=%22%3E%3Cimg+src%3Dx+onerror%3Dalert(1)%3E", "/?search=%22%3E%3Cimg+src%3Dx%3E&title=%3Cscript%3E&actor=user%3A%22%3E%3Cb%3E",
		"/feed?search=%22%3E%3Cimg%3E",
	} {
		b.visit(path)
		b.tamed()
	}
}

// What arrives live is text, too.
func TestHostileLive(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	b.visit("/feed")
	for _, text := range hostile {
		h.tell("record %s", text)
	}
	b.until(`document.querySelector("#events > .event .line").textContent.includes("WWWW")`)
	b.tamed()
	b.shows(summarized()...)
	id := h.tell("start 10 %s", hostile[1])
	b.visit("/")
	b.click(one("#task-" + id + " .records summary"))
	h.tell("report 3 %s", hostile[1])
	b.until(`document.querySelector("#task-` + id + ` progress").value === 3`)
	b.tamed()
	b.shows(hostile[1])
}

// The test sees what it looks for.
func TestHostileSees(t *testing.T) {
	b := open(t, serve(t))
	b.visit("/usage")
	b.tamed()
	for _, bad := range []string{`<img alt="">`, `<b>x</b>`, `<a href=" javaScript:alert(1)">x</a>`, `<p>` + "\u202e" + `x</p>`} {
		b.eval(`document.querySelector("main").innerHTML = `+quoted(bad), nil)
		if b.text(tame) == "" {
			t.Errorf("nothing is said of %q", bad)
		}
	}
}
