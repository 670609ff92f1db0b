package activity_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

func TestCancel(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	ctx := activity.WithActor(t.Context(), ben)
	queued := queue(t, tenant, activity.TaskSpec{})
	processing := begin(t, tenant, activity.TaskSpec{}).Task()
	for _, test := range []struct {
		task activity.Task
		by   activity.Entity
		life string
	}{{queued, ana, "queued cancelled"}, {processing, activity.Entity{}, "queued started cancelled"}} {
		task, err := tenant.Cancel(ctx, test.task.ID, test.by, "no longer needed")
		check(t, err)
		want := test.task
		want.Status, want.EndedAt, want.LeaseUntil, want.Reason, want.EndedBy = activity.StatusCancelled, noon, time.Time{}, "no longer needed", test.by
		want.Revision++
		if test.by.IsZero() {
			want.EndedBy = ben
		}
		if diff := cmp.Diff(want, task); diff != "" {
			t.Errorf("Cancel (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(task, read(t, tenant, task.ID)); diff != "" {
			t.Errorf("Task (-returned +stored):\n%s", diff)
		}
		wantLife(t, tenant, task.ID, test.life)
		page, err := tenant.Timeline(t.Context(), activity.Query{Task: task.ID, Types: []string{"task.cancelled"}})
		check(t, err)
		if page.Events[0].Actor != want.EndedBy {
			t.Errorf("the event's actor is %v, want %v", page.Events[0].Actor, want.EndedBy)
		}

		_, err = tenant.Cancel(ctx, task.ID, ana, "")
		if got, want := *transition(t, err), (activity.TransitionError{ID: task.ID, From: activity.StatusCancelled, To: activity.StatusCancelled}); got != want {
			t.Errorf("Cancel again = %+v, want %+v", got, want)
		}
	}
	open := queue(t, tenant, activity.TaskSpec{})
	for _, test := range []struct {
		name, field string
		by          activity.Entity
		reason      string
	}{
		{"nobody", "By", activity.Entity{}, ""}, {"somebody without ID", "By.ID", activity.Entity{Kind: "user"}, ""},
		{"long reason", "Reason", ana, long(activity.MaxReason + 1)}, {"reason with NUL", "Reason", ana, "\x00"},
	} {
		_, err := tenant.Cancel(t.Context(), open.ID, test.by, test.reason)
		if bad := invalid(t, err); bad.Field != test.field {
			t.Errorf("%s: Cancel = %v, want it to be about %s", test.name, err, test.field)
		}
	}
	if _, err := tenant.Cancel(ctx, idValue, ana, ""); !errors.Is(err, activity.ErrNotFound) {
		t.Errorf("Cancel of no task = %v", err)
	}
	if _, err := journal.Tenant("globex").Cancel(ctx, open.ID, ana, ""); !errors.Is(err, activity.ErrNotFound) {
		t.Errorf("Cancel of another tenant's task = %v", err)
	}
	wantLife(t, tenant, open.ID, "queued")
}

// Steps, and their steps, are cancelled with their task; those that ended before stay as they are.
func TestCancelSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, _ := timed(t, importing)
		parent := begin(t, tenant, activity.TaskSpec{})
		done := begin(t, tenant, activity.TaskSpec{Parent: parent.Task().ID})
		check(t, done.Complete(t.Context()))
		running := begin(t, tenant, activity.TaskSpec{Parent: parent.Task().ID})
		waiting := queue(t, tenant, activity.TaskSpec{Parent: running.Task().ID})
		task, err := tenant.Cancel(t.Context(), parent.Task().ID, ben, "enough")
		check(t, err)
		synctest.Wait()
		if task.Children != (activity.Children{Total: 2, Cancelled: 1}) || running.Context().Err() == nil || parent.Context().Err() == nil {
			t.Errorf("the cancelled task has the children %+v; contexts %v, %v", task.Children, parent.Context().Err(), running.Context().Err())
		}
		for id, want := range map[activity.ID]activity.Status{
			done.Task().ID: activity.StatusCompleted, running.Task().ID: activity.StatusCancelled, waiting.ID: activity.StatusCancelled,
		} {
			got := read(t, tenant, id)
			if got.Status != want || want == activity.StatusCancelled && (got.EndedBy != ben || got.Reason != "enough") {
				t.Errorf("the step is %v by %v because of %q, want %v", got.Status, got.EndedBy, got.Reason, want)
			}
		}
		if children := read(t, tenant, running.Task().ID).Children; children != (activity.Children{Total: 1, Cancelled: 1}) {
			t.Errorf("the step has the children %+v", children)
		}
	})
}

