package activity_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// lose starts a task with a run that is gone: nobody renews its lease.
func lose(t testing.TB, tenant activity.Tenant, id activity.ID) {
	t.Helper()
	ctx, kill := context.WithCancel(t.Context())
	if _, err := tenant.Start(ctx, id); err != nil {
		t.Fatal(err)
	}
	kill()
}

// recovered calls Recover and makes sure of how many it recovers.
func recovered(t testing.TB, journal *activity.Journal, want int) {
	t.Helper()
	if n, err := journal.Recover(t.Context()); n != want || err != nil {
		t.Errorf("Recover = %d, %v, want %d", n, err, want)
	}
}

func TestRecoverFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, journal := timed(t, importing)
		task := queue(t, tenant, activity.TaskSpec{About: []activity.Entity{deal}})
		lose(t, tenant, task.ID)
		alive := begin(t, tenant, activity.TaskSpec{})
		queue(t, tenant, activity.TaskSpec{})
		recovered(t, journal, 0)
		time.Sleep(61 * time.Second)
		recovered(t, journal, 1)
		recovered(t, journal, 0)
		got := read(t, tenant, task.ID)
		if got.Status != activity.StatusFailed || !got.System || !strings.Contains(got.Reason, "lost") || !got.EndedAt.Equal(time.Now().UTC()) || !got.LeaseUntil.IsZero() {
			t.Errorf("the lost task is %+v", got)
		}
		wantLife(t, tenant, task.ID, "queued started failed")
		page, err := tenant.Timeline(t.Context(), activity.Query{About: []activity.Entity{deal}, Types: []string{"task.failed"}})
		check(t, err)
		payload, err := activity.TaskFailed.Payload(page.Events[0])
		if err != nil || !payload.System || payload.Reason != got.Reason {
			t.Errorf("the event has %+v, %v", payload, err)
		}
		check(t, alive.Complete(t.Context()))
	})
}

func TestRecoverRequeues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kind := importing
		kind.Lost, kind.MaxLosses, kind.Lease = activity.LostRequeues, 3, time.Second
		tenant, journal := timed(t, kind)
		id := queue(t, tenant, activity.TaskSpec{}).ID
		for attempt := 1; attempt <= 3; attempt++ {
			lose(t, tenant, id)
			time.Sleep(time.Second)
			recovered(t, journal, 1)
			if attempt == 3 {
				break
			}
			if task := read(t, tenant, id); task.Status != activity.StatusQueued || task.Attempt != attempt || !task.LeaseUntil.IsZero() || task.System {
				t.Errorf("after attempt %d, the task is %+v", attempt, task)
			}
		}
		if task := read(t, tenant, id); task.Status != activity.StatusFailed || !task.System || task.Attempt != 3 {
			t.Errorf("after the last attempt, the task is %+v", task)
		}
		wantLife(t, tenant, id, "queued started requeued started requeued started failed")
	})
}

// A task that was to be started by a Do that is gone fails, whatever the policy: nobody else would do its work.
func TestRecoverHeldTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kind := few
		kind.Lost = activity.LostRequeues
		store := &broken{Store: memstore.New()}
		tenant := configured(t, activity.Config{Kinds: []activity.Kind{kind}, Now: time.Now}).With(store).Tenant("acme")
		_, other := timed(t, kind)
		other = other.With(store.Store)
		alive := other.Tenant("acme")
		begin(t, alive, activity.TaskSpec{Kind: kind.Name})
		time.Sleep(time.Second) // the other process queues its task later
		ctx, kill := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = tenant.Do(ctx, activity.TaskSpec{Kind: kind.Name, Actor: ana}, never(t)) })
		time.Sleep(10 * time.Minute)
		recovered(t, other, 0)
		store.down.Store(true) // the process is cut off, then killed
		kill()
		wg.Wait()
		held := list(t, alive)[0]
		if held.Status != activity.StatusQueued {
			t.Fatalf("the held task is %v", held.Status)
		}
		time.Sleep(2 * time.Minute)
		recovered(t, other, 1)
		if task := read(t, alive, held.ID); task.Status != activity.StatusFailed || !task.System || task.Attempt != 0 {
			t.Errorf("the held task is %+v", task)
		}
		wantLife(t, alive, held.ID, "queued failed")
	})
}

// Tasks of kinds that this program does not know are for the program that does.
func TestRecoverLeavesOtherKindsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, journal := timed(t, importing)
		id := queue(t, tenant, activity.TaskSpec{}).ID
		lose(t, tenant, id)
		time.Sleep(time.Hour)
		other := configured(t, activity.Config{Kinds: []activity.Kind{few}, Now: time.Now}).With(activity.StoreOf(journal))
		recovered(t, other, 0)
		if got := read(t, tenant, id).Status; got != activity.StatusProcessing {
			t.Errorf("the task is %v", got)
		}
		recovered(t, journal, 1)
	})
}

