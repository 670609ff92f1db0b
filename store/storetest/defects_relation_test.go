package storetest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-activity/activity"
)

func relationDefects() []defect {
	type relation = activity.Relation
	type relations = []activity.Relation
	type entity = activity.Entity
	const replace, roles, merged, parents, merges = "replacing a parent", "both roles", "merging what is merged", "parents that would make a cycle", "merges that would make a cycle"
	const through, free, cycle, one = "cycles through what is merged", "what only looks like a cycle", "concurrent relations that would make a cycle", "concurrent relations of one entity"
	const away, list, limit, labels = "taking relations away", "relations of an entity", "limit of relations", "labels of relations"
	checking := func(check func(all relations, r relation) bool) func() activity.Store {
		return relating(func(k *kin) {
			k.check = func(_ context.Context, all []relation, r relation) error {
				if check(all, r) {
					return activity.ErrCycle
				}
				return nil
			}
		})
	}
	refuses := func(all relations, r relation, most int) bool {
		return rises(all, r.Of, r.Entity, most) || r.Role == activity.RoleMerged && rises(all, r.Entity, r.Of, most)
	}
	only := func(all relations, keep func(r relation) bool) relations {
		return slices.DeleteFunc(slices.Clone(all), func(r relation) bool { return !keep(r) })
	}
	isMerge := func(r relation) bool { return r.Role == activity.RoleMerged }
	isParent := func(r relation) bool { return r.Role == activity.RoleParent }
	return slices.Concat([]defect{
		{"gives an entity several parents", replace, relating(func(k *kin) { k.same = func(a, b relation) bool { return a == b } })},
		{"keeps the first parent", replace, relating(func(k *kin) {
			k.stored = func(before, r relation) relation {
				if before.Role != 0 {
					return before
				}
				return r
			}
		})},
		{"refuses a second parent", replace, relating(func(k *kin) {
			k.merged = func(has []relation, r relation) error {
				if slices.ContainsFunc(has, func(h relation) bool { return h.Role == r.Role && h.Entity.Is(r.Entity) }) {
					return activity.ErrMerged
				}
				return nil
			}
		})},
		{"replaces the parent of an entity of another kind", replace, relating(func(k *kin) {
			k.same = func(a, b relation) bool { return a.Role == b.Role && a.Entity.ID == b.Entity.ID }
		})},
		{"has one relation of an entity", roles, relating(func(k *kin) { k.same = func(a, b relation) bool { return a.Entity.Is(b.Entity) } })},
		{"takes away all relations of an entity", roles, relating(func(k *kin) {
			k.gone = func(r relation, e entity, _ activity.RelationRole) bool { return r.Entity.Is(e) }
		})},
		{"merges what is merged into another", merged, relating(func(k *kin) { k.merged = func([]relation, relation) error { return nil } })},
		{"tells of a cycle before it tells of a merge", merged, relating(func(k *kin) {
			first := k.merged
			k.merged = func(has []relation, r relation) error {
				if err := k.check(context.Background(), has, r); err != nil {
					return err
				}
				return first(has, r)
			}
		})},
		{"takes a merge for one that there is", merged, relating(func(k *kin) {
			first := k.merged
			k.merged = func(has []relation, r relation) error {
				if slices.Contains(has, r) {
					return nil
				}
				return first(has, r)
			}
		})},
		{"tells merged entities apart by labels", merged, relating(func(k *kin) {
			k.merged = func(has []relation, r relation) error {
				if isMerge(r) && slices.ContainsFunc(has, func(h relation) bool { return isMerge(h) && h.Entity == r.Entity }) {
					return activity.ErrMerged
				}
				return nil
			}
			k.check = func(context.Context, []relation, relation) error { return nil }
		})},
		{"lets an entity be below itself", parents, checking(func(all relations, r relation) bool { return !r.Of.Is(r.Entity) && refuses(all, r, 1000) })},
		{"looks for parents of parents no further", parents, checking(func(all relations, r relation) bool { return refuses(all, r, 1) })},
		{"looks up ten levels", parents, checking(func(all relations, r relation) bool { return refuses(all, r, 10) })},
		{"takes the parent away before it refuses another", parents, relating(func(k *kin) {
			first := k.check
			k.check = func(ctx context.Context, all []relation, r relation) error {
				err := first(ctx, all, r)
				if err != nil {
					k.all[acme] = slices.DeleteFunc(slices.Clone(all), func(has relation) bool { return k.same(r, has) })
				}
				return err
			}
		})},
		{"merges an ancestor into what is below it", merges, checking(func(all relations, r relation) bool {
			return isParent(r) && rises(all, r.Of, r.Entity, 1000) || isMerge(r) && rises(all, r.Entity, r.Of, 1000)
		})},
		{"merges what is below into an ancestor", merges, checking(func(all relations, r relation) bool { return rises(all, r.Of, r.Entity, 1000) })},
		{"merges what is the same by another way", merges, checking(func(all relations, r relation) bool {
			return refuses(only(all, isParent), r, 1000)
		})},
		{"puts an entity below what it is merged with", merges, checking(func(all relations, r relation) bool {
			return refuses(all, r, 1000) && (isMerge(r) || !rises(only(all, isMerge), r.Of, r.Entity, 1000))
		})},
		{"looks for cycles without merges", through, checking(func(all relations, r relation) bool {
			return refuses(only(all, isParent), r, 1000) || refuses(only(all, isMerge), r, 1000)
		})},
		{"looks for cycles up what is merged only", through, checking(func(all relations, r relation) bool {
			one := slices.Clone(all)
			for i := range one { // all merges are parents
				one[i].Role = activity.RoleParent
			}
			return refuses(one, r, 1000)
		})},
		{"finds cycles by what was taken apart", through, each(remembersMerges)},
		{"refuses what is related in any way", free, checking(func(all relations, r relation) bool {
			both := slices.Clone(all)
			for _, has := range all {
				both = append(both, relation{Role: has.Role, Entity: has.Of, Of: has.Entity})
			}
			return refuses(both, r, 1000)
		})},
		{"refuses a parent that it has already by another way", free, checking(func(all relations, r relation) bool {
			return refuses(all, r, 1000) || isParent(r) && rises(all, r.Entity, r.Of, 1000)
		})},
		{"looks for cycles whatever the kinds", free, checking(func(all relations, r relation) bool {
			kindless := func(r relation) relation { r.Entity.Kind, r.Of.Kind = "", ""; return r }
			var list relations
			for _, has := range all {
				list = append(list, kindless(has))
			}
			return refuses(list, kindless(r), 1000)
		})},
		{"looks for cycles in all tenants", free, relating(func(k *kin) {
			first := k.check
			k.check = func(ctx context.Context, _ []relation, r relation) error {
				return first(ctx, slices.Concat(k.all[acme], k.all[globex]), r)
			}
		})},
		{"looks for cycles before others have stored theirs", cycle, relating(func(k *kin) { k.before = meet() })},
		{"refuses relations beside others", cycle, each(refusesRelate)},
		{"merges one entity twice at one time", one, relating(func(k *kin) {
			wait := meet()
			k.merged = func(has []relation, r relation) error { return nil }
			k.same = func(a, b relation) bool { return a == b }
			k.before = wait
		})},
		{"refuses parents beside others", one, each(refusesRelate)},
		{"takes away what there is not", away, with(broken{brokenTimeline: brokenTimeline{unrelate: func(ctx context.Context, in activity.Store, tenant string, e entity, role activity.RelationRole) error {
			if err := in.Unrelate(ctx, tenant, e, role); err != nil && !sameError(err, activity.ErrNotFound) {
				return err
			}
			return nil
		}}})},
		{"takes the relations of the other side away", away, relating(func(k *kin) {
			k.gone = func(r relation, e entity, role activity.RelationRole) bool {
				return r.Role == role && (r.Entity.Is(e) || r.Of.Is(e))
			}
		})},
		{"takes relations away by labels too", away, relating(func(k *kin) {
			k.gone = func(r relation, e entity, role activity.RelationRole) bool { return r.Role == role && r.Entity == e }
		})},
		{"takes relations of other kinds away", away, relating(func(k *kin) {
			k.gone = func(r relation, e entity, role activity.RelationRole) bool {
				return r.Role == role && r.Entity.ID == e.ID
			}
		})},
		{"takes relations of any tenant away", away, with(broken{brokenTimeline: brokenTimeline{unrelate: func(ctx context.Context, in activity.Store, _ string, e entity, role activity.RelationRole) error {
			return in.Unrelate(ctx, acme, e, role)
		}}})},
		{"finds only the relations that an entity has", list, listingKin(func(all relations, e entity) relations {
			return slices.DeleteFunc(relationsIn(all, e), func(r relation) bool { return r.Of.Is(e) })
		})},
		{"finds first what others have", list, listingKin(func(all relations, e entity) relations {
			list := relationsIn(all, e)
			slices.SortStableFunc(list, func(a, b relation) int {
				if a.Of.Is(e) == b.Of.Is(e) {
					return 0
				} else if a.Of.Is(e) {
					return -1
				}
				return 1
			})
			return list
		})},
		{"orders all relations by role", list, listingKin(func(all relations, e entity) relations {
			list := relationsIn(all, e)
			slices.SortStableFunc(list, func(a, b relation) int { return int(a.Role) - int(b.Role) })
			return list
		})},
		{"orders relations by kind before role", list, listingKin(func(all relations, e entity) relations {
			list := relationsIn(all, e)
			slices.SortStableFunc(list, func(a, b relation) int {
				if a.Entity.Is(e) || b.Entity.Is(e) {
					return 0
				}
				return strings.Compare(a.Entity.Kind, b.Entity.Kind)
			})
			return list
		})},
		{"finds relations whatever the kind", list, listingKin(func(all relations, e entity) relations {
			return append(relationsIn(all, e), only(all, func(r relation) bool { return r.Of.ID == e.ID && r.Of.Kind != e.Kind })...)
		})},
		{"finds relations of any tenant", list, with(broken{brokenTimeline: brokenTimeline{relations: func(ctx context.Context, in activity.Store, _ string, e entity, limit int) ([]relation, error) {
			return in.Relations(ctx, acme, e, limit)
		}}})},
		{"ignores the limit of relations", limit, listingKin(func(all relations, e entity) relations { return relationsIn(all, e) })},
		{"limits each side of relations", limit, relating(func(k *kin) {
			k.listed = func(all []relation, e entity, limit int) []relation {
				own, others := relationsIn(all, e), relationsIn(all, e)
				own = only(own, func(r relation) bool { return r.Entity.Is(e) })
				others = only(others, func(r relation) bool { return r.Of.Is(e) })
				return append(own[:min(len(own), limit)], others[:min(len(others), limit)]...)
			}
		})},
		{"takes any relations up to the limit", limit, relating(func(k *kin) {
			k.listed = func(all []relation, e entity, limit int) []relation {
				some := only(all, func(r relation) bool { return r.Entity.Is(e) || r.Of.Is(e) })
				return relationsIn(some[:min(len(some), limit)], e)
			}
		})},
		{"forgets the labels of parents", labels, relating(func(k *kin) {
			k.stored = func(_, r relation) relation { r.Of.Label = ""; return r }
		})},
		{"keeps the labels of the parent before", labels, relating(func(k *kin) {
			k.stored = func(before, r relation) relation {
				if before.Role != 0 {
					r.Entity.Label = before.Entity.Label
				}
				return r
			}
		})},
		{"trims labels", labels, relating(func(k *kin) {
			k.stored = func(_, r relation) relation { r.Of.Label = strings.TrimSpace(r.Of.Label); return r }
		})},
		{"takes labels of what it refuses", labels, relating(func(k *kin) {
			first := k.merged
			k.merged = func(has []relation, r relation) error {
				err := first(has, r)
				if err != nil {
					for i := range has {
						if has[i].Entity.Is(r.Entity) {
							has[i].Entity.Label = r.Entity.Label
						}
					}
				}
				return err
			}
		})},
	}, relativesDefects())
}

