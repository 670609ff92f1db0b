package activity_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// A run that does nothing for hours keeps its lease.
func TestLeaseIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kind := importing
		kind.Lease = time.Second
		tenant, journal := timed(t, kind, few)
		short, long := begin(t, tenant, activity.TaskSpec{}), begin(t, tenant, activity.TaskSpec{Kind: few.Name})
		for range 100 {
			time.Sleep(61 * time.Second)
			synctest.Wait()
			for _, run := range []*activity.Run{short, long} {
				if until := read(t, tenant, run.Task().ID).LeaseUntil; !until.After(time.Now()) {
					t.Fatalf("the lease ran out at %v, it is %v", until, time.Now())
				}
			}
			if n, err := journal.Recover(t.Context()); n != 0 || err != nil {
				t.Fatalf("Recover = %d, %v", n, err)
			}
		}
		check(t, short.Complete(t.Context()))
		check(t, long.Complete(t.Context()))
	})
}

// The end of the context that a run was started with is the end of its lease, and not of what it was given.
func TestLeaseEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, journal := timed(t, importing)
		task := queue(t, tenant, activity.TaskSpec{})
		ctx, stop := context.WithCancel(t.Context())
		run, err := tenant.Start(ctx, task.ID)
		check(t, err)
		time.Sleep(time.Hour)
		stop()
		<-run.Context().Done()
		time.Sleep(54 * time.Second)
		if n, err := journal.Recover(t.Context()); n != 0 || err != nil {
			t.Errorf("Recover = %d, %v before the lease ran out", n, err)
		}
		time.Sleep(7 * time.Second)
		if n, err := journal.Recover(t.Context()); n != 1 || err != nil {
			t.Errorf("Recover = %d, %v after the lease ran out", n, err)
		}
		for call, err := range everyCall(t.Context(), run) {
			if call != "Report" && call != "Progress" && !errors.Is(err, activity.ErrNotRunning) { // these two write later
				t.Errorf("%s = %v, want ErrNotRunning", call, err)
			}
		}
		wantLife(t, tenant, task.ID, "queued started failed")
	})
}

// A run that lost its task cannot write, whatever it has in its buffer, while its successor works.
func TestFencing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kind := importing
		kind.Lost = activity.LostRequeues
		tenant, journal := timed(t, kind)
		task := queue(t, tenant, activity.TaskSpec{})
		ctx, stop := context.WithCancel(t.Context())
		lost, err := tenant.Start(ctx, task.ID)
		check(t, err)
		check(t, lost.Report(t.Context(), activity.Outcome{Kind: "imported", Row: 1}))
		check(t, lost.Flush(t.Context()))
		stop() // it does not renew its lease any more, and does not know
		time.Sleep(2 * time.Minute)
		if n, err := journal.Recover(t.Context()); n != 1 || err != nil {
			t.Fatalf("Recover = %d, %v", n, err)
		}
		successor := start(t, tenant, task.ID)
		check(t, successor.Report(t.Context(), activity.Outcome{Kind: "imported", Row: 2}))
		check(t, successor.Flush(t.Context()))

		check(t, lost.Report(t.Context(), activity.Outcome{Kind: "error", Row: 3})) // into its buffer
		check(t, lost.Progress(t.Context(), 50, 100))
		_, err = lost.Record(t.Context(), noted.New(note{"late"}))
		if refused := transition(t, err); refused.From != activity.StatusProcessing || refused.Attempt != 1 || !errors.Is(err, activity.ErrNotRunning) {
			t.Errorf("Record = %+v", refused)
		}
		for call, err := range everyCall(t.Context(), lost) {
			if !errors.Is(err, activity.ErrNotRunning) {
				t.Errorf("%s = %v, want ErrNotRunning", call, err)
			}
		}
		if successor.Context().Err() != nil {
			t.Error("the successor's context ended with the lost run")
		}
		check(t, successor.Complete(t.Context()))
		if got := read(t, tenant, task.ID); got.Status != activity.StatusCompleted || got.Attempt != 2 || got.Done != 0 || got.Counts != (activity.Counts{Created: 2}) {
			t.Errorf("the task is %+v", got)
		}
		if n := wantEqualCounts(t, journal, task.ID); n != 2 {
			t.Errorf("%d outcomes, want 2", n)
		}
		wantLife(t, tenant, task.ID, "queued started requeued started completed")
	})
}

