package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/fetch"
)

// notes are the texts of the notes at the top of a timeline, which all begin with a word.
func (b *tab) notes(word string) []string {
	b.t.Helper()
	return b.list(fmt.Sprintf(`[...document.querySelectorAll("#events > .event .line")].map((e) => e.textContent.match(/%s \d+/)?.[0]).filter(Boolean)`, word))
}

func noted(text string) string {
	return fmt.Sprintf(`[...document.querySelectorAll("#events > .event .line")].some((e) => e.querySelector("bdi + bdi").textContent.endsWith(%s))`, quoted(text))
}

// An event that is recorded elsewhere arrives in every window that shows its timeline, and in no other.
func TestArrives(t *testing.T) {
	h := serve(t)
	var windows []*tab
	for _, path := range []string{"/feed", "/entity?of=account%3A1", "/feed?category=notes", "/feed?category=calls"} {
		b := open(t, h)
		b.visit(path)
		b.eval("window.kept = true", nil)
		windows = append(windows, b)
	}
	h.record("live 1")
	h.tell("record live 2")
	for _, b := range windows[:3] {
		b.until(noted("live 2"))
		b.want("window.kept")
		if got := b.notes("live"); !slices.Equal(got, []string{"live 2", "live 1"}) {
			t.Errorf("%s shows %v", b.text("location"), got)
		}
		b.want(`document.querySelector("#events > .event").classList.contains("new")`)
		b.click(firstWhen)
		b.until(`document.querySelector(".panel h1") !== null`)
		b.want(`document.querySelector(".panel h1").textContent.endsWith("live 2")`)
	}
	windows[3].visit("/feed?category=calls")
	windows[3].want("document.querySelectorAll('#events > .event').length > 0 && !" + noted("live 2"))
}

// Who reads further down is not disturbed, but told.
func TestArrivesBelow(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	b.visit("/feed")
	before := b.list(eventIDs)
	b.eval("scrollTo(0, 900)", nil)
	for i, want := range []string{"1 new", "2 new"} {
		h.tell("record below %d", i+1)
		b.until(`!document.getElementById("arrived").hidden && document.getElementById("arrived").textContent.trim() === ` + quoted(want))
	}
	if after := b.list(eventIDs); !slices.Equal(after, before) {
		t.Error("the timeline has changed where nobody looks")
	}
	b.want("scrollY === 900")
	b.click(one("#arrived button"))
	b.until(noted("below 2"))
	if got := b.notes("below"); !slices.Equal(got, []string{"below 2", "below 1"}) {
		t.Errorf("the timeline shows %v", got)
	}
	b.want(`document.getElementById("arrived").hidden`)
	b.until("scrollY === 0")
}

// lost is what the browser says of requests that have failed, which is expected while the host is away.
func (b *tab) lost() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = slices.DeleteFunc(b.faults, func(f string) bool {
		return strings.Contains(f, "net::ERR_CONNECTION_REFUSED") || strings.Contains(f, "net::ERR_INCOMPLETE_CHUNKED_ENCODING") ||
			strings.Contains(f, "net::ERR_CONNECTION_RESET") || strings.Contains(f, "net::ERR_EMPTY_RESPONSE") || strings.Contains(f, "status of 503")
	})
}

