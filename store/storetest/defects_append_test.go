package storetest

import (
	"context"
	"slices"
	"sync"

	"github.com/go-activity/activity"
)

func appendDefects() []defect {
	return []defect{
		{"loses the last row of a batch", "all of a batch", with(broken{append: losesLast})},
		{"stores no more than a hundred rows", "all of a batch", with(broken{append: losesHundredth})},
		{"stores what comes before an error", "none of a batch", with(broken{append: oneByOne})},
		{"stores the rest beside an error", "none of a batch", with(broken{append: storesTheRest})},
		{"returns events by ID", "order of the events", with(broken{append: returnsSorted})},
		{"returns known events first", "order of the events", with(broken{append: returnsKnownFirst})},
		{"returns the row's labels", "events as Event returns them", with(broken{append: returnsLabels})},
		{"returns local times from AppendEvents", "events as Event returns them", with(broken{append: localAppended})},
		{"overwrites an existing ID", "existing ID", each(overwrites)},
		{"drops a row with an existing ID", "existing ID", with(broken{append: dropsExisting})},
		{"lets tenants share an ID", "existing ID of another tenant", with(broken{append: sharesIDs})},
		{"drops an ID that is twice in a batch", "ID twice in a batch", with(broken{append: dropsTwice})},
	}
}

func losesLast(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	if len(rows) < 2 {
		return in.AppendEvents(ctx, rows)
	}
	events, err := in.AppendEvents(ctx, rows[:len(rows)-1])
	return append(events, rows[len(rows)-1].Event), err
}

func losesHundredth(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	events, err := in.AppendEvents(ctx, rows[:min(100, len(rows))])
	for _, row := range rows[min(100, len(rows)):] {
		events = append(events, row.Event)
	}
	return events, err
}

// storesTheRest leaves out the row that an error is about, and stores the others.
func storesTheRest(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	events, err := in.AppendEvents(ctx, rows)
	if err == nil || ctx.Err() != nil {
		return events, err
	}
	for i := range rows {
		in.AppendEvents(ctx, rows[i:i+1])
	}
	return nil, err
}

func returnsSorted(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	events, err := in.AppendEvents(ctx, rows)
	slices.SortFunc(events, func(a, b activity.Event) int { return a.ID.Compare(b.ID) })
	return events, err
}

func returnsKnownFirst(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	events, err := in.AppendEvents(ctx, rows)
	var known, fresh []activity.Event
	for i, e := range events {
		if e.ID != rows[i].ID {
			known = append(known, e)
		} else {
			fresh = append(fresh, e)
		}
	}
	return append(known, fresh...), err
}

func returnsLabels(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	events, err := in.AppendEvents(ctx, rows)
	for i := range events {
		events[i].Actor, events[i].About = rows[i].Actor, slices.Clone(rows[i].About)
	}
	return events, err
}

func overwrites() broken {
	var over sync.Map
	return broken{
		append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
			events, err := in.AppendEvents(ctx, rows)
			if err == nil || len(rows) != 1 {
				return events, err
			}
			over.Store(rows[0].ID, rows[0].Event.Clone())
			return []activity.Event{rows[0].Event.Clone()}, nil
		},
		event: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Event, error) {
			if e, ok := over.Load(id); ok {
				return e.(activity.Event).Clone(), nil
			}
			return in.Event(ctx, tenant, id)
		},
	}
}

// dropsExisting takes every conflict for one of keys.
func dropsExisting(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	var events []activity.Event
	for i, row := range rows {
		e, err := in.Event(ctx, row.Tenant, row.ID)
		if err != nil {
			stored, err := in.AppendEvents(ctx, rows[i:i+1])
			if err != nil {
				return nil, err
			}
			e = stored[0]
		}
		events = append(events, e)
	}
	return events, nil
}

// sharesIDs refuses an ID only if the tenant has it. (It does not store the others', which nobody
// needs to see.)
func sharesIDs(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	events, err := in.AppendEvents(ctx, rows)
	if err == nil {
		return events, nil
	}
	for _, row := range rows {
		if _, missing := in.Event(ctx, row.Tenant, row.ID); missing == nil {
			return nil, err
		}
		events = append(events, row.Event.Clone())
	}
	return events, nil
}

func dropsTwice(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	var distinct []activity.EventRow
	for _, row := range rows {
		if !slices.ContainsFunc(distinct, func(r activity.EventRow) bool { return r.ID == row.ID }) {
			distinct = append(distinct, row)
		}
	}
	return in.AppendEvents(ctx, distinct)
}
