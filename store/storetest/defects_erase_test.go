package storetest

import (
	"context"
	"slices"
	"sync"

	"github.com/go-activity/activity"
)

func eraseDefects() []defect {
	type query = activity.EraseQuery
	type gone = activity.Erased
	const events, twice, leaves, feeds, parked = "erasing events", "erasing events in part", "leaves of erased events", "feeds of erased events", "erasing parked errors"
	const label, limit = "EraseQuery.Entity", "EraseQuery.Limit"
	return slices.Concat([]defect{
		{"does not tell which events it erased", events, with(erasedAs(func(_ query, e gone) gone { e.Events = nil; return e }))},
		{"tells last which events it erased first", events, with(erasedAs(func(_ query, e gone) gone { slices.Reverse(e.Events); return e }))},
		{"leaves the actors of events", events, each(func() broken {
			return recalling(func(e, before *activity.Event) { e.Actor = before.Actor })
		})},
		{"erases the payloads of what an entity did", events, each(func() broken {
			return recalling(func(e, _ *activity.Event) {
				if e.Actor.ID == "" {
					e.Payload = nil
				}
			})
		})},
		{"erases the kinds of entities", events, each(func() broken {
			return recalling(func(e, _ *activity.Event) {
				for i := range e.About {
					if e.About[i].ID == "" {
						e.About[i].Kind = ""
					}
				}
			})
		})},
		{"erases for all tenants", events, with(erasingAlso(func(q *query) { q.Tenant = globex }))},
		{"erases whatever the case of letters", events, with(erasingAlso(func(q *query) { q.Entity.ID = "EVE-4711" }))},
		{"erases what has a position only", events, each(func() broken {
			return recalling(func(e, before *activity.Event) {
				if e.ID == newRow(30).ID {
					*e = before.Clone()
				}
			})
		})},
		{"erases an event once", twice, each(erasesOnce)},
		{"keeps the keys of erased events", twice, each(keepsErasedKeys)},
		{"takes the key of an erased event for another's", twice, with(broken{append: conflictsErased})},
		{"forgets the leaves of erased events", leaves, with(onEntries(func(e *activity.EntryRow) {
			if e.Event.Erased {
				e.Leaf = activity.Hash{}
			}
		}))},
		{"erases the salts of events", leaves, with(onEntries(func(e *activity.EntryRow) {
			if e.Event.Erased {
				e.Event.Salts = nil
			}
		}))},
		{"finds erased events by whom they were about", feeds, each(findsErased)},
		{"loses erased events from the feeds of others", feeds, with(broken{feed: func(ctx context.Context, in activity.Store, q activity.EventQuery) ([]activity.Event, error) {
			events, err := in.Feed(ctx, q)
			return slices.DeleteFunc(events, func(e activity.Event) bool { return e.Erased && len(q.About) > 0 }), err
		}})},
		{"loses erased events from the feeds of actors", feeds, with(broken{feed: func(ctx context.Context, in activity.Store, q activity.EventQuery) ([]activity.Event, error) {
			events, err := in.Feed(ctx, q)
			return slices.DeleteFunc(events, func(e activity.Event) bool { return e.Erased && !q.Actor.IsZero() }), err
		}})},
		{"leaves parked errors", parked, each(leavesParked)},
		{"empties all parked errors", parked, with(listingParked(func(list []activity.Parked, _ activity.Position, _ int) []activity.Parked {
			for i := range list {
				list[i].Error = ""
			}
			return list
		}))},
		{"erases an entity with that label", label, with(broken{brokenErase: brokenErase{erase: func(ctx context.Context, in activity.Store, q query) (gone, error) {
			if q.Entity.Label != eve.Label {
				return gone{}, nil
			}
			return in.Erase(ctx, q)
		}}})},
		{"ignores the limit of Erase", limit, with(erasing(func(q *query) { q.Limit = 1000 }))},
		{"erases one row less than the limit", limit, with(erasing(func(q *query) { q.Limit-- }))},
		{"counts no outcomes that it erased", limit, with(erasedAs(func(_ query, e gone) gone { e.Outcomes = 0; return e }))},
	}, eraseTaskDefects(), removeDefects(), holdDefects())
}

// erasing is a store that understands what is to be erased in another way.
func erasing(change func(q *activity.EraseQuery)) broken {
	return broken{brokenErase: brokenErase{erase: func(ctx context.Context, in activity.Store, q activity.EraseQuery) (activity.Erased, error) {
		change(&q)
		return in.Erase(ctx, q)
	}}}
}

