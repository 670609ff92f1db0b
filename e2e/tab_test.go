package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a test waits for something to become true.
const patience = 15 * time.Second

// tab is a tab of the browser, with cookies of its own. It notes whatever goes wrong in it.
type tab struct {
	t    *testing.T
	ctx  context.Context
	host *crm

	mu       sync.Mutex
	faults   []string
	requests []string // their addresses
}

// open opens a tab of 1440 by 900 pixels, in UTC. Before it is closed, the test fails with what went wrong in it.
func open(t *testing.T, h *crm) *tab {
	t.Helper()
	b := &tab{t: t, host: h}
	ctx, cancel := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.note))
	b.ctx = ctx
	t.Cleanup(cancel)
	t.Cleanup(b.calm)
	b.do()
	call(b, network.Enable, network.EnableParams{})
	call(b, log.Enable, cdp.Empty{})
	b.zone("UTC")
	b.size(1440, 900)
	return b
}

// note is told of everything that happens in the tab.
func (b *tab) note(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			b.fault("console: %s", asText(e.Args))
		}
	case *runtime.EventExceptionThrown:
		b.fault("exception: %s", thrown(e.ExceptionDetails))
	case *log.EventEntryAdded: // here are violations of the content security policy, too
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			b.fault("%s: %s (%s)", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *page.EventJavascriptDialogOpening:
		b.fault("a dialog opens: %s", e.Message)
		go func() { // or else the tab stands still
			_, _ = chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{})
		}()
	case *network.EventRequestWillBeSent:
		b.mu.Lock()
		b.requests = append(b.requests, e.Request.URL)
		b.mu.Unlock()
		if to, err := url.Parse(e.Request.URL); err != nil || to.Scheme != "data" && to.Host != b.host.addr {
			b.fault("a request goes elsewhere: %s", e.Request.URL)
		}
	}
}

func asText(values []*runtime.RemoteObject) string {
	var texts []string
	for _, v := range values {
		texts = append(texts, string(v.Value)+v.Description)
	}
	return strings.Join(texts, " ")
}

func thrown(e *runtime.ExceptionDetails) string {
	if e.Exception != nil && e.Exception.Description != "" {
		return e.Exception.Description
	}
	return e.Text
}

func (b *tab) fault(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, fmt.Sprintf(format, args...))
}

// calm fails the test with what went wrong.
func (b *tab) calm() {
	b.t.Helper()
	for _, fault := range b.excused() {
		b.t.Error(fault)
	}
}

// excused returns what went wrong, and forgets it.
func (b *tab) excused() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	faults := b.faults
	b.faults = nil
	return faults
}

// do fails the test if something cannot be done.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// call sends a command of the devtools protocol.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	result, err := chromedp.Call(b.ctx, command, params)
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

func (b *tab) size(width, height int64) {
	b.t.Helper()
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
}

func (b *tab) zone(name string) {
	b.t.Helper()
	call(b, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: name})
}

// visit opens a page, and waits until it is there.
func (b *tab) visit(path string) {
	b.t.Helper()
	b.leave(func() {
		if result := call(b, page.Navigate, page.NavigateParams{URL: b.host.url(path)}); result.ErrorText != "" {
			b.t.Fatalf("%s: %s", path, result.ErrorText)
		}
	})
}

// leave does something that leads to another page, and waits until that is there.
func (b *tab) leave(act func()) {
	b.t.Helper()
	b.eval("window.left = true", nil)
	act()
	b.until("!window.left && document.readyState === 'complete'")
}

// eval evaluates an expression, and waits for it if it is a promise.
func (b *tab) eval(expression string, result any) {
	b.t.Helper()
	if err := b.tryEval(expression, result); err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
}

func (b *tab) tryEval(expression string, result any) error {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	yes := true
	value, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: expression, ReturnByValue: &yes, AwaitPromise: &yes})
	switch {
	case err != nil:
		return err
	case value.ExceptionDetails != nil:
		return errors.New(thrown(value.ExceptionDetails))
	case result == nil:
		return nil
	}
	return json.Unmarshal(value.Result.Value, result)
}

// text returns what an expression evaluates to.
func (b *tab) text(expression string) string {
	b.t.Helper()
	var text string
	b.eval(fmt.Sprintf("String(%s)", expression), &text)
	return text
}

// until waits for a condition. While a page goes and the next one comes there is none, which is not yet.
func (b *tab) until(condition string) {
	b.t.Helper()
	var last error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var met bool
		if last = b.tryEval("Boolean("+condition+")", &met); met {
			return
		}
	}
	b.t.Fatalf("not within %v: %s (%v) at %s", patience, condition, last, b.text("location"))
}

// want fails the test if a condition is not met.
func (b *tab) want(condition string) {
	b.t.Helper()
	if b.text("Boolean("+condition+")") != "true" {
		b.t.Errorf("not so: %s at %s", condition, b.text("location"))
	}
}
