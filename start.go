package activity

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// Start starts a queued task. It is admitted if its kind has a free place ([Kind.MaxProcessing]) and no
// other task has its Exclusive key, first come, first served; else the error is a [WaitError], and
// the task says what it waits for. A task that is not queued is a [TransitionError].
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
	var wait Wait
	var path []ID
	err = t.journal.store.InTx(ctx, func(tx Store) error {
		if wait, err = t.admit(ctx, tx, task, k); err != nil || !wait.IsZero() {
			return err
		}
		task, path, err = t.start(ctx, tx, task, k)
		return err
	})
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
	if k.MaxProcessing == 0 && task.Exclusive == "" && task.Wait.Until.IsZero() {
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

// start starts an admitted task, within a transaction.
func (t Tenant) start(ctx context.Context, tx Store, task Task, k *kind) (Task, []ID, error) {
	path, err := t.journal.path(ctx, tx, t.name, task.Parent)
	if err != nil {
		return Task{}, nil, err
	}
	task, err = t.journal.change(ctx, tx, change{
		update: TaskUpdate{Tenant: t.name, ID: task.ID, Now: t.journal.shared.clock(), To: StatusProcessing, Lease: k.Lease},
		path:   path,
	})
	return task, path, err
}

// Resume goes on with a task that is processing, with a new run, in this process or another: its counts and outcomes stay, and
// its attempt counts up. It is for tasks whose run has paused; a run that has not loses the task. A task that is not processing is a
// [TransitionError].
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

// Claim starts the next task of some kinds, of any tenant; of all configured kinds if it is given none. It is the one
// that has been queued longest of those that can be started in a tenant; the tenants take turns. When there is nothing to do, that is
// [ErrNoTask]: ask again later. Any number of workers, in any number of processes, may claim at the same time; no task is given to two
// of them.
//
// The run lives until it is ended by its methods, or ctx ends.
func (j *Journal) Claim(ctx context.Context, kinds ...string) (*Run, error) {
	var names []string
	var limits []KindLimit
	if len(kinds) == 0 {
		for name := range j.shared.kinds {
			if name != RevertKind {
				kinds = append(kinds, name)
			}
		}
		slices.Sort(kinds)
	}
	for _, name := range kinds {
		k, err := j.kind(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(names, name) {
			names, limits = append(names, name), append(limits, KindLimit{Name: name, Max: k.MaxProcessing})
		}
	}
	const tenants = 64 // asked for at a time
	first := j.shared.turns.last()
	after, wrapped := first, first == ""
	for {
		backlog, err := j.store.Backlog(ctx, BacklogQuery{Kinds: names, After: after, Limit: tenants})
		if err != nil {
			return nil, err
		}
		for _, name := range backlog {
			if wrapped && first != "" && name > first {
				return nil, ErrNoTask
			}
			r, err := j.Tenant(name).claim(ctx, limits)
			if !errors.Is(err, ErrNoTask) {
				if err == nil {
					j.shared.turns.took(name)
				}
				return r, err
			}
			after = name
		}
		switch {
		case len(backlog) == tenants:
		case wrapped:
			return nil, ErrNoTask
		default:
			after, wrapped = "", true
		}
	}
}

func (t Tenant) claim(ctx context.Context, limits []KindLimit) (*Run, error) {
	var task Task
	var path []ID
	var k *kind
	err := t.journal.store.InTx(ctx, func(tx Store) (err error) {
		if task, err = tx.NextTask(ctx, NextQuery{Tenant: t.name, Kinds: limits, Now: t.journal.shared.clock()}); err != nil {
			return err
		}
		if k, err = t.journal.kind(task.Kind); err != nil {
			return err
		}
		task, path, err = t.start(ctx, tx, task, k)
		return err
	})
	if errors.Is(err, ErrTransition) { // somebody else was faster
		return nil, ErrNoTask
	}
	if err != nil {
		return nil, err
	}
	return t.run(ctx, task, k, path), nil
}

// turns remembers which tenant was served last, so that the next one is.
type turns struct {
	mu     sync.Mutex
	tenant string
}

func (t *turns) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tenant
}

func (t *turns) took(tenant string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tenant = tenant
}

// How often Do looks whether its task may be started.
const (
	firstLook = 20 * time.Millisecond
	lastLook  = time.Second
)

// Do queues a task, starts it as soon as it is admitted, and runs fn. The task completes if fn returns nil, and
// fails with the error if it returns one, which Do passes on. A panic of fn is a [PanicError], with its stack in the task's Detail. fn gets the
// run's context.
//
// While the task waits, Do does: for a task that was lost it waits until somebody recovers it, which [Journal.Run] does. When ctx ends meanwhile, or the process, the task does not stay behind: it is cancelled, or fails as lost.
// If the task was cancelled or lost while fn ran, the error is an [ErrNotRunning].
//
// With the key of a task that has ended, Do returns that task and does not call fn; with that of a task that somebody else runs,
// the error is a [TransitionError].
//
// Do must not be called on a journal in a transaction of the host: use Enqueue there.
func (t Tenant) Do(ctx context.Context, spec TaskSpec, fn func(context.Context, *Run) error) (Task, error) {
	task, k, err := t.task(ctx, spec)
	if err != nil {
		return Task{}, err
	}
	r, task, err := t.begin(ctx, task, k)
	if err != nil || r == nil {
		return task, err
	}
	return t.finish(ctx, r, fn)
}

// finish runs fn and ends the run as fn does.
func (t Tenant) finish(ctx context.Context, r *Run, fn func(context.Context, *Run) error) (Task, error) {
	err := r.call(fn)
	// What became of it is stored even when the end of ctx is the reason.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endingTime)
	defer cancel()
	over, itself := r.state()
	switch {
	case over == nil && err == nil:
		err = r.Complete(ending)
	case over == nil:
		if failed := r.Fail(ending, err); failed != nil {
			err = errors.Join(err, failed)
		}
	case !itself && !errors.Is(err, ErrNotRunning): // fn may tell no more than that its context ended
		err = errors.Join(err, over)
	}
	r.close(ErrNotRunning)
	task, read := t.Task(ending, r.id)
	return task, errors.Join(err, read)
}

// endingTime is how long Do tries to store how a task ended, when its context does not wait any more.
const endingTime = 10 * time.Second

// call calls fn and turns a panic into an error.
func (r *Run) call(fn func(context.Context, *Run) error) (err error) {
	returned := false
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{Value: value, Stack: string(debug.Stack())}
		} else if !returned { // by runtime.Goexit, which nothing stops: nobody else will end the run
			ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), endingTime)
			defer cancel()
			_ = r.Fail(ctx, errors.New("its function ended the goroutine"))
			r.close(ErrNotRunning)
		}
	}()
	err = fn(r.ctx, r)
	returned = true
	return err
}

