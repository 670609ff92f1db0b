package e2e

import (
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/chromedp"
)

// intercept makes the requests to some addresses wait for what the test answers. Next waits for one.
func (b *tab) intercept(pattern string) (next func() *fetch.EventRequestPaused) {
	b.t.Helper()
	requests := make(chan *fetch.EventRequestPaused, 100)
	if err := chromedp.Listen(b.ctx, func(event any) {
		if e, ok := event.(*fetch.EventRequestPaused); ok {
			requests <- e
		}
	}); err != nil {
		b.t.Fatal(err)
	}
	call(b, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{{URLPattern: pattern}}})
	return func() *fetch.EventRequestPaused {
		b.t.Helper()
		select {
		case e := <-requests:
			return e
		case <-time.After(patience):
			b.t.Fatalf("nothing asks for %s", pattern)
			panic("unreachable")
		}
	}
}

// answer answers a request that waits. The header is a name and a value, such as "Location: /login".
func (b *tab) answer(request *fetch.EventRequestPaused, status int64, header, body string) {
	b.t.Helper()
	var headers []*fetch.HeaderEntry
	if name, value, ok := strings.Cut(header, ": "); ok {
		headers = append(headers, &fetch.HeaderEntry{Name: name, Value: value})
	}
	call(b, fetch.FulfillRequest, fetch.FulfillRequestParams{RequestID: request.RequestID, ResponseCode: status, ResponseHeaders: headers, Body: []byte(body)})
}

// excuse forgets what went wrong as the test wanted it to: the browser's lines that contain a text.
func (b *tab) excuse(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = slices.DeleteFunc(b.faults, func(f string) bool { return strings.Contains(f, text) })
}