// The host is killed, and comes back: each event is there once, in its order, those that were recorded meanwhile too.
func TestKilled(t *testing.T) {
	h := serve(t)
	b, tasks := open(t, h), open(t, h)
	b.visit("/feed")
	tasks.visit("/")
	b.eval("window.kept = true", nil)
	h.tell("record killed 1")
	h.tell("record killed 2")
	b.until(noted("killed 2"))
	for round := range 2 {
		n := 3 + 4*round
		h.tell("record killed %d", n) // may be on its way
		h.kill()
		for _, window := range []*tab{b, tasks} {
			window.until(`!document.getElementById("lost").hidden`)
			window.want(`document.getElementById("lost").textContent === "The connection is lost. It is tried again."`)
		}
		h.record(fmt.Sprintf("killed %d", n+1))
		h.record(fmt.Sprintf("killed %d", n+2))
		h.start()
		h.record(fmt.Sprintf("killed %d", n+3))
		for _, window := range []*tab{b, tasks} {
			window.until(`document.getElementById("lost").hidden`)
		}
		b.until(noted(fmt.Sprintf("killed %d", n+3)))
	}
	h.tell("record killed 11")
	b.until(noted("killed 11"))
	var want []string
	for i := 11; i > 0; i-- {
		want = append(want, fmt.Sprintf("killed %d", i))
	}
	if got := b.notes("killed"); !slices.Equal(got, want) {
		t.Errorf("the timeline shows\n%v instead of\n%v", got, want)
	}
	b.want("window.kept")
	b.lost()
	tasks.lost()
}

// A proxy that answers for a host that is away makes browsers give a stream up. The page does not.
func TestRefused(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	b.visit("/feed")
	next := b.intercept("*/stream*")
	h.kill()
	h.start()
	for _, method := range []string{"GET", "HEAD"} { // which asks why
		request := next()
		if request.Request.Method != method {
			t.Fatalf("%s instead of %s", request.Request.Method, method)
		}
		b.answer(request, 503, "", "")
	}
	b.until(`!document.getElementById("lost").hidden`)
	h.tell("record refused 1")
	call(b, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: next().RequestID})
	b.until(noted("refused 1"))
	b.want(`document.getElementById("lost").hidden`)
	b.lost()
}

// A task goes on and ends under the eyes of who has opened its records, and has the focus there.
func TestProgress(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	id := h.tell("start 10 Third wave")
	row := `#task-` + id
	b.visit("/")
	b.eval("window.kept = true", nil)
	b.want(fmt.Sprintf(`document.querySelector("%s .status").textContent === "processing" && document.querySelector("%[1]s progress").value === 0`, row))
	b.click(one(row + " .records summary"))
	b.until(`document.querySelector("` + row + ` .records .scroll, ` + row + ` .records .empty, ` + row + ` .records table") !== null`)
	b.eval(fmt.Sprintf(`window.focused = document.querySelector("%s .records summary"); window.focused.focus()`, row), nil)
	stays := fmt.Sprintf(`document.activeElement === window.focused && document.querySelector("%s .records").open && window.focused.isConnected`, row)

	h.tell("report 3 Third wave")
	b.until(fmt.Sprintf(`document.querySelector("%s progress").value === 3`, row))
	b.want(stays)
	other := h.tell("start 0 Fourth wave") // comes above it
	b.until(`document.getElementById("task-` + other + `") !== null`)
	b.want(stays)
	h.tell("report 4 Third wave")
	b.until(fmt.Sprintf(`document.querySelector("%s progress").value === 7`, row))
	h.tell("complete Third wave")
	b.until(fmt.Sprintf(`document.querySelector("%s .status").textContent === "completed"`, row))
	b.want(fmt.Sprintf(`document.querySelector("%s progress") === null`, row))
	b.want(stays)
	b.want("window.kept")
	ids := b.list(rowIDs)
	if slices.Index(ids, "task-"+other) != 0 || slices.Index(ids, "task-"+id) != 1 || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != len(ids) {
		t.Errorf("rows are not in their order: %v", ids[:4])
	}
}

// A report goes on, too, while somebody writes into its search.
func TestProgressOfReport(t *testing.T) {
	h := serve(t)
	b := open(t, h)
	id := h.tell("start 10 Third wave")
	b.visit("/tasks/" + id)
	b.eval("window.kept = true", nil)
	b.fill("#report input[name=search]", "Reader")
	h.tell("report 3 Third wave")
	b.until(`document.querySelector("#report progress").value === 3`)
	h.tell("complete Third wave")
	b.until(`document.querySelector("#report .facts .status").textContent === "completed"`)
	b.want(`document.activeElement.name === "search" && document.activeElement.value === "Reader" && window.kept`)
}
