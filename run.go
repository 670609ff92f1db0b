package activity

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Run is the work on a task from its start to its end, by one process. [Tenant.Start], [Journal.Claim]
// and [Tenant.Do] make one. It is safe for concurrent use.
//
// A run holds a lease on its task, which it renews by itself until Complete, Fail or Requeue ends
// the run, or the context that it was started with ends. A run that lost its task (somebody
// cancelled it, or the lease ran out and another run has it) can write nothing any more: its
// context ends, with the reason as [context.Cause], and its methods return [ErrNotRunning].
type Run struct {
	tenant Tenant // whose store is the host's transaction in what With returns
	*runState
	direct bool  // writes at once
	inside *Task // what a direct run saw in its transaction, which others must not
}

// runState is what a run and those that With makes of it have in common.
type runState struct {
	kind    *kind
	id      ID
	actor   Entity
	preview bool
	path    []ID // the task's ancestors
	attempt int
	ctx     context.Context
	cancel  context.CancelCauseFunc
	nudge   chan struct{} // asks for a look at the task
	dirty   chan struct{} // says that there is something to write
	writing chan struct{} // full while somebody writes

	mu       sync.Mutex
	task     Task // as last seen
	over     error
	ended    bool         // by Complete, Fail or Requeue
	buffer   []OutcomeRow // reported and not written yet
	bytes    int
	seq      int64
	progress Progress
	moved    bool // progress is to be written
	unsure   bool // progress was written in a transaction of the host, which may have been undone
	fields   []string
	extras   []string
	known    map[string]bool // fields, and extras with a leading NUL
	failed   error           // of the last write that nobody waited for
	renewed  time.Time       // when the lease was renewed, by the clock of this process
	held     *Reservation    // what Reserve holds; nil: nothing
	waited   bool            // there is a Do that waits for the task
	yielded  bool            // it ended because a quota has no room
}

// Task returns the task as the run last saw it. What was written in a transaction of the host is
// seen by the run that With returned only.
func (r *Run) Task() Task {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.inside != nil {
		return r.inside.Clone()
	}
	return r.task.Clone()
}

// Context returns a context that ends when the run is over or lost, or with the context that the run was
// started with. Work that it ends in time is not wasted on a task that was cancelled.
func (r *Run) Context() context.Context { return r.ctx }

// With returns the run in a transaction of the host: what its Report, Progress, Record, Complete
// and Fail write is stored at once, within the transaction, and kept or undone with it. It is good
// until the transaction ends.
//
// If a transaction in which the run ended is rolled back, the task counts as lost once its lease
// has run out.
func (r *Run) With(store Store) *Run {
	return &Run{tenant: r.tenant.journal.With(store).Tenant(r.tenant.name), runState: r.runState, direct: true}
}

// Record records events as [Tenant.Record] does, with the run's task as their Task. The actor
// defaults to the context's, and then to the task's. A run that is over records nothing.
func (r *Run) Record(ctx context.Context, drafts ...Draft) ([]Event, error) {
	if _, ok := ActorFrom(ctx); !ok {
		ctx = WithActor(ctx, r.actor)
	}
	rows, places, err := r.tenant.rows(ctx, drafts)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	for i := range rows {
		rows[i].Task = r.id
	}
	var stored []Event
	err = r.store().InTx(ctx, func(tx Store) error {
		if _, err := r.alive(ctx, tx, TaskUpdate{}, nil); err != nil {
			return err
		}
		stored, err = tx.AppendEvents(ctx, rows)
		return err
	})
	if err != nil {
		return nil, r.seen(err)
	}
	return inPlaces(stored, places), nil
}

// Complete ends the run, with all that was reported. A task with steps that have not ended stays
// processing until they have, and ends as they do: failed if one failed, or else cancelled if one
// was cancelled.
//
// A task that was cancelled or lost meanwhile is an [ErrNotRunning], which is a [TransitionError] too.
func (r *Run) Complete(ctx context.Context) error {
	return r.end(ctx, TaskUpdate{To: StatusCompleted, Settled: true})
}

// Fail ends the run and the task with a reason: the error's text. Steps of the task that have not ended are
// cancelled. Of a [PanicError], the stack is kept in the task's Detail.
func (r *Run) Fail(ctx context.Context, reason error) error {
	if reason == nil {
		return invalidf("Reason", "is missing")
	}
	u := TaskUpdate{To: StatusFailed, Reason: cut(reason.Error(), MaxReason)}
	if p, ok := errors.AsType[*PanicError](reason); ok {
		u.Detail = cut(p.Stack, MaxDetail)
	}
	return r.end(ctx, u)
}

