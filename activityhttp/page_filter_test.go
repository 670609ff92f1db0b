package activityhttp_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/activityhttp"
	"github.com/go-activity/activity/store/memstore"
)

// linkIn returns the address of the first link of a page that has a text in its tag or right behind it.
func linkIn(t *testing.T, body, text string) string {
	t.Helper()
	match := regexp.MustCompile(`<a href="/activity([^"]*)"[^>]*` + text).FindStringSubmatch(body)
	if match == nil {
		t.Fatalf("there is no link with %s in\n%s", text, body)
	}
	return html.UnescapeString(match[1])
}

// Whatever a page is asked for goes along to the next page, and into the form.
func TestFiltersGoAlong(t *testing.T) {
	s := newServer(t, memstore.New())
	ctx := activity.WithActor(t.Context(), ana)
	for i := range 60 {
		s.record("acme", called.New(call{fmt.Sprint(i)}).By(ana).About(account))
		_, err := s.journal.Tenant("acme").Enqueue(ctx, activity.TaskSpec{Kind: "import_contacts", Title: fmt.Sprint(i, ".csv"), About: []activity.Entity{account}, Attributes: map[string]string{"template": "weekly"}})
		check(t, err)
	}
	from := url.QueryEscape(time.Now().Add(-time.Hour).UTC().Format(time.RFC3339))
	for _, path := range []string{
		"/?about=account:42", "/?attribute=template:weekly", "/?from=" + from, "/?limit=10&status=queued&status=failed", "/?when=today&sort=title&order=asc", "/?first=2020-01-01", "/?search=globex",
		"/feed?type=call.made", "/feed?from=" + from, "/feed?limit=10&actor=user:ana", "/feed?when=last_7_days&category=calls", "/entity?of=account:42&descendants=true&type=call.made", "/entity?of=account:42&source=automatic",
	} {
		if strings.Contains(path, "search=") {
			_, err := s.journal.Seal(ctx)
			check(t, err)
		}
		first := s.page(path)
		second := s.page(linkIn(t, first, `rel="next"`))
		if strings.Contains(second, "Nothing ") {
			t.Errorf("the second page of %s is empty", path)
		}
		want, err := url.Parse(path)
		check(t, err)
		for name, values := range want.Query() {
			for _, value := range values {
				if strings.Contains(path, "when=") && name == "when" || name == "search" || name == "type" || name == "source" || name == "first" || name == "status" || name == "actor" {
					continue // which have fields
				}
				for _, body := range []string{first, second} {
					has(t, body, fmt.Sprintf(`<input type="hidden" name="%s" value="%s">`, name, html.EscapeString(value)))
				}
			}
		}
	}
	has(t, s.page("/?when=yesterday&first=2020-01-01"), `<option value="yesterday">`, "queued")
}

// A cursor that is not good any more leads to the first page, and not to an error.
func TestCursorsOfYesterday(t *testing.T) {
	now := time.Date(2026, time.March, 3, 23, 59, 0, 0, time.UTC)
	s := newServer(t, memstore.New(), func(o *activityhttp.Options) { o.Now = func() time.Time { return now } })
	for i := range 60 {
		s.record("acme", called.New(call{fmt.Sprint(i)}).By(ana).About(account).At(now.Add(-time.Duration(i)*time.Minute)))
	}
	next := linkIn(t, s.page("/feed?when=today"), `rel="next"`)
	has(t, s.page(next), "Newest")
	now = now.Add(2 * time.Minute)
	a := s.do(http.MethodGet, "/activity"+next, "")
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/activity/feed?when=today" {
		t.Errorf("after midnight: %s to %q", a.Status, a.Header.Get("Location"))
	}
	for _, path := range []string{"/?after=bad&status=queued", "/entity?of=account:42&after=bad"} {
		if a := s.do(http.MethodGet, "/activity"+path, ""); a.StatusCode == http.StatusOK || a.StatusCode >= 500 {
			t.Errorf("%s: %s", path, a.Status)
		}
	}
}

