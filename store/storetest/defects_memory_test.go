package storetest

import (
	"context"
	"sync"

	"github.com/go-activity/activity"
)

func keepsRows() broken {
	var kept sync.Map
	return broken{
		append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
			for _, row := range rows {
				kept.LoadOrStore(row.ID, row.Event)
			}
			return in.AppendEvents(ctx, rows)
		},
		event: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Event, error) {
			e, err := in.Event(ctx, tenant, id)
			if event, ok := kept.Load(id); ok && err == nil {
				e = event.(activity.Event).Clone()
			}
			return e, err
		},
	}
}

func returnsRows(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	events, err := in.AppendEvents(ctx, rows)
	for i := range events {
		if events[i].ID == rows[i].ID {
			events[i] = rows[i].Event
		}
	}
	return events, err
}

func changesQuery(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
	events, err := in.Feed(ctx, query)
	for i := range query.About {
		query.About[i].Label = "changed"
	}
	return events, err
}

func sharesEvents() broken {
	var kept sync.Map
	return broken{event: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Event, error) {
		e, err := in.Event(ctx, tenant, id)
		if err != nil {
			return e, err
		}
		event, _ := kept.LoadOrStore(id, e)
		return event.(activity.Event), nil
	}}
}

func sharesFeeds() broken {
	var kept sync.Map
	return broken{feed: func(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
		events, err := in.Feed(ctx, query)
		for i, e := range events {
			event, _ := kept.LoadOrStore(e.ID, e)
			events[i] = event.(activity.Event)
		}
		return events, err
	}}
}

func sharesAppended() broken {
	var kept sync.Map
	return broken{
		append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
			events, err := in.AppendEvents(ctx, rows)
			for _, e := range events {
				kept.LoadOrStore(e.ID, e)
			}
			return events, err
		},
		event: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Event, error) {
			e, err := in.Event(ctx, tenant, id)
			if event, ok := kept.Load(id); ok && err == nil {
				e = event.(activity.Event).Clone()
			}
			return e, err
		},
	}
}

func onePiece(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
	events, err := in.Feed(ctx, query)
	var piece []byte
	for _, e := range events {
		piece = append(piece, e.Payload...)
	}
	for i := range events {
		n := len(events[i].Payload)
		events[i].Payload, piece = piece[:n], piece[n:]
	}
	return events, err
}

func onePieceAppended(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	events, err := in.AppendEvents(ctx, rows)
	var piece []activity.Entity
	for _, e := range events {
		piece = append(piece, e.About...)
	}
	for i := range events {
		n := len(events[i].About)
		events[i].About, piece = piece[:n], piece[n:]
	}
	return events, err
}
