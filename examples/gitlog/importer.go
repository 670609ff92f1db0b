package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-activity/activity"
)

// batchSize is how many events are recorded at once, all or none.
const batchSize = 1000

// imported is what was read from a repository and recorded.
type imported struct {
	Commits, Merges, Tags int
	Events                int
	New                   int // events that were not in the store
	replaced
}

// importer records the history of a repository. What is in the store already stays as it is: an
// import that was interrupted is run again.
type importer struct {
	repo    *repository
	tenant  activity.Tenant
	started time.Time
	batch   []activity.Draft
	count   imported
	watch   func(imported) // called after each batch
}

func (im *importer) run(ctx context.Context) (imported, error) {
	im.started = time.Now().Truncate(time.Microsecond)
	add := func(d activity.Draft) error { return im.add(ctx, d) }
	err := im.repo.commits(ctx, func(c *commit) error {
		im.count.Commits++
		if c.parents > 1 {
			im.count.Merges++
		}
		return c.drafts(&im.count.replaced, add)
	})
	if err == nil {
		err = im.repo.tags(ctx, func(t *tag) error {
			im.count.Tags++
			return add(t.draft(&im.count.replaced))
		})
	}
	if err == nil {
		err = im.flush(ctx)
	}
	return im.count, err
}

func (im *importer) add(ctx context.Context, d activity.Draft) error {
	im.batch = append(im.batch, d)
	if len(im.batch) < batchSize {
		return nil
	}
	return im.flush(ctx)
}

func (im *importer) flush(ctx context.Context) error {
	events, err := im.tenant.Record(ctx, im.batch...)
	if conflict := (*activity.KeyConflictError)(nil); errors.As(err, &conflict) {
		return fmt.Errorf("%w: the database was filled by another version of this program; use another one", err)
	}
	if err != nil {
		return err
	}
	im.batch = im.batch[:0]
	im.count.Events += len(events)
	for _, e := range events {
		if !e.RecordedAt.Before(im.started) { // Record returns those that it found, too
			im.count.New++
		}
	}
	im.watch(im.count)
	return nil
}
