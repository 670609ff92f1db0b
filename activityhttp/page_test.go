package activityhttp_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/activityhttp"
	"github.com/go-activity/activity/store/memstore"
)

// page gets a page, which must be there.
func (s *server) page(path string, header ...string) string {
	s.t.Helper()
	a := s.do(http.MethodGet, "/activity"+path, "", header...)
	if a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
		s.t.Fatalf("GET %s: %s, %s", path, a.Status, a.body)
	}
	return a.body
}

// post sends a form.
func (s *server) post(path string, form url.Values, header ...string) answer {
	s.t.Helper()
	return s.do(http.MethodPost, "/activity"+path, form.Encode(), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)...)
}

// has checks that a page has some texts, and not others, which begin with "!".
func has(t *testing.T, body string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if unwanted, ok := strings.CutPrefix(text, "!"); ok {
			if strings.Contains(body, unwanted) {
				t.Errorf("the page has %q", unwanted)
			}
		} else if !strings.Contains(body, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
}

func TestPages(t *testing.T) {
	onStores(t, func(t *testing.T, store activity.Store) {
		s := newServer(t, store, func(o *activityhttp.Options) {
			o.Undo = func(context.Context, string, activity.Change) error { return nil }
			o.Attributes = []string{"template"}
			o.Title = "Acme CRM"
		})
		ids := s.seed("acme")
		s.record("acme", activity.CommentOnEvent(activity.Event{ID: ids.event, About: []activity.Entity{account}}, "well done").By(ben))
		has(t, s.page("/"), "<title>Activity · Acme CRM</title>", "contacts.csv", "more.csv", "queued", "completed", "CSV import", "A tenth or more failed", `name="attribute.template"`,
			"/activity/tasks/"+ids.queued.String()+"/cancel", "2 tasks")
		has(t, s.page("/?status=queued"), "more.csv", "!contacts.csv", "1 task<")
		has(t, s.page("/?attribute.template=weekly"), "more.csv", "!contacts.csv")
		has(t, s.page("/?sort=kind&order=asc"), `aria-sort="ascending"`)
		has(t, s.page("/tasks/"+ids.ended.String()), "no name", "Carla", "=1&#43;1", "row 2", "Imported", "Error", "/report.csv", "Undo")
		has(t, s.page("/tasks/"+ids.ended.String()+"?kind=error"), "no name", "!Carla</a>", "/report.csv?kind=error")
		has(t, s.page("/tasks/"+ids.ended.String()+"?records", "Activity-Fragment", "1"), "no name", "<table", "!<html", "!<h1")
		has(t, s.page("/feed"), "called about", "the contract", "Globex", "well done", `data-stream="/activity/stream?after=`)
		has(t, s.page("/feed?category=calls"), "the contract", "!well done")
		has(t, s.page("/feed?search=glob&source=manual"), "well done", "!called about", "!data-stream")
		has(t, s.page("/entity?of=account:42"), "<h1><bdi>Globex</bdi></h1>", "Carla", "the contract", "Hierarchy", "contacts.csv", "<textarea")
		has(t, s.page("/entity?of=account:42&descendants=true"), `descendants=true&amp;of=account%3A42" aria-current="page"`, "!data-stream")
		has(t, s.page("/entity?of=account:nobody"), "Nothing has happened here yet")
		has(t, s.page("/events/"+ids.event.String()), "the contract", "In the ledger at", "proven by the checkpoint", "well done", "&#34;subject&#34;", "/proof")
		has(t, s.page("/usage?subject=user:ana"), "Scrapings", "3 / 20", "no limit", "Last 24 hours", "<rect", "As a table", "17 free")
		has(t, s.page("/search?q=glo"), "Globex", "account%3A42")
		has(t, s.page("/search?q=%25"), "Nobody and nothing has such a name")
		has(t, s.page("/tasks/"+ids.queued.String()+"/cancel"), "Cancel “more.csv”?", `method="post"`)
		has(t, s.page("/", "Accept-Language", "es-MX"), `<html lang="es">`, "en cola", "completada", "2 tareas")
		has(t, s.page("/feed", "Accept-Language", "es-MX"), "llamó por")
		has(t, s.page("/feed", "Accept-Language", "de"), `<html lang="en">`)
	})
}

func TestPagesWithoutRecords(t *testing.T) {
	s := newServer(t, memstore.New())
	has(t, s.page("/"), "Nothing has been started yet")
	has(t, s.page("/feed"), "Nothing has happened here yet")
	has(t, s.page("/?status=failed"), "Nothing matches these filters")
	has(t, s.page("/usage"), "Nothing was used in 30 days")
	has(t, s.page("/search"), "!Nobody and nothing")
}

func TestFormsOfPages(t *testing.T) {
	onStores(t, func(t *testing.T, store activity.Store) {
		reverted := 0
		s := newServer(t, store, func(o *activityhttp.Options) {
			o.Undo = func(context.Context, string, activity.Change) error { reverted++; return nil }
		})
		ids := s.seed("acme")
		acme := s.journal.Tenant("acme")
		redirected := func(a answer, to string) {
			t.Helper()
			if a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.Header.Get("Location"), to) {
				t.Errorf("%s to %q, want %s: %s", a.Status, a.Header.Get("Location"), to, a.body)
			}
		}
		redirected(s.post("/tasks/"+ids.queued.String()+"/cancel", url.Values{"reason": {"wrong file"}}), "/activity/tasks/"+ids.queued.String())
		task, err := acme.Task(t.Context(), ids.queued)
		check(t, err)
		if task.Status != activity.StatusCancelled || task.Reason != "wrong file" || !task.EndedBy.Is(ana) {
			t.Errorf("the task is %v, %q, by %v", task.Status, task.Reason, task.EndedBy)
		}
		if a := s.post("/tasks/"+ids.queued.String()+"/cancel", nil); a.StatusCode != http.StatusConflict {
			t.Errorf("cancelling again: %s", a.Status)
		}
		if a := s.do(http.MethodGet, "/activity/tasks/"+ids.queued.String()+"/cancel", ""); a.StatusCode != http.StatusConflict {
			t.Errorf("asking to cancel again: %s", a.Status)
		}
		redirected(s.post("/tasks/"+ids.queued.String()+"/rerun", nil), "/activity/tasks/")
		list, err := acme.Tasks(t.Context(), activity.TaskQuery{Statuses: []activity.Status{activity.StatusQueued}})
		check(t, err)
		if len(list.Tasks) != 1 || list.Tasks[0].RetryOf != ids.queued {
			t.Errorf("after the rerun there are %v", list.Tasks)
		}
		redirected(s.post("/tasks/"+ids.ended.String()+"/undo", nil), "/activity/tasks/")
		if reverted != 1 {
			t.Errorf("%d changes were reverted, want 1", reverted)
		}
		redirected(s.post("/comments", url.Values{"of": {"account:42"}, "label": {"Globex"}, "text": {"hello"}}), "/activity/entity?of=account%3A42")
		redirected(s.post("/comments", url.Values{"event": {ids.event.String()}, "text": {"on it"}}), "/activity/events/"+ids.event.String())
		if a := s.post("/comments", url.Values{"of": {"account:42"}, "text": {" "}}); a.StatusCode != http.StatusBadRequest {
			t.Errorf("a blank comment: %s", a.Status)
		}
		has(t, s.page("/entity?of=account:42&category=comments"), "hello", "on it")
		page, err := acme.Timeline(t.Context(), activity.Query{Limit: 1})
		check(t, err)
		has(t, s.page("/feed"), "new since you last looked")
		redirected(s.post("/read", url.Values{"through": {page.Events[0].ID.String()}}), "/activity/feed")
		has(t, s.page("/feed"), "!new since you last looked", `class="event"`, "!event new")
		redirected(s.post("/read", url.Values{"of": {"account:42"}, "through": {ids.event.String()}}), "/activity/entity?of=account%3A42")
	})
}

