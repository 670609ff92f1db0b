package activityhttp_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/activityhttp"
	"github.com/go-activity/activity/store/memstore"
)

// good is a request that succeeds.
type good struct {
	pattern string // of the route, without the path of the API
	path    string
	body    string
	want    string // in the body of the answer
}

// goods has each route of the API but the stream, in an order in which all can be made.
func goods(have seeded) []good {
	task, event := have.ended.String(), have.event.String()
	return []good{
		{"GET /timeline", "/timeline?about=account:42&locale=es", "", "llamó por the contract"},
		{"GET /facets", "/facets?about=account:42", "", `{"category":"calls","count":{"n":1,"more":false},"label":"calls"}`},
		{"GET /events/{id}", "/events/" + event, "", `"label":"Call"`},
		{"GET /events/{id}/entry", "/events/" + event + "/entry", "", `"index":0`},
		{"GET /events/{id}/proof", "/events/" + event + "/proof", "", `"hashes"`},
		{"GET /checkpoint", "/checkpoint", "", `"origin":"activity/acme"`},
		{"GET /tasks", "/tasks?status=completed", "", `"total":{"n":1,"more":false}`},
		{"GET /tasks/facets", "/tasks/facets", "", `"category":"imports"`},
		{"GET /tasks/{id}", "/tasks/" + task, "", `"can":["rerun"]`},
		{"GET /tasks/{id}/report", "/tasks/" + task + "/report", "", `"many_failed"`},
		{"GET /tasks/{id}/outcomes", "/tasks/" + task + "/outcomes?kind=imported&search=carla", "", `"label":"Carla"`},
		{"GET /tasks/{id}/report.csv", "/tasks/" + task + "/report.csv", "", "'=1+1"},
		{"GET /usage", "/usage?quota=scrapings&subject=user:ana", "", `"length":3600,"resolution":60,"limit":20,"free":17,"used":3,"held":0`},
		{"GET /usage/history", "/usage/history?quota=scrapings&subject=user:ana&from=2026-10-25T00:00:00Z&to=2026-10-25T02:00:00Z&step=1h", "", `"used":0`},
		{"GET /usage/by", "/usage/by?quota=scrapings&subject=user:ana", "", `"units":3`},
		{"GET /lookup", "/lookup?q=mul%20an", "", `"label":"Ana Müller"`},
		{"GET /relations", "/relations?of=account:42", "", `"label":"Carla"`},
		{"GET /unread", "/unread", "", `"unread":{"n":6,"more":false}`},
		{"GET /openapi.json", "/openapi.json", "", `"openapi":"3.1.0"`},
		{"POST /comments", "/comments", `{"event":"` + event + `","text":"Good call.","mentions":[{"kind":"user","id":"ben"}]}`, "commented: Good call."},
		{"POST /read", "/read", `{"of":{"kind":"account","id":"42"},"through":"` + event + `"}`, ""},
		{"POST /tasks/{id}/rerun", "/tasks/" + task + "/rerun", "", `"retry_of":"` + task},
		{"POST /tasks/{id}/cancel", "/tasks/" + have.queued.String() + "/cancel", `{"reason":"wrong file"}`, `"status":"cancelled"`},
	}
}

var created = []string{"POST /comments", "POST /tasks/{id}/rerun"}

// do makes the request.
func (g good) do(s *server, header ...string) answer {
	s.t.Helper()
	method, _, _ := strings.Cut(g.pattern, " ")
	return s.do(method, "/activity/api"+g.path, g.body, header...)
}

// TestAPI has every route succeed, with an answer as it is described.
func TestAPI(t *testing.T) {
	onStores(t, func(t *testing.T, store activity.Store) {
		s := newServer(t, store)
		have := s.seed("acme")
		s.seed("globex")
		tried := map[string]bool{"GET /stream": true} // which has tests of its own
		for _, g := range goods(have) {
			tried[g.pattern] = true
			want := http.StatusOK
			if slices.Contains(created, g.pattern) {
				want = http.StatusCreated
			} else if g.want == "" {
				want = http.StatusNoContent
			}
			a := g.do(s)
			if a.StatusCode != want || !strings.Contains(a.body, g.want) {
				t.Errorf("%s: %s %s, want %d with %s", g.pattern, a.Status, a.body, want, g.want)
			}
			if at := a.Header.Get("Location"); want == http.StatusCreated && s.do("GET", at, "").body != a.body {
				t.Errorf("%s: it is not at %q", g.pattern, at)
			}
		}
		for pattern := range activityhttp.Routes() {
			if name, ok := strings.CutPrefix(pattern, "GET /api"); ok && !tried["GET "+name] {
				t.Errorf("%s was not tried", pattern)
			}
			if name, ok := strings.CutPrefix(pattern, "POST /api"); ok && !tried["POST "+name] {
				t.Errorf("%s was not tried", pattern)
			}
		}
		if logs := s.logs.String(); logs != "" {
			t.Errorf("there were errors: %s", logs)
		}
	})
}

