package main

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// undo brings a record back that a run changed, in a workspace, unless somebody has edited it since.
func (c *crm) undo(ctx context.Context, workspace string, change activity.Change) error {
	return c.records.inTx(ctx, func(ctx context.Context, tx bun.Tx, _ *bunstore.Store) error {
		r, err := c.records.find(ctx, tx, workspace, change.Record.Kind, change.Record.ID)
		var current map[string]any // nil: it is not there
		switch {
		case err == nil:
			current = r.values()
		case !errors.Is(err, activity.ErrNotFound):
			return err
		}
		if err := change.Check(current); err != nil {
			return err
		}
		if change.Before == nil {
			return remove(ctx, tx, r)
		}
		r.set(change.Before)
		return put(ctx, tx, r)
	})
}
