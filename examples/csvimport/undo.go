package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-activity/activity"
)

// undo brings back what a run has changed, as far as nobody has changed it since.
func (im *importer) undo(ctx context.Context, prefix string) (activity.ID, error) {
	if _, err := im.journal.Recover(ctx); err != nil { // an undo that was killed may be repeated
		return activity.ID{}, err
	}
	task, err := im.find(ctx, prefix)
	if err != nil {
		return activity.ID{}, err
	}
	switch {
	case task.Preview:
		return activity.ID{}, fmt.Errorf("run %s is a preview, which has changed nothing", task.ID)
	case !task.Status.Ended():
		return activity.ID{}, fmt.Errorf("run %s has not ended: start the program without -undo, and it goes on", task.ID)
	}
	counts := task.Counts
	progress := newProgress(im.screen.stderr, "changes", counts.Created+counts.Updated+counts.Deleted)
	done := int64(0)
	undo, err := im.tenant.Revert(ctx, task.ID, activity.Entity{}, func(ctx context.Context, change activity.Change) error {
		err := restoreContact(ctx, im.store.DB(), change)
		done++
		progress.update(done)
		return err
	})
	progress.end()
	switch {
	case errors.Is(err, activity.ErrTransition) && undo.ID.IsZero():
		return activity.ID{}, im.undone(ctx, task.ID)
	case undo.ID.IsZero() || ctx.Err() != nil:
		return undo.ID, err
	}
	ok, err := im.show(context.WithoutCancel(ctx), undo.ID)
	if err == nil && !ok {
		err = errFailed
	}
	return undo.ID, err
}

// undone says why a run cannot be undone: it was, or is about to be.
func (im *importer) undone(ctx context.Context, id activity.ID) error {
	task, err := im.tenant.Task(ctx, id)
	if err != nil {
		return err
	}
	earlier, err := im.tenant.Task(ctx, task.RevertedBy)
	if err != nil {
		return err
	}
	if earlier.Status == activity.StatusCompleted {
		return fmt.Errorf("run %s was undone already, by run %s", id, earlier.ID)
	}
	return fmt.Errorf("run %s is being undone by run %s; should its process have ended, try again after %s UTC",
		id, earlier.ID, earlier.LeaseUntil.Format("15:04:05"))
}

// find returns the run with an id, or with one that begins so.
func (im *importer) find(ctx context.Context, prefix string) (activity.Task, error) {
	page, err := im.tenant.Tasks(ctx, activity.TaskQuery{RunID: prefix, Previews: activity.PreviewsShown})
	if invalid, ok := errors.AsType[*activity.InvalidError](err); ok {
		return activity.Task{}, fmt.Errorf("%q is no beginning of a run's id: it %s", prefix, invalid.Reason)
	}
	switch {
	case err != nil:
		return activity.Task{}, err
	case len(page.Tasks) == 0:
		return activity.Task{}, fmt.Errorf("no run has an id that begins with %s", prefix)
	case len(page.Tasks) > 1:
		return activity.Task{}, fmt.Errorf("%s runs have an id that begins with %s: give more of it", page.Total, prefix)
	}
	return page.Tasks[0], nil
}

// list prints all runs, a line each.
func (im *importer) list(ctx context.Context) error {
	query := activity.TaskQuery{Previews: activity.PreviewsShown, Limit: activity.MaxLimit}
	for {
		page, err := im.tenant.Tasks(ctx, query)
		if err != nil {
			return err
		}
		for _, task := range page.Tasks {
			note := ""
			switch {
			case !task.RevertedBy.IsZero():
				note = ", see its undo " + task.RevertedBy.String()
			case task.Status == activity.StatusProcessing || task.Status == activity.StatusQueued:
				note = fmt.Sprintf(", at row %s of %s", number(task.Done), number(task.Total))
			}
			c := task.Counts
			im.screen.print("%s  %s  %-10s  %s: %s created, %s updated, %s unchanged, %s warnings, %s failed%s",
				task.ID, task.Start().Format("2006-01-02 15:04:05"), task.Status, title(task),
				number(c.Created), number(c.Updated), number(c.Unmodified), number(c.Warned), number(c.Failed), note)
		}
		if page.Next == "" {
			return nil
		}
		query.After = page.Next
	}
}
