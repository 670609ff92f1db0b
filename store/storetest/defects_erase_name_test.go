package storetest

import (
	"context"
	"sync/atomic"

	"github.com/go-activity/activity"
)

func eraseNameDefects() []defect {
	type query = activity.EraseQuery
	const names, relations, marks, part, held = "erasing names", "erasing relations", "erasing marks", "erasing names, relations and marks in part", "names of what is held"
	forgetful := func(e activity.Erased) activity.Erased { e.Names = 0; return e }
	return []defect{
		{"leaves names in the directory", names, registering(func(*register) {})},
		{"erases names of all tenants", names, with(erasingAlso(func(q *query) { q.Tenant = globex }))},
		{"erases names that begin so", names, with(erasingAlso(func(q *query) { q.Entity.ID += "2" }))},
		{"erases names whatever the kind", names, with(erasingAlso(func(q *query) { q.Entity.Kind = "deal" }))},
		{"does not tell of names", names, with(erasedAs(func(_ query, e activity.Erased) activity.Erased { return forgetful(e) }))},
		{"leaves relations", relations, relating(func(*kin) {})},
		{"leaves relations of others to what was erased", relations, each(func() broken { return leavesRelations(func(r activity.Relation) bool { return r.Of.Is(eve) }) })},
		{"leaves what an erased entity was merged into", relations, each(func() broken {
			return leavesRelations(func(r activity.Relation) bool { return r.Entity.Is(eve) && r.Role == activity.RoleMerged })
		})},
		{"erases relations of all tenants", relations, with(erasingAlso(func(q *query) { q.Tenant = globex }))},
		{"erases relations whatever the kind", relations, with(erasingAlso(func(q *query) { q.Entity.Kind = "deal" }))},
		{"leaves marks of readers", marks, each(func() broken { return leavesMarks(func(m activity.ReadMark) bool { return m.Reader.Is(eve) }) })},
		{"leaves marks in the feed of what was erased", marks, each(func() broken {
			return leavesMarks(func(m activity.ReadMark) bool { return m.Feed.Is(eve) && !m.Reader.Is(eve) })
		})},
		{"erases marks whatever the kind", marks, with(erasingAlso(func(q *query) { q.Entity.Kind = "user" }))},
		{"erases marks of all tenants", marks, with(erasingAlso(func(q *query) { q.Tenant = globex }))},
		{"ignores the limit of names", part, with(erasing(func(q *query) {
			if q.Limit < 10 {
				q.Limit = 100
			}
		}))},
		{"erases names once", part, with(erasingBy(func(ctx context.Context, in activity.Store, q query) (activity.Erased, error) {
			e, err := in.Erase(ctx, q)
			return forgetful(e), err
		}))},
		{"takes names that are erased meanwhile", "erasing names while they are taken", each(takesErasedMeanwhile)},
		{"refuses to erase while names are taken", "erasing names while they are taken", each(func() broken {
			var calls atomic.Int64
			return erasingBy(func(ctx context.Context, in activity.Store, q query) (activity.Erased, error) {
				if calls.Add(1) == 2 {
					return activity.Erased{}, errBusy
				}
				return in.Erase(ctx, q)
			})
		})},
		{"leaves names of what is held in an event", "names of what is held in an event", each(func() broken {
			var kept []activity.Entity
			b := erasingBy(func(ctx context.Context, in activity.Store, q query) (activity.Erased, error) {
				e, err := in.Erase(ctx, q)
				if e.Held > 0 {
					kept = []activity.Entity{eve}
				}
				return e, err
			})
			b.findEntities = func(ctx context.Context, in activity.Store, q activity.EntityQuery) ([]activity.Entity, error) {
				found, err := in.FindEntities(ctx, q)
				return append(found, kept...), err
			}
			return b
		})},
		{"leaves relations to what is held", "names of what is held in an event", each(func() broken {
			return leavesRelations(func(r activity.Relation) bool { return r.Entity.Is(call) })
		})},
		{"erases names in spite of a legal hold", held, with(erasingBy(func(ctx context.Context, in activity.Store, q query) (activity.Erased, error) {
			for _, role := range []activity.RelationRole{activity.RoleParent, activity.RoleMerged} {
				if err := in.Unrelate(ctx, q.Tenant, q.Entity, role); err != nil && !sameError(err, activity.ErrNotFound) {
					return activity.Erased{}, err
				}
			}
			return in.Erase(ctx, q)
		}))},
		{"takes away marks of what is held", held, with(erasingBy(func(ctx context.Context, in activity.Store, q query) (activity.Erased, error) {
			if err := in.SetMark(ctx, activity.ReadMark{Tenant: q.Tenant, Reader: q.Entity, Feed: deal, Back: true}); err != nil {
				return activity.Erased{}, err
			}
			return in.Erase(ctx, q)
		}))},
	}
}

// leavesRelations stores some relations again after it has erased them.
func leavesRelations(left func(r activity.Relation) bool) broken {
	return erasingBy(func(ctx context.Context, in activity.Store, q activity.EraseQuery) (activity.Erased, error) {
		list, err := in.Relations(ctx, q.Tenant, q.Entity, 100)
		if err != nil {
			return activity.Erased{}, err
		}
		e, err := in.Erase(ctx, q)
		for _, r := range list {
			if left(r) && err == nil {
				err = in.Relate(ctx, q.Tenant, r)
			}
		}
		return e, err
	})
}

// leavesMarks sets some marks again after it has erased them.
func leavesMarks(left func(m activity.ReadMark) bool) broken {
	var kept []activity.ReadMark
	b := settingMark(func(_ context.Context, _ activity.Store, m *activity.ReadMark) { kept = append(kept, *m) })
	b.erase = func(ctx context.Context, in activity.Store, q activity.EraseQuery) (activity.Erased, error) {
		e, err := in.Erase(ctx, q)
		for _, m := range kept {
			if left(m) && err == nil && m.Tenant == q.Tenant {
				err = in.SetMark(ctx, m)
			}
		}
		return e, err
	}
	return b
}

// takesErasedMeanwhile takes entries as they were before they were erased.
func takesErasedMeanwhile() broken {
	r := newRegister()
	b := r.broken()
	names := r.names
	r.names = func(r *register, e activity.EntryRow) []activity.Entity {
		if e.Event.Erased {
			e.Event = r.rows[e.ID]
		}
		return names(r, e)
	}
	b.erase = func(ctx context.Context, in activity.Store, q activity.EraseQuery) (activity.Erased, error) {
		r.mu.Lock()
		delete(r.known[q.Tenant], activity.Entity{Kind: q.Entity.Kind, ID: q.Entity.ID})
		r.mu.Unlock()
		return in.Erase(ctx, q)
	}
	return b
}
