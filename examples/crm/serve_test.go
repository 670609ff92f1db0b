package main

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-activity/activity"
)

// The program fills its database, says where it listens, and serves; at its end nothing of it is left, and no file.
func TestRun(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	before := runtime.NumGoroutine()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := signalled{io.Discard, make(chan string, 10)}
	ended := make(chan error, 1)
	go func() { ended <- options{addr: "127.0.0.1:0", pace: time.Millisecond}.run(ctx, out) }()
	address := ""
	for address == "" {
		select {
		case line := <-out.written:
			_, address, _ = strings.Cut(strings.TrimSpace(line), "listening on ")
		case err := <-ended:
			t.Fatalf("it ended with %v", err)
		}
	}
	transport := &http.Transport{}
	client := &http.Client{Transport: transport}
	for _, path := range []string{"/", "/contacts", "/activity/api/timeline"} {
		response, err := client.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || len(body) == 0 {
			t.Errorf("%s: %s, %v", path, response.Status, err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
	transport.CloseIdleConnections()
	until(t, "its goroutines end", func() bool { return runtime.NumGoroutine() <= before })
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := client.Get(address); err == nil {
		t.Error("it still serves")
	}
}

// A database that is kept is not filled again, and has what is processed when the program ends.
func TestRunAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kept.db")
	seeded(t)
	if err := os.WriteFile(path, filled.database, 0o600); err != nil {
		t.Fatal(err)
	}
	watch := open(t, path)
	for range 2 {
		ctx, stop := context.WithCancel(t.Context())
		out := signalled{io.Discard, make(chan string, 10)}
		ended := make(chan error, 1)
		go func() { ended <- options{db: path, addr: "127.0.0.1:0", pace: time.Second, quiet: true}.run(ctx, out) }()
		if line := <-out.written; !strings.HasPrefix(line, "listening on http://127.0.0.1:") {
			t.Errorf("it says %q", line)
		}
		until(t, "workers work", func() bool { return len(processing(t, watch)) > 0 })
		stop()
		if err := <-ended; err != nil {
			t.Errorf("it ended with %v", err)
		}
	}
	for _, task := range processing(t, watch) {
		t.Errorf("%s of %s is still processing", task.Kind, task.Tenant)
	}
}

// processing are the tasks that a worker has.
func processing(t *testing.T, c *crm) []activity.Task {
	t.Helper()
	var all []activity.Task
	for _, w := range workspaces {
		for _, task := range tasks(t, c.journal.Tenant(w.id), activity.TaskQuery{Statuses: []activity.Status{activity.StatusProcessing}}) {
			if task.Kind != "search" { // which nobody has between its pages
				all = append(all, task)
			}
		}
	}
	return all
}

func TestRunRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	path := filepath.Join(t.TempDir(), "kept.db")
	seeded(t)
	if err := os.WriteFile(path, filled.database, 0o600); err != nil {
		t.Fatal(err)
	}
	for what, o := range map[string]options{
		"an address that is taken": {db: path, addr: taken.Addr().String(), pace: time.Second},
		"no database":              {dsn: "postgres://127.0.0.1:1/none", addr: "127.0.0.1:0", pace: time.Second},
		"no file":                  {db: t.TempDir(), addr: "127.0.0.1:0", pace: time.Second},
	} {
		if err := o.run(t.Context(), io.Discard); err == nil {
			t.Errorf("it runs with %s", what)
		}
	}
}

// By schedule, events are recorded and tasks queued, but not without end.
func TestSchedule(t *testing.T) {
	c, acme := small(t)
	if err := put(t.Context(), c.store.DB(), invented("initech", "Milton", "Waddams", record{Name: "Initrode"})); err != nil {
		t.Fatal(err)
	}
	chance := rand.New(rand.NewPCG(1, 2))
	for n := range 400 {
		if err := c.happen(t.Context(), chance, n); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"email.opened", "email.clicked", "signal.detected"} {
		if len(events(t, acme, activity.Query{Types: []string{name}})) == 0 {
			t.Errorf("there is no %s", name)
		}
	}
	queued := tasks(t, acme, activity.TaskQuery{})
	if count(queued, func(t activity.Task) bool { return t.Kind == "email" || t.Kind == "scraping" }) == 0 {
		t.Error("nothing is queued that uses a quota")
	}
	if len(queued) != backlog || count(queued, func(t activity.Task) bool { return t.Automated }) != backlog {
		t.Errorf("there are %d tasks", len(queued))
	}
	if len(events(t, c.journal.Tenant("initech"), activity.Query{})) == 0 {
		t.Error("nothing happens in the other workspace")
	}

	// At a limit, nothing more is queued that meets it.
	for _, meter := range []activity.Meter{acme.Meter("workspace_emails", activity.Entity{}), acme.Meter("workspace_scrapings", activity.Entity{})} {
		usage, err := meter.Usage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := meter.Use(t.Context(), usage.Windows[0].Free); err != nil {
			t.Fatal(err)
		}
	}
	for _, task := range queued {
		if _, err := acme.Cancel(t.Context(), task.ID, ana, "to begin again"); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 400 {
		if err := c.happen(t.Context(), chance, n); err != nil {
			t.Fatal(err)
		}
	}
	waiting := tasks(t, acme, activity.TaskQuery{Statuses: []activity.Status{activity.StatusQueued}})
	if n := count(waiting, func(t activity.Task) bool { return t.Wait.For == activity.WaitQuota }); n == 0 || n > full || len(waiting) != backlog+n {
		t.Errorf("%d of %d tasks wait for a quota", n, len(waiting))
	}

	c.pace = time.Millisecond
	was := len(events(t, acme, activity.Query{}))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		c.schedule(ctx)
		close(ended)
	}()
	until(t, "something happens", func() bool { return len(events(t, acme, activity.Query{})) > was })
	stop()
	<-ended
}
