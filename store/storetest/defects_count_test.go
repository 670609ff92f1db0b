package storetest

import (
	"context"
	"slices"

	"github.com/go-activity/activity"
)

func countDefects() []defect {
	type query = activity.EventQuery
	type counts = []activity.TypeCount
	const all, condition, once, limit = "counting events", "counting by each condition", "counting what is in several feeds", "limit of counts"
	ignoring := func(what string, change func(q *query)) defect {
		return defect{"counts whatever " + what, condition, with(countingAs(change))}
	}
	return []defect{
		{"counts types in any order", all, with(countedAs(func(_ query, list counts) counts { slices.Reverse(list); return list }))},
		{"counts a type twice", all, with(countedAs(func(_ query, list counts) counts {
			if len(list) > 0 {
				list = append(list[:1:1], list...)
			}
			return list
		}))},
		{"counts a type of which there is none", all, with(countedAs(func(_ query, list counts) counts { return append(list, ofType("zero", 0)) }))},
		{"counts events only once of each type", all, with(countedAs(func(_ query, list counts) counts {
			for i := range list {
				list[i].N = 1
			}
			return list
		}))},
		{"counts for any tenant", all, with(countingAs(func(q *query) { q.Tenant = acme }))},
		{"counts what was removed", all, each(countsRemoved)},
		ignoring("it is about", func(q *query) { q.About = nil }),
		ignoring("actor there is", func(q *query) { q.Actor = activity.Entity{} }),
		ignoring("is named", func(q *query) { q.Named = nil }),
		ignoring("actor is named", func(q *query) { q.About, q.Named = append(slices.Clone(q.About), q.Named...), nil }),
		ignoring("type it is", func(q *query) { q.Types = nil }),
		ignoring("type it is, beside an actor", func(q *query) {
			if !q.Actor.IsZero() {
				q.Types = nil
			}
		}),
		ignoring("task has recorded it", func(q *query) { q.Task = activity.ID{} }),
		ignoring("source it has", func(q *query) { q.Source = 0 }),
		ignoring("source it has, beside entities", func(q *query) {
			if len(q.About) > 0 {
				q.Source = 0
			}
		}),
		ignoring("the lowest ID is", func(q *query) { q.Min = activity.ID{} }),
		ignoring("the highest ID is", func(q *query) { q.Max = activity.ID{} }),
		{"leaves out the first event that it counts", condition, with(countingAs(func(q *query) {
			if !q.Min.IsZero() {
				q.Min = q.Min.Next()
			}
		}))},
		{"counts events about two entities twice", once, with(counter(countsEach))},
		{"counts events about and by two that are named twice", once, with(counter(countsEachNamed))},
		{"ignores the limit of counts", limit, with(countingAs(func(q *query) { q.Limit = 1000 }))},
		{"counts one less than the limit", limit, with(countingAs(func(q *query) { q.Limit = max(1, q.Limit-1) }))},
		{"counts one more than the limit", limit, with(countingAs(func(q *query) { q.Limit++ }))},
		{"limits all types together", limit, with(countedAs(func(q query, list counts) counts {
			for i := range list {
				list[i].N = min(list[i].N, q.Limit)
				q.Limit -= list[i].N
			}
			return slices.DeleteFunc(list, func(c activity.TypeCount) bool { return c.N == 0 })
		}))},
		{"counts no more types than the limit", limit, with(countedAs(func(q query, list counts) counts { return list[:min(len(list), q.Limit)] }))},
	}
}

func counter(count func(ctx context.Context, in activity.Store, q activity.EventQuery) ([]activity.TypeCount, error)) broken {
	return broken{brokenTimeline: brokenTimeline{countEvents: count}}
}

// countingAs is a store that counts something else.
func countingAs(change func(q *activity.EventQuery)) broken {
	return counter(func(ctx context.Context, in activity.Store, q activity.EventQuery) ([]activity.TypeCount, error) {
		change(&q)
		return in.CountEvents(ctx, q)
	})
}

// countedAs is a store that tells something else of what it counted.
func countedAs(answer func(q activity.EventQuery, list []activity.TypeCount) []activity.TypeCount) broken {
	return counter(func(ctx context.Context, in activity.Store, q activity.EventQuery) ([]activity.TypeCount, error) {
		list, err := in.CountEvents(ctx, q)
		return answer(q, list), err
	})
}

// countsRemoved counts the highest number that there ever was.
func countsRemoved() broken {
	most := map[string]int{}
	return countedAs(func(q activity.EventQuery, list []activity.TypeCount) []activity.TypeCount {
		for i, c := range list {
			if len(q.About) == 0 && q.Tenant == acme {
				most[c.Type] = max(most[c.Type], c.N)
				list[i].N = most[c.Type]
			}
		}
		return list
	})
}

// sum adds numbers of events of the same types.
func sum(limit int, list []activity.TypeCount) []activity.TypeCount {
	var added []activity.TypeCount
	for _, c := range list {
		i := slices.IndexFunc(added, func(known activity.TypeCount) bool { return known.Type == c.Type })
		if i < 0 {
			added = append(added, c)
			continue
		}
		added[i].N = min(limit, added[i].N+c.N)
	}
	slices.SortFunc(added, func(a, b activity.TypeCount) int {
		if a.Type < b.Type {
			return -1
		}
		return 1
	})
	return added
}

// countsEach counts the events about each entity by itself.
func countsEach(ctx context.Context, in activity.Store, q activity.EventQuery) ([]activity.TypeCount, error) {
	if len(q.About) == 0 {
		return in.CountEvents(ctx, q)
	}
	var all []activity.TypeCount
	for _, e := range q.About {
		one := q
		one.About = []activity.Entity{e}
		list, err := in.CountEvents(ctx, one)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return sum(q.Limit, all), nil
}

// countsEachNamed counts the events about and by each entity by themselves.
func countsEachNamed(ctx context.Context, in activity.Store, q activity.EventQuery) ([]activity.TypeCount, error) {
	if len(q.Named) == 0 || len(q.About) > 0 || !q.Actor.IsZero() {
		return in.CountEvents(ctx, q)
	}
	about, by := q, q
	about.About, about.Named = q.Named, nil
	all, err := in.CountEvents(ctx, about)
	by.Named = nil
	for _, by.Actor = range q.Named {
		list, actorErr := in.CountEvents(ctx, by)
		if all = append(all, list...); actorErr != nil {
			err = actorErr
		}
	}
	return sum(q.Limit, all), err
}
