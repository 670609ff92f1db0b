package storetest

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/go-activity/activity"
)

// eventDefects has one defect for each field of an event, beside others.
func eventDefects() []defect {
	list := []defect{
		{"encodes payloads anew", "payload byte for byte", with(broken{append: changing(func(row *activity.EventRow) {
			var v any
			if json.Unmarshal(row.Payload, &v) == nil {
				row.Payload, _ = json.Marshal(v)
			}
		})})},
		{"returns no error for what is not there", "not found", with(broken{event: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Event, error) {
			e, err := in.Event(ctx, tenant, id)
			if err == activity.ErrNotFound {
				return activity.Event{}, nil
			}
			return e, err
		}})},
		{"finds other tenants' events", "not found", with(broken{event: eventOfAnyTenant})},
	}
	for field := range reflect.TypeFor[activity.Event]().Fields() {
		if field.Name == "Erased" {
			continue // no row has it
		}
		list = append(list, defect{"forgets " + field.Name, "every field", with(broken{
			event: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Event, error) {
				e, err := in.Event(ctx, tenant, id)
				reflect.ValueOf(&e).Elem().FieldByName(field.Name).SetZero()
				return e, err
			},
		})})
	}
	return list
}

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

func queryDefects() []defect {
	return []defect{
		{"ignores About", "EventQuery.About", with(asking(func(q *activity.EventQuery) { q.About = nil }))},
		{"wants all of About", "EventQuery.About", with(filtering(func(q activity.EventQuery, e activity.Event) bool {
			return !slices.ContainsFunc(q.About, func(x activity.Entity) bool { return !slices.ContainsFunc(e.About, x.Is) })
		}))},
		{"finds the actor's events by About", "EventQuery.About", with(broken{feed: aboutIsActor})},
		{"compares labels of entities", "EventQuery.About", with(filtering(func(q activity.EventQuery, e activity.Event) bool {
			return len(q.About) == 0 || slices.ContainsFunc(q.About, func(x activity.Entity) bool { return slices.Contains(e.About, x) })
		}))},
		{"looks for a hundred entities", "EventQuery.About, long", with(asking(func(q *activity.EventQuery) { q.About = q.About[:min(100, len(q.About))] }))},
		{"ignores Actor", "EventQuery.Actor", with(asking(func(q *activity.EventQuery) { q.Actor = activity.Entity{} }))},
		{"compares labels of actors", "EventQuery.Actor", with(filtering(func(q activity.EventQuery, e activity.Event) bool {
			return q.Actor.IsZero() || q.Actor == e.Actor
		}))},
		{"ignores Types", "EventQuery.Types", with(asking(func(q *activity.EventQuery) { q.Types = nil }))},
		{"looks for the first type only", "EventQuery.Types", with(asking(func(q *activity.EventQuery) { q.Types = q.Types[:min(1, len(q.Types))] }))},
		{"looks for types that begin so", "EventQuery.Types", with(broken{feed: typesByPrefix})},
		{"looks for a hundred types", "EventQuery.Types, long", with(asking(func(q *activity.EventQuery) { q.Types = q.Types[:min(100, len(q.Types))] }))},
		{"ignores Task", "EventQuery.Task", with(asking(func(q *activity.EventQuery) { q.Task = activity.ID{} }))},
		{"ignores Source", "EventQuery.Source", with(asking(func(q *activity.EventQuery) { q.Source = 0 }))},
		{"ignores Min", "EventQuery.Min", with(asking(func(q *activity.EventQuery) { q.Min = activity.ID{} }))},
		{"leaves out the event at Min", "EventQuery.Min", with(asking(func(q *activity.EventQuery) { q.Min = q.Min.Next() }))},
		{"ignores Max", "EventQuery.Max", with(asking(func(q *activity.EventQuery) { q.Max = activity.ID{} }))},
		{"includes the event at Max", "EventQuery.Max", with(asking(func(q *activity.EventQuery) {
			if !q.Max.IsZero() {
				q.Max = q.Max.Next()
			}
		}))},
		{"ignores Min beside Max", "EventQuery.Min and Max", with(asking(func(q *activity.EventQuery) {
			if !q.Max.IsZero() {
				q.Min = activity.ID{}
			}
		}))},
		{"ignores Oldest", "EventQuery.Oldest", with(asking(func(q *activity.EventQuery) { q.Oldest = false }))},
		{"takes the newest and turns them around", "EventQuery.Oldest", with(broken{feed: turnsAround})},
		{"takes a limit of 1 for none", "EventQuery.Limit", with(asking(func(q *activity.EventQuery) {
			if q.Limit == 1 {
				q.Limit = activity.DefaultLimit
			}
		}))},
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

// turnsAround takes the newest events whatever the order.
func turnsAround(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
	turn := query.Oldest
	query.Oldest = false
	events, err := in.Feed(ctx, query)
	if turn {
		slices.Reverse(events)
	}
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

func aboutIsActor(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
	events, err := in.Feed(ctx, query)
	for _, entity := range query.About {
		byIt := query
		byIt.About, byIt.Actor = nil, entity
		more, _ := in.Feed(ctx, byIt)
		events = append(events, more...)
	}
	sortEvents(events, query.Oldest)
	return slices.CompactFunc(events, func(a, b activity.Event) bool { return a.ID == b.ID }), err
}

func typesByPrefix(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
	types := query.Types
	query.Types = nil
	events, err := in.Feed(ctx, query)
	return slices.DeleteFunc(events, func(e activity.Event) bool {
		return len(types) > 0 && !slices.ContainsFunc(types, func(name string) bool { return strings.HasPrefix(e.Type, name) })
	}), err
}
