package storetest

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/go-activity/activity"
)

func timelineWholeDefects() []defect {
	const together, memory, counts, tenants, ends = "concurrent use of names, relations and marks", "memory of names and relations", "tenants of counts and of what is named", "tenants of names, relations and marks", "context that ends at any moment, names"
	const commit, fails = "commit of names, relations and marks", "error or panic after writing names, relations and marks"
	return []defect{
		{"refuses to write relations beside others", together, each(refusesRelate)},
		{"refuses to read marks beside others", together, each(func() broken {
			var calls atomic.Int64
			return marking(func(ctx context.Context, in activity.Store, m activity.ReadMark) (activity.ID, error) {
				if calls.Add(1) == 2 {
					return activity.ID{}, errBusy
				}
				return in.Mark(ctx, m.Tenant, m.Reader, m.Feed)
			})
		})},
		{"loses a relation that was stored beside others", together, each(losesRelation)},
		{"shares the entities that it finds", memory, each(sharesEntities)},
		{"shares the relations that it finds", memory, each(sharesRelations)},
		{"changes the words that it looks for", memory, with(finding(func(q *activity.EntityQuery) { slices.Reverse(q.Words) }))},
		{"changes the kinds that it looks for", memory, with(finding(func(q *activity.EntityQuery) { slices.Sort(q.Kinds) }))},
		{"changes the entities whose relatives it looks for", memory, with(relativesOf(func(q *activity.RelativesQuery) { slices.Reverse(q.Entities) }))},
		{"changes the types that it counts", memory, with(countingAs(func(q *activity.EventQuery) { slices.Sort(q.Types) }))},
		{"counts for any tenant of those that begin so", counts, with(countingAs(func(q *activity.EventQuery) {
			if len(q.Types) > 0 {
				q.Tenant = globex
			}
		}))},
		{"finds what is named in any tenant", counts, with(asking(func(q *activity.EventQuery) {
			if len(q.Named) > 0 {
				q.Tenant = globex
			}
		}))},
		{"finds tasks that name somebody in any tenant", counts, with(listingTasks(func(f *activity.TaskFilter) {
			if len(f.Named) > 0 {
				f.Tenant = globex
			}
		}))},
		{"finds entities of any tenant", tenants, with(finding(func(q *activity.EntityQuery) { q.Tenant = globex }))},
		{"finds relatives in any tenant", tenants, with(relativesOf(func(q *activity.RelativesQuery) { q.Tenant = globex }))},
		{"takes relations away in any tenant", tenants, with(broken{brokenTimeline: brokenTimeline{unrelate: func(ctx context.Context, in activity.Store, _ string, e activity.Entity, role activity.RelationRole) error {
			return in.Unrelate(ctx, globex, e, role)
		}}})},
		{"stores relations for all tenants", tenants, with(broken{brokenTimeline: brokenTimeline{relate: func(ctx context.Context, in activity.Store, _ string, r activity.Relation) error {
			return in.Relate(ctx, globex, r)
		}}})},
		{"has marks for all tenants", tenants, with(marking(func(ctx context.Context, in activity.Store, m activity.ReadMark) (activity.ID, error) {
			return in.Mark(ctx, globex, m.Reader, m.Feed)
		}))},
		{"moves the marks of all tenants", tenants, with(settingMark(func(ctx context.Context, in activity.Store, m *activity.ReadMark) { m.Tenant = globex }))},
		{"takes half until the context ends", ends, with(indexing(func(ctx context.Context, in activity.Store, limit int) (int, error) {
			if limit > 3 {
				return in.Index(ctx, limit)
			}
			if n, err := in.Index(context.WithoutCancel(ctx), 1); err != nil || ctx.Done() == nil {
				return n, err
			}
			<-ctx.Done()
			return 0, ctx.Err()
		}))},
		{"rolls back the names that it should commit", commit, with(broken{inTx: rollsBack})},
		{"shows names early", commit, with(broken{inTx: noTransaction})},
		{"hides a transaction's names from itself", commit, with(broken{inTx: readsOutside})},
		{"reads names outside in a joined transaction", commit, with(broken{inTx: joinReadsOutside})},
		{"commits all but marks", commit, with(insideTx(settingMark(func(ctx context.Context, in activity.Store, m *activity.ReadMark) {
			m.Through, m.Back = activity.ID{}, false
		})))},
		{"commits all but relations", commit, with(insideTx(broken{brokenTimeline: brokenTimeline{relate: func(context.Context, activity.Store, string, activity.Relation) error { return nil }}}))},
		{"keeps names on an error", fails, with(broken{inTx: keepsOnError})},
		{"keeps names on a panic", fails, with(broken{inTx: keepsOnPanic})},
		{"keeps names on an error in a joined transaction", fails, with(broken{inTx: noSavepoint})},
		{"keeps relations of an undone transaction", fails, relating(func(*kin) {})},
		{"keeps marks of an undone transaction", fails, each(keepsMarks)},
	}
}

// losesRelation takes one relation away again.
func losesRelation() broken {
	var calls atomic.Int64
	return broken{brokenTimeline: brokenTimeline{relate: func(ctx context.Context, in activity.Store, tenant string, r activity.Relation) error {
		err := in.Relate(ctx, tenant, r)
		if r.Role == activity.RoleParent && calls.Add(1) == 3 && err == nil {
			err = in.Unrelate(ctx, tenant, r.Entity, r.Role)
		}
		return err
	}}}
}

func sharesEntities() broken {
	var mu sync.Mutex
	var kept []activity.Entity
	return broken{brokenTimeline: brokenTimeline{findEntities: func(ctx context.Context, in activity.Store, q activity.EntityQuery) ([]activity.Entity, error) {
		found, err := in.FindEntities(ctx, q)
		mu.Lock()
		defer mu.Unlock()
		if len(kept) != len(found) {
			kept = found
		}
		return kept, err
	}}}
}

func sharesRelations() broken {
	var mu sync.Mutex
	kept := map[activity.Entity][]activity.Relation{}
	return broken{brokenTimeline: brokenTimeline{relations: func(ctx context.Context, in activity.Store, tenant string, e activity.Entity, limit int) ([]activity.Relation, error) {
		found, err := in.Relations(ctx, tenant, e, limit)
		mu.Lock()
		defer mu.Unlock()
		if len(kept[e]) != len(found) {
			kept[e] = found
		}
		return kept[e], err
	}}}
}

// keepsMarks keeps marks beside the transaction.
func keepsMarks() broken {
	var kept sync.Map
	b := settingMark(func(_ context.Context, _ activity.Store, m *activity.ReadMark) { kept.Store(m.Reader, m.Through) })
	b.mark = func(ctx context.Context, in activity.Store, tenant string, reader, feed activity.Entity) (activity.ID, error) {
		id, err := in.Mark(ctx, tenant, reader, feed)
		if known, ok := kept.Load(reader); ok && err == nil {
			id = known.(activity.ID)
		}
		return id, err
	}
	return b
}
