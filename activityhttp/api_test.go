package activityhttp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

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

// failing is a store that fails with what nobody may read.
type failing struct {
	activity.Store
}

var errSecret = errors.New(`pq: relation "secret_table" at 10.0.0.7: goroutine 1 [running]`)

func (failing) InTx(context.Context, func(activity.Store) error) error { return errSecret }
func (failing) AppendEvents(context.Context, []activity.EventRow) ([]activity.Event, error) {
	return nil, errSecret
}
func (failing) Event(context.Context, string, activity.ID) (activity.Event, error) {
	return activity.Event{}, errSecret
}
func (failing) Feed(context.Context, activity.EventQuery) ([]activity.Event, error) {
	return nil, errSecret
}
func (failing) CountEvents(context.Context, activity.EventQuery) ([]activity.TypeCount, error) {
	return nil, errSecret
}
func (failing) Task(context.Context, string, activity.ID) (activity.Task, error) {
	return activity.Task{}, errSecret
}
func (failing) Tasks(context.Context, activity.TaskFilter) ([]activity.Task, error) {
	return nil, errSecret
}
func (failing) CountTasks(context.Context, activity.TaskFilter) (int, error) { return 0, errSecret }
func (failing) Outcomes(context.Context, activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
	return nil, errSecret
}
func (failing) QuotaState(context.Context, activity.QuotaKey) (activity.QuotaState, error) {
	return activity.QuotaState{}, errSecret
}
func (failing) QuotaUse(context.Context, activity.UseQuery) ([]activity.QuotaUse, error) {
	return nil, errSecret
}
func (failing) FindEntities(context.Context, activity.EntityQuery) ([]activity.Entity, error) {
	return nil, errSecret
}
func (failing) Relations(context.Context, string, activity.Entity, int) ([]activity.Relation, error) {
	return nil, errSecret
}
func (failing) Relatives(context.Context, activity.RelativesQuery) ([]activity.Entity, error) {
	return nil, errSecret
}
func (failing) Mark(context.Context, string, activity.Entity, activity.Entity) (activity.ID, error) {
	return activity.ID{}, errSecret
}
func (failing) Seal(context.Context, int) (int, error) { return 0, errSecret }
func (failing) Unsealed(context.Context) (activity.Unsealed, error) {
	return activity.Unsealed{}, errSecret
}
func (failing) Entry(context.Context, string, activity.ID) (activity.EntryRow, error) {
	return activity.EntryRow{}, errSecret
}

// TestAPITellsNothing has errors of the server logged, and not shown.
func TestAPITellsNothing(t *testing.T) {
	s := newServer(t, failing{memstore.New()})
	id, err := activity.ParseID("0190a6f0-0000-7000-8000-000000000001")
	check(t, err)
	n := 0
	for _, g := range append(goods(seeded{id, id, id}), good{"GET /stream", "/stream", "", ""}) {
		if g.pattern == "GET /openapi.json" {
			continue
		}
		n++
		if a := g.do(s); a.StatusCode != 500 || a.body != `{"type":"about:blank","title":"Internal error","status":500}` {
			t.Errorf("%s: %s %s", g.pattern, a.Status, a.body)
		}
	}
	if logged := strings.Count(s.logs.String(), "secret_table"); logged < n {
		t.Errorf("%d of %d errors were logged", logged, n)
	}
	closed := memstore.New()
	s = newServer(t, closed)
	check(t, closed.Close())
	if a := s.do("GET", "/activity/api/tasks", ""); a.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("of a store that is closed: %s %s", a.Status, a.body)
	}
}

// TestTags has what hardly ever changes sent once.
func TestTags(t *testing.T) {
	s := newServer(t, memstore.New())
	have := s.seed("acme")
	event, task := "/activity/api/events/"+have.event.String(), "/activity/api/tasks/"+have.ended.String()
	for _, path := range []string{event, event + "/entry", event + "/proof", task, task + "/report", "/activity/api/openapi.json"} {
		tag := s.do("GET", path, "").Header.Get("ETag")
		for _, match := range []string{tag, `"other", W/` + tag, "*"} {
			if a := s.do("GET", path, "", "If-None-Match", match); tag == "" || a.StatusCode != http.StatusNotModified || a.Header.Get("ETag") != tag {
				t.Errorf("%s with %s: %s %s", path, match, a.Status, a.body)
			}
		}
	}
	proof := s.do("GET", event+"/proof", "")
	if a := s.do("GET", event, "", "Accept-Language", "es", "If-None-Match", s.do("GET", event, "").Header.Get("ETag")); a.StatusCode != 200 {
		t.Errorf("in another language: %s", a.Status)
	}
	if a := s.do("GET", "/activity/api/tasks/"+have.queued.String(), ""); a.Header.Get("ETag") != "" {
		t.Error("a task that has not ended has a tag")
	}
	s.record("acme", called.New(call{"the tree grows"}).By(ana).About(account))
	if a := s.do("GET", event+"/proof", "", "If-None-Match", proof.Header.Get("ETag")); a.StatusCode != 200 {
		t.Errorf("the proof of another tree: %s", a.Status)
	}
	if _, err := s.journal.Tenant("acme").Erase(t.Context(), contact, ana, "asked to"); err != nil {
		t.Fatal(err)
	}
	a := s.do("GET", event, "", "If-None-Match", `"`+s.do("GET", event, "").Header.Get("ETag")+`"`)
	if a.StatusCode != 200 || strings.Contains(a.body, "Carla") || !strings.Contains(a.body, `"erased":true`) {
		t.Errorf("after erasing: %s %s", a.Status, a.body)
	}
}

// TestProofFromTheAPI has a proof hold with the public key alone.
func TestProofFromTheAPI(t *testing.T) {
	s := newServer(t, memstore.New())
	have := s.seed("acme")
	verifier, err := note.NewVerifier(s.public)
	check(t, err)
	proof := get[activity.Proof](s, "/events/"+have.event.String()+"/proof")
	e, err := activity.VerifyProof(proof, verifier)
	if err != nil || e.ID != have.event {
		t.Errorf("VerifyProof = %v, %v", e.ID, err)
	}
	c := get[struct {
		Size       int64
		Root, Note string
	}](s, "/checkpoint")
	parsed, err := activity.ParseCheckpoint([]byte(c.Note), verifier)
	if err != nil || parsed.Size != c.Size || parsed.Root.String() != c.Root {
		t.Errorf("the checkpoint is %+v, %v, and says %+v", parsed, err, c)
	}
}

// TestNoSigner has journals that sign nothing say so.
func TestNoSigner(t *testing.T) {
	store := memstore.New()
	have := newServer(t, store).seed("acme")
	s := newServer(t, store)
	unsigned, err := activity.New(store, &activity.Config{Types: []activity.EventType{called}})
	check(t, err)
	s.Config.Handler = activityhttp.New(unsigned, activityhttp.Options{
		Tenant:    func(*http.Request) string { return "acme" },
		Actor:     func(*http.Request) activity.Entity { return ana },
		Authorize: func(*http.Request, activityhttp.Permission) bool { return true },
	})
	for _, path := range []string{"/checkpoint", fmt.Sprintf("/events/%s/proof", have.event)} {
		if a := s.do("GET", "/activity/api"+path, ""); a.StatusCode != 404 || !strings.Contains(a.body, "No checkpoints") {
			t.Errorf("%s: %s %s", path, a.Status, a.body)
		}
	}
}
