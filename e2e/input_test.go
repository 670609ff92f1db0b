package e2e

import (
	"encoding/json"
	"fmt"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// quoted is a text as a literal of JavaScript.
func quoted(text string) string {
	literal, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string can be marshalled
	}
	return string(literal)
}

// one is an expression for the first element of a selector.
func one(selector string) string { return "document.querySelector(" + quoted(selector) + ")" }

// withText is an expression for the first element of a selector whose text begins with another one.
func withText(selector, text string) string {
	return fmt.Sprintf("[...document.querySelectorAll(%s)].find((e) => e.textContent.trim().startsWith(%s))", quoted(selector), quoted(text))
}

// click clicks with the mouse on the element that an expression finds, where nothing else may cover it.
func (b *tab) click(element string) {
	b.t.Helper()
	b.until(element)
	var at struct {
		X, Y float64
		Hit  bool
	}
	b.eval(fmt.Sprintf(`(() => {
		const e = %s;
		e.scrollIntoView({ block: "center", behavior: "instant" });
		const r = e.getClientRects()[0];
		const X = r.left + Math.min(r.width / 2, 40), Y = r.top + r.height / 2, hit = document.elementFromPoint(X, Y);
		return { X, Y, Hit: hit !== null && (e.contains(hit) || hit.contains(e)) };
	})()`, element), &at)
	if !at.Hit {
		b.t.Fatalf("something covers %s", element)
	}
	b.clickAt(at.X, at.Y)
}

func (b *tab) clickAt(x, y float64) {
	b.t.Helper()
	b.do(chromedp.MouseClickXY(x, y))
}

// fill writes into a field, in the place of what is there.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	b.eval(fmt.Sprintf(`(() => { const e = %s; e.focus(); e.select && e.select(); })()`, one(selector)), nil)
	call(b, input.InsertText, input.InsertTextParams{Text: text})
	if got := b.text(one(selector) + ".value"); got != text {
		b.t.Fatalf("%s has %q instead of %q", selector, got, text)
	}
}

// choose chooses in a list.
func (b *tab) choose(selector, value string) {
	b.t.Helper()
	b.eval(fmt.Sprintf(`(() => { const e = %s; e.value = %s; if (e.value !== %[2]s) throw new Error("there is no such choice"); })()`, one(selector), quoted(value)), nil)
}

// press presses keys: kb.Tab, kb.Enter, …
func (b *tab) press(keys ...string) {
	b.t.Helper()
	for _, key := range keys {
		b.do(chromedp.KeyEvent(key))
	}
}

// pressBack presses Tab and Shift.
func (b *tab) pressBack() {
	b.t.Helper()
	b.do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift)))
}