// What belongs to another tenant is as if it were not there, in every place of every route of the pages.
func TestPagesOfAnotherTenant(t *testing.T) {
	s := newServer(t, memstore.New(), func(o *activityhttp.Options) {
		o.Undo = func(context.Context, string, activity.Change) error { return nil }
	})
	theirs := s.seed("other")
	nowhere, err := activity.ParseID("01900000-0000-7000-8000-000000000000")
	check(t, err)
	walked := 0
	for pattern := range activityhttp.Routes() {
		method, path, _ := strings.Cut(pattern, " ")
		if strings.HasPrefix(path, "/api/") || !strings.Contains(path, "{id}") {
			continue
		}
		walked++
		for _, id := range []activity.ID{theirs.event, theirs.ended, theirs.queued} {
			got := s.do(method, "/activity"+strings.Replace(path, "{id}", id.String(), 1), "")
			want := s.do(method, "/activity"+strings.Replace(path, "{id}", nowhere.String(), 1), "")
			if got.StatusCode != http.StatusNotFound || got.body != want.body {
				t.Errorf("%s with an ID of another tenant: %s\n%s", pattern, got.Status, got.body)
			}
		}
	}
	if walked < 9 {
		t.Errorf("there are %d routes with an ID", walked)
	}
	for path, form := range map[string]url.Values{
		"/comments": {"event": {theirs.event.String()}, "text": {"hello"}},
		"/read":     {"through": {theirs.event.String()}},
	} {
		if a := s.post(path, form); a.StatusCode != http.StatusNotFound {
			t.Errorf("POST %s with an ID of another tenant: %s", path, a.Status)
		}
	}
	// What the host has IDs of is not the library's to know: of an entity that is another tenant's there is what there is of none.
	for _, path := range []string{"/entity?of=%s:%s", "/feed?search=%[2]s", "/usage?subject=%s:%s", "/?about=%s:%s", "/search?q=%[2]s"} {
		got, want := s.page(fmt.Sprintf(path, "account", "42")), s.page(fmt.Sprintf(path, "account", "97"))
		if strings.ReplaceAll(got, "42", "97") != want {
			t.Errorf("%s tells of another tenant's entity:\n%s", path, got)
		}
	}
}

