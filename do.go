package activity

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// How often Do looks whether its task may be started.
const (
	firstLook = 20 * time.Millisecond
	lastLook  = time.Second
)

// Do queues a task, starts it as soon as it is admitted, and runs fn. The task completes if fn
// returns nil, and fails with the error if it returns one, which Do passes on. A panic of fn is a
// [PanicError], with its stack in the task's Detail. fn gets the run's context.
//
// When the run ends because a quota has no room, see [Run.Charge], Do waits until there is, and calls fn again
// with another run.
//
// While the task waits, Do does: for a task that was lost it waits until somebody recovers it,
// which [Journal.Run] does. When ctx ends meanwhile, or the process, the task does not stay behind:
// it is cancelled, or fails as lost. If the task was cancelled or lost while fn ran, the error is
// an [ErrNotRunning].
//
// With the key of a task that has ended, Do returns that task and does not call fn; with that of a
// task that somebody else runs, the error is a [TransitionError].
//
// Do must not be called on a journal in a transaction of the host: use Enqueue there.
func (t Tenant) Do(ctx context.Context, spec TaskSpec, fn func(context.Context, *Run) error) (Task, error) {
	task, k, err := t.task(ctx, spec)
	if err != nil {
		return Task{}, err
	}
	id := task.ID
	r, task, err := t.begin(ctx, task, k)
	for err == nil && r != nil {
		r.mu.Lock()
		r.waited = true
		r.mu.Unlock()
		task, err = t.finish(ctx, r, fn)
		r.mu.Lock()
		yielded := r.yielded
		r.mu.Unlock()
		if !yielded {
			return task, err
		}
		r, task, err = t.await(ctx, id, task, k)
	}
	return task, err
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

// begin queues a task and starts it, now or when it is admitted. There is no run if the task is one
// that was queued before, under the same key, and has ended.
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
	return t.await(ctx, id, task, k)
}

// await starts a task that waits as soon as it is admitted. The ID is that of the task that this call queued.
func (t Tenant) await(ctx context.Context, id ID, task Task, k *kind) (*Run, Task, error) {
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
			if err := t.hold(ctx, t.journal.store, task.ID, k); err != nil && ctx.Err() == nil {
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
