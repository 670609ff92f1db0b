package bunstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// A call on tasks that says that its context has ended has stored nothing, at whichever step it ended.
func TestEndedContextChangesNoTask(t *testing.T) {
	type call func(ctx context.Context, s activity.Store, task activity.Task) error
	add := func(ctx context.Context, s activity.Store, task activity.Task) error {
		task.ID[0]++
		_, err := s.AddTask(ctx, task)
		return err
	}
	change := func(ctx context.Context, s activity.Store, task activity.Task) error {
		_, changed, err := s.ChangeTask(ctx, activity.TaskUpdate{Tenant: task.Tenant, ID: task.ID, To: activity.StatusProcessing,
			Counts: activity.Counts{Created: 1}, Fields: []string{"name"}})
		if err == nil && !changed {
			return errors.New("nothing was changed")
		}
		return err
	}
	report := func(n int) call {
		return func(ctx context.Context, s activity.Store, task activity.Task) error {
			rows := make([]activity.OutcomeRow, n)
			for i := range rows {
				rows[i] = activity.OutcomeRow{Tenant: task.Tenant, Task: task.ID, Seq: int64(i + 1), Kind: "created", Row: int64(i + 1), At: epoch}
			}
			return s.AddOutcomes(ctx, rows)
		}
	}
	claim := func(ctx context.Context, s activity.Store, task activity.Task) error {
		next, err := s.NextTask(ctx, activity.NextQuery{Tenant: task.Tenant, Kinds: []activity.KindLimit{{Name: task.Kind, Max: 1}}})
		if err != nil {
			return err
		}
		if wait, err := s.Admit(ctx, activity.Admission{Tenant: next.Tenant, ID: next.ID, Max: 1}); err != nil || !wait.IsZero() {
			return fmt.Errorf("it waits for %v: %w", wait, err)
		}
		return change(ctx, s, next)
	}
	inTx := func(do call) call {
		return func(ctx context.Context, s activity.Store, task activity.Task) error {
			return s.InTx(ctx, func(tx activity.Store) error { return do(ctx, tx, task) })
		}
	}
	inHostTx := func(t *testing.T, do call) call {
		return func(ctx context.Context, s activity.Store, task activity.Task) error {
			return inHost(t, s.(*bunstore.Store), func(tx *bunstore.Store) error { return do(ctx, tx, task) })
		}
	}
	onBoth(t, func(t *testing.T, address string) {
		s := migrated(t, address)
		calls := map[string]call{
			"AddTask":                   add,
			"AddTask in InTx":           inTx(add),
			"AddTask in the host":       inHostTx(t, add),
			"ChangeTask":                change,
			"ChangeTask in InTx":        inTx(change),
			"ChangeTask in the host":    inHostTx(t, change),
			"AddOutcomes":               report(3),
			"AddOutcomes, many":         report(150),
			"AddOutcomes in InTx":       inTx(report(150)),
			"AddOutcomes in the host":   inHostTx(t, report(150)),
			"a claim":                   inTx(claim),
			"a claim in InTx in a host": inHostTx(t, inTx(claim)),
		}
		ids := 0
		for name, do := range calls {
			t.Run(name, func(t *testing.T) {
				atEveryStep(t, func(ctx context.Context, n int) error {
					ids++
					task := activity.Task{ID: taskID(ids), Tenant: fmt.Sprint(name, n), Kind: "import", Title: "contacts",
						Status: activity.StatusQueued, Actor: ana, QueuedAt: epoch.Add(time.Duration(ids) * time.Second)}
					if _, err := s.AddTask(t.Context(), task); err != nil {
						t.Fatal(err)
					}
					before := everything(t, s, task)
					err := do(ctx, s, task)
					if err == nil {
						return nil
					}
					if !errors.Is(err, context.Canceled) {
						t.Errorf("step %d: %v, want context.Canceled", n, err)
					}
					if after := everything(t, s, task); after != before {
						t.Errorf("step %d: %v, but there is %s\nwhere there was %s", n, err, after, before)
					}
					return err
				})
			})
		}
	})
}

// everything tells what is stored of the tenant of a task.
func everything(t *testing.T, s *bunstore.Store, task activity.Task) string {
	t.Helper()
	ctx := t.Context()
	tasks, err := s.Tasks(ctx, activity.TaskFilter{Tenant: task.Tenant, Sort: activity.SortStart, Limit: 9})
	if err != nil {
		t.Fatal(err)
	}
	queued, err := s.CountTasks(ctx, activity.TaskFilter{Tenant: task.Tenant, Statuses: []activity.Status{activity.StatusQueued}, Limit: 9})
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := s.Outcomes(ctx, activity.OutcomeFilter{Tenant: task.Tenant, Task: task.ID, Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	tally, err := s.Tally(ctx, task.Tenant, task.ID)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%+v, %d queued, %d outcomes, %v", tasks, queued, len(outcomes), tally)
}

// A call that looks ends with its context.
func TestEndedContextOfLooking(t *testing.T) {
	onBoth(t, func(t *testing.T, address string) {
		s := migrated(t, address)
		task, err := s.AddTask(t.Context(), activity.Task{ID: taskID(1), Tenant: "acme", Kind: "import", Title: "contacts",
			Status: activity.StatusQueued, Actor: ana, Exclusive: "crm", QueuedAt: epoch})
		if err != nil {
			t.Fatal(err)
		}
		reported(t, s)
		for name, look := range map[string]func(ctx context.Context) error{
			"Tasks": func(ctx context.Context) error {
				tasks, err := s.Tasks(ctx, activity.TaskFilter{Tenant: "acme", Words: []string{"contacts"}, Actor: ana, Limit: 2})
				return found(len(tasks), err)
			},
			"CountTasks": func(ctx context.Context) error {
				n, err := s.CountTasks(ctx, activity.TaskFilter{Tenant: "acme", Words: []string{"contacts"}, Actor: ana, Limit: 2})
				return found(n, err)
			},
			"Admit": func(ctx context.Context) error {
				return s.InTx(ctx, func(tx activity.Store) error {
					_, err := tx.Admit(ctx, activity.Admission{Tenant: "acme", ID: task.ID})
					return err
				})
			},
			"Outcomes": func(ctx context.Context) error {
				rows, err := s.Outcomes(ctx, activity.OutcomeFilter{Tenant: "acme", Task: task.ID, Search: "kept", Limit: 2})
				return found(len(rows), err)
			},
			"Backlog": func(ctx context.Context) error {
				names, err := s.Backlog(ctx, activity.BacklogQuery{Kinds: []string{"import"}, Limit: 2})
				return found(len(names), err)
			},
			"LostTasks": func(ctx context.Context) error {
				_, err := s.LostTasks(ctx, activity.LostQuery{Kinds: []string{"import"}, Limit: 2})
				return err
			},
		} {
			t.Run(name, func(t *testing.T) {
				for n, lived := 1, false; !lived; n++ {
					ctx := endingAt(t.Context(), n)
					err := look(ctx)
					lived = ctx.left.Load() > 0
					ctx.end()
					if lived && err != nil || !lived && err != nil && !errors.Is(err, context.Canceled) {
						t.Errorf("step %d: %v", n, err)
					}
					if n == 1 && err == nil {
						t.Error("a context that had ended at once was not noticed")
					}
				}
			})
		}
	})
}

func found(n int, err error) error {
	if err == nil && n != 1 {
		return fmt.Errorf("%d were found, want 1", n)
	}
	return err
}
