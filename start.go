package activity

import (
	"context"
	"slices"
	"time"
)

// Start starts a queued task. It is admitted if its kind has a free place ([Kind.MaxProcessing]), no
// other task has its Exclusive key, first come, first served, and the quotas of its kind have room; else the
// error is a [WaitError], and the task says what it waits for. A task that is not queued is a [TransitionError].
//
// The run lives until it is ended by its methods, or ctx ends.
func (t Tenant) Start(ctx context.Context, id ID) (*Run, error) {
	task, err := t.Task(ctx, id)
	if err != nil {
		return nil, err
	}
	k, err := t.journal.kind(task.Kind)
	if err != nil {
		return nil, err
	}
	task, wait, err := t.admitQuota(ctx, task, k)
	if err != nil {
		return nil, err
	}
	if !wait.IsZero() {
		return nil, &WaitError{ID: id, Wait: wait}
	}
	var path []ID
	start := func(tx Store) error {
		if wait, err = t.admit(ctx, tx, task, k); err != nil || !wait.IsZero() {
			return err
		}
		task, path, err = t.start(ctx, tx, task, k)
		return err
	}
	if task.Parent.IsZero() && !k.limits(task) {
		err = start(t.journal.store) // it is one change
	} else {
		err = t.journal.store.InTx(ctx, start)
	}
	if err != nil {
		return nil, err
	}
	if !wait.IsZero() {
		return nil, &WaitError{ID: id, Wait: wait}
	}
	return t.run(ctx, task, k, path), nil
}

var errRecipe = invalidf("ID", "is a recipe, which its steps begin and end")

// admit says what a task waits for, and writes it on the task.
func (t Tenant) admit(ctx context.Context, tx Store, task Task, k *kind) (Wait, error) {
	if task.Status != StatusQueued {
		return Wait{}, &TransitionError{ID: task.ID, From: task.Status, To: StatusProcessing}
	}
	if task.Recipe {
		return Wait{}, errRecipe
	}
	if !k.limits(task) {
		return Wait{}, nil
	}
	wait, err := tx.Admit(ctx, Admission{Tenant: t.name, ID: task.ID, Max: k.MaxProcessing, Now: t.journal.shared.clock()})
	switch {
	case isNotFound(err): // it is not queued any more
		now, err := tx.Task(ctx, t.name, task.ID)
		if err != nil {
			return Wait{}, err
		}
		return Wait{}, &TransitionError{ID: task.ID, From: now.Status, To: StatusProcessing}
	case err == nil && !wait.IsZero() && wait != task.Wait:
		_, err = t.waits(ctx, tx, task.ID, wait)
	}
	return wait, err
}

// limits reports whether there can be something that a task has to wait for.
func (k *kind) limits(task Task) bool {
	return k.MaxProcessing > 0 || task.Exclusive != "" || !task.Wait.Until.IsZero()
}

// start starts an admitted task, within a transaction unless it has no parent.
func (t Tenant) start(ctx context.Context, tx Store, task Task, k *kind) (Task, []ID, error) {
	path, err := t.journal.path(ctx, tx, t.name, task.Parent)
	if err != nil {
		return Task{}, nil, err
	}
	task, err = t.journal.change(ctx, tx, change{
		update: TaskUpdate{Tenant: t.name, ID: task.ID, Now: t.journal.shared.clock(), Seen: &task, To: StatusProcessing, Lease: k.Lease},
		path:   path,
	})
	return task, path, err
}

// Resume goes on with a task that is processing, with a new run, in this process or another: its
// counts and outcomes stay, and its attempt counts up. It is for tasks whose run has paused; a run
// that has not loses the task. A task that is not processing is a [TransitionError].
//
// The run lives until it is ended by its methods, or ctx ends.
func (t Tenant) Resume(ctx context.Context, id ID) (*Run, error) {
	task, err := t.Task(ctx, id)
	if err != nil {
		return nil, err
	}
	k, err := t.journal.kind(task.Kind)
	if err != nil {
		return nil, err
	}
	if task.Recipe {
		return nil, errRecipe
	}
	path, err := t.journal.path(ctx, t.journal.store, t.name, task.Parent)
	if err != nil {
		return nil, err
	}
	task, resumed, err := t.journal.store.ChangeTask(ctx, TaskUpdate{
		Tenant: t.name, ID: id, Now: t.journal.shared.clock(), From: []Status{StatusProcessing}, To: StatusProcessing, Lease: k.Lease,
	})
	if err != nil {
		return nil, err
	}
	if !resumed {
		return nil, &TransitionError{ID: id, From: task.Status, To: StatusProcessing}
	}
	t.journal.shared.runs.look(id) // a run of this process that has lost the task
	return t.run(ctx, task, k, path), nil
}

// run makes the run of a task that was started.
func (t Tenant) run(ctx context.Context, task Task, k *kind, path []ID) *Run {
	ctx, cancel := context.WithCancelCause(ctx)
	state := &runState{
		kind: k, id: task.ID, actor: task.Actor, preview: task.Preview, path: path, attempt: task.Attempt,
		ctx: ctx, cancel: cancel,
		nudge: make(chan struct{}, 1), dirty: make(chan struct{}, 1), writing: make(chan struct{}, 1),
		task: task, progress: Progress{task.Done, task.Total}, fields: slices.Clone(task.Fields), extras: slices.Clone(task.Extras),
		known: map[string]bool{}, renewed: time.Now(),
		seq: int64(task.Attempt-1) << 40, // so that attempts do not share numbers
	}
	for _, name := range task.Fields {
		state.known[name] = true
	}
	for _, name := range task.Extras {
		state.known["\x00"+name] = true
	}
	r := &Run{tenant: t, runState: state}
	t.journal.shared.runs.add(task.ID, state)
	go r.keep()
	return r
}
