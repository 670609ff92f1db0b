package storetest

import (
	"context"
	"slices"
	"sync"

	"github.com/go-activity/activity"
)

func feedDefects() []defect {
	return []defect{
		{"finds nothing without a condition", "no conditions", with(broken{feed: needsCondition})},
		{"repeats events about two queried entities", "each once", with(broken{feed: repeatsMerged})},
		{"ignores the actor beside entities", "all conditions at once", with(asking(func(q *activity.EventQuery) {
			if len(q.About) > 0 {
				q.Actor = activity.Entity{}
			}
		}))},
		{"ignores the source beside a task", "all conditions at once", with(asking(func(q *activity.EventQuery) {
			if !q.Task.IsZero() {
				q.Source = 0
			}
		}))},
		{"returns an error for nothing", "nothing matches", with(broken{feed: errorForNothing})},
		{"orders by the time of storing", "order", each(ordersByStoring)},
		{"orders by the time only", "order of equal times", with(broken{feed: ordersByTime})},
		{"ignores the limit", "limit", with(asking(func(q *activity.EventQuery) { q.Limit = 1 << 30 }))},
		{"returns one more than the limit", "limit", with(asking(func(q *activity.EventQuery) { q.Limit++ }))},
		{"returns one less than the limit", "limit", with(asking(func(q *activity.EventQuery) { q.Limit = max(1, q.Limit-1) }))},
		{"limits before it orders", "limit", with(broken{feed: limitsFirst})},
		{"limits each entity", "limit of merged feeds", with(broken{feed: limitsEach})},
		{"shows events late", "found at once", each(showsLate)},
	}
}

// asking is a store that understands a query in another way.
func asking(change func(q *activity.EventQuery)) broken {
	return broken{feed: func(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
		change(&query)
		return in.Feed(ctx, query)
	}}
}

// filtering is a store that has one more condition.
func filtering(keep func(q activity.EventQuery, e activity.Event) bool) broken {
	return broken{feed: func(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
		events, err := in.Feed(ctx, query)
		return slices.DeleteFunc(events, func(e activity.Event) bool { return !keep(query, e) }), err
	}}
}

func needsCondition(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
	events, err := in.Feed(ctx, query)
	if len(query.About)+len(query.Types) == 0 && query.Actor.IsZero() {
		return nil, err
	}
	return events, err
}

// perEntity asks for each entity by itself.
func perEntity(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
	var events []activity.Event
	for _, entity := range query.About {
		one := query
		one.About = []activity.Entity{entity}
		more, err := in.Feed(ctx, one)
		if err != nil {
			return nil, err
		}
		events = append(events, more...)
	}
	return events, nil
}

func sortEvents(events []activity.Event, oldest bool) {
	slices.SortFunc(events, func(a, b activity.Event) int {
		if oldest {
			return a.ID.Compare(b.ID)
		}
		return b.ID.Compare(a.ID)
	})
}

func repeatsMerged(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
	if len(query.About) < 2 {
		return in.Feed(ctx, query)
	}
	events, err := perEntity(ctx, in, query)
	sortEvents(events, query.Oldest)
	return events[:min(len(events), query.Limit)], err
}

// limitsEach takes the page from the first entity that fills it.
func limitsEach(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
	if len(query.About) < 2 {
		return in.Feed(ctx, query)
	}
	events, err := perEntity(ctx, in, query)
	events = events[:min(len(events), query.Limit)]
	sortEvents(events, query.Oldest)
	return events, err
}

func errorForNothing(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
	events, err := in.Feed(ctx, query)
	if err == nil && len(events) == 0 {
		return nil, activity.ErrNotFound
	}
	return events, err
}

func ordersByStoring() broken {
	var mu sync.Mutex
	place := map[activity.ID]int{}
	return broken{
		append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
			mu.Lock()
			defer mu.Unlock()
			for _, row := range rows {
				place[row.ID] = len(place)
			}
			return in.AppendEvents(ctx, rows)
		},
		feed: func(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
			mu.Lock()
			defer mu.Unlock()
			events, err := in.Feed(ctx, query)
			slices.SortFunc(events, func(a, b activity.Event) int {
				if query.Oldest {
					return place[a.ID] - place[b.ID]
				}
				return place[b.ID] - place[a.ID]
			})
			return events, err
		},
	}
}

func ordersByTime(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
	events, err := in.Feed(ctx, query)
	slices.Reverse(events)
	slices.SortStableFunc(events, func(a, b activity.Event) int {
		if query.Oldest {
			return a.OccurredAt.Compare(b.OccurredAt)
		}
		return b.OccurredAt.Compare(a.OccurredAt)
	})
	return events, err
}

// limitsFirst takes the first rows of the other order.
func limitsFirst(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
	query.Oldest = !query.Oldest
	events, err := in.Feed(ctx, query)
	slices.Reverse(events)
	return events, err
}

// showsLate shows events with the next append.
func showsLate() broken {
	var mu sync.Mutex
	var last []activity.EventRow
	return broken{
		append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
			mu.Lock()
			defer mu.Unlock()
			last = rows
			return in.AppendEvents(ctx, rows)
		},
		feed: func(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
			mu.Lock()
			defer mu.Unlock()
			events, err := in.Feed(ctx, query)
			return slices.DeleteFunc(events, func(e activity.Event) bool {
				return slices.ContainsFunc(last, func(row activity.EventRow) bool { return row.ID == e.ID })
			}), err
		},
	}
}
