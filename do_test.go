package activity_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// never is a function that Do must not call.
func never(t testing.TB) func(context.Context, *activity.Run) error {
	return func(context.Context, *activity.Run) error {
		t.Error("the function was called")
		return nil
	}
}

func TestDo(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	spec := everything()
	task, err := tenant.Do(t.Context(), spec, func(ctx context.Context, run *activity.Run) error {
		if ctx != run.Context() || ctx.Err() != nil {
			t.Error("the function does not get the run's context")
		}
		if got := read(t, tenant, run.Task().ID); got.Status != activity.StatusProcessing || got.Attempt != 1 {
			t.Errorf("while the function runs, the task is %v in attempt %d", got.Status, got.Attempt)
		}
		return run.Report(ctx, activity.Outcome{Kind: "imported"}, activity.Outcome{Kind: "error"})
	})
	check(t, err)
	if diff := cmp.Diff(read(t, tenant, task.ID), task); diff != "" {
		t.Errorf("Do returns another task (-stored +got):\n%s", diff)
	}
	if task.Status != activity.StatusCompleted || task.Counts != (activity.Counts{Created: 1, Failed: 1}) || !task.EndedAt.Equal(noon) || !task.LeaseUntil.IsZero() {
		t.Errorf("the task is %+v", task)
	}
	wantLife(t, tenant, task.ID, "queued started completed")

	again, err := tenant.Do(t.Context(), spec, never(t))
	if diff := cmp.Diff(task, again); err != nil || diff != "" {
		t.Errorf("Do again with the key = %v (-first +got):\n%s", err, diff)
	}
	spec.Title = "other.csv"
	if _, err := tenant.Do(t.Context(), spec, never(t)); !errors.Is(err, activity.ErrKeyConflict) {
		t.Errorf("Do of something else under the key = %v", err)
	}
	spec.Kind = "unknown"
	if _, err := tenant.Do(t.Context(), spec, never(t)); !errors.Is(err, activity.ErrUnknownKind) {
		t.Errorf("Do of an unknown kind = %v", err)
	}
}

func TestDoFails(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	spec := activity.TaskSpec{Kind: importing.Name, Actor: ana}
	for _, test := range []struct {
		name   string
		fn     func(context.Context, *activity.Run) error
		want   error
		reason string
		stack  bool
	}{
		{"error", func(context.Context, *activity.Run) error { return io.ErrUnexpectedEOF }, io.ErrUnexpectedEOF, "unexpected EOF", false},
		{"panic with text", func(context.Context, *activity.Run) error { panic("boom") }, nil, "panic: boom", true},
		{"panic with error", func(context.Context, *activity.Run) error { panic(io.EOF) }, io.EOF, "panic: EOF", true},
		{"long error", func(context.Context, *activity.Run) error {
			return errors.New(strings.Repeat("é", activity.MaxReason))
		}, nil,
			strings.Repeat("é", activity.MaxReason/2-2) + "…", false},
		{"error that is no text", func(context.Context, *activity.Run) error { return errors.New("a\x00b\xffc") }, nil, "a\uFFFDb\uFFFDc", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			task, err := tenant.Do(t.Context(), spec, test.fn)
			if err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("Do = %v, want %v", err, test.want)
			}
			if task.Status != activity.StatusFailed || task.Reason != test.reason || task.System {
				t.Errorf("the task is %v because of %q, want %q", task.Status, task.Reason, test.reason)
			}
			var caught *activity.PanicError
			if errors.As(err, &caught) != test.stack || strings.Contains(task.Detail, "do_test.go") != test.stack {
				t.Errorf("Do = %v with the detail %q", err, task.Detail)
			}
			wantLife(t, tenant, task.ID, "queued started failed")
		})
	}
}

