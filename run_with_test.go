package activity_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-activity/activity"
)

var errHost = errors.New("the host's own")

// inTx runs fn with a run in a transaction, which it rolls back if it is told to.
func inTx(t *testing.T, journal *activity.Journal, run *activity.Run, rollback bool, fn func(*activity.Run)) {
	t.Helper()
	err := activity.StoreOf(journal).InTx(t.Context(), func(tx activity.Store) error {
		fn(run.With(tx))
		if rollback {
			return errHost
		}
		return nil
	})
	if rollback != errors.Is(err, errHost) {
		t.Fatal(err)
	}
}

func TestRunInTransaction(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	run := begin(t, tenant, activity.TaskSpec{Total: 10})
	id := run.Task().ID
	for round, rollback := range []bool{true, false, true} {
		inTx(t, journal, run, rollback, func(run *activity.Run) {
			check(t, run.Report(t.Context(), activity.Outcome{Kind: "imported", Row: int64(round), After: map[string]any{"a": 1}}))
			check(t, run.Progress(t.Context(), int64(round+1), 0))
			_, err := run.Record(t.Context(), noted.New(note{"in it"}))
			check(t, err)
			if got := run.Task().Done; got != int64(round+1) {
				t.Errorf("within the transaction, %d is done, want %d", got, round+1)
			}
		})
	}
	check(t, run.Flush(t.Context())) // writes what the run has, and must not write what was undone
	task := read(t, tenant, id)
	if task.Counts.Created != 1 || task.Done != 2 || len(task.Fields) != 1 {
		t.Errorf("after one commit and two rollbacks, the task is %+v", task)
	}
	if outcomes := outcomesOf(t, tenant, id); len(outcomes) != 1 || outcomes[0].Row != 1 {
		t.Errorf("outcomes = %+v, want the one that was committed", outcomes)
	}
	page, err := tenant.Timeline(t.Context(), activity.Query{Types: []string{"note.added"}})
	if err != nil || len(page.Events) != 1 {
		t.Errorf("%d events, %v, want 1", len(page.Events), err)
	}
	// Progress that was undone may be made again, and what was committed not.
	check(t, run.Progress(t.Context(), 3, 0))
	if bad := invalid(t, run.Progress(t.Context(), 2, 0)); bad.Field != "Done" {
		t.Errorf("Progress back is about %s", bad.Field)
	}
	check(t, run.Complete(t.Context()))
	if got := read(t, tenant, id).Done; got != 3 {
		t.Errorf("%d is done, want 3", got)
	}
}

// What is stored within a transaction is there when the transaction commits, and not a moment earlier.
func TestRunInTransactionStoresAtOnce(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	run := begin(t, tenant, activity.TaskSpec{})
	err := activity.StoreOf(journal).InTx(t.Context(), func(tx activity.Store) error {
		if err := run.With(tx).Report(t.Context(), activity.Outcome{Kind: "imported"}); err != nil {
			return err
		}
		inside, err := tx.Task(t.Context(), "acme", run.Task().ID)
		if inside.Counts.Created != 1 {
			t.Errorf("within the transaction, %d outcomes are counted, want 1", inside.Counts.Created)
		}
		if got := read(t, tenant, run.Task().ID).Counts.Created; got != 0 {
			t.Errorf("outside of the transaction, %d outcomes are counted, want 0", got)
		}
		return err
	})
	check(t, err)
	if n := wantEqualCounts(t, journal, run.Task().ID); n != 1 {
		t.Errorf("after the transaction, %d outcomes are counted, want 1", n)
	}
}

func TestEndInTransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, journal := timed(t, importing)
		kept := begin(t, tenant, activity.TaskSpec{})
		inTx(t, journal, kept, false, func(run *activity.Run) { check(t, run.Complete(t.Context())) })
		wantLife(t, tenant, kept.Task().ID, "queued started completed")

		// The end was undone: the task counts as lost once its lease has run out.
		undone := begin(t, tenant, activity.TaskSpec{})
		inTx(t, journal, undone, true, func(run *activity.Run) { check(t, run.Fail(t.Context(), errHost)) })
		if err := undone.Report(t.Context(), activity.Outcome{Kind: "imported"}); !errors.Is(err, activity.ErrNotRunning) {
			t.Errorf("Report after the end = %v", err)
		}
		if got := read(t, tenant, undone.Task().ID).Status; got != activity.StatusProcessing {
			t.Errorf("the task is %v after the rollback", got)
		}
		time.Sleep(2 * time.Minute)
		if n, err := journal.Recover(t.Context()); n != 1 || err != nil {
			t.Errorf("Recover = %d, %v", n, err)
		}
	})
}

// Within a transaction too, a run that is over can write nothing.
func TestCancelledRunInTransaction(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	run := begin(t, tenant, activity.TaskSpec{})
	other := configured(t, activity.Config{Kinds: []activity.Kind{importing}}).With(activity.StoreOf(journal)) // of another process
	if _, err := other.Tenant("acme").Cancel(t.Context(), run.Task().ID, ana, ""); err != nil {
		t.Fatal(err)
	}
	inTx(t, journal, run, false, func(run *activity.Run) {
		if err := run.Report(t.Context(), activity.Outcome{Kind: "imported"}); !errors.Is(err, activity.ErrNotRunning) {
			t.Errorf("Report = %v, want ErrNotRunning", err)
		}
	})
	if n := wantEqualCounts(t, journal, run.Task().ID); n != 0 {
		t.Errorf("%d outcomes were stored", n)
	}
	if run.Context().Err() == nil {
		t.Error("the run's context has not ended")
	}
}
