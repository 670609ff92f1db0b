package activity

import (
	"context"
	"slices"
	"time"
)

// How much a run keeps in memory before it writes, and how long.
const (
	flushOutcomes = 8000
	flushBytes    = 8 << 20
	flushAfter    = 250 * time.Millisecond
)

// Report adds outcomes to the task's report and to its counts. They are written in bulk: when some
// thousand have come together, after a quarter of a second, and at the end of the run. Flush writes
// them at once; what was not written when the process is killed is lost, and not counted either.
// The maps of an outcome may be changed once Report has returned.
//
// Bad input is an [InvalidError]; nothing of the call is reported then. ErrNotRunning says that the
// run is over. Any other error says that outcomes could not be written yet; they are kept, and
// written with what follows.
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

// Progress says how far the work is: done of total. A total of 0 leaves it as it was. It is written
// with the next outcomes, or after a quarter of a second. Going back, or past the total, is an
// [InvalidError].
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

// write stores outcomes and what else has changed, and renews the lease.
func (r *Run) write(ctx context.Context, rows []OutcomeRow) error { return r.writeWith(ctx, rows, nil) }

// writeWith is write with a progress of its own, unless that is nil.
func (r *Run) writeWith(ctx context.Context, rows []OutcomeRow, progress *Progress) error {
	asked := time.Now()
	var task Task
	var held *Reservation
	write := func(tx Store) (err error) {
		if task, err = r.alive(ctx, tx, TaskUpdate{Lease: r.kind.Lease, Progress: progress}, rows); err != nil {
			return err
		}
		held, err = r.extend(ctx, tx)
		return err
	}
	var err error
	if r.alone(rows) {
		err = write(r.store())
	} else {
		err = r.store().InTx(ctx, write)
	}
	if err != nil {
		return r.seen(err)
	}
	r.saw(task, asked)
	if !r.direct { // it has locked nothing, and others may have charged meanwhile
		r.hold(held)
	}
	return nil
}

// saw remembers the task as a write has left it that was asked for at a time.
func (r *Run) saw(task Task, asked time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.direct { // it may yet be undone
		r.inside = &task
		return
	}
	r.task, r.renewed = task, asked
	if r.progress == (Progress{task.Done, task.Total}) {
		r.moved = false
	}
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
