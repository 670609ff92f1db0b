package activityhttp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/activityhttp"
	"github.com/go-activity/activity/store/memstore"
	"github.com/go-activity/activity/store/sqlite"
)

var (
	ana     = activity.User("ana", "Ana Müller")
	ben     = activity.User("ben", "Ben")
	account = activity.Entity{Kind: "account", ID: "42", Label: "Globex"}
	contact = activity.Entity{Kind: "contact", ID: "7", Label: "Carla"}
)

type call struct {
	Subject string `json:"subject"`
}

var called = activity.Define[call]("call.made", activity.TypeOptions{
	Label: "Call", Category: "calls", Icon: "phone", Summary: "called about {subject}", Translations: map[string]string{"es": "llamó por {subject}"},
})

// pinged is kept for a day.
var pinged = activity.Define[call]("ping.seen", activity.TypeOptions{Label: "Ping", Category: "pings", Retention: 24 * time.Hour})

// server is a journal with a handler before it. Requests say in their header who makes them: Test-Tenant, Test-Actor, and in
// Test-Refused what they may not.
type server struct {
	*httptest.Server
	t       testing.TB
	journal *activity.Journal
	handler *activityhttp.Handler
	public  string // the key of checkpoints
	logs    *logbook
}

// newServer serves a store. What is changed in the options stays so.
func newServer(t testing.TB, store activity.Store, change ...func(*activityhttp.Options)) *server {
	t.Helper()
	s := newHandler(t, store, change)
	s.Server = httptest.NewServer(s.handler)
	s.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(s.end)
	return s
}

// end ends streams, and then the server, which waits for them.
func (s *server) end() {
	s.handler.Close()
	s.Close()
}

func newHandler(t testing.TB, store activity.Store, change []func(*activityhttp.Options)) *server {
	t.Helper()
	private, public, err := activity.GenerateKey("test")
	check(t, err)
	signer, err := note.NewSigner(private)
	check(t, err)
	s := &server{t: t, public: public, logs: &logbook{}}
	logger := slog.New(slog.NewTextHandler(s.logs, nil))
	s.journal, err = activity.New(store, &activity.Config{
		Types:  []activity.EventType{called, pinged},
		Kinds:  []activity.Kind{{Name: "import_contacts", Label: "CSV import", Category: "imports", Object: "contacts", Outcomes: activity.ImportOutcomes()}},
		Signer: signer, Logger: logger,
		Quotas: []activity.Quota{{Name: "scrapings", Windows: []activity.Window{{Length: time.Hour, Limit: 20}, {Length: 24 * time.Hour, Limit: activity.Unlimited}}}},
	})
	check(t, err)
	options := activityhttp.Options{
		Tenant: func(r *http.Request) string { return r.Header.Get("Test-Tenant") },
		Actor: func(r *http.Request) activity.Entity {
			if name := r.Header.Get("Test-Actor"); name != "" {
				return activity.User(name, "")
			}
			return activity.Entity{}
		},
		Authorize: func(r *http.Request, p activityhttp.Permission) bool {
			return !slices.Contains(strings.Fields(r.Header.Get("Test-Refused")), string(p))
		},
		Logger: logger,
	}
	for _, f := range change {
		f(&options)
	}
	s.handler = activityhttp.New(s.journal, options)
	return s
}

// answer is what came back, with the body read.
type answer struct {
	*http.Response
	body string
}

// request makes a request of ana in acme, unless the header, given as names and values, says otherwise.
func (s *server) request(method, path, body string, header ...string) *http.Request {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, strings.NewReader(body))
	check(s.t, err)
	r.Header.Set("Test-Tenant", "acme")
	r.Header.Set("Test-Actor", "ana")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// do makes a request. What the API answers has to be as it is described. Of a stream, only the header comes back.
func (s *server) do(method, path, body string, header ...string) answer {
	s.t.Helper()
	r := s.request(method, path, body, header...)
	response, err := s.Client().Do(r)
	check(s.t, err)
	defer response.Body.Close()
	a := answer{Response: response}
	if response.Header.Get("Content-Type") != "text/event-stream" {
		data, err := io.ReadAll(response.Body)
		check(s.t, err)
		a.body = string(data)
	}
	described(s.t, r, a)
	return a
}

// get decodes what is at a path of the API.
func get[T any](s *server, path string, header ...string) T {
	s.t.Helper()
	a := s.do(http.MethodGet, "/activity/api"+path, "", header...)
	if a.StatusCode != http.StatusOK {
		s.t.Fatalf("GET %s: %s %s", path, a.Status, a.body)
	}
	return decode[T](s.t, a.body)
}

func decode[T any](t testing.TB, body string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return v
}

// record stores events and returns the last one.
func (s *server) record(tenant string, drafts ...activity.Draft) activity.Event {
	s.t.Helper()
	events, err := s.journal.Tenant(tenant).Record(s.t.Context(), drafts...)
	check(s.t, err)
	return events[len(events)-1]
}

// seeded is what a tenant has.
type seeded struct {
	event, ended, queued activity.ID
}

// seed gives a tenant a call, an import that has ended, one that waits, relations and some use of a quota.
func (s *server) seed(tenant string) seeded {
	s.t.Helper()
	ctx, acme := activity.WithActor(s.t.Context(), ana), s.journal.Tenant(tenant)
	event := s.record(tenant, called.New(call{"the contract"}).By(ana).About(account, contact))
	ended, err := acme.Do(ctx, activity.TaskSpec{Kind: "import_contacts", Title: "contacts.csv", About: []activity.Entity{account}},
		func(ctx context.Context, run *activity.Run) error {
			return run.Report(ctx,
				activity.Outcome{Kind: "imported", Record: contact, Row: 1, After: map[string]any{"name": "=1+1"}, Message: "new"},
				activity.Outcome{Kind: "error", Row: 2, Message: "no name", Extra: map[string]any{"line": 2}})
		})
	check(s.t, err)
	queued, err := acme.Enqueue(ctx, activity.TaskSpec{Kind: "import_contacts", Title: "more.csv", Attributes: map[string]string{"template": "weekly"}})
	check(s.t, err)
	check(s.t, acme.SetParent(ctx, contact, account, ana))
	check(s.t, acme.Meter("scrapings", ana).Use(ctx, 3))
	_, err = s.journal.Seal(ctx)
	check(s.t, err)
	return seeded{event.ID, ended.ID, queued.ID}
}

// onStores runs a test on a store in memory and one in a file.
func onStores(t *testing.T, test func(*testing.T, activity.Store)) {
	t.Run("memory", func(t *testing.T) { test(t, memstore.New()) })
	t.Run("sqlite", func(t *testing.T) {
		store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "activity.db"), sqlite.WithoutSync())
		check(t, err)
		t.Cleanup(func() { check(t, store.Close()) })
		check(t, store.Migrate(t.Context()))
		test(t, store)
	})
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// logbook keeps what is logged.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(data)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
