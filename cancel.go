package activity

import (
	"context"
	"slices"
)

// Cancel stops a task that is queued or processing, and all its steps. Once it has returned, nothing of
// the run is stored any more: no outcome, count, event or progress; the run's context ends, at once in
// this process and with its next sign of life in others. In a transaction of the host, this holds from
// its commit on. A task that has ended is a [TransitionError]. A zero by is the context's actor.
func (t Tenant) Cancel(ctx context.Context, id ID, by Entity, reason string) (Task, error) {
	by, err := actor(ctx, "By", by)
	if err != nil {
		return Task{}, err
	}
	if reason != "" {
		if err := checkText("Reason", reason, MaxReason); err != nil {
			return Task{}, err
		}
	}
	task, err := t.Task(ctx, id)
	if err != nil {
		return Task{}, err
	}
	err = t.journal.store.InTx(ctx, func(tx Store) error {
		path, err := t.journal.path(ctx, tx, t.name, task.Parent)
		if err != nil {
			return err
		}
		task, err = t.cancel(ctx, tx, id, path, by, reason)
		return err
	})
	if err != nil {
		return Task{}, err
	}
	t.journal.shared.runs.look(id)
	return task, nil
}

func (t Tenant) cancel(ctx context.Context, tx Store, id ID, path []ID, by Entity, reason string) (Task, error) {
	task, err := t.journal.change(ctx, tx, change{
		update: TaskUpdate{Tenant: t.name, ID: id, Now: t.journal.shared.clock(), To: StatusCancelled, Reason: reason, EndedBy: by},
		path:   path,
		by:     by,
	})
	if err != nil {
		return Task{}, err
	}
	return t.cancelSteps(ctx, tx, task, path, by, reason)
}

// cancelSteps cancels what has not ended of the steps of a task that has.
func (t Tenant) cancelSteps(ctx context.Context, tx Store, task Task, path []ID, by Entity, reason string) (Task, error) {
	if task.Children.Open == 0 {
		return task, nil
	}
	steps, err := t.steps(ctx, tx, task.ID, StatusQueued, StatusProcessing)
	if err != nil {
		return Task{}, err
	}
	path = append(slices.Clip(path), task.ID)
	for _, step := range steps {
		if _, err := t.cancel(ctx, tx, step.ID, path, by, reason); err != nil {
			return Task{}, err
		}
		t.journal.shared.runs.look(step.ID)
	}
	return tx.Task(ctx, t.name, task.ID)
}
