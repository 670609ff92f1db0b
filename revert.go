package activity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// RevertKind is the name of the kind of task that [Tenant.Revert] makes. Every journal knows it.
const RevertKind = "revert"

// The categories of the report of an undo.
const (
	outcomeReverted = "reverted"
	outcomeKept     = "kept"
	outcomeFailed   = "failed"
)

var revertKind = Kind{
	Name:  RevertKind,
	Label: "Undo",
	Lease: 15 * time.Second,
	Outcomes: []OutcomeKind{
		{outcomeReverted, "Reverted", Updated},
		{outcomeKept, "Kept because edited since", Unmodified},
		{outcomeFailed, "Failed", Failed},
	},
	Translations: map[string]string{
		"en": "undid {name}: {updated, number} reverted{unmodified, plural, =0 {} other {, # kept}}{failed, plural, =0 {} other {, # failed}}",
		"es": "deshizo {name}: {updated, plural, one {# revertido} other {# revertidos}}{unmodified, plural, =0 {} one {, # conservado} other {, # conservados}}{failed, plural, =0 {} one {, # fallido} other {, # fallidos}}",
	},
}

// Change is what a run did to one record, to be undone.
type Change struct {
	Record Entity
	Row    int64
	Before map[string]any // what to bring back; nil: the run created the record
	After  map[string]any // what the run left; nil: the run deleted the record
	Task   ID             // the run
}

// Check compares the record as it is now with what the run left, and says whether it may be brought
// back: nil, or an [ErrEdited] that names a value which somebody changed since. Only the values
// that the run changed are compared; a nil current is a record that is not there. A record that is
// as it was before the run may be brought back again: it changes nothing.
func (c Change) Check(current map[string]any) error {
	edited := edits(c.After, current)
	if edited == "" || edits(c.Before, current) == "" {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrEdited, edited)
}

// edits names what is different in a record, as far as it was said to be; empty if nothing is.
func edits(left, current map[string]any) string {
	switch {
	case left == nil && current == nil:
		return ""
	case left == nil:
		return "it was created"
	case current == nil:
		return "it was deleted"
	}
	for _, name := range differing(left, current) {
		if value, ok := left[name]; ok {
			if _, there := current[name]; there || value != nil { // what was null may be missing
				return name
			}
		}
	}
	return ""
}

// Revert undoes a run: it hands each change to fn, the last one first, as a new task of who asks
// for it whose Reverts is the run. What counts as failed, warned or unmodified is no change. fn
// brings the record back from Before if it is still as After says, which [Change.Check] tells; if
// it returns an [ErrEdited], the record is kept and listed as such; any other error is listed as a
// failure of that record. Each is an outcome of the new task: "reverted", "kept" or "failed". What
// the run did to records that were erased since is not known any more: fn does not hear of them, and
// they are listed as "kept", by their rows.
//
// The run must have ended and be no preview; its RevertedBy is the new task from then on. A run
// that is being reverted, or was, is a [TransitionError]; one whose undo failed or was cancelled
// may be reverted again. Two undos of one run never overlap. The undo takes over the run's
// Exclusive key: while another task has it, the error is a [WaitError], and nothing is stored.
//
// The error is that of Do: nil if the undo came to its end, whatever became of single records. fn
// may write in the host's transaction; it is called by one goroutine, one change at a time, with
// the run's context, in which the undo can be cancelled.
func (t Tenant) Revert(ctx context.Context, id ID, by Entity, fn func(context.Context, Change) error) (Task, error) {
	by, err := actor(ctx, "By", by)
	if err != nil {
		return Task{}, err
	}
	run, err := t.Task(ctx, id)
	if err != nil {
		return Task{}, err
	}
	switch {
	case !run.Status.Ended():
		return Task{}, &TransitionError{ID: id, From: run.Status}
	case run.Preview:
		return Task{}, invalidf("ID", "is a preview, which has changed nothing")
	case run.Recipe:
		return Task{}, invalidf("ID", "is a recipe: revert its steps")
	}
	task, k, err := t.task(ctx, TaskSpec{
		Kind: RevertKind, Title: run.Title, Actor: by, About: slices.DeleteFunc(run.About, Entity.IsErased), Total: run.Counts.Created + run.Counts.Updated + run.Counts.Deleted,
		Attributes: run.Attributes, Exclusive: run.Exclusive,
	})
	if err != nil {
		return Task{}, err
	}
	task.Reverts = id
	r, task, err := t.beginRevert(ctx, run, task, k)
	if err != nil {
		return task, err
	}
	return t.finish(ctx, r, func(ctx context.Context, r *Run) error { return t.revert(ctx, r, id, run.Kind, fn) })
}

