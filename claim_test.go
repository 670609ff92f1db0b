package activity_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-activity/activity"
)

// claimed returns the titles of the tasks that are claimed one after the other until there are none.
func claimed(t testing.TB, journal *activity.Journal, kinds ...string) string {
	t.Helper()
	var titles []string
	for {
		run, err := journal.Claim(t.Context(), kinds...)
		if errors.Is(err, activity.ErrNoTask) && run == nil {
			return strings.Join(titles, " ")
		}
		check(t, err)
		titles = append(titles, run.Task().Title)
	}
}

func TestClaim(t *testing.T) {
	tenant, journal := newTenant(t, importing, few)
	if got := claimed(t, journal); got != "" {
		t.Errorf("claimed %q of nothing", got)
	}
	for _, title := range []string{"1", "2", "3"} {
		queue(t, tenant, activity.TaskSpec{Title: title})
	}
	run, err := journal.Claim(t.Context())
	check(t, err)
	if task := run.Task(); task.Title != "1" || task.Status != activity.StatusProcessing || task.Attempt != 1 || task.Tenant != "acme" {
		t.Errorf("claimed %+v", task)
	}
	wantLife(t, tenant, run.Task().ID, "queued started")
	if got := claimed(t, journal, few.Name); got != "" {
		t.Errorf("claimed %q, which is of another kind", got)
	}
	if got := claimed(t, journal, importing.Name, few.Name, importing.Name); got != "2 3" {
		t.Errorf("claimed %q, want the oldest first", got)
	}
	check(t, run.Requeue(t.Context(), "a break"))
	if got := claimed(t, journal); got != "1" {
		t.Errorf("claimed %q, want the one that was queued again", got)
	}
}

func TestClaimTakesTurns(t *testing.T) {
	_, journal := newTenant(t, importing)
	for _, name := range []string{"acme", "globex", "initech"} {
		for i := range 3 {
			queue(t, journal.Tenant(name), activity.TaskSpec{Title: fmt.Sprint(name, i)})
		}
	}
	queue(t, journal.Tenant("umbrella"), activity.TaskSpec{Title: "umbrella0"})
	if got, want := claimed(t, journal), "acme0 globex0 initech0 umbrella0 acme1 globex1 initech1 acme2 globex2 initech2"; got != want {
		t.Errorf("claimed %q\n   want %q", got, want)
	}
}

// More tenants have tasks than a journal asks for at a time, and most of them cannot be served.
func TestClaimAmongManyTenants(t *testing.T) {
	_, journal := newTenant(t, few)
	for i := range 200 {
		tenant := journal.Tenant(fmt.Sprintf("t%03d", i))
		begin(t, tenant, activity.TaskSpec{Kind: few.Name})
		queue(t, tenant, activity.TaskSpec{Kind: few.Name, Title: "waits"})
	}
	for _, name := range []string{"t150", "t010"} {
		for _, task := range list(t, journal.Tenant(name)) {
			if task.Status == activity.StatusProcessing {
				if _, err := journal.Tenant(name).Cancel(t.Context(), task.ID, ana, ""); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	var names []string
	for range 2 {
		run, err := journal.Claim(t.Context())
		check(t, err)
		names = append(names, run.Task().Tenant)
	}
	if got := fmt.Sprint(names); got != "[t010 t150]" {
		t.Errorf("claimed of %v", got)
	}
	if got := claimed(t, journal); got != "" {
		t.Errorf("claimed %q", got)
	}
}

func TestClaimSkips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, journal := timed(t, importing, few)
		begin(t, tenant, activity.TaskSpec{Kind: few.Name})
		first := begin(t, tenant, activity.TaskSpec{Exclusive: "a"})
		queue(t, tenant, activity.TaskSpec{Kind: few.Name, Title: "place"})
		queue(t, tenant, activity.TaskSpec{Exclusive: "a", Title: "exclusive"})
		_, _, err := tenant.Recipe(t.Context(), activity.TaskSpec{Kind: importing.Name, Title: "recipe", Actor: ana}, activity.TaskSpec{Kind: importing.Name, Title: "step", Actor: ana})
		check(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { // waits for the place, after the one in the queue
			_, _ = tenant.Do(ctx, activity.TaskSpec{Kind: few.Name, Actor: ana, Title: "held"}, never(t))
		}()
		synctest.Wait()
		if got := claimed(t, journal); got != "step" {
			t.Errorf("claimed %q, want the step only", got)
		}
		cancel()
		check(t, first.Complete(t.Context()))
		if got := claimed(t, journal); got != "exclusive" {
			t.Errorf("claimed %q, want the one whose key is free now", got)
		}
	})
}

// 16 workers, who come and go, are given each task once, and never more of a tenant than may be processing.
func TestClaimByMany(t *testing.T) {
	const tasks, places = 500, 3
	kind := few
	kind.MaxProcessing = places
	_, journal := timed(t, kind)
	tenants := []string{"acme", "globex", "initech", "umbrella"}
	for i := range tasks {
		queue(t, journal.Tenant(tenants[i%len(tenants)]), activity.TaskSpec{Kind: kind.Name})
	}
	var mu sync.Mutex
	seen := map[activity.ID]int{}
	var left atomic.Int64
	left.Store(tasks)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for left.Load() > 0 {
				run, err := journal.Claim(t.Context())
				if errors.Is(err, activity.ErrNoTask) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				left.Add(-1)
				mu.Lock()
				seen[run.Task().ID]++
				mu.Unlock()
				if err := run.Report(t.Context(), activity.Outcome{Kind: "imported"}); err != nil {
					t.Error(err)
				}
				if err := run.Complete(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for id, n := range seen {
		if n != 1 {
			t.Errorf("task %s was claimed %d times", id, n)
		}
	}
	for _, name := range tenants {
		for _, task := range list(t, journal.Tenant(name)) {
			if task.Status != activity.StatusCompleted || task.Attempt != 1 || task.Counts.Created != 1 {
				t.Errorf("task %s is %v after attempt %d, with %+v", task.ID, task.Status, task.Attempt, task.Counts)
			}
		}
	}
	if len(seen) != tasks {
		t.Errorf("%d tasks were claimed, want %d", len(seen), tasks)
	}
	assertPlaces(t, journal, tenants, places)
}

// assertPlaces makes sure, from the times on the tasks, that never more than some were processing.
func assertPlaces(t *testing.T, journal *activity.Journal, tenants []string, places int) {
	t.Helper()
	for _, name := range tenants {
		tasks := list(t, journal.Tenant(name))
		for _, task := range tasks {
			at := 0
			for _, other := range tasks {
				if !other.StartedAt.After(task.StartedAt) && other.EndedAt.After(task.StartedAt.Add(time.Microsecond)) {
					at++
				}
			}
			if at > places {
				t.Errorf("%d tasks of %s were processing at %v", at, name, task.StartedAt)
			}
		}
	}
}
