package storetest

import (
	"strings"

	"github.com/go-activity/activity"
)

var someNames = []string{"Ana", "Anna", "Müller", "MULLER", "Łódź", "Acme", "Inc.", "O'Neil", "日本", "x-1", "(old)"}

// timelines makes operations on names, relations and marks, and on the events that are found by them.
func (r *randomizer) timelines() {
	r.clerk = &clerk{}
	for range 150 {
		if r.chance(25) {
			r.timelineTransaction()
		} else {
			r.operateTimelines(r.both)
		}
		if r.chance(60) {
			r.askTimelines(r.both, 1)
		}
	}
	r.both.Seal(r.Context(), 10_000)
	r.both.Index(r.Context(), 10_000)
	r.askTimelines(r.both, 30)
}

// timelineTransaction makes a few operations in a transaction, and perhaps gives up in the end.
func (r *randomizer) timelineTransaction() {
	before := *r.clerk
	err := r.both.InTx(r.Context(), func(tx activity.Store) error {
		for range 1 + r.rand.IntN(5) {
			if err := r.operateTimelines(tx); err != nil {
				return err // not every store can go on
			}
			r.askTimelines(tx, 1)
		}
		if r.chance(25) {
			return errOfFn
		}
		return nil
	})
	if err != nil {
		*r.clerk = before
	}
}

// named returns one of the entities with a name that it has at times.
func (r *randomizer) named() activity.Entity {
	e := r.entity()
	e.Label = ""
	for range r.rand.IntN(4) {
		e.Label = strings.TrimSpace(e.Label + " " + pick(r, someNames))
	}
	return e
}

// operateTimelines makes one operation. It returns the error of one that failed, unless it is one that every store can go on
// after.
func (r *randomizer) operateTimelines(store activity.Store) (err error) {
	ctx, tenant := r.Context(), pick(r, someTenants)
	switch n := r.rand.IntN(100); {
	case n < 30:
		var rows []activity.EventRow
		for range 1 + r.rand.IntN(6) {
			row := r.row(tenant)
			row.Key = ""
			for i := range row.About {
				row.About[i].Label = r.named().Label
			}
			row.Actor.Label = r.named().Label
			salt(&row, r.n)
			rows = append(rows, row)
		}
		if _, err = store.AppendEvents(ctx, rows); err == nil {
			for _, row := range rows {
				r.clerk.ids = append(r.clerk.ids, row.ID)
			}
		}
		return err
	case n < 40: // which come first if not all can, is not said
		waiting, err := store.Unsealed(ctx)
		if err == nil {
			_, err = store.Seal(ctx, max(1, int(waiting.Events)))
		}
		return err
	case n < 52:
		_, err = store.Index(ctx, 1+r.rand.IntN(30))
		return err
	case n < 82:
		err = store.Relate(ctx, tenant, activity.Relation{
			Role: activity.RelationRole(1 + r.rand.IntN(2)), Entity: r.named(), Of: r.named(),
		})
	case n < 87:
		err = store.Unrelate(ctx, tenant, r.entity(), activity.RelationRole(1+r.rand.IntN(2)))
	case n < 93:
		return store.SetMark(ctx, r.mark(tenant))
	case n < 95:
		_, err = store.RemoveEvents(ctx, tenant, r.someIDs())
		return err
	case n < 97:
		_, err = store.Erase(ctx, activity.EraseQuery{Tenant: tenant, Entity: r.entity(), Limit: 10_000})
	case n < 99:
		return store.SetLegalHold(ctx, tenant, activity.LegalHold{Entity: r.entity(), By: pick(r, someActors), Reason: "case", At: r.time()})
	default:
		holds, err := store.LegalHolds(ctx, tenant)
		if err == nil && len(holds) > 0 {
			err = store.LiftLegalHold(ctx, tenant, pick(r, holds).Entity)
		}
		return err
	}
	for _, known := range []error{activity.ErrCycle, activity.ErrNotFound, activity.ErrLegalHold} {
		if err != nil && sameError(err, known) {
			return nil
		}
	}
	return err
}

// mark returns a move of a mark, often of one that there is.
func (r *randomizer) mark(tenant string) activity.ReadMark {
	m := activity.ReadMark{Tenant: tenant, Reader: pick(r, someActors), Through: newID(r.time(), 0), Back: r.chance(30)}
	m.Feed = pick(r, []activity.Entity{{}, {Kind: "deal", ID: "0"}, {Kind: "contact", ID: "0"}})
	if r.chance(20) {
		m.Through = activity.ID{}
	}
	return m
}

// askTimelines asks for a little of all, which both compare.
func (r *randomizer) askTimelines(store activity.Store, n int) {
	ctx := r.Context()
	for range n {
		tenant := pick(r, someTenants)
		text := pick(r, someNames)
		if r.chance(40) {
			text += " " + pick(r, someNames)
		}
		q := activity.EntityQuery{Tenant: tenant, Words: activity.NameWords(text), Limit: 1 + r.rand.IntN(20)}
		for i, word := range q.Words {
			if short := word[:1+r.rand.IntN(len(word))]; strings.ToValidUTF8(short, "") == short {
				q.Words[i] = short
			}
		}
		if r.chance(30) {
			q.Kinds = []string{pick(r, []string{"deal", "contact", "user", "absent"}), "deal"}
		}
		if found, err := store.FindEntities(ctx, q); err == nil && len(found) > 0 {
			r.askEvents(store, tenant, func(q *activity.EventQuery) { q.Named = found })
		}
		relatives, err := store.Relatives(ctx, activity.RelativesQuery{
			Tenant: tenant, Entities: append(r.entities(3), activity.Entity{Kind: "list", ID: "1"}), Descendants: r.chance(60), Limit: 4 + r.rand.IntN(30),
		})
		if err == nil {
			r.askEvents(store, tenant, func(q *activity.EventQuery) { q.About = relatives })
		}
		store.Relations(ctx, tenant, r.entity(), 1+r.rand.IntN(10))
		m := r.mark(tenant)
		store.Mark(ctx, tenant, m.Reader, m.Feed)
	}
}

// askEvents asks for events, or counts them.
func (r *randomizer) askEvents(store activity.Store, tenant string, change func(q *activity.EventQuery)) {
	q := r.query()
	q.Tenant = tenant
	change(&q)
	switch r.rand.IntN(4) {
	case 0:
		store.Feed(r.Context(), q)
	case 1:
		q.Limit = 1 + r.rand.IntN(20)
		store.CountEvents(r.Context(), q)
	}
}
