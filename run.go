package activity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// How much a run keeps in memory before it writes, and how long.
const (
	flushOutcomes = 4000
	flushBytes    = 4 << 20
	flushAfter    = 250 * time.Millisecond
)

// Run is the work on a task from its start to its end, by one process. [Tenant.Start], [Journal.Claim]
// and [Tenant.Do] make one. It is safe for concurrent use.
//
// A run holds a lease on its task, which it renews by itself until Complete, Fail or Requeue ends the
// run, or the context that it was started with ends. A run that lost its task (somebody cancelled it, or the lease ran out
// and another run has it) can write nothing any more: its context ends, with the reason as
// [context.Cause], and its methods return [ErrNotRunning].
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
}

// Task returns the task as the run last saw it. What was written in a transaction of the host is seen by the run that With
// returned only.
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

// With returns the run in a transaction of the host: what its Report, Progress, Record, Complete and Fail
// write is stored at once, within the transaction, and kept or undone with it. It is good until the transaction ends.
//
// If a transaction in which the run ended is rolled back, the task counts as lost once its lease has run out.
func (r *Run) With(store Store) *Run {
	return &Run{tenant: r.tenant.journal.With(store).Tenant(r.tenant.name), runState: r.runState, direct: true}
}

// Report adds outcomes to the task's report and to its counts. They are written in bulk: when some
// thousand have come together, after a quarter of a second, and at the end of the run. Flush writes them at once; what was not
// written when the process is killed is lost, and not counted either. The maps of an outcome may be changed once Report has returned.
//
// Bad input is an [InvalidError]; nothing of the call is reported then. ErrNotRunning says that the run is over. Any other error says that outcomes
// could not be written yet; they are kept, and written with what follows.
func (r *Run) Report(ctx context.Context, outcomes ...Outcome) error {
	j := r.tenant.journal
	rows := make([]OutcomeRow, len(outcomes))
	at := j.shared.now().UTC().Truncate(time.Microsecond)
	for i := range outcomes {
		row, err := outcomes[i].row(r.kind, j.shared.maxPayload)
		if err != nil {
			if len(outcomes) > 1 {
				err = inElement(err, "Outcome", i)
			}
			return err
		}
		row.Tenant, row.Task, row.Preview, row.At = r.tenant.name, r.id, r.preview, at
		rows[i] = row
	}
	r.mu.Lock()
	if r.over != nil {
		defer r.mu.Unlock()
		return r.over
	}
	if err := r.learn(outcomes); err != nil {
		r.mu.Unlock()
		return err
	}
	for i := range rows {
		r.seq++
		rows[i].Seq = r.seq
	}
	if r.direct {
		r.mu.Unlock()
		return r.write(ctx, rows)
	}
	for i := range rows {
		r.bytes += 200 + len(rows[i].Before) + len(rows[i].After) + len(rows[i].Extra) + len(rows[i].Message)
	}
	r.buffer = append(r.buffer, rows...)
	full := len(r.buffer) >= flushOutcomes || r.bytes >= flushBytes
	failed := r.failed
	r.mu.Unlock()
	switch {
	case full && failed != nil:
		return r.Flush(ctx)
	case full:
		return r.flushBehind(ctx)
	}
	signal(r.dirty)
	return nil
}

// learn remembers the names of the values that outcomes have. The caller holds mu.
func (r *runState) learn(outcomes []Outcome) error {
	var fields, extras []string
	add := func(list *[]string, mark string, values map[string]any) {
		for name := range values {
			if key := mark + name; !r.known[key] {
				r.known[key] = true
				*list = append(*list, name)
			}
		}
	}
	for i := range outcomes {
		add(&fields, "", outcomes[i].Before)
		add(&fields, "", outcomes[i].After)
		add(&extras, "\x00", outcomes[i].Extra)
	}
	if len(r.known) > MaxFields {
		for _, name := range fields {
			delete(r.known, name)
		}
		for _, name := range extras {
			delete(r.known, "\x00"+name)
		}
		return invalidf("Outcomes", "have values of more than %d different fields", MaxFields)
	}
	// Maps have no order; names that come up together are sorted.
	slices.Sort(fields)
	slices.Sort(extras)
	r.fields, r.extras = append(r.fields, fields...), append(r.extras, extras...)
	return nil
}

// Progress says how far the work is: done of total. A total of 0 leaves it as it was. It is written with the
// next outcomes, or after a quarter of a second. Going back, or past the total, is an [InvalidError].
func (r *Run) Progress(ctx context.Context, done, total int64) error {
	if err := r.learnProgress(ctx); err != nil {
		return err
	}
	r.mu.Lock()
	if r.over != nil {
		defer r.mu.Unlock()
		return r.over
	}
	if total == 0 {
		total = r.progress.Total
	}
	var err error
	switch {
	case done < 0:
		err = invalidf("Done", "is negative")
	case total < 0:
		err = invalidf("Total", "is negative")
	case done < r.progress.Done:
		err = invalidf("Done", "is %d, less than the %d of before", done, r.progress.Done)
	case total > 0 && done > total:
		err = invalidf("Done", "is %d, more than the total of %d", done, total)
	}
	if err != nil {
		r.mu.Unlock()
		return err
	}
	r.progress, r.moved = Progress{done, total}, !r.direct
	r.unsure = r.unsure || r.direct
	r.mu.Unlock()
	if r.direct {
		return r.writeWith(ctx, nil, &Progress{done, total})
	}
	signal(r.dirty)
	return nil
}

