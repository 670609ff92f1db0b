package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/internal/pgtest"
	"github.com/go-activity/activity/store/postgres"
	"github.com/go-activity/activity/store/sqlite"
)

// open opens a database in a file, with workers that take a millisecond for a record.
func open(t *testing.T, path string) *crm {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path, sqlite.WithoutSync())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	c, err := newCRM(t.Context(), store, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// onPostgres opens an empty database of PostgreSQL.
func onPostgres(t *testing.T) *crm {
	t.Helper()
	store, err := postgres.Open(t.Context(), pgtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	c, err := newCRM(t.Context(), store, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var filled struct {
	sync.Once
	database []byte
	now      time.Time // of the seed
}

// seeded opens a database that is filled, each test one of its own.
func seeded(t *testing.T) *crm {
	t.Helper()
	filled.Do(func() {
		path := filepath.Join(t.TempDir(), "filled.db")
		c := open(t, path)
		filled.now = time.Now()
		if err := c.seed(t.Context(), filled.now, func(string) {}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(filled.now); took > 15*time.Second && !raceDetector {
			t.Errorf("filling took %v", took)
		}
		if err := c.store.Close(); err != nil { // which moves all from the log into the file
			t.Fatal(err)
		}
		var err error
		if filled.database, err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	})
	if filled.database == nil {
		t.Fatal("the database could not be filled")
	}
	path := filepath.Join(t.TempDir(), "crm.db")
	if err := os.WriteFile(path, filled.database, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, path)
}

// working lets workers and upkeep work until the test ends or the function is called.
func working(t *testing.T, c *crm) (end func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() { c.workers(ctx) })
	all.Go(func() { _ = c.journal.Run(ctx) })
	end = sync.OnceFunc(func() {
		cancel()
		all.Wait()
	})
	t.Cleanup(end)
	return end
}

// until waits for something to be so.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(time.Minute)
	for !so() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// tasks are all tasks of a workspace that a query finds.
func tasks(t *testing.T, tenant activity.Tenant, query activity.TaskQuery) []activity.Task {
	t.Helper()
	query.Limit = activity.MaxLimit
	page, err := tenant.Tasks(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	if page.Next != "" {
		t.Fatal("there is more than a page")
	}
	return page.Tasks
}

// events are all events of a workspace that a query finds, the newest first.
func events(t *testing.T, tenant activity.Tenant, query activity.Query) []activity.Event {
	t.Helper()
	var all []activity.Event
	for e, err := range tenant.Events(t.Context(), query) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

func task(t *testing.T, tenant activity.Tenant, id activity.ID) activity.Task {
	t.Helper()
	task, err := tenant.Task(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

func count[T any](list []T, is func(T) bool) int {
	return len(slices.DeleteFunc(slices.Clone(list), func(x T) bool { return !is(x) }))
}

// signalled is a writer that says when something was written.
type signalled struct {
	io.Writer
	written chan string
}

func (s signalled) Write(p []byte) (int, error) {
	s.written <- string(p)
	return len(p), nil
}
