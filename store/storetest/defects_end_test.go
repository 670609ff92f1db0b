package storetest

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/go-activity/activity"
)

func endDefects() []defect {
	return []defect{
		{"ignores the context in AppendEvents", "ended context", with(broken{append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
			return in.AppendEvents(context.WithoutCancel(ctx), rows)
		}})},
		{"stores in spite of the context", "ended context", with(broken{append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
			events, err := in.AppendEvents(context.WithoutCancel(ctx), rows)
			return events, errors.Join(err, ctx.Err())
		}})},
		{"ignores the context in Event", "ended context", with(broken{event: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Event, error) {
			return in.Event(context.WithoutCancel(ctx), tenant, id)
		}})},
		{"ignores the context in Feed", "ended context", with(broken{feed: func(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
			return in.Feed(context.WithoutCancel(ctx), query)
		}})},
		{"ignores the context in InTx", "ended context", with(broken{inTx: func(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
			return in.InTx(context.WithoutCancel(ctx), fn)
		}})},
		{"has an error of its own for contexts", "ended context", with(broken{feed: func(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
			events, err := in.Feed(ctx, query)
			if err != nil {
				return nil, errors.New("interrupted")
			}
			return events, nil
		}})},
		{"ignores the context in a transaction", "ended context in a transaction", with(broken{append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
			if !isRoot(in) {
				ctx = context.WithoutCancel(ctx)
			}
			return in.AppendEvents(ctx, rows)
		}})},
		{"commits in spite of the context", "context that ends in a transaction", with(broken{inTx: func(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return in.InTx(context.WithoutCancel(ctx), fn)
		}})},
		{"stores half until the context ends", "context that ends at any moment", with(broken{append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
			if _, err := in.AppendEvents(context.WithoutCancel(ctx), rows[:1]); err != nil {
				return nil, err
			}
			<-ctx.Done()
			return nil, ctx.Err()
		}})},
		{"takes entries in spite of the context", "ended context", with(indexing(func(ctx context.Context, in activity.Store, limit int) (int, error) {
			n, err := in.Index(context.WithoutCancel(ctx), limit)
			return n, errors.Join(err, ctx.Err())
		}))},
		{"stores relations in spite of the context", "ended context in a transaction", with(broken{brokenTimeline: brokenTimeline{relate: func(ctx context.Context, in activity.Store, tenant string, r activity.Relation) error {
			return errors.Join(in.Relate(context.WithoutCancel(ctx), tenant, r), ctx.Err())
		}}})},
		{"has marks after Close", "calls after Close", with(marking(func(ctx context.Context, in activity.Store, m activity.ReadMark) (activity.ID, error) {
			id, err := in.Mark(ctx, m.Tenant, m.Reader, m.Feed)
			if errors.Is(err, activity.ErrClosed) {
				err = nil
			}
			return id, err
		}))},
		{"works after Close", "calls after Close", with(broken{close: func(activity.Store) error { return nil }})},
		{"is not found after Close", "calls after Close", with(broken{event: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Event, error) {
			e, err := in.Event(ctx, tenant, id)
			if errors.Is(err, activity.ErrClosed) {
				err = activity.ErrNotFound
			}
			return e, err
		}})},
		{"refuses a second Close", "closing twice", each(func() broken {
			var closed atomic.Bool
			return broken{close: func(in activity.Store) error {
				if closed.Swap(true) {
					return activity.ErrClosed
				}
				return in.Close()
			}}
		})},
	}
}