// learnProgress reads the progress that is stored, where the run cannot know it.
func (r *Run) learnProgress(ctx context.Context) error {
	r.mu.Lock()
	known := r.over != nil || !r.direct && !r.unsure || r.moved
	r.mu.Unlock()
	if known {
		return nil
	}
	task, err := r.store().Task(ctx, r.tenant.name, r.id)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.moved {
		r.progress = Progress{task.Done, task.Total}
	}
	return nil
}

// Flush writes what was reported so far.
func (r *Run) Flush(ctx context.Context) error {
	if err := r.lock(ctx); err != nil {
		return err
	}
	defer r.unlock()
	rows, err := r.take()
	if err != nil {
		return err
	}
	if err := r.write(ctx, rows); err != nil {
		r.putBack(rows, err)
		return err
	}
	return nil
}

// flushBehind writes what was reported so far while the caller goes on, once the write before it is done.
func (r *Run) flushBehind(ctx context.Context) error {
	if err := r.lock(ctx); err != nil {
		return err
	}
	rows, err := r.take()
	if err != nil {
		r.unlock()
		return err
	}
	go func() {
		defer r.unlock()
		if err := r.write(r.ctx, rows); err != nil {
			r.putBack(rows, err)
		}
	}()
	return nil
}

// Record records events as [Tenant.Record] does, with the run's task as their Task. The actor defaults to the
// context's, and then to the task's. A run that is over records nothing.
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
// processing until they have, and ends as they do: failed if one failed, or else cancelled if one was cancelled.
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

// Pause ends the run and leaves the task processing for some time, in which [Tenant.Resume] goes on with it. When nobody does,
// the task is treated as lost by the policy of its kind: a search, whose results are counted as their pages are opened, has
// LostCompletes.
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
	err = r.store().InTx(ctx, func(tx Store) error {
		if task, err = r.alive(ctx, tx, u, rows); err != nil {
			return err
		}
		switch {
		case u.To == StatusFailed:
			task, err = r.tenant.cancelSteps(ctx, tx, task, r.path, task.Actor, "the task that it is a step of failed")
		case u.Lease < 0 && task.Children.Open == 0:
			if err = j.settle(ctx, tx, task, j.shared.clock(), r.path); err == nil {
				task, err = tx.Task(ctx, r.tenant.name, task.ID)
			}
		}
		return err
	})
	return task, err
}

// write stores outcomes and what else has changed, and renews the lease.
func (r *Run) write(ctx context.Context, rows []OutcomeRow) error { return r.writeWith(ctx, rows, nil) }

// writeWith is write with a progress of its own, unless that is nil.
func (r *Run) writeWith(ctx context.Context, rows []OutcomeRow, progress *Progress) error {
	asked := time.Now()
	var task Task
	err := r.store().InTx(ctx, func(tx Store) (err error) {
		task, err = r.alive(ctx, tx, TaskUpdate{Lease: r.kind.Lease, Progress: progress}, rows)
		return err
	})
	if err != nil {
		return r.seen(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.direct { // it may yet be undone
		r.inside = &task
		return nil
	}
	r.task, r.renewed = task, asked
	if r.progress == (Progress{task.Done, task.Total}) {
		r.moved = false
	}
	return nil
}

// alive makes a change of the task that only its run may make, with outcomes and progress.
func (r *Run) alive(ctx context.Context, tx Store, u TaskUpdate, rows []OutcomeRow) (Task, error) {
	j := r.tenant.journal
	u.Tenant, u.ID, u.Now = r.tenant.name, r.id, j.shared.clock()
	u.Attempt, u.Counts = r.attempt, r.kind.counts(rows)
	if u.To == 0 {
		u.From = []Status{StatusProcessing}
	}
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

// take takes what is to be written out of the buffer. The caller has locked writing.
func (r *Run) take() ([]OutcomeRow, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over != nil {
		return nil, r.over
	}
	rows := r.buffer
	r.buffer, r.bytes, r.failed = nil, 0, nil
	return rows, nil
}

// putBack puts rows that could not be written before what was reported since.
func (r *Run) putBack(rows []OutcomeRow, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over == nil {
		r.buffer, r.failed = append(rows, r.buffer...), err
	}
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

func (r *runState) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case r.writing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *runState) unlock() { <-r.writing }

// keep renews the lease and writes what was reported, until the run is over.
func (r *Run) keep() {
	beat := time.NewTicker(r.kind.heartbeat())
	defer beat.Stop()
	defer r.tenant.journal.shared.runs.remove(r.id, r.runState)
	var soon <-chan time.Time
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-r.dirty:
			if soon == nil {
				soon = time.After(flushAfter)
			}
			continue
		case <-soon:
		case <-beat.C:
		case <-r.nudge:
		}
		soon = nil
		err := r.Flush(r.ctx)
		if err == nil || r.ctx.Err() != nil {
			continue
		}
		r.tenant.journal.shared.logger.LogAttrs(r.ctx, slog.LevelWarn, "activity: a run could not renew its lease",
			slog.String("tenant", r.tenant.name), slog.String("task", r.id.String()), slog.Any("error", err))
		r.mu.Lock()
		lost := time.Since(r.renewed) > r.kind.Lease
		r.mu.Unlock()
		if lost {
			r.close(fmt.Errorf("%w: its lease ran out while the store could not be reached: %w", ErrNotRunning, err))
		}
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// runs are the runs of this process, by task.
type runs struct {
	mu   sync.Mutex
	byID map[ID]*runState
}

func (r *runs) add(id ID, run *runState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byID == nil {
		r.byID = map[ID]*runState{}
	}
	r.byID[id] = run
}

func (r *runs) remove(id ID, run *runState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byID[id] == run {
		delete(r.byID, id)
	}
}

// look makes the run of a task see soon what became of it.
func (r *runs) look(id ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if run := r.byID[id]; run != nil {
		signal(run.nudge)
	}
}
