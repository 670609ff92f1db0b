package activity_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// A search counts the results shown each time the next page of them is opened, by whichever process
// serves the page, and has come to its end when nobody opens one any more.
func TestPauseAndResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		store := memstore.New()
		defer store.Close()
		journal := func() *activity.Journal {
			j, err := activity.New(store, &activity.Config{Kinds: []activity.Kind{{
				Name: "search", Lost: activity.LostCompletes,
				Outcomes: []activity.OutcomeKind{{Name: "shown", Counts: activity.Unmodified}},
			}}})
			if err != nil {
				t.Fatal(err)
			}
			return j
		}
		ana := activity.User("ana", "Ana")
		task, err := journal().Tenant("acme").Enqueue(ctx, activity.TaskSpec{Kind: "search", Actor: ana})
		if err != nil {
			t.Fatal(err)
		}
		show := func(run *activity.Run, page int) {
			t.Helper()
			for i := range 10 {
				lead := activity.Entity{Kind: "lead", ID: fmt.Sprint(page, "-", i)}
				if err := run.Report(ctx, activity.Outcome{Kind: "shown", Record: lead}); err != nil {
					t.Fatal(err)
				}
			}
			if err := run.Pause(ctx, 30*time.Minute); err != nil {
				t.Fatal(err)
			}
			if err := run.Report(ctx); !errors.Is(err, activity.ErrNotRunning) {
				t.Errorf("Report of a run that paused = %v", err)
			}
		}
		run, err := journal().Tenant("acme").Start(ctx, task.ID)
		if err != nil {
			t.Fatal(err)
		}
		show(run, 1)
		for page := 2; page <= 4; page++ {
			time.Sleep(20 * time.Minute)
			acme := journal().Tenant("acme")
			run, err := acme.Resume(ctx, task.ID)
			if err != nil {
				t.Fatal(err)
			}
			show(run, page)
			task, err = acme.Task(ctx, task.ID)
			if err != nil || task.Status != activity.StatusProcessing || task.Counts.Unmodified != int64(10*page) {
				t.Errorf("after page %d the task is %v with %+v (%v)", page, task.Status, task.Counts, err)
			}
			if n, err := journal().Recover(ctx); n != 0 || err != nil {
				t.Errorf("Recover of a task that has paused = %d, %v", n, err)
			}
		}
		time.Sleep(31 * time.Minute)
		if n, err := journal().Recover(ctx); n != 1 || err != nil {
			t.Errorf("Recover = %d, %v", n, err)
		}
		acme := journal().Tenant("acme")
		task, err = acme.Task(ctx, task.ID)
		if err != nil || task.Status != activity.StatusCompleted || task.System || task.Reason != "" {
			t.Errorf("a search that nobody goes on with is %v (%q), %v", task.Status, task.Reason, err)
		}
		var transition *activity.TransitionError
		if _, err := acme.Resume(ctx, task.ID); !errors.As(err, &transition) || transition.From != activity.StatusCompleted {
			t.Errorf("Resume of a task that has ended = %v", err)
		}
	})
}

// Of two runs, the one that was resumed last has the task.
func TestResumeTakesOver(t *testing.T) {
	ctx := t.Context()
	store := memstore.New()
	defer store.Close()
	journal, err := activity.New(store, &activity.Config{Kinds: []activity.Kind{{
		Name: "search", Outcomes: []activity.OutcomeKind{{Name: "shown", Counts: activity.Unmodified}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	acme := journal.Tenant("acme")
	task, err := acme.Enqueue(ctx, activity.TaskSpec{Kind: "search", Actor: activity.User("ana", "Ana")})
	if err != nil {
		t.Fatal(err)
	}
	first, err := acme.Start(ctx, task.ID)
	if err != nil {
		t.Fatal(err)
	}
	second, err := acme.Resume(ctx, task.ID)
	if err != nil {
		t.Fatal(err)
	}
	<-first.Context().Done()
	if err := first.Complete(ctx); !errors.Is(err, activity.ErrNotRunning) {
		t.Errorf("Complete of the run that lost the task = %v", err)
	}
	if err := second.Complete(ctx); err != nil {
		t.Error(err)
	}
}