// begin queues a task and starts it, now or when it is admitted. There is no run if the task is one that was
// queued before, under the same key, and has ended.
func (t Tenant) begin(ctx context.Context, task Task, k *kind) (*Run, Task, error) {
	j := t.journal
	var wait Wait
	var path []ID
	id := task.ID
	err := j.store.InTx(ctx, func(tx Store) (err error) {
		if task, err = t.enqueue(ctx, tx, task, k); err != nil {
			return err
		}
		if task.Status.Ended() {
			return nil
		}
		if wait, err = t.admit(ctx, tx, task, k); err != nil {
			return err
		}
		if wait.IsZero() {
			task, path, err = t.start(ctx, tx, task, k)
			return err
		}
		return t.hold(ctx, tx, task.ID, k)
	})
	if err != nil {
		return nil, Task{}, err
	}
	if task.Status.Ended() {
		return nil, task, nil
	}
	if wait.IsZero() {
		return t.run(ctx, task, k, path), task, nil
	}
	pause := firstLook
	for held := time.Now(); ; pause = min(2*pause, lastLook) {
		select {
		case <-ctx.Done():
			return nil, t.giveUp(ctx, id, task), fmt.Errorf("activity: task %s: %w", task.ID, ctx.Err())
		case <-time.After(pause):
		}
		r, err := t.Start(ctx, task.ID)
		switch {
		case err == nil:
			return r, r.Task(), nil
		case ctx.Err() != nil:
			continue
		case !errors.Is(err, ErrWaiting):
			return nil, task, err
		}
		if time.Since(held) >= k.heartbeat() {
			if err := t.hold(ctx, j.store, task.ID, k); err != nil && ctx.Err() == nil {
				return nil, task, err
			}
			held = time.Now()
		}
	}
}

// hold renews the lease of who waits to start a task.
func (t Tenant) hold(ctx context.Context, store Store, id ID, k *kind) error {
	_, _, err := store.ChangeTask(ctx, TaskUpdate{Tenant: t.name, ID: id, Now: t.journal.shared.clock(), From: []Status{StatusQueued}, Lease: k.Lease})
	return err
}

// giveUp cancels a task that this call queued and nobody waits for any more.
func (t Tenant) giveUp(ctx context.Context, queued ID, task Task) Task {
	if queued != task.ID {
		return task // another call did
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endingTime)
	defer cancel()
	if cancelled, err := t.Cancel(ctx, task.ID, task.Actor, "nobody waits for it any more"); err == nil {
		return cancelled
	}
	return task // its lease runs out
}