// What is live is what the page shows.
func TestStreamsOfPages(t *testing.T) {
	s := newServer(t, memstore.New())
	acme := s.journal.Tenant("acme")
	merged := activity.Entity{Kind: "account", ID: "43", Label: "Globex Ltd"}
	s.record("acme", called.New(call{"x"}).By(ana).About(merged))
	check(t, acme.Merge(t.Context(), merged, account, ana))
	_, err := s.journal.Seal(t.Context())
	check(t, err)
	for path, want := range map[string]string{
		"/entity?of=account:42":                 `data-stream="/activity/stream?about=account%3A42&amp;about=account%3A43&amp;after=2&amp;of=account%3A42"`,
		"/feed?actor=user:ana&type=call.made":   `data-stream="/activity/stream?actor=user%3Aana&amp;after=2&amp;type=call.made"`,
		"/feed?category=calls":                  `data-stream="/activity/stream?after=2&amp;category=calls"`,
		"/feed?source=manual":                   "!data-stream",
		"/feed?search=glob":                     "!data-stream",
		"/feed?when=today":                      "!data-stream",
		"/feed?task=" + activity.ID{1}.String(): "!data-stream",
		"/entity?of=account:42&descendants=1":   "!data-stream",
	} {
		has(t, s.page(path), want)
	}
}

func TestTabsStay(t *testing.T) {
	s := newServer(t, memstore.New())
	s.seed("acme")
	for _, path := range []string{"/feed?type=call.made", "/entity?of=account:42&type=call.made"} {
		has(t, s.page(path), ">Calls <", ">Tasks <")
	}
	has(t, s.page("/?kind=import_contacts"), ">Imports <")
	has(t, s.page("/entity?of=account:42&when=today"), "descendants=true&amp;of=account%3A42&amp;when=today")
}

// Only a whole timeline is marked as read.
func TestUnreadIsOfAll(t *testing.T) {
	s := newServer(t, memstore.New())
	s.seed("acme")
	has(t, s.page("/feed"), "new since")
	has(t, s.page("/entity?of=account:42"), "new since", `name="back" value="/activity/entity?of=account%3A42"`)
	for _, path := range []string{"/feed?category=calls", "/feed?search=carla", "/entity?of=account:42&descendants=true", "/feed?actor=user:ana"} {
		has(t, s.page(path), "!new since")
	}
}

func TestPreviewIsFoundByItsID(t *testing.T) {
	s := newServer(t, memstore.New())
	task, err := s.journal.Tenant("acme").Enqueue(activity.WithActor(t.Context(), ana), activity.TaskSpec{Kind: "import_contacts", Title: "try.csv", Preview: true})
	check(t, err)
	has(t, s.page("/"), "!try.csv")
	has(t, s.page("/?run=+"+task.ID.String()+"+"), "try.csv")
	has(t, s.page("/?previews=hidden&run="+task.ID.String()), "!try.csv")
}

// What cannot be looked for is said on the page, and not an error.
func TestBadFilters(t *testing.T) {
	s := newServer(t, memstore.New())
	s.seed("acme")
	for i := range 501 {
		s.record("acme", called.New(call{"x"}).By(ana).About(activity.Entity{Kind: "contact", ID: fmt.Sprint("many", i), Label: fmt.Sprint("Many ", i)}))
	}
	for {
		if n, err := s.journal.Seal(t.Context()); n == 0 {
			check(t, err)
			break
		}
	}
	for path, want := range map[string]string{
		"/feed?search=many": "could be too many", "/?search=many": "could be too many", "/feed?search=-": "Nothing can be found by that", "/?title=-": "Nothing can be found by that",
		"/?run=xyz": "Nothing can be found by that", "/tasks/%s?kind=Bad": "Nothing can be found by that",
	} {
		if strings.Contains(path, "%s") {
			list, err := s.journal.Tenant("acme").Tasks(t.Context(), activity.TaskQuery{})
			check(t, err)
			path = fmt.Sprintf(path, list.Tasks[0].ID)
		}
		has(t, s.page(path), want)
	}
	has(t, s.page("/search?q=many"), "These are the first ones")
}

// Who comments does not rename what they comment on.
func TestCommentsKeepNames(t *testing.T) {
	s := newServer(t, memstore.New())
	s.seed("acme")
	s.post("/comments", url.Values{"of": {"account:42"}, "label": {"Evil Corp"}, "text": {"hello"}, "back": {"/activity/entity?of=account:42&category=comments"}})
	a := s.do(http.MethodPost, "/activity/api/comments", `{"about": {"kind": "account", "id": "42", "label": "Evil Corp"}, "text": "hello", "mentions": [{"kind": "contact", "id": "7", "label": "Evil"}]}`, "Content-Type", "application/json")
	if a.StatusCode != http.StatusCreated || strings.Contains(a.body, "Evil") {
		t.Errorf("a comment: %s %s", a.Status, a.body)
	}
	has(t, s.page("/entity?of=account:42"), "<h1><bdi>Globex</bdi></h1>", "!Evil")
}

