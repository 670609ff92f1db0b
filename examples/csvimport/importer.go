package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// batchSize is how many rows are stored at once: their contacts, their outcomes, and how far the run is.
const batchSize = 500

// importKind is the kind of task that an import is. A run that is lost is found to be so soon, because
// somebody sits in front of the program and waits for it.
var importKind = activity.Kind{
	Name:     "import_contacts",
	Label:    "CSV import",
	Object:   "contacts",
	Outcomes: activity.ImportOutcomes(),
	Lease:    2 * time.Second,
	Lost:     activity.LostRequeues,
	Summary: "imported {name}: {created, plural, one {# new contact} other {# new contacts}}, {updated, number} updated, {unmodified, number} unchanged" +
		"{warned, plural, =0 {} one {, # warning} other {, # warnings}}{failed, plural, =0 {} other {, # failed}}",
}

// input is what a task has to import. A file that has other content since is not what somebody wanted to import.
type input struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// attributeSum is the attribute by which the previews of a file are found.
const attributeSum = "sha256"

// importer imports files as tasks, one at a time.
type importer struct {
	store   *bunstore.Store
	journal *activity.Journal
	tenant  activity.Tenant
	screen  *screen
}

func (s *source) input() input { return input{Path: s.path, Size: s.size, SHA256: s.sum} }

// enqueue queues the import of a file.
func (im *importer) enqueue(ctx context.Context, s *source, preview bool) (activity.Task, error) {
	in, err := json.Marshal(s.input())
	if err != nil {
		return activity.Task{}, err
	}
	return im.tenant.Enqueue(ctx, activity.TaskSpec{
		Kind: importKind.Name, Title: cut(filepath.Base(s.path), activity.MaxText), Preview: preview, Total: s.total,
		Exclusive:  "contacts", // one import at a time: what one finds in the table stays so until it has ended
		Input:      in,
		Attributes: map[string]string{attributeSum: s.sum},
	})
}

// run imports what is left of a file, and ends the run. Its error is one that the task does not tell.
func (im *importer) run(ctx context.Context, run *activity.Run) error {
	err := im.rows(run.Context(), run)
	if err == nil {
		err = run.Complete(ctx)
	}
	switch {
	case err == nil || errors.Is(err, activity.ErrNotRunning):
		return err
	case ctx.Err() != nil:
		// Ctrl-C, not an error of the import: the next start of the program goes on with it.
		if err := run.Requeue(context.WithoutCancel(ctx), interrupted); err != nil {
			return err
		}
		return ctx.Err()
	}
	return run.Fail(ctx, err)
}

// rows imports the rows after those that are stored.
func (im *importer) rows(ctx context.Context, run *activity.Run) error {
	task := run.Task()
	var in input
	if err := json.Unmarshal(task.Input, &in); err != nil {
		return err
	}
	s, err := openSource(in.Path)
	if err != nil {
		return err
	}
	defer s.file.Close()
	if s.input() != in {
		return fmt.Errorf("%s: the file was changed since the import began", in.Path)
	}
	progress := newProgress(im.screen.stderr, "rows", s.total)
	defer progress.end()
	b := batch{header: s.header, first: map[string]int64{}}
	for r, err := range s.rows() {
		if err != nil {
			return fmt.Errorf("%s: %w", in.Path, err)
		}
		b.add(r)
		if r.number <= task.Done { // stored by the run before, so that only its address counts
			b.clear()
			continue
		}
		if len(b.entries) == batchSize || r.number == s.total {
			if err := im.save(ctx, run, &b, r.number, s.total); err != nil {
				return err
			}
			progress.update(r.number)
			b.clear()
		}
	}
	return nil
}

// save stores a batch: its contacts, their outcomes, and how far the run is, all or none.
func (im *importer) save(ctx context.Context, run *activity.Run, b *batch, done, total int64) error {
	preview := run.Task().Preview
	return im.store.DB().RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		stored, err := findContacts(ctx, tx, b.emails())
		if err != nil {
			return err
		}
		outcomes, changed := b.compare(stored)
		if !preview {
			if err := saveContacts(ctx, tx, changed...); err != nil {
				return err
			}
		}
		within := run.With(im.store.Tx(tx))
		if err := within.Report(ctx, outcomes...); err != nil {
			return err
		}
		return within.Progress(ctx, done, total)
	})
}

// unfinished returns the imports that have not ended, those first that were queued first.
func (im *importer) unfinished(ctx context.Context) ([]activity.Task, error) {
	page, err := im.tenant.Tasks(ctx, activity.TaskQuery{
		Kinds: []string{importKind.Name}, Statuses: []activity.Status{activity.StatusQueued, activity.StatusProcessing},
		Previews: activity.PreviewsShown, Sort: activity.SortQueued, Ascending: true, Limit: activity.MaxLimit,
	})
	return page.Tasks, err
}

// preview returns the preview of the file that a task has imported, if nothing was imported from the file since.
func (im *importer) preview(ctx context.Context, task activity.Task) (preview activity.Task, found bool, err error) {
	page, err := im.tenant.Tasks(ctx, activity.TaskQuery{
		Kinds: []string{importKind.Name}, Statuses: []activity.Status{activity.StatusCompleted},
		Attributes: map[string]string{attributeSum: task.Attributes[attributeSum]}, Previews: activity.PreviewsShown,
		Sort: activity.SortQueued, Limit: 2, // itself and the one before
	})
	for _, t := range page.Tasks {
		if t.ID != task.ID {
			return t, t.Preview, nil
		}
	}
	return activity.Task{}, false, err
}
