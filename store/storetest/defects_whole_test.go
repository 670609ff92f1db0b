package storetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

var errBusy = errors.New("busy")

func wholeDefects() []defect {
	return []defect{
		{"refuses a write beside another", "concurrent use", each(refusesConcurrent)},
		{"refuses to read beside a transaction", "reading beside a transaction", each(refusesBesideTx)},
		{"keeps the memory of rows", "memory passed in", each(keepsRows)},
		{"returns the memory of rows", "memory passed in", with(broken{append: returnsRows})},
		{"changes the query", "memory passed in", with(broken{feed: changesQuery})},
		{"shares what Event returns", "memory handed out", each(sharesEvents)},
		{"shares what Feed returns", "memory handed out", each(sharesFeeds)},
		{"shares what AppendEvents returns", "memory handed out", each(sharesAppended)},
		{"returns events in one piece of memory", "memory of neighbours", with(broken{feed: onePiece})},
		{"returns appended events in one piece of memory", "memory of neighbours", with(broken{append: onePieceAppended})},
		{"ignores the tenant in Feed", "tenants in Feed", with(broken{feed: feedOfAnyTenant})},
		{"ignores the tenant's case", "tenants in Feed", with(broken{feed: func(ctx context.Context, in activity.Store, q activity.EventQuery) ([]activity.Event, error) {
			q.Tenant = strings.ToLower(q.Tenant)
			return in.Feed(ctx, q)
		}})},
		{"ignores the tenant in Event", "tenants in Event", with(broken{event: eventOfAnyTenant})},
		{"has keys per store", "tenants of keys", each(keyPerStore)},
		{"keeps milliseconds", "microseconds", with(broken{append: truncating(time.Millisecond)})},
		{"keeps tenths of microseconds", "microseconds", with(broken{append: shifting(100 * time.Nanosecond)})},
		{"returns local times", "UTC", with(broken{event: localEvent})},
		{"returns local times from AppendEvents", "UTC", with(broken{append: localAppended})},
		{"keeps the clock's face and not the instant", "UTC", with(broken{append: keepsFace})},
	}
}

// refusesConcurrent holds the second write until the third one is there, and refuses that.
func refusesConcurrent() broken {
	var calls atomic.Int64
	third := make(chan struct{})
	return broken{append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
		switch calls.Add(1) {
		case 2:
			<-third
		case 3:
			close(third)
			return nil, errBusy
		}
		return in.AppendEvents(ctx, rows)
	}}
}

func refusesBesideTx() broken {
	var busy atomic.Bool
	return broken{
		inTx: func(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
			busy.Store(true)
			defer busy.Store(false)
			return in.InTx(ctx, fn)
		},
		event: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Event, error) {
			if busy.Load() && isRoot(in) {
				return activity.Event{}, errBusy
			}
			return in.Event(ctx, tenant, id)
		},
	}
}

// isRoot reports whether a store is not that of a transaction.
func isRoot(store activity.Store) bool {
	_, ok := store.(*memstore.Store)
	return ok
}

func feedOfAnyTenant(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
	query.Tenant = globex
	return in.Feed(ctx, query)
}

func eventOfAnyTenant(ctx context.Context, in activity.Store, _ string, id activity.ID) (activity.Event, error) {
	e, err := in.Event(ctx, globex, id)
	if err != nil {
		return in.Event(ctx, acme, id)
	}
	return e, nil
}

// keyPerStore returns the event of the first tenant that used a key.
func keyPerStore() broken {
	var kept sync.Map
	return broken{append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
		events, err := in.AppendEvents(ctx, rows)
		for i, e := range events {
			if e.Key != "" {
				event, _ := kept.LoadOrStore(e.Key, e)
				events[i] = event.(activity.Event)
			}
		}
		return events, err
	}}
}

// changing returns an append that changes rows on their way into the store.
func changing(change func(row *activity.EventRow)) func(context.Context, activity.Store, []activity.EventRow) ([]activity.Event, error) {
	return func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
		changed := make([]activity.EventRow, len(rows))
		for i, row := range rows {
			row.Event = row.Event.Clone()
			change(&row)
			changed[i] = row
		}
		return in.AppendEvents(ctx, changed)
	}
}

func truncating(d time.Duration) func(context.Context, activity.Store, []activity.EventRow) ([]activity.Event, error) {
	return changing(func(row *activity.EventRow) { row.OccurredAt = row.OccurredAt.Truncate(d) })
}

func shifting(d time.Duration) func(context.Context, activity.Store, []activity.EventRow) ([]activity.Event, error) {
	return changing(func(row *activity.EventRow) { row.RecordedAt = row.RecordedAt.Add(-d) })
}

func keepsFace(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	return changing(func(row *activity.EventRow) {
		_, offset := row.OccurredAt.Zone()
		row.OccurredAt = row.OccurredAt.UTC().Add(time.Duration(offset) * time.Second)
	})(ctx, in, rows)
}

func localEvent(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Event, error) {
	e, err := in.Event(ctx, tenant, id)
	e.OccurredAt = e.OccurredAt.In(elsewhere)
	return e, err
}

func localAppended(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	events, err := in.AppendEvents(ctx, rows)
	for i := range events {
		events[i].RecordedAt = events[i].RecordedAt.In(elsewhere)
	}
	return events, err
}
