package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

const (
	workerCount = 4                      // that work at a time
	idle        = 500 * time.Millisecond // after which a worker looks for a task that became free by itself
	ending      = 10 * time.Second       // for writing down how a task ended
)

// errStops is why work ends when the program does.
var errStops = errors.New("the program stops")

// work does a task from where its progress says until it is done, or ctx ends.
type work func(ctx context.Context, run *activity.Run) error

// works are what workers can do, by the kind of the task.
func (c *crm) works() map[string]work {
	all := map[string]work{
		"import_contacts": c.importFile, "import_companies": c.importFile,
		"export_contacts": c.export, "export_companies": c.export,
		"scraping": c.scrape, "search": c.search, "enrichment": c.enrich,
	}
	for kind := range reaches {
		all[kind] = c.reach
	}
	return all
}

// workers claims tasks and does them, several at a time, until ctx ends. What is not done then is queued again.
func (c *crm) workers(ctx context.Context) {
	var working sync.WaitGroup
	defer working.Wait()
	works := c.works()
	var kinds []string
	for kind := range works {
		kinds = append(kinds, kind)
	}
	for range workerCount {
		working.Go(func() {
			for ctx.Err() == nil {
				// A run must not end with ctx: it is to be queued again.
				run, err := c.journal.Claim(context.WithoutCancel(ctx), kinds...)
				if err == nil {
					if err := c.do(ctx, run, works[run.Task().Kind]); err != nil {
						slog.Error("crm: a task could not be ended", "task", run.Task().ID, "error", err)
					}
					continue
				}
				if !errors.Is(err, activity.ErrNoTask) {
					slog.Error("crm: no task could be claimed", "error", err)
				}
				select {
				case <-ctx.Done():
				case <-c.wake:
				case <-time.After(idle):
				}
			}
		})
	}
}

// do does a task and ends its run.
func (c *crm) do(ctx context.Context, run *activity.Run, work work) error {
	working, cancel := context.WithCancelCause(run.Context())
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { cancel(errStops) })()
	err := work(working, run)
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), ending)
	defer stop()
	switch {
	case run.Context().Err() != nil: // it was cancelled or lost, it pauses, or it waits for a quota
		return nil
	case err == nil:
		err = run.Complete(end)
	case ctx.Err() != nil:
		err = run.Requeue(end, errStops.Error())
	default:
		err = run.Fail(end, err)
	}
	if errors.Is(err, activity.ErrNotRunning) {
		return nil // somebody cancelled it at the same time
	}
	return err
}

// wait lets the time of one record pass. It returns why, if ctx ends meanwhile.
func (c *crm) wait(ctx context.Context) error {
	timer := time.NewTimer(c.pace)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// result is what became of a record.
type result struct {
	outcome activity.Outcome
	record  *record // to be stored; nil: nothing
	events  []activity.Draft
}

// keep stores what became of a record: the record itself, its events, its outcome and the progress, all of them or none. A preview
// stores nothing but the outcome. It is short, and not interrupted.
func (c *crm) keep(ctx context.Context, run *activity.Run, r result, done, total int) error {
	preview := run.Task().Preview
	return c.records.inTx(context.WithoutCancel(ctx), func(ctx context.Context, tx bun.Tx, store *bunstore.Store) error {
		if r.record != nil && !preview {
			if err := put(ctx, tx, *r.record); err != nil {
				return err
			}
		}
		in := run.With(store)
		if !preview {
			if _, err := in.Record(ctx, r.events...); err != nil {
				return err
			}
		}
		return errors.Join(in.Report(ctx, r.outcome), in.Progress(ctx, int64(done), int64(total)))
	})
}