func TestPagesAreGuarded(t *testing.T) {
	s := newServer(t, memstore.New(), func(o *activityhttp.Options) {
		o.Undo = func(context.Context, string, activity.Change) error { return nil }
	})
	ids := s.seed("acme")
	fill := func(pattern string) (method, path string) {
		method, path, _ = strings.Cut(strings.TrimSuffix(pattern, "{$}"), " ")
		return method, "/activity" + strings.Replace(path, "{id}", ids.queued.String(), 1)
	}
	for pattern := range activityhttp.Routes() {
		if strings.Contains(pattern, " /api/") {
			continue
		}
		method, path := fill(pattern)
		for name, c := range map[string]struct {
			header []string
			status int
		}{
			"no tenant": {[]string{"Test-Tenant", ""}, http.StatusNotFound},
			"nobody":    {[]string{"Test-Actor", ""}, http.StatusUnauthorized},
			"no reader": {[]string{"Test-Refused", "read"}, http.StatusForbidden},
		} {
			if a := s.do(method, path, "", c.header...); a.StatusCode != c.status || strings.Contains(a.body, "more.csv") {
				t.Errorf("%s for %s: %s, want %d", pattern, name, a.Status, c.status)
			}
		}
		if method == http.MethodPost {
			if a := s.do(method, path, "", "Sec-Fetch-Site", "cross-site"); a.StatusCode != http.StatusForbidden {
				t.Errorf("%s from another site: %s", pattern, a.Status)
			}
		}
	}
	for permission, absent := range map[string]string{"cancel": "/cancel", "download": "report.csv", "comment": "<textarea", "undo": "/undo"} {
		for _, path := range []string{"/tasks/" + ids.ended.String(), "/tasks/" + ids.queued.String(), "/entity?of=account:42", "/"} {
			has(t, s.page(path, "Test-Refused", permission), "!"+absent)
		}
	}
	for pattern, permission := range map[string]string{
		"POST /tasks/{id}/cancel": "cancel", "POST /tasks/{id}/rerun": "rerun", "POST /tasks/{id}/undo": "undo", "POST /comments": "comment", "GET /tasks/{id}/report.csv": "download",
	} {
		method, path := fill(pattern)
		if a := s.do(method, path, "", "Test-Refused", permission); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s without the permission: %s", pattern, a.Status)
		}
	}
	a := s.do(http.MethodGet, "/activity/", "")
	if csp := a.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("the content security policy is %q", csp)
	}
	if a := s.do(http.MethodPut, "/activity/feed", ""); a.StatusCode != http.StatusMethodNotAllowed || a.Header.Get("Allow") != "GET" {
		t.Errorf("PUT of a page: %s, allowed is %q", a.Status, a.Header.Get("Allow"))
	}
	if a := s.do(http.MethodGet, "/activity", ""); a.StatusCode != http.StatusMovedPermanently {
		t.Errorf("the path without a slash: %s", a.Status)
	}
}

// Whatever stands in a field that reaches a page is shown as text.
func TestHostileTexts(t *testing.T) {
	onStores(t, func(t *testing.T, store activity.Store) {
		s := newServer(t, store)
		ctx, acme := activity.WithActor(t.Context(), ana), s.journal.Tenant("acme")
		for n, text := range []string{`<script>alert(1)</script>`, `"onmouseover="alert(1)`, `javascript:alert(1)`, "\u202eevil\u2066", strings.Repeat("W", 255), `'><img src=x onerror=alert(1)>`} {
			id := fmt.Sprint(text[:min(len(text), 200)], n)
			about := activity.Entity{Kind: "account", ID: id, Label: text}
			event := s.record("acme", called.New(call{text}).By(activity.User(id, text)).About(about), activity.CommentOn(about, text).By(ana))
			task, err := acme.Do(ctx, activity.TaskSpec{Kind: "import_contacts", Title: text, About: []activity.Entity{about}, Attributes: map[string]string{text[:min(len(text), 60)]: text}},
				func(ctx context.Context, run *activity.Run) error {
					values := map[string]any{text: text}
					if err := run.Report(ctx, activity.Outcome{Kind: "updated", Record: about, Message: text, Before: values, After: map[string]any{text: "new"}, Extra: values}); err != nil {
						return err
					}
					return fmt.Errorf("%s", text)
				})
			if err == nil {
				t.Fatal("the task did not fail")
			}
			of := url.Values{"of": {"account:" + id}}.Encode()
			for _, path := range []string{"/", "/?" + url.Values{"title": {text}, "actor": {"user:" + id}, "run": {"01234567"}}.Encode(), "/feed", "/feed?" + url.Values{"actor": {"user:" + id}}.Encode(),
				"/entity?" + of, "/events/" + event.ID.String(), "/tasks/" + task.ID.String(), "/search?" + url.Values{"q": {text}}.Encode(), "/usage?" + url.Values{"subject": {"user:" + id}}.Encode(),
				"/tasks/" + task.ID.String() + "?" + url.Values{"search": {text}}.Encode()} {
				a := s.do(http.MethodGet, "/activity"+path, "")
				if a.StatusCode != http.StatusOK && a.StatusCode != http.StatusBadRequest {
					t.Errorf("%s: %s", path, a.Status)
				}
				has(t, a.body, "!<script>alert", "!<img src=x", `!"onmouseover=`, `!href="javascript:`, `!action="javascript:`)
			}
		}
	})
}