// erasingAlso is a store that erases something else, too.
func erasingAlso(change func(q *activity.EraseQuery)) broken {
	return broken{brokenErase: brokenErase{erase: func(ctx context.Context, in activity.Store, q activity.EraseQuery) (activity.Erased, error) {
		also := q
		change(&also)
		if _, err := in.Erase(ctx, also); err != nil {
			return activity.Erased{}, err
		}
		return in.Erase(ctx, q)
	}}}
}

// erasedAs is a store that tells something else of what it erased.
func erasedAs(answer func(q activity.EraseQuery, e activity.Erased) activity.Erased) broken {
	return broken{brokenErase: brokenErase{erase: func(ctx context.Context, in activity.Store, q activity.EraseQuery) (activity.Erased, error) {
		e, err := in.Erase(ctx, q)
		return answer(q, e), err
	}}}
}

// recalling is a store that remembers its events, and returns others for those that have changed.
func recalling(change func(e, before *activity.Event)) broken {
	var kept sync.Map
	recall := func(e *activity.Event) {
		if before, ok := kept.Load(e.ID); ok && diff(before.(activity.Event), *e) != "" {
			known := before.(activity.Event)
			change(e, &known)
		}
	}
	return broken{
		append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
			for _, row := range rows {
				kept.Store(row.ID, row.Event.Clone())
			}
			return in.AppendEvents(ctx, rows)
		},
		event: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Event, error) {
			e, err := in.Event(ctx, tenant, id)
			recall(&e)
			return e, err
		},
		feed: func(ctx context.Context, in activity.Store, q activity.EventQuery) ([]activity.Event, error) {
			events, err := in.Feed(ctx, q)
			for i := range events {
				recall(&events[i])
			}
			return events, err
		},
	}
}

// erasesOnce erases one entity of a tenant, and no other.
func erasesOnce() broken {
	var first sync.Map
	return broken{brokenErase: brokenErase{erase: func(ctx context.Context, in activity.Store, q activity.EraseQuery) (activity.Erased, error) {
		if known, _ := first.LoadOrStore(q.Tenant, q.Entity.ID); known != q.Entity.ID {
			return activity.Erased{}, nil
		}
		return in.Erase(ctx, q)
	}}}
}

// keepsErasedKeys takes a key for used when the event that had it has none any more.
func keepsErasedKeys() broken {
	var used sync.Map
	return broken{append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
		for _, row := range rows {
			id, ok := used.LoadOrStore(row.Tenant+" "+row.Key, row.ID)
			if e, err := in.Event(ctx, row.Tenant, id.(activity.ID)); ok && row.Key != "" && (err != nil || e.Key == "") {
				return nil, &activity.KeyConflictError{Key: row.Key, ID: e.ID}
			}
		}
		return in.AppendEvents(ctx, rows)
	}}
}

// conflictsErased compares with what is left of an event.
func conflictsErased(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	events, err := in.AppendEvents(ctx, rows)
	for i, e := range events {
		if e.ID != rows[i].ID && string(e.Payload) != string(rows[i].Payload) {
			return nil, &activity.KeyConflictError{Key: e.Key, ID: e.ID}
		}
	}
	return events, err
}

// findsErased finds events by what they were when they were stored.
func findsErased() broken {
	var mu sync.Mutex
	kept := map[activity.ID]activity.Event{}
	return broken{
		append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
			mu.Lock()
			defer mu.Unlock()
			for _, row := range rows {
				kept[row.ID] = row.Event.Clone()
			}
			return in.AppendEvents(ctx, rows)
		},
		feed: func(ctx context.Context, in activity.Store, q activity.EventQuery) ([]activity.Event, error) {
			mu.Lock()
			defer mu.Unlock()
			events, err := in.Feed(ctx, activity.EventQuery{Tenant: q.Tenant, Oldest: q.Oldest, Limit: 1000})
			events = slices.DeleteFunc(events, func(e activity.Event) bool {
				before := kept[e.ID]
				return !q.Match(&before)
			})
			return events[:min(len(events), q.Limit)], err
		},
	}
}

// leavesParked remembers why something was parked.
func leavesParked() broken {
	var why sync.Map
	return broken{brokenLedger: brokenLedger{
		moveConsumer: func(ctx context.Context, in activity.Store, m activity.ConsumerMove) error {
			for _, p := range m.Park {
				why.Store(m.Name+string(rune(p.Position)), p.Error)
			}
			return in.MoveConsumer(ctx, m)
		},
		parked: func(ctx context.Context, in activity.Store, name string, after activity.Position, limit int) ([]activity.Parked, error) {
			list, err := in.Parked(ctx, name, after, limit)
			for i := range list {
				if text, ok := why.Load(name + string(rune(list[i].Position))); ok {
					list[i].Error = text.(string)
				}
			}
			return list, err
		},
	}}
}
