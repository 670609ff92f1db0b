package storetest

import (
	"context"
	"errors"

	"github.com/go-activity/activity"
)

func taskTxDefects() []defect {
	return []defect{
		{"rolls back tasks that it should commit", "commit of tasks", with(broken{inTx: rollsBack})},
		{"commits all but outcomes", "commit of tasks", with(insideTx(broken{addOutcomes: func(context.Context, activity.Store, []activity.OutcomeRow) error { return nil }}))},
		{"commits all but changes", "commit of tasks", with(insideTx(broken{changeTask: func(ctx context.Context, in activity.Store, update activity.TaskUpdate) (activity.Task, bool, error) {
			t, err := in.Task(ctx, update.Tenant, update.ID)
			return t, true, err
		}}))},
		{"commits tasks one by one", "commit of tasks at once", each(commitsTasksInSteps)},
		{"keeps a part of a task that it refused", "commit after a refused task", with(broken{addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
			added, err := in.AddTask(ctx, task)
			if err != nil {
				task.ID, task.Key = task.ID.Next(), ""
				in.AddTask(ctx, task)
			}
			return added, err
		}})},
		{"keeps tasks on an error", "error after writing tasks", with(broken{inTx: keepsOnError})},
		{"keeps outcomes on an error", "error after writing tasks", with(broken{inTx: keepsOutcomesOnError})},
		{"keeps tasks on a panic", "panic after writing tasks", with(broken{inTx: keepsOnPanic})},
		{"shows tasks early", "others do not see tasks", with(broken{inTx: noTransaction})},
		{"hides a transaction's tasks from itself", "fn's store sees tasks", with(broken{inTx: readsOutside})},
		{"reads tasks outside in a joined transaction", "joined commit of tasks", with(broken{inTx: joinReadsOutside})},
		{"commits a joined transaction's tasks on its own", "joined tasks, then an error outside", with(broken{inTx: keepsOnError})},
		{"keeps tasks on an error in a joined transaction", "joined error after writing tasks", with(broken{inTx: noSavepoint})},
	}
}

// insideTx is a store whose transactions have a defect.
func insideTx(b broken) broken {
	return broken{inTx: func(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
		return in.InTx(ctx, func(tx activity.Store) error { return fn(&brokenStore{in: tx, defect: &b}) })
	}}
}

// commitsTasksInSteps commits each task by itself, and goes on after the first when somebody has counted
// it.
func commitsTasksInSteps() broken {
	var once bool
	counted := make(chan struct{}, 1)
	return broken{
		countTasks: func(ctx context.Context, in activity.Store, filter activity.TaskFilter) (int, error) {
			n, err := in.CountTasks(ctx, filter)
			if n == 1 {
				select {
				case counted <- struct{}{}:
				default:
				}
			}
			return n, err
		},
		inTx: func(_ context.Context, in activity.Store, fn func(activity.Store) error) error {
			return fn(&brokenStore{in: in, defect: &broken{
				addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
					added, err := in.AddTask(ctx, task)
					if !once {
						once = true
						<-counted
					}
					return added, err
				},
			}})
		},
	}
}

// keepsOutcomesOnError writes outcomes outside of the transaction when that has failed.
func keepsOutcomesOnError(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
	var rows []activity.OutcomeRow
	err := in.InTx(ctx, func(tx activity.Store) error {
		return fn(&brokenStore{in: tx, defect: &broken{addOutcomes: func(ctx context.Context, in activity.Store, more []activity.OutcomeRow) error {
			rows = append(rows, more...)
			return in.AddOutcomes(ctx, more)
		}}})
	})
	if err != nil && len(rows) > 0 {
		err = errors.Join(err, in.AddOutcomes(ctx, rows))
	}
	return err
}