// What is shown is what there is: a store that fails is an error without details, on each page.
func TestPagesTellNothingOfErrors(t *testing.T) {
	s := newServer(t, failing{memstore.New()})
	for pattern := range activityhttp.Routes() {
		method, path, _ := strings.Cut(strings.TrimSuffix(pattern, "{$}"), " ")
		if method != http.MethodGet || strings.HasPrefix(path, "/api/") || path == "/search" || path == "/stream" {
			continue
		}
		a := s.do(method, "/activity"+strings.Replace(path, "{id}", "01900000-0000-7000-8000-000000000000", 1)+map[bool]string{true: "?of=account:42"}[path == "/entity"], "")
		if a.StatusCode != http.StatusInternalServerError || strings.Contains(a.body, "secret") {
			t.Errorf("%s of a store that fails: %s\n%s", pattern, a.Status, a.body)
		}
	}
	if !strings.Contains(s.logs.String(), "secret_table") {
		t.Errorf("the log has %q", s.logs)
	}
}

func TestTimesOfPages(t *testing.T) {
	now := time.Date(2026, time.March, 3, 0, 30, 0, 0, time.UTC)
	s := newServer(t, memstore.New(), func(o *activityhttp.Options) { o.Now = func() time.Time { return now } })
	for _, at := range []time.Time{now.Add(-10 * time.Minute), now.Add(-2 * time.Hour), now.AddDate(0, -1, 0), now.AddDate(-1, 0, 0)} {
		s.record("acme", called.New(call{"x"}).By(ana).About(account).At(at))
	}
	has(t, s.page("/feed"), ">00:20</time>", ">yesterday 22:30</time>", ">Feb 3, 00:30</time>", ">Mar 3, 2025</time>", `datetime="2026-03-03T00:20:00Z"`)
	has(t, s.page("/feed", "Cookie", "activity_zone=America/New_York", "Accept-Language", "es"), ">19:20</time>", ">17:30</time>", ">2 feb, 19:30</time>", `title="2026-03-02 19:20:00.000 EST · 00:20:00.000000Z"`)
	has(t, s.page("/feed", "Cookie", "activity_zone=Mars/Olympus"), ">00:20</time>")
	has(t, s.page("/feed?when=today", "Cookie", "activity_zone=America/New_York"), ">19:20</time>", ">17:30</time>", "!>Feb 2")
	has(t, s.page("/feed?when=today"), ">00:20</time>", "!22:30")
	has(t, s.page("/feed?first=2026-02-03&last=2026-02-03"), "Feb 3", "!00:20<")
}

func TestOptions(t *testing.T) {
	journal, err := activity.New(memstore.New(), nil)
	check(t, err)
	whole := activityhttp.Options{
		Tenant: func(*http.Request) string { return "acme" }, Actor: func(*http.Request) activity.Entity { return ana },
		Authorize: func(*http.Request, activityhttp.Permission) bool { return true },
	}
	for name, change := range map[string]func(*activityhttp.Options){
		"Tenant": func(o *activityhttp.Options) { o.Tenant = nil }, "Actor": func(o *activityhttp.Options) { o.Actor = nil },
		"Authorize": func(o *activityhttp.Options) { o.Authorize = nil }, "Path": func(o *activityhttp.Options) { o.Path = "activity/" },
	} {
		t.Run(name, func(t *testing.T) {
			options := whole
			change(&options)
			defer func() {
				if message := fmt.Sprint(recover()); !strings.Contains(message, "Options."+name) {
					t.Errorf("New without a good %s panics with %q", name, message)
				}
			}()
			activityhttp.New(journal, options)
		})
	}
}