func TestDoGoexit(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	var id activity.ID
	var wg sync.WaitGroup
	wg.Go(func() {
		_, _ = tenant.Do(t.Context(), activity.TaskSpec{Kind: importing.Name, Actor: ana}, func(_ context.Context, run *activity.Run) error {
			id = run.Task().ID
			runtime.Goexit()
			return nil
		})
		t.Error("Do came back from Goexit")
	})
	wg.Wait()
	if task := read(t, tenant, id); task.Status != activity.StatusFailed || task.Reason == "" {
		t.Errorf("the task is %v because of %q", task.Status, task.Reason)
	}
}

// A function that ends its run itself has the last word.
func TestDoEndedByItself(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	for want, end := range map[activity.Status]func(context.Context, *activity.Run) error{
		activity.StatusCompleted: func(ctx context.Context, run *activity.Run) error { return run.Complete(ctx) },
		activity.StatusFailed:    func(ctx context.Context, run *activity.Run) error { return run.Fail(ctx, io.EOF) },
		activity.StatusQueued:    func(ctx context.Context, run *activity.Run) error { return run.Requeue(ctx, "a break") },
	} {
		task, err := tenant.Do(t.Context(), activity.TaskSpec{Kind: importing.Name, Actor: ana}, end)
		if err != nil || task.Status != want {
			t.Errorf("Do = %v, %v, want %v", task.Status, err, want)
		}
	}
	task, err := tenant.Do(t.Context(), activity.TaskSpec{Kind: importing.Name, Actor: ana}, func(ctx context.Context, run *activity.Run) error {
		check(t, run.Complete(ctx))
		return io.EOF
	})
	if !errors.Is(err, io.EOF) || task.Status != activity.StatusCompleted {
		t.Errorf("Do of a function that completes and returns an error = %v, %v", task.Status, err)
	}
}

// What ends the context while fn runs is the reason of the failure, and that is stored all the same.
func TestDoContextEndsWhileItRuns(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	ctx, cancel := context.WithCancel(t.Context())
	task, err := tenant.Do(ctx, activity.TaskSpec{Kind: importing.Name, Actor: ana}, func(ctx context.Context, run *activity.Run) error {
		check(t, run.Report(ctx, activity.Outcome{Kind: "imported"}))
		cancel()
		<-ctx.Done()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) || task.Status != activity.StatusFailed || task.Reason != "context canceled" || task.Counts.Created != 1 {
		t.Errorf("Do = %v; the task is %v because of %q, with %+v", err, task.Status, task.Reason, task.Counts)
	}
	if _, err := tenant.Do(ctx, activity.TaskSpec{Kind: importing.Name, Actor: ana}, never(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("Do with an ended context = %v", err)
	}
	if n := len(list(t, tenant)); n != 1 {
		t.Errorf("%d tasks, want 1", n)
	}
}

func TestDoCancelledWhileItRuns(t *testing.T) {
	for name, fn := range map[string]func(context.Context, *activity.Run) error{
		"returns nil at once":     func(context.Context, *activity.Run) error { return nil },
		"returns another error":   func(context.Context, *activity.Run) error { return io.EOF },
		"waits for the context":   func(ctx context.Context, _ *activity.Run) error { <-ctx.Done(); return nil },
		"returns the context's":   func(ctx context.Context, _ *activity.Run) error { <-ctx.Done(); return ctx.Err() },
		"returns the cause":       func(ctx context.Context, _ *activity.Run) error { <-ctx.Done(); return context.Cause(ctx) },
		"reports after the end":   func(ctx context.Context, run *activity.Run) error { <-ctx.Done(); return run.Report(ctx) },
		"completes after the end": func(ctx context.Context, run *activity.Run) error { return run.Complete(ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tenant, _ := timed(t, importing)
				task, err := tenant.Do(t.Context(), activity.TaskSpec{Kind: importing.Name, Actor: ana}, func(ctx context.Context, run *activity.Run) error {
					if _, err := tenant.Cancel(ctx, run.Task().ID, ben, "no longer needed"); err != nil {
						t.Error(err)
					}
					return fn(ctx, run)
				})
				if !errors.Is(err, activity.ErrNotRunning) {
					t.Errorf("Do = %v, want ErrNotRunning", err)
				}
				if task.Status != activity.StatusCancelled || task.EndedBy != ben || task.Reason != "no longer needed" {
					t.Errorf("the task is %v by %v because of %q", task.Status, task.EndedBy, task.Reason)
				}
				wantLife(t, tenant, task.ID, "queued started cancelled")
			})
		})
	}
}

func TestDoWaitsForAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, journal := timed(t, few)
		first := begin(t, tenant, activity.TaskSpec{Kind: few.Name})
		done := make(chan activity.Task, 1)
		go func() {
			task, err := tenant.Do(t.Context(), activity.TaskSpec{Kind: few.Name, Actor: ben}, func(context.Context, *activity.Run) error { return nil })
			if err != nil {
				t.Error(err)
			}
			done <- task
		}()
		time.Sleep(10 * time.Minute) // ten times its lease
		synctest.Wait()
		waiting := list(t, tenant)[0]
		if waiting.Status != activity.StatusQueued || waiting.Wait.For != activity.WaitPlace || !waiting.LeaseUntil.After(time.Now()) {
			t.Errorf("the task that waits is %+v", waiting)
		}
		if n, err := journal.Recover(t.Context()); n != 0 || err != nil {
			t.Errorf("Recover = %d, %v while both are alive", n, err)
		}
		check(t, first.Complete(t.Context()))
		if _, err := journal.Claim(t.Context()); !errors.Is(err, activity.ErrNoTask) {
			t.Errorf("Claim = %v of a task that Do waits for", err)
		}
		freed := time.Now()
		task := <-done
		if task.Status != activity.StatusCompleted || task.StartedAt.Sub(freed) > time.Second {
			t.Errorf("the task is %v and started %v after its place was free", task.Status, task.StartedAt.Sub(freed))
		}
		wantLife(t, tenant, task.ID, "queued started completed")
	})
}

func TestDoContextEndsWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, _ := timed(t, few)
		begin(t, tenant, activity.TaskSpec{Kind: few.Name})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		task, err := tenant.Do(ctx, activity.TaskSpec{Kind: few.Name, Actor: ben}, never(t))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Do = %v, want the context's error", err)
		}
		if task.Status != activity.StatusCancelled || task.EndedBy != ben || task.Reason == "" || !read(t, tenant, task.ID).Status.Ended() {
			t.Errorf("the task is %+v", task)
		}
		wantLife(t, tenant, task.ID, "queued cancelled")
	})
}

func TestDoCancelledWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, _ := timed(t, few)
		begin(t, tenant, activity.TaskSpec{Kind: few.Name})
		go func() {
			time.Sleep(time.Minute)
			if _, err := tenant.Cancel(t.Context(), list(t, tenant)[0].ID, ana, ""); err != nil {
				t.Error(err)
			}
		}()
		_, err := tenant.Do(t.Context(), activity.TaskSpec{Kind: few.Name, Actor: ben}, never(t))
		if refused := transition(t, err); refused.From != activity.StatusCancelled || refused.To != activity.StatusProcessing {
			t.Errorf("Do = %v", err)
		}
	})
}

// With the key of a task that somebody else runs, Do does not run it a second time, nor does it cancel it.
func TestDoKeyOfARunningTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, _ := timed(t, importing, few)
		run := begin(t, tenant, everything())
		_, err := tenant.Do(t.Context(), everything(), never(t))
		if refused := transition(t, err); refused.ID != run.Task().ID || refused.From != activity.StatusProcessing {
			t.Errorf("Do = %v", err)
		}
		begin(t, tenant, activity.TaskSpec{Kind: few.Name})
		spec := activity.TaskSpec{Kind: few.Name, Actor: ana, Key: "waits"}
		task := queue(t, tenant, spec)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := tenant.Do(ctx, spec, never(t)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Do = %v", err)
		}
		if got := read(t, tenant, task.ID).Status; got != activity.StatusQueued {
			t.Errorf("the task that another call queued is %v after Do gave up", got)
		}
	})
}
