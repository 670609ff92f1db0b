package storetest

import (
	"context"
	"sync"

	"github.com/go-activity/activity"
)

func keepsTasks() broken {
	var kept sync.Map
	return broken{
		addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
			kept.LoadOrStore(task.ID, task)
			return in.AddTask(ctx, task)
		},
		task: keptTask(&kept),
	}
}

// keptTask is a Task that answers with what is kept of a task.
func keptTask(kept *sync.Map) func(context.Context, activity.Store, string, activity.ID) (activity.Task, error) {
	return func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Task, error) {
		t, err := in.Task(ctx, tenant, id)
		if task, ok := kept.Load(id); ok && err == nil {
			t = task.(activity.Task).Clone()
		}
		return t, err
	}
}

func sharesTasks() broken {
	var kept sync.Map
	return broken{task: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Task, error) {
		t, err := in.Task(ctx, tenant, id)
		if err != nil {
			return t, err
		}
		task, _ := kept.LoadOrStore(id, t)
		return task.(activity.Task), nil
	}}
}

func sharesLists() broken {
	var kept sync.Map
	return broken{tasks: func(ctx context.Context, in activity.Store, filter activity.TaskFilter) ([]activity.Task, error) {
		tasks, err := in.Tasks(ctx, filter)
		for i, t := range tasks {
			task, _ := kept.LoadOrStore(t.ID, t)
			tasks[i] = task.(activity.Task)
		}
		return tasks, err
	}}
}

func sharesAdded() broken {
	var kept sync.Map
	return broken{
		addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
			added, err := in.AddTask(ctx, task)
			kept.LoadOrStore(added.ID, added)
			return added, err
		},
		task: keptTask(&kept),
	}
}

func sharesChanged() broken {
	var kept sync.Map
	return broken{
		changeTask: func(ctx context.Context, in activity.Store, update activity.TaskUpdate) (activity.Task, bool, error) {
			t, changed, err := in.ChangeTask(ctx, update)
			kept.Store(t.ID, t)
			return t, changed, err
		},
		task: keptTask(&kept),
	}
}

func inputsInOnePiece(ctx context.Context, in activity.Store, filter activity.TaskFilter) ([]activity.Task, error) {
	tasks, err := in.Tasks(ctx, filter)
	var piece []byte
	for _, t := range tasks {
		piece = append(piece, t.Input...)
	}
	for i := range tasks {
		n := len(tasks[i].Input)
		tasks[i].Input, piece = piece[:n], piece[n:]
	}
	return tasks, err
}

func keepsOutcomes() broken {
	var kept sync.Map
	return broken{
		addOutcomes: func(ctx context.Context, in activity.Store, rows []activity.OutcomeRow) error {
			for _, row := range rows {
				kept.Store(row.Place(), row)
			}
			return in.AddOutcomes(ctx, rows)
		},
		outcomes: func(ctx context.Context, in activity.Store, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
			rows, err := in.Outcomes(ctx, filter)
			for i, r := range rows {
				if row, ok := kept.Load(r.Place()); ok {
					rows[i] = row.(activity.OutcomeRow).Clone()
				}
			}
			return rows, err
		},
	}
}

func sharesOutcomes() broken {
	var kept sync.Map
	return broken{outcomes: func(ctx context.Context, in activity.Store, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
		rows, err := in.Outcomes(ctx, filter)
		for i, r := range rows {
			row, _ := kept.LoadOrStore(r.Place(), r)
			rows[i] = row.(activity.OutcomeRow)
		}
		return rows, err
	}}
}

func sharesTally() broken {
	var kept sync.Map
	return broken{tally: func(ctx context.Context, in activity.Store, tenant string, task activity.ID) (map[string]int64, error) {
		n, err := in.Tally(ctx, tenant, task)
		known, _ := kept.LoadOrStore(task, n)
		return known.(map[string]int64), err
	}}
}