// Two processes recover more tasks than they ask for at a time, each once.
func TestRecoverByMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const tasks = 250
		_, journal := timed(t, importing)
		other := configured(t, activity.Config{Kinds: []activity.Kind{importing}, Now: time.Now}).With(activity.StoreOf(journal))
		var ids []activity.ID
		for i := range tasks {
			tenant := journal.Tenant([]string{"acme", "globex"}[i%2])
			ids = append(ids, queue(t, tenant, activity.TaskSpec{}).ID)
			lose(t, tenant, ids[i])
		}
		time.Sleep(time.Hour)
		var n atomic.Int64
		var wg sync.WaitGroup
		for _, j := range []*activity.Journal{journal, other} {
			wg.Go(func() {
				m, err := j.Recover(t.Context())
				if err != nil {
					t.Error(err)
				}
				n.Add(int64(m))
			})
		}
		wg.Wait()
		if n.Load() != tasks {
			t.Errorf("%d tasks were recovered, want %d", n.Load(), tasks)
		}
		for i, id := range ids {
			wantLife(t, journal.Tenant([]string{"acme", "globex"}[i%2]), id, "queued started failed")
		}
	})
}

// A lost task takes its steps with it, and counts for its parent.
func TestRecoverInTrees(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, journal := timed(t, importing)
		recipe, steps, err := tenant.Recipe(t.Context(), activity.TaskSpec{Kind: importing.Name, Actor: ana}, activity.TaskSpec{Kind: importing.Name, Actor: ana})
		check(t, err)
		lose(t, tenant, steps[0].ID)
		below := queue(t, tenant, activity.TaskSpec{Parent: steps[0].ID})
		time.Sleep(time.Hour)
		recovered(t, journal, 1)
		if got := read(t, tenant, below.ID); got.Status != activity.StatusCancelled {
			t.Errorf("the step of the lost step is %v", got.Status)
		}
		if got := read(t, tenant, recipe.ID); got.Status != activity.StatusFailed || got.Reason != "1 of 1 steps failed" || got.System {
			t.Errorf("the recipe is %+v", got)
		}
	})
}

func TestJournalRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, log := &broken{Store: memstore.New()}, &bytes.Buffer{}
		journal, err := activity.New(store, &activity.Config{Kinds: []activity.Kind{importing}, Logger: slog.New(slog.NewTextHandler(log, nil))})
		check(t, err)
		tenant := journal.Tenant("acme")
		id := queue(t, tenant, activity.TaskSpec{}).ID
		lose(t, tenant, id)
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		ended := make(chan error, 1)
		go func() { ended <- journal.Run(ctx) }()
		time.Sleep(59 * time.Second)
		if got := read(t, tenant, id).Status; got != activity.StatusProcessing {
			t.Errorf("the task is %v before its lease has run out", got)
		}
		store.down.Store(true)
		time.Sleep(time.Minute)
		store.down.Store(false) // what goes wrong is logged and tried again
		time.Sleep(2 * time.Second)
		if got := read(t, tenant, id).Status; got != activity.StatusFailed {
			t.Errorf("the task is %v two seconds after the store was back", got)
		}
		if line := log.String(); !strings.Contains(line, errDown.Error()) || !strings.Contains(line, id.String()) {
			t.Errorf("the log does not tell: %q", line)
		}
		if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Run = %v, want the context's error", err)
		}
	})
}

// late is a store in which something happens between the question for lost tasks and what follows from the answer.
type late struct {
	activity.Store
	meanwhile func()
}

func (s *late) LostTasks(ctx context.Context, query activity.LostQuery) ([]activity.Task, error) {
	tasks, err := s.Store.LostTasks(ctx, query)
	s.meanwhile()
	return tasks, err
}

// A run that renews its lease at the last moment is not lost.
func TestRecoverOfARunThatIsAliveAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, journal := timed(t, importing)
		ctx, kill := context.WithCancel(t.Context())
		run, err := tenant.Start(ctx, queue(t, tenant, activity.TaskSpec{}).ID)
		check(t, err)
		kill() // nobody renews its lease but the flush below
		time.Sleep(time.Hour)
		recovered(t, journal.With(&late{activity.StoreOf(journal), func() { check(t, run.Flush(t.Context())) }}), 0)
		check(t, run.Complete(t.Context()))
	})
}