// broken is a store that can be out of reach.
type broken struct {
	*memstore.Store
	down atomic.Bool
}

var errDown = errors.New("the store is down")

func (s *broken) InTx(ctx context.Context, fn func(activity.Store) error) error {
	if s.down.Load() {
		return errDown
	}
	return s.Store.InTx(ctx, fn)
}

// What cannot be written is kept until it can; a run that could not renew its lease in time gives up.
func TestStoreOutOfReach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, log := &broken{Store: memstore.New()}, &bytes.Buffer{}
		journal, err := activity.New(store, &activity.Config{Kinds: []activity.Kind{importing}, Logger: slog.New(slog.NewTextHandler(log, nil))})
		check(t, err)
		tenant, outcome := journal.Tenant("acme"), activity.Outcome{Kind: "imported"}
		run := begin(t, tenant, activity.TaskSpec{})
		check(t, run.Report(t.Context(), outcome))
		store.down.Store(true)
		if err := run.Flush(t.Context()); !errors.Is(err, errDown) {
			t.Errorf("Flush = %v", err)
		}
		check(t, run.Report(t.Context(), outcome))
		time.Sleep(30 * time.Second)
		if err := run.Complete(t.Context()); !errors.Is(err, errDown) {
			t.Errorf("Complete = %v", err)
		}
		store.down.Store(false)
		time.Sleep(10 * time.Second)
		if got := wantEqualCounts(t, journal, run.Task().ID); got != 2 || run.Context().Err() != nil {
			t.Errorf("%d outcomes are stored once the store is back, want 2; context: %v", got, run.Context().Err())
		}

		store.down.Store(true)
		var full error
		for range 17_000 {
			if err := run.Report(t.Context(), outcome); err != nil {
				full = err
			}
		}
		if !errors.Is(full, errDown) {
			t.Errorf("Report = %v when outcomes cannot be written", full)
		}
		time.Sleep(2 * time.Minute)
		if cause := context.Cause(run.Context()); !errors.Is(cause, activity.ErrNotRunning) || !errors.Is(cause, errDown) {
			t.Errorf("the run's context ends with %v once its lease has run out", cause)
		}
		if err := run.Report(t.Context(), outcome); !errors.Is(err, activity.ErrNotRunning) {
			t.Errorf("Report = %v, want ErrNotRunning", err)
		}
		if line := log.String(); !strings.Contains(line, run.Task().ID.String()) || !strings.Contains(line, errDown.Error()) {
			t.Errorf("the log does not tell: %s", line)
		}
		store.down.Store(false)
		if n, err := journal.Recover(t.Context()); n != 1 || err != nil {
			t.Errorf("Recover = %d, %v", n, err)
		}
	})
}

// A call whose context has ended says so, and the run goes on.
func TestContextOfACall(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	run := begin(t, tenant, activity.TaskSpec{})
	check(t, run.Report(t.Context(), activity.Outcome{Kind: "imported"}))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for call, err := range map[string]error{
		"Flush": run.Flush(ended), "Complete": run.Complete(ended), "Fail": run.Fail(ended, io.EOF), "Requeue": run.Requeue(ended, ""),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s = %v, want the context's error", call, err)
		}
	}
	check(t, run.Complete(t.Context()))
	if n := wantEqualCounts(t, journal, run.Task().ID); n != 1 {
		t.Errorf("%d outcomes, want 1", n)
	}
}