// listingKin is a store with another list of relations, and without a limit of it unless it has more than 100.
func listingKin(list func(all []activity.Relation, e activity.Entity) []activity.Relation) func() activity.Store {
	return relating(func(k *kin) {
		k.listed = func(all []activity.Relation, e activity.Entity, _ int) []activity.Relation { return list(all, e) }
	})
}

// meet returns a function whose first call waits for the second one.
func meet() func() {
	var calls atomic.Int64
	met := make(chan struct{})
	return func() {
		switch calls.Add(1) {
		case 1:
			<-met
		case 2:
			close(met)
		}
	}
}

func refusesRelate() broken {
	var calls atomic.Int64
	return broken{brokenTimeline: brokenTimeline{relate: func(ctx context.Context, in activity.Store, tenant string, r activity.Relation) error {
		if calls.Add(1) == 2 {
			return errBusy
		}
		return in.Relate(ctx, tenant, r)
	}}}
}

// remembersMerges looks for cycles in what was merged ever.
func remembersMerges() broken {
	k := newKin()
	var mu sync.Mutex
	var ever []activity.Relation
	check := k.check
	k.check = func(ctx context.Context, all []activity.Relation, r activity.Relation) error {
		mu.Lock()
		defer mu.Unlock()
		err := check(ctx, append(slices.Clone(all), ever...), r)
		if err == nil && r.Role == activity.RoleMerged {
			ever = append(ever, r)
		}
		return err
	}
	return k.broken()
}