func TestGoingBack(t *testing.T) {
	s := newServer(t, memstore.New())
	event := s.record("acme", called.New(call{"x"}).By(ana).About(account))
	for back, want := range map[string]string{
		"/activity/feed?category=calls": "/activity/feed?category=calls", "": "/activity/feed", "https://evil.test/activity/feed": "/activity/feed", "//evil.test/activity/": "/activity/feed",
		"/other": "/activity/feed", "/activityevil": "/activity/feed", "javascript:alert(1)": "/activity/feed", "/activity/../x": "/activity/feed",
	} {
		if a := s.post("/read", url.Values{"through": {event.ID.String()}, "back": {back}}); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != want {
			t.Errorf("back to %q: %s to %q, want %q", back, a.Status, a.Header.Get("Location"), want)
		}
	}
	if a := s.do(http.MethodGet, "/activity?status=failed", ""); a.Header.Get("Location") != "/activity/?status=failed" {
		t.Errorf("the path without a slash leads to %q", a.Header.Get("Location"))
	}
	if a := s.do(http.MethodPut, "/activity/tasks/x/cancel", ""); a.Header.Get("Allow") != "GET, POST" {
		t.Errorf("allowed is %q", a.Header.Get("Allow"))
	}
}

func TestUsageOfWhom(t *testing.T) {
	s := newServer(t, memstore.New())
	acme := s.journal.Tenant("acme")
	check(t, acme.Meter("scrapings", activity.Entity{}).Use(activity.WithActor(t.Context(), ben), 4))
	has(t, s.page("/usage"), "4 / 20", `<option value="user:ben">`, `<option value="user:ana">`, `<option value="" selected>`)
	has(t, s.page("/usage?subject=user:zoe"), "0 / 20", `<option value="user:zoe" selected>zoe`)
}

func TestRunsOfAnEntity(t *testing.T) {
	s := newServer(t, memstore.New())
	for i := range 7 {
		_, err := s.journal.Tenant("acme").Enqueue(activity.WithActor(t.Context(), ana), activity.TaskSpec{Kind: "import_contacts", Title: fmt.Sprint("run-", i), About: []activity.Entity{account}})
		check(t, err)
	}
	first := s.page("/entity?of=account:42")
	has(t, first, "<bdi>run-6</bdi>", "<bdi>run-2</bdi>", "!<bdi>run-1</bdi>", "All runs")
	has(t, s.page(linkIn(t, first, ">All runs")), "<bdi>run-0</bdi>", "!All runs")
	has(t, s.page("/entity?of=user:ana"), "What it did", "/activity/feed?actor=user%3Aana", "/activity/?actor=user%3Aana")
	has(t, first, "!What it did")
}

// An undo goes on when who has asked for it is gone, and ends with the handler.
func TestUndoGoesOn(t *testing.T) {
	begun, goOn := make(chan struct{}, 1), make(chan struct{})
	s := newServer(t, memstore.New(), func(o *activityhttp.Options) {
		o.Undo = func(ctx context.Context, tenant string, _ activity.Change) error {
			if tenant != "acme" {
				return errors.New("another tenant")
			}
			begun <- struct{}{}
			select {
			case <-goOn:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	ids := s.seed("acme")
	ctx, leave := context.WithCancel(t.Context())
	request := s.request(http.MethodPost, "/activity/tasks/"+ids.ended.String()+"/undo", "").WithContext(ctx)
	left := make(chan struct{})
	go func() {
		defer close(left)
		if answer, err := s.Client().Do(request); err == nil {
			answer.Body.Close()
		}
	}()
	<-begun
	leave()
	<-left
	close(goOn)
	var undo activity.Task
	for undo.Status != activity.StatusCompleted {
		task, err := s.journal.Tenant("acme").Task(t.Context(), ids.ended)
		check(t, err)
		if undo, err = s.journal.Tenant("acme").Task(t.Context(), task.RevertedBy); err != nil || undo.Status == activity.StatusFailed {
			t.Fatalf("the undo is %v, %q, %v", undo.Status, undo.Reason, err)
		}
	}
	if undo.Counts.Updated != 1 {
		t.Errorf("the undo has %+v", undo.Counts)
	}
	s.handler.Close()
	if a := s.post("/tasks/"+ids.ended.String()+"/undo", nil); a.StatusCode != http.StatusServiceUnavailable && a.StatusCode != http.StatusConflict {
		t.Errorf("an undo after the end: %s", a.Status)
	}
}
