package storetest

import (
	"context"
	"slices"
	"strings"

	"github.com/go-activity/activity"
)

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
		{"ignores Named", "EventQuery.Named", with(asking(func(q *activity.EventQuery) { q.Named = nil }))},
		{"takes Named for more of About", "EventQuery.Named", with(asking(func(q *activity.EventQuery) {
			q.About, q.Named = append(slices.Clone(q.About), q.Named...), nil
		}))},
		{"finds by Named only what an entity did", "EventQuery.Named", with(filtering(func(q activity.EventQuery, e activity.Event) bool {
			return len(q.Named) == 0 || slices.ContainsFunc(q.Named, e.Actor.Is)
		}))},
		{"wants all of Named", "EventQuery.Named", with(filtering(func(q activity.EventQuery, e activity.Event) bool {
			return !slices.ContainsFunc(q.Named, func(x activity.Entity) bool { return !slices.ContainsFunc(append(e.About, e.Actor), x.Is) })
		}))},
		{"compares labels of what is named", "EventQuery.Named", with(filtering(func(q activity.EventQuery, e activity.Event) bool {
			return len(q.Named) == 0 || slices.ContainsFunc(q.Named, func(x activity.Entity) bool { return slices.Contains(append(e.About, e.Actor), x) })
		}))},
		{"ignores About beside Named", "EventQuery.Named", with(asking(func(q *activity.EventQuery) {
			if len(q.Named) > 0 {
				q.About = nil
			}
		}))},
		{"ignores the actor beside Named", "EventQuery.Named", with(asking(func(q *activity.EventQuery) {
			if len(q.Named) > 0 {
				q.Actor = activity.Entity{}
			}
		}))},
		{"repeats events that are named twice", "EventQuery.Named", with(broken{feed: repeatsNamed})},
		{"looks for a thousand that are named", "EventQuery.Named, long", with(asking(func(q *activity.EventQuery) { q.Named = q.Named[:min(1000, len(q.Named))] }))},
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

func repeatsNamed(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
	events, err := in.Feed(ctx, query)
	var repeated []activity.Event
	for _, e := range events {
		repeated = append(repeated, e)
		if len(query.Named) > 0 && slices.ContainsFunc(query.Named, e.Actor.Is) && slices.ContainsFunc(e.About, e.Actor.Is) {
			repeated = append(repeated, e)
		}
	}
	return repeated, err
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
