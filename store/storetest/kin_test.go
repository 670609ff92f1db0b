package storetest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-activity/activity"
)

// kin keeps relations of its own beside a store. It does what the contract says, unless one of its functions is another.
// Transactions do not undo what it has stored.
type kin struct {
	mu  sync.Mutex
	all map[string][]activity.Relation // by the tenant

	same    func(a, b activity.Relation) bool // whether a takes the place of b
	merged  func(has []activity.Relation, r activity.Relation) error
	check   func(ctx context.Context, all []activity.Relation, r activity.Relation) error
	stored  func(before, r activity.Relation) activity.Relation
	before  func() // what happens between the check and the change
	gone    func(r activity.Relation, e activity.Entity, role activity.RelationRole) bool
	listed  func(all []activity.Relation, e activity.Entity, limit int) []activity.Relation
	next    func(q activity.RelativesQuery, all []activity.Relation, e activity.Entity) []activity.Entity // one step from e
	depth   int                                                                                           // how many steps, at most
	limited func(q activity.RelativesQuery, found []activity.Entity) ([]activity.Entity, error)
}

func newKin() *kin {
	return &kin{
		all:  map[string][]activity.Relation{},
		same: func(a, b activity.Relation) bool { return a.Role == b.Role && a.Entity.Is(b.Entity) },
		merged: func(has []activity.Relation, r activity.Relation) error {
			if slices.ContainsFunc(has, func(h activity.Relation) bool {
				return r.Role == activity.RoleMerged && h.Role == r.Role && h.Entity.Is(r.Entity)
			}) {
				return activity.ErrMerged
			}
			return nil
		},
		check: func(_ context.Context, all []activity.Relation, r activity.Relation) error {
			if rises(all, r.Of, r.Entity, 1000) || r.Role == activity.RoleMerged && rises(all, r.Entity, r.Of, 1000) {
				return activity.ErrCycle
			}
			return nil
		},
		stored: func(_, r activity.Relation) activity.Relation { return r },
		before: func() {},
		gone: func(r activity.Relation, e activity.Entity, role activity.RelationRole) bool {
			return r.Role == role && r.Entity.Is(e)
		},
		listed: func(all []activity.Relation, e activity.Entity, limit int) []activity.Relation {
			list := relationsIn(all, e)
			return list[:min(len(list), limit)]
		},
		next:  nextRelatives,
		depth: 10_000,
		limited: func(q activity.RelativesQuery, found []activity.Entity) ([]activity.Entity, error) {
			if len(found) > q.Limit {
				return nil, activity.ErrTooBroad
			}
			return found, nil
		},
	}
}

// rises reports whether an entity is another one, or below it, by at most so many relations.
func rises(all []activity.Relation, from, to activity.Entity, most int) bool {
	seen := []activity.Entity{from}
	steps := []int{0}
	for i := 0; i < len(seen); i++ {
		if seen[i].Is(to) {
			return true
		}
		if steps[i] == most {
			continue
		}
		for _, r := range all {
			for _, e := range highest(r, seen[i]) {
				if !slices.ContainsFunc(seen, e.Is) {
					seen, steps = append(seen, e), append(steps, steps[i]+1)
				}
			}
		}
	}
	return false
}

// highest are the sides of a relation that an entity leads to, upward or on its own height.
func highest(r activity.Relation, e activity.Entity) []activity.Entity {
	switch {
	case r.Entity.Is(e):
		return []activity.Entity{r.Of}
	case r.Of.Is(e) && r.Role == activity.RoleMerged:
		return []activity.Entity{r.Entity}
	}
	return nil
}

// nextRelatives are those that an entity leads to.
func nextRelatives(q activity.RelativesQuery, all []activity.Relation, e activity.Entity) []activity.Entity {
	var list []activity.Entity
	for _, r := range all {
		switch {
		case r.Of.Is(e) && (q.Descendants || r.Role == activity.RoleMerged):
			list = append(list, r.Entity)
		case r.Entity.Is(e) && r.Role == activity.RoleMerged:
			list = append(list, r.Of)
		}
	}
	return list
}

func (k *kin) relate(ctx context.Context, in activity.Store, tenant string, r activity.Relation) error {
	if _, err := in.Relations(ctx, tenant, r.Entity, 1); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.merged(k.all[tenant], r); err != nil {
		return err
	}
	if err := k.check(ctx, k.all[tenant], r); err != nil {
		return err
	}
	k.mu.Unlock()
	k.before()
	k.mu.Lock()
	list := slices.Clone(k.all[tenant])
	if i := slices.IndexFunc(list, func(b activity.Relation) bool { return k.same(r, b) }); i >= 0 {
		list[i] = k.stored(list[i], r)
	} else {
		list = append(list, k.stored(activity.Relation{}, r))
	}
	k.all[tenant] = list
	return nil
}

func (k *kin) unrelate(ctx context.Context, in activity.Store, tenant string, e activity.Entity, role activity.RelationRole) error {
	if _, err := in.Relations(ctx, tenant, e, 1); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	left := slices.DeleteFunc(slices.Clone(k.all[tenant]), func(r activity.Relation) bool { return k.gone(r, e, role) })
	if len(left) == len(k.all[tenant]) {
		return activity.ErrNotFound
	}
	k.all[tenant] = left
	return nil
}

func (k *kin) relations(ctx context.Context, in activity.Store, tenant string, e activity.Entity, limit int) ([]activity.Relation, error) {
	if _, err := in.Relations(ctx, tenant, e, limit); err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.listed(k.all[tenant], e, limit), nil
}

func (k *kin) relatives(ctx context.Context, in activity.Store, q activity.RelativesQuery) ([]activity.Entity, error) {
	if _, err := in.Relatives(ctx, activity.RelativesQuery{Tenant: "nobody", Limit: 1}); err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	seen := map[activity.Entity]bool{}
	level := q.Entities
	for step := 0; len(level) > 0; step++ {
		var next []activity.Entity
		for _, e := range level {
			if e.Label = ""; !seen[e] && step <= k.depth {
				seen[e] = true
				next = append(next, k.next(q, k.all[q.Tenant], e)...)
			}
		}
		level = next
	}
	var found []activity.Entity
	for e := range seen {
		found = append(found, e)
	}
	slices.SortFunc(found, compareEntities)
	return k.limited(q, found)
}

func (k *kin) broken() broken {
	return broken{brokenTimeline: brokenTimeline{relate: k.relate, unrelate: k.unrelate, relations: k.relations, relatives: k.relatives}}
}

// relating is a store with relations of its own, and something else in them.
func relating(change func(k *kin)) func() activity.Store {
	return each(func() broken {
		k := newKin()
		change(k)
		return k.broken()
	})
}

// Relations without a defect pass, so that what fails does so for its defect; but for those that come at one time.
func TestKin(t *testing.T) {
	for _, c := range relationCases {
		if strings.HasPrefix(c.name, "concurrent") {
			continue
		}
		for _, failure := range record(t, c, relating(func(*kin) {})()) {
			t.Errorf("%s: %s", c.name, failure)
		}
	}
}