// TestAPIAdmits has every route refuse who may not.
func TestAPIAdmits(t *testing.T) {
	s := newServer(t, memstore.New())
	have := s.seed("acme")
	requests := append(goods(have), good{"GET /stream", "/stream", "", ""})
	for _, g := range requests {
		method, path, _ := strings.Cut(g.pattern, " ")
		needs := activityhttp.Routes()[method+" /api"+path]
		for want, headers := range map[int][][]string{
			http.StatusNotFound:     {{"Test-Tenant", ""}},
			http.StatusUnauthorized: {{"Test-Actor", ""}},
			http.StatusForbidden:    {{"Test-Refused", string(needs)}, {"Test-Refused", "read"}},
		} {
			for _, header := range headers {
				if a := g.do(s, header...); a.StatusCode != want {
					t.Errorf("%s with %q: %s, want %d", g.pattern, header, a.Status, want)
				}
			}
		}
		for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.test"}} {
			a := g.do(s, append(header, "Test-Refused", "read")...) // so that streams end
			if other := strings.Contains(a.body, "another origin"); a.StatusCode != http.StatusForbidden || other != (method == "POST") {
				t.Errorf("%s from another origin: %s %s", g.pattern, a.Status, a.body)
			}
		}
	}
	if n := get[struct{ Tasks []activity.Task }](s, "/tasks"); len(n.Tasks) != 2 || n.Tasks[0].Status.Ended() && n.Tasks[1].Status.Ended() {
		t.Errorf("something was done: %+v", n.Tasks)
	}
}

// TestAPIPermissions has each permission asked for that a route needs.
func TestAPIPermissions(t *testing.T) {
	for pattern, want := range map[string]activityhttp.Permission{
		"GET /api/tasks": activityhttp.Read, "GET /api/tasks/{id}/report.csv": activityhttp.Download, "POST /api/comments": activityhttp.Comment,
		"POST /api/tasks/{id}/cancel": activityhttp.Cancel, "POST /api/tasks/{id}/rerun": activityhttp.Rerun, "POST /api/read": activityhttp.Read,
	} {
		if got := activityhttp.Routes()[pattern]; got != want {
			t.Errorf("%s needs %q", pattern, got)
		}
	}
}

// TestAPIUnrouted has what there is not answered as problems too.
func TestAPIUnrouted(t *testing.T) {
	s := newServer(t, memstore.New())
	for request, want := range map[string]int{"GET /nothing": 404, "POST /tasks": 405, "GET /comments": 405, "DELETE /tasks": 405, "GET /tasks/x": 404} {
		method, path, _ := strings.Cut(request, " ")
		a := s.do(method, "/activity/api"+path, "")
		if a.StatusCode != want || a.Header.Get("Content-Type") != "application/problem+json" || want == 405 && a.Header.Get("Allow") == "" {
			t.Errorf("%s: %s %s", request, a.Status, a.body)
		}
	}
}

func TestAPIBodies(t *testing.T) {
	s := newServer(t, memstore.New())
	have := s.seed("acme")
	cancel := "/activity/api/tasks/" + have.queued.String() + "/cancel"
	comment := "/activity/api/comments"
	for name, test := range map[string]struct {
		path, body, kind string
		status           int
		want             string
	}{
		"too large":        {comment, `{"text":"` + strings.Repeat("x", 64<<10) + `"}`, "application/json", 413, "Body too large"},
		"a form":           {cancel, "reason=x", "application/x-www-form-urlencoded", 415, "Not JSON"},
		"text":             {cancel, `{}`, "text/plain", 415, "Not JSON"},
		"no JSON":          {cancel, `{`, "application/json", 400, "the body is not"},
		"an unknown field": {cancel, `{"why":"x"}`, "application/json; charset=utf-8", 400, "the body is not"},
		"two values":       {cancel, `{}{}`, "application/json", 400, "more than one"},
		"a body to rerun":  {"/activity/api/tasks/" + have.ended.String() + "/rerun", `{"kind":"x"}`, "", 400, "the body is not"},
		"about two things": {comment, `{"about":{"kind":"a","id":"1"},"event":"` + have.event.String() + `","text":"x"}`, "", 400, `"field":"event"`},
		"about nothing":    {comment, `{"text":"x"}`, "", 400, "About[0]"},
		"blank":            {comment, `{"about":{"kind":"a","id":"1"},"text":" "}`, "", 400, "blank"},
		"mentions events":  {comment, `{"about":{"kind":"a","id":"1"},"text":"x","mentions":[{"kind":"event","id":"1"}]}`, "", 400, `"field":"mentions"`},
		"about no event":   {comment, `{"about":{"kind":"event","id":"1"},"text":"x"}`, "", 400, `"field":"about"`},
		"read nothing":     {"/activity/api/read", `{}`, "", 400, `"field":"through"`},
		"long reason":      {cancel, `{"reason":"` + strings.Repeat("x", 3000) + `"}`, "", 400, `"field":"Reason"`},
	} {
		header := []string{}
		if test.kind != "" {
			header = append(header, "Content-Type", test.kind)
		}
		if a := s.do("POST", test.path, test.body, header...); a.StatusCode != test.status || !strings.Contains(a.body, test.want) {
			t.Errorf("%s: %s %s, want %d with %s", name, a.Status, a.body, test.status, test.want)
		}
	}
}

// TestCommentsOnEvents has a comment on an event in its thread, whichever way it is asked for.
func TestCommentsOnEvents(t *testing.T) {
	s := newServer(t, memstore.New())
	id := s.seed("acme").event.String()
	for _, body := range []string{`{"event":"` + id + `","text":"one"}`, `{"about":{"kind":"event","id":"` + id + `"},"text":"two"}`} {
		if a := s.do("POST", "/activity/api/comments", body); a.StatusCode != http.StatusCreated {
			t.Fatalf("%s %s", a.Status, a.body)
		}
	}
	thread := get[activity.Page](s, "/timeline?about=event:"+id)
	if len(thread.Events) != 2 {
		t.Fatalf("the thread has %d comments", len(thread.Events))
	}
	for _, e := range thread.Events {
		if !e.Actor.Is(ana) || len(e.About) != 3 || !e.About[1].Is(account) || e.Source != activity.Manual {
			t.Errorf("a comment is %+v", e)
		}
	}
}