// Requeue ends the run and queues the task again, with its counts and outcomes, for another run: before a
// process stops, for example.
func (r *Run) Requeue(ctx context.Context, reason string) error {
	return r.end(ctx, TaskUpdate{To: StatusQueued, Reason: cut(reason, MaxReason)})
}

// Pause ends the run and leaves the task processing for some time, in which [Tenant.Resume] goes on
// with it. When nobody does, the task is treated as lost by the policy of its kind: a search, whose
// results are counted as their pages are opened, has LostCompletes.
func (r *Run) Pause(ctx context.Context, length time.Duration) error {
	if length < leaseMin {
		return invalidf("Length", "is less than %v", leaseMin)
	}
	return r.end(ctx, TaskUpdate{Lease: length})
}

// end makes the last write of the run.
func (r *Run) end(ctx context.Context, u TaskUpdate) error {
	if err := r.lock(ctx); err != nil {
		return err
	}
	defer r.unlock()
	rows, err := r.take()
	if err != nil {
		return err
	}
	task, err := r.endWith(ctx, u, rows)
	if transition, ok := errors.AsType[*TransitionError](err); ok && u.Settled && transition.From == StatusProcessing && task.Attempt == r.attempt {
		task, err = r.endWith(ctx, TaskUpdate{Lease: -1}, rows) // there are steps: it is for them to end it
	}
	if err != nil {
		r.putBack(rows, err)
		return r.seen(err)
	}
	r.mu.Lock()
	r.task, r.ended = task, true
	r.mu.Unlock()
	r.close(&TransitionError{ID: task.ID, From: task.Status, Attempt: r.attempt})
	return nil
}

func (r *Run) endWith(ctx context.Context, u TaskUpdate, rows []OutcomeRow) (task Task, err error) {
	j := r.tenant.journal
	if u.To != StatusFailed && u.Lease >= 0 && r.alone(rows) {
		return r.alive(ctx, r.store(), u, nil)
	}
	err = r.store().InTx(ctx, func(tx Store) error {
		if task, err = r.alive(ctx, tx, u, rows); err != nil {
			return err
		}
		switch {
		case u.To == StatusFailed:
			task, err = r.tenant.cancelSteps(ctx, tx, task, r.path, task.Actor, "the task that it is a step of failed")
		case u.To == 0 && u.Lease > 0 && r.kind.charges():
			err = tx.ReleaseHolds(ctx, r.tenant.name, r.id) // it pauses
		case u.Lease < 0 && task.Children.Open == 0:
			if err = j.settle(ctx, tx, task, j.shared.clock(), r.path); err == nil {
				task, err = tx.Task(ctx, r.tenant.name, task.ID)
			}
		}
		return err
	})
	return task, err
}

// alone reports whether a change of the task with these outcomes is one change only, which is all or
// nothing by itself.
func (r *Run) alone(rows []OutcomeRow) bool {
	return len(r.path) == 0 && len(rows) == 0 && !r.kind.charges()
}

// alive makes a change of the task that only its run may make, with outcomes and progress; within a
// transaction unless it is alone.
func (r *Run) alive(ctx context.Context, tx Store, u TaskUpdate, rows []OutcomeRow) (Task, error) {
	j := r.tenant.journal
	u.Tenant, u.ID, u.Now = r.tenant.name, r.id, j.shared.clock()
	u.Attempt, u.Counts = r.attempt, r.kind.counts(rows)
	if u.To == 0 {
		u.From = []Status{StatusProcessing}
	}
	seen := r.Task()
	u.Seen = &seen
	r.mu.Lock()
	if len(rows) > 0 {
		u.Fields, u.Extras = r.fields, r.extras
	}
	if r.moved && u.Progress == nil {
		progress := r.progress
		u.Progress = &progress
	}
	r.mu.Unlock()
	return j.change(ctx, tx, change{update: u, path: r.path, rows: rows})
}

// seen closes the run if an error says that it is over.
func (r *Run) seen(err error) error {
	if transition, ok := errors.AsType[*TransitionError](err); ok && transition.Attempt == r.attempt && transition.ID == r.id {
		r.close(err)
	}
	return err
}

// close ends the run in this process.
func (r *Run) close(why error) {
	r.mu.Lock()
	if r.over == nil {
		r.over, r.buffer = why, nil
	}
	r.mu.Unlock()
	r.cancel(why)
	r.tenant.journal.shared.runs.remove(r.id, r.runState)
}

// state returns why the run is over, if it is, and whether one of its own methods ended it.
func (r *Run) state() (over error, itself bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.over, r.ended
}

func (r *Run) store() Store { return r.tenant.journal.store }