// Once Cancel has returned, nothing of the run is stored any more, however much it writes.
func TestNothingIsStoredAfterCancel(t *testing.T) {
	for name, sameProcess := range map[string]bool{"by the same process": true, "by another process": false} {
		t.Run(name, func(t *testing.T) {
			tenant, journal := timed(t, importing)
			canceller := tenant
			if !sameProcess {
				canceller = configured(t, activity.Config{Kinds: []activity.Kind{importing}, Now: time.Now}).With(activity.StoreOf(journal)).Tenant("acme")
			}
			for range 20 {
				run := begin(t, tenant, activity.TaskSpec{})
				id := run.Task().ID
				var wg sync.WaitGroup
				stop := make(chan struct{})
				write := func(call func() error) {
					wg.Go(func() {
						for {
							if err := call(); err != nil && !errors.Is(err, activity.ErrNotRunning) {
								t.Error(err)
							}
							select {
							case <-stop:
								return
							default:
							}
						}
					})
				}
				write(func() error { return run.Report(t.Context(), activity.Outcome{Kind: "imported"}) })
				write(func() error { return run.Flush(t.Context()) })
				write(func() error { _, err := run.Record(t.Context(), noted.New(note{"x"})); return err })
				for wantEqualCounts(t, journal, id) == 0 {
				}
				cancelled, err := canceller.Cancel(t.Context(), id, ana, "")
				check(t, err)
				outcomes, events := wantEqualCounts(t, journal, id), len(timeline(t, tenant))
				for range 3 { // while they go on
					if n := len(timeline(t, tenant)); n != events {
						t.Errorf("%d events were recorded after Cancel", n-events)
					}
				}
				close(stop)
				wg.Wait()
				if n := wantEqualCounts(t, journal, id); n != outcomes {
					t.Errorf("%d outcomes were stored after Cancel", n-outcomes)
				}
				if n := len(timeline(t, tenant)); n != events {
					t.Errorf("%d events were recorded after Cancel", n-events)
				}
				if diff := cmp.Diff(cancelled, read(t, tenant, id)); diff != "" {
					t.Errorf("the task changed after Cancel (-returned +later):\n%s", diff)
				}
				if err := run.Flush(t.Context()); !errors.Is(err, activity.ErrNotRunning) || run.Context().Err() == nil {
					t.Errorf("Flush = %v, and the run's context %v", err, run.Context().Err())
				}
			}
		})
	}
}

// Of a Cancel and a Complete at the same time, one wins, and everybody agrees which.
func TestCancelAgainstComplete(t *testing.T) {
	const tenants, races = 100, 100 // each on a few tasks, so that reading them is quick
	_, journal := newTenant(t, importing)
	wins := map[activity.Status]int{}
	for i := range tenants {
		tenant := journal.Tenant("t" + string(rune('0'+i/10)) + string(rune('0'+i%10)))
		for range races {
			run := begin(t, tenant, activity.TaskSpec{})
			id := run.Task().ID
			var completeErr, cancelErr error
			var wg sync.WaitGroup
			wg.Go(func() { completeErr = run.Complete(t.Context()) })
			wg.Go(func() { _, cancelErr = tenant.Cancel(t.Context(), id, ana, "") })
			wg.Wait()
			won, lost := activity.StatusCompleted, cancelErr
			if completeErr != nil {
				won, lost = activity.StatusCancelled, completeErr
			}
			if (completeErr == nil) == (cancelErr == nil) {
				t.Fatalf("Complete = %v, Cancel = %v: want one to win", completeErr, cancelErr)
			}
			if refused := transition(t, lost); refused.From != won || refused.ID != id || errors.Is(lost, activity.ErrNotRunning) != (won == activity.StatusCancelled) {
				t.Fatalf("the loser got %+v, the task is %v", refused, won)
			}
			wins[won]++
			task, life := read(t, tenant, id), lifeOf(t, tenant, id)
			if task.Status != won || !slices.Equal(life, []string{"queued", "started", won.String()}) {
				t.Fatalf("the task is %v, its events %v, want %v", task.Status, life, won)
			}
		}
	}
	if wins[activity.StatusCompleted]+wins[activity.StatusCancelled] != tenants*races {
		t.Errorf("wins = %v", wins)
	}
}

// A run in another process sees with its next sign of life that it was cancelled.
func TestCancelIsSeenByOtherProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, journal := timed(t, importing)
		run := begin(t, tenant, activity.TaskSpec{})
		other := configured(t, activity.Config{Kinds: []activity.Kind{importing}, Now: time.Now}).With(activity.StoreOf(journal))
		if _, err := other.Tenant("acme").Cancel(t.Context(), run.Task().ID, ben, ""); err != nil {
			t.Fatal(err)
		}
		at := time.Now()
		<-run.Context().Done()
		if took := time.Since(at); took > 5*time.Second {
			t.Errorf("the run saw it after %v", took)
		}
		refused := transition(t, context.Cause(run.Context()))
		if refused.From != activity.StatusCancelled || refused.Attempt != 1 || !errors.Is(refused, activity.ErrNotRunning) {
			t.Errorf("the cause is %+v", refused)
		}

		own := begin(t, tenant, activity.TaskSpec{})
		if _, err := tenant.Cancel(t.Context(), own.Task().ID, ben, ""); err != nil {
			t.Fatal(err)
		}
		at = time.Now()
		<-own.Context().Done()
		if took := time.Since(at); took != 0 {
			t.Errorf("the run of the same process saw it after %v", took)
		}
	})
}
