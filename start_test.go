package activity_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// few is a kind of which one task may be processing at a time.
var few = activity.Kind{Name: "scrape", MaxProcessing: 1, Outcomes: activity.ImportOutcomes()}

func TestStart(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	task := queue(t, tenant, everything())
	run := start(t, tenant, task.ID)
	want := task
	want.Revision, want.Status, want.StartedAt, want.Attempt, want.LeaseUntil = 1, activity.StatusProcessing, noon, 1, noon.Add(time.Minute)
	if diff := cmp.Diff(want, run.Task()); diff != "" {
		t.Errorf("the run's task (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, read(t, tenant, task.ID)); diff != "" {
		t.Errorf("Task (-want +got):\n%s", diff)
	}
	own := run.Task()
	own.About[0].ID = "changed"
	if run.Task().About[0].ID == "changed" {
		t.Error("the run shares its task's memory")
	}
}

func TestStartErrors(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	if _, err := tenant.Start(t.Context(), idValue); !errors.Is(err, activity.ErrNotFound) {
		t.Errorf("Start of no task = %v", err)
	}
	task := queue(t, tenant, activity.TaskSpec{})
	if _, err := journal.Tenant("globex").Start(t.Context(), task.ID); !errors.Is(err, activity.ErrNotFound) {
		t.Errorf("Start of another tenant's task = %v", err)
	}
	run := start(t, tenant, task.ID)
	for _, from := range []activity.Status{activity.StatusProcessing, activity.StatusCompleted} {
		_, err := tenant.Start(t.Context(), task.ID)
		if got, want := *transition(t, err), (activity.TransitionError{ID: task.ID, From: from, To: activity.StatusProcessing}); got != want {
			t.Errorf("Start = %+v, want %+v", got, want)
		}
		if errors.Is(err, activity.ErrNotRunning) {
			t.Errorf("Start = %v, an ErrNotRunning", err)
		}
		if from == activity.StatusProcessing {
			check(t, run.Complete(t.Context()))
		}
	}
	wantLife(t, tenant, task.ID, "queued started completed")
}

// waits makes sure that a task cannot be started, and says why.
func waits(t testing.TB, tenant activity.Tenant, id activity.ID, want activity.Wait) {
	t.Helper()
	run, err := tenant.Start(t.Context(), id)
	var wait *activity.WaitError
	if !errors.As(err, &wait) || !errors.Is(err, activity.ErrWaiting) || run != nil {
		t.Fatalf("Start = %v, %v, want a WaitError", run, err)
	}
	if wait.ID != id || wait.Wait != want {
		t.Errorf("Start of %s waits for %+v (ID %s), want %+v", id, wait.Wait, wait.ID, want)
	}
	if task := read(t, tenant, id); task.Wait != want || task.Status != activity.StatusQueued || task.Attempt != 0 {
		t.Errorf("the task is %v in attempt %d and waits for %+v, want %+v", task.Status, task.Attempt, task.Wait, want)
	}
}

func TestPlaces(t *testing.T) {
	two := few
	two.MaxProcessing = 2
	tenant, journal := newTenant(t, importing, two)
	place := activity.Wait{For: activity.WaitPlace}
	spec := activity.TaskSpec{Kind: few.Name}
	a, b, c, d := queue(t, tenant, spec), queue(t, tenant, spec), queue(t, tenant, spec), queue(t, tenant, spec)
	if !a.Wait.IsZero() || !b.Wait.IsZero() || c.Wait != place || d.Wait != place {
		t.Errorf("queued tasks wait for %+v, %+v, %+v, %+v", a.Wait, b.Wait, c.Wait, d.Wait)
	}
	waits(t, tenant, c.ID, place) // a and b are before it
	runB := start(t, tenant, b.ID)
	waits(t, tenant, c.ID, place) // b has one place, the other one is for a
	runA := start(t, tenant, a.ID)
	waits(t, tenant, d.ID, place)

	// Others have places of their own.
	begin(t, tenant, activity.TaskSpec{})
	begin(t, journal.Tenant("globex"), spec)

	check(t, runA.Complete(t.Context()))
	waits(t, tenant, d.ID, place) // c is before it
	runC := start(t, tenant, c.ID)
	if got := runC.Task().Wait; !got.IsZero() {
		t.Errorf("a task that was started still waits for %+v", got)
	}
	check(t, runB.Requeue(t.Context(), "a break"))
	waits(t, tenant, d.ID, place) // b is before it again
	start(t, tenant, b.ID)
	if _, err := tenant.Cancel(t.Context(), c.ID, ana, ""); err != nil {
		t.Fatal(err)
	}
	start(t, tenant, d.ID)
}

func TestExclusive(t *testing.T) {
	tenant, journal := newTenant(t, importing, few)
	one := activity.TaskSpec{Exclusive: "list:42"}
	other := activity.TaskSpec{Exclusive: "list:42", Kind: few.Name}
	a, b, c := queue(t, tenant, one), queue(t, tenant, other), queue(t, tenant, one)
	forA := activity.Wait{For: activity.WaitExclusive, Task: a.ID}
	if !a.Wait.IsZero() || b.Wait != forA || c.Wait != forA {
		t.Errorf("queued tasks wait for %+v, %+v, %+v", a.Wait, b.Wait, c.Wait)
	}
	waits(t, tenant, b.ID, forA)
	runA := start(t, tenant, a.ID)
	waits(t, tenant, c.ID, forA)

	begin(t, tenant, activity.TaskSpec{Exclusive: "list:43"})
	begin(t, journal.Tenant("globex"), one)
	scrape := begin(t, tenant, activity.TaskSpec{Kind: few.Name}) // the one place; b, which waits for a, does not count

	check(t, runA.Complete(t.Context()))
	waits(t, tenant, b.ID, activity.Wait{For: activity.WaitPlace})
	waits(t, tenant, c.ID, activity.Wait{For: activity.WaitExclusive, Task: b.ID})
	check(t, scrape.Complete(t.Context()))
	check(t, start(t, tenant, b.ID).Complete(t.Context()))
	start(t, tenant, c.ID)
}

// What a host's transaction starts is started when it commits.
func TestStartInTransaction(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	task := queue(t, tenant, activity.TaskSpec{})
	failed := errors.New("the host's own")
	err := activity.StoreOf(journal).InTx(t.Context(), func(tx activity.Store) error {
		if _, err := journal.With(tx).Tenant("acme").Start(t.Context(), task.ID); err != nil {
			return err
		}
		if _, err := journal.With(tx).Tenant("acme").Enqueue(t.Context(), everything()); err != nil {
			return err
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	wantLife(t, tenant, task.ID, "queued")
	if tasks := list(t, tenant); len(tasks) != 1 || tasks[0].Status != activity.StatusQueued {
		t.Errorf("after the host's transaction was rolled back there are the tasks %+v", tasks)
	}
}