// beginRevert starts the undo and marks the run, at once.
func (t Tenant) beginRevert(ctx context.Context, run, task Task, k *kind) (*Run, Task, error) {
	err := t.journal.store.InTx(ctx, func(tx Store) error {
		// The change locks the run, so that of two undos at a time the second sees the first.
		marked, _, err := tx.ChangeTask(ctx, TaskUpdate{Tenant: t.name, ID: run.ID, Now: t.journal.shared.clock()})
		if err != nil {
			return err
		}
		if !marked.RevertedBy.IsZero() {
			earlier, err := tx.Task(ctx, t.name, marked.RevertedBy)
			if err != nil {
				return err
			}
			if !earlier.Status.Ended() || earlier.Status == StatusCompleted {
				return &TransitionError{ID: run.ID, From: marked.Status}
			}
		}
		if task, err = t.enqueue(ctx, tx, task, k); err != nil {
			return err
		}
		if _, _, err = tx.ChangeTask(ctx, TaskUpdate{Tenant: t.name, ID: run.ID, Now: t.journal.shared.clock(), RevertedBy: task.ID}); err != nil {
			return err
		}
		wait, err := t.admit(ctx, tx, task, k)
		if err != nil {
			return err
		}
		if !wait.IsZero() {
			return &WaitError{ID: run.ID, Wait: wait} // nothing is queued: ask again later
		}
		task, _, err = t.start(ctx, tx, task, k)
		return err
	})
	if err != nil {
		return nil, Task{}, err
	}
	return t.run(ctx, task, k, nil), task, nil
}

// changes reports whether an outcome tells of a change: it has values, or had some before it was erased, and does not
// count as failed, warned or unmodified. The kind is nil if it is not configured any more.
func (k *kind) changes(r *OutcomeRow) bool {
	if r.Before == nil && r.After == nil && !r.Record.IsErased() {
		return false
	}
	if k != nil {
		if o, ok := k.outcomes[r.Kind]; ok {
			return o.Counts != Failed && o.Counts != Warned && o.Counts != Unmodified
		}
	}
	return true
}

// revert hands the changes of a run to fn and reports what became of them.
func (t Tenant) revert(ctx context.Context, r *Run, id ID, kind string, fn func(context.Context, Change) error) error {
	f := OutcomeFilter{Tenant: t.name, Task: id, Descending: true, Limit: MaxLimit}
	of := t.journal.shared.kinds[kind]
	total := r.Task().Total
	done := int64(0)
	for row, err := range t.journal.outcomes(ctx, f) {
		if err != nil {
			return err
		}
		if !of.changes(row) {
			continue
		}
		o, err := row.outcome()
		if err != nil {
			return err
		}
		if len(differing(o.Before, o.After)) == 0 && (o.Before == nil) == (o.After == nil) && !o.Record.IsErased() {
			continue
		}
		undo := undone(ctx, o, id, fn)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := r.Report(ctx, undo); err != nil {
			return err
		}
		done++
		if err := r.Progress(ctx, done, max(done, total)); err != nil {
			return err
		}
	}
	return nil
}

// undone hands the change of an outcome to fn, and returns the outcome of that.
func undone(ctx context.Context, o Outcome, run ID, fn func(context.Context, Change) error) Outcome {
	if o.Record.IsErased() {
		return Outcome{Kind: outcomeKept, Row: o.Row, Message: o.Record.Name()}
	}
	undo := Outcome{Kind: outcomeReverted, Record: o.Record, Row: o.Row, Link: o.Link, Before: o.After, After: o.Before}
	switch err := fn(ctx, Change{Record: o.Record, Row: o.Row, Before: o.Before, After: o.After, Task: run}); {
	case errors.Is(err, ErrEdited):
		undo.Kind, undo.Message, undo.Before, undo.After = outcomeKept, cut(strings.TrimPrefix(err.Error(), "activity: "), MaxMessage), nil, nil
	case err != nil:
		undo.Kind, undo.Message, undo.Before, undo.After = outcomeFailed, cut(err.Error(), MaxMessage), nil, nil
	}
	return undo
}
