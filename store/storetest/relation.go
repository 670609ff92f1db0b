package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/go-activity/activity"
)

const (
	oneParentRule  = "An entity has one relation of a role: a new parent takes the place of the one before."
	mergedRule     = "An entity that is merged already is ErrMerged, whatever it is merged into, and nothing changes."
	checkedRule    = "A relation that Relation.Check refuses is its error, and nothing changes; also of calls that run at once, one of which would refuse what the other one stores."
	unrelatedRule  = "An entity without one is ErrNotFound."
	relationsRule  = "Exactly the relations of which the entity is one side come back: first those that it has, by ascending role, then those that others have to it, by ascending role, then kind and ID of these."
	firstLimitRule = "When there are more than limit, the first limit of that order come back."
	labelsRule     = "Labels come back as they were stored."
)

// relationCases are about relations.
var relationCases = slices.Concat([]testCase{
	{"replacing a parent", oneParentRule, checkReplaceParent},
	{"both roles", oneParentRule, checkBothRoles},
	{"merging what is merged", mergedRule, checkMergedTwice},
	{"parents that would make a cycle", checkedRule, checkCycleOfParents},
	{"merges that would make a cycle", checkedRule, checkCycleOfMerges},
	{"cycles through what is merged", checkedRule, checkCycleThroughMerged},
	{"what only looks like a cycle", checkedRule, checkNoCycle},
	{"concurrent relations that would make a cycle", checkedRule, checkConcurrentCycle},
	{"concurrent relations of one entity", mergedRule + " " + oneParentRule, checkConcurrentRelations},
	{"taking relations away", unrelatedRule, checkUnrelate},
	{"relations of an entity", relationsRule, checkRelations},
	{"limit of relations", firstLimitRule, checkLimitOfRelations},
	{"labels of relations", labelsRule, checkLabelsOfRelations},
}, relativesCases)

// below is a relation to a parent.
func below(entity, parent activity.Entity) activity.Relation {
	return activity.Relation{Role: activity.RoleParent, Entity: entity, Of: parent}
}

// into is a relation to what an entity is merged into.
func into(entity, other activity.Entity) activity.Relation {
	return activity.Relation{Role: activity.RoleMerged, Entity: entity, Of: other}
}

// node is an entity whose name is of no concern.
func node(n int) activity.Entity {
	return activity.Entity{Kind: "account", ID: fmt.Sprintf("n%04d", n)}
}

// relates stores relations of acme.
func (s subject) relates(relations ...activity.Relation) {
	s.Helper()
	for _, r := range relations {
		if err := s.store.Relate(s.Context(), acme, r); err != nil {
			s.Fatalf("Relate of %v: %v", r, err)
		}
	}
}

// unrelates takes a relation of acme away.
func (s subject) unrelates(entity activity.Entity, role activity.RelationRole) {
	s.Helper()
	if err := s.store.Unrelate(s.Context(), acme, entity, role); err != nil {
		s.Fatalf("Unrelate of %v: %v", entity, err)
	}
}

// refusesRelation checks that a relation is not stored, for a reason. It must change nothing.
func (s subject) refusesRelation(r activity.Relation, want error) {
	s.Helper()
	if err := s.store.Relate(s.Context(), acme, r); !errors.Is(err, want) {
		s.Errorf("Relate of %v = %v, want %v", r, err, want)
	}
}

// relations checks the relations of an entity of acme, in their order.
func (s subject) relations(entity activity.Entity, want ...activity.Relation) {
	s.Helper()
	s.relationsOf(acme, entity, len(want)+10, want...)
}

func (s subject) relationsOf(tenant string, entity activity.Entity, limit int, want ...activity.Relation) {
	s.Helper()
	got, err := s.store.Relations(s.Context(), tenant, entity, limit)
	if err != nil {
		s.Fatalf("Relations of %v: %v", entity, err)
	}
	if d := diffList(want, got); d != "" {
		s.Errorf("Relations of %v, at most %d: %s: %s, want %s", entity, limit, d, short(got), short(want))
	}
}

func checkReplaceParent(s subject) {
	child, first, second := node(1), node(2), node(3)
	s.relates(below(child, first))
	s.relations(child, below(child, first))
	s.relates(below(child, second))
	s.relations(child, below(child, second))
	s.relations(first)
	s.relations(second, below(child, second))
	s.relates(below(child, second)) // once more
	s.relations(child, below(child, second))
	s.relates(below(child, first), below(node(4), first))
	s.relations(first, below(child, first), below(node(4), first))
	s.relations(second)
	s.stands(activity.RelativesQuery{Entities: []activity.Entity{second}, Descendants: true}, second)
	// A parent may become a child of what was its child.
	s.unrelates(child, activity.RoleParent)
	s.relates(below(first, child))
	s.relations(first, below(first, child), below(node(4), first))
	// An entity of another kind has a parent of its own.
	other := activity.Entity{Kind: "contact", ID: first.ID}
	s.relates(below(other, second))
	s.relations(other, below(other, second))
	s.relations(first, below(first, child), below(node(4), first))
}

func checkBothRoles(s subject) {
	a, b, c := node(1), node(2), node(3)
	s.relates(into(a, b), below(a, c))
	s.relations(a, below(a, c), into(a, b))
	s.relates(below(a, node(4)))
	s.relations(a, below(a, node(4)), into(a, b))
	s.unrelates(a, activity.RoleParent)
	s.relations(a, into(a, b))
	s.relates(below(a, c))
	s.unrelates(a, activity.RoleMerged)
	s.relations(a, below(a, c))
	s.relates(into(a, node(5)))
	s.relations(a, below(a, c), into(a, node(5)))
}

func checkMergedTwice(s subject) {
	a, b, c := node(1), node(2), node(3)
	s.relates(into(a, b), below(a, node(9)), into(node(4), a))
	before := []activity.Relation{below(a, node(9)), into(a, b), into(node(4), a)}
	// Whatever it is merged into: the same once more, another, what would be a cycle too.
	for _, other := range []activity.Entity{b, c, a, node(4), node(9), {Kind: b.Kind, ID: b.ID, Label: "Other"}} {
		s.refusesRelation(into(a, other), activity.ErrMerged)
		s.relations(a, before...)
		s.relations(b, into(a, b))
		s.relations(c)
	}
	s.refusesRelation(into(activity.Entity{Kind: a.Kind, ID: a.ID, Label: "Labelled"}, c), activity.ErrMerged)
	s.relations(a, before...)
	// Others may be merged into either, and it may be merged again once it was taken apart.
	s.relates(into(c, a), into(b, node(5)))
	s.unrelates(a, activity.RoleMerged)
	s.relates(into(a, b))
	s.relations(a, below(a, node(9)), into(a, b), into(c, a), into(node(4), a))
}

// unchanged checks that acme has exactly these relations.
func (s subject) unchanged(relations ...activity.Relation) {
	s.Helper()
	var all []activity.Entity
	for _, r := range relations {
		all = append(all, r.Entity, r.Of)
	}
	slices.SortFunc(all, compareEntities)
	for _, e := range slices.CompactFunc(all, activity.Entity.Is) {
		s.relations(e, relationsIn(relations, e)...)
	}
}

func compareEntities(a, b activity.Entity) int {
	switch {
	case a.Kind < b.Kind || a.Kind == b.Kind && a.ID < b.ID:
		return -1
	case a.Is(b):
		return 0
	}
	return 1
}

// relationsIn are those of some relations that an entity has, and those that others have to it.
func relationsIn(relations []activity.Relation, e activity.Entity) []activity.Relation {
	var own, others []activity.Relation
	for _, r := range relations {
		if r.Entity.Is(e) {
			own = append(own, r)
		} else if r.Of.Is(e) {
			others = append(others, r)
		}
	}
	slices.SortFunc(own, func(a, b activity.Relation) int { return int(a.Role) - int(b.Role) })
	slices.SortFunc(others, func(a, b activity.Relation) int {
		if a.Role != b.Role {
			return int(a.Role) - int(b.Role)
		}
		return compareEntities(a.Entity, b.Entity)
	})
	return append(own, others...)
}

func checkCycleOfParents(s subject) {
	s.refusesRelation(below(node(0), node(0)), activity.ErrCycle)
	s.refusesRelation(below(node(0), activity.Entity{Kind: node(0).Kind, ID: node(0).ID, Label: "Labelled"}), activity.ErrCycle)
	s.relations(node(0))
	var chain []activity.Relation
	for n := range 12 {
		chain = append(chain, below(node(n+1), node(n)))
	}
	s.relates(chain...)
	for _, n := range []int{1, 2, 3, 7, 12} {
		s.refusesRelation(below(node(0), node(n)), activity.ErrCycle)
		s.unchanged(chain...)
	}
	// One that has a parent keeps it.
	for _, up := range []int{4, 5, 6, 12} {
		s.refusesRelation(below(node(4), node(up)), activity.ErrCycle)
		s.unchanged(chain...)
	}
	// What is not below may be a parent.
	s.relates(below(node(8), node(2)), below(node(5), node(12)))
	chain[7], chain[4] = below(node(8), node(2)), below(node(5), node(12))
	s.unchanged(chain...)
	s.refusesRelation(below(node(2), node(6)), activity.ErrCycle) // below 12, and that below 8
	s.unrelates(node(8), activity.RoleParent)
	s.relates(below(node(2), node(6)))
}

func checkCycleOfMerges(s subject) {
	s.refusesRelation(into(node(0), node(0)), activity.ErrCycle)
	relations := []activity.Relation{into(node(1), node(2)), into(node(2), node(3)), into(node(5), node(3)), below(node(10), node(11)), below(node(11), node(12))}
	s.relates(relations...)
	for _, r := range []activity.Relation{
		into(node(3), node(1)), into(node(3), node(2)), into(node(3), node(5)), into(node(3), node(3)), // the same already
		into(node(12), node(10)), into(node(12), node(11)), // an ancestor into what is below it
		into(node(10), node(12)), into(node(10), node(11)), into(node(11), node(12)), into(node(11), node(10)), // and the other way round
	} {
		s.refusesRelation(r, activity.ErrCycle)
		s.unchanged(relations...)
	}
	s.relates(into(node(3), node(4)))
	s.refusesRelation(into(node(4), node(1)), activity.ErrCycle)
	s.refusesRelation(below(node(1), node(4)), activity.ErrCycle) // of what it is itself
	s.refusesRelation(below(node(4), node(5)), activity.ErrCycle)
	s.unchanged(append(relations, into(node(3), node(4)))...)
}

func checkCycleThroughMerged(s subject) {
	// 1 and 2 are one, and so are 11, 12 and 13; 20 and 21 too.
	relations := []activity.Relation{
		into(node(1), node(2)), into(node(12), node(11)), into(node(13), node(12)), into(node(21), node(20)),
		below(node(11), node(2)), below(node(21), node(13)), below(node(30), node(20)),
	}
	s.relates(relations...)
	for _, r := range []activity.Relation{
		below(node(1), node(12)), below(node(2), node(13)), below(node(1), node(20)), below(node(2), node(21)), below(node(1), node(30)),
		below(node(12), node(20)), below(node(13), node(21)), below(node(12), node(30)), below(node(12), node(13)),
		into(node(2), node(12)), into(node(2), node(13)), into(node(11), node(1)), into(node(20), node(13)), into(node(20), node(1)),
		into(node(30), node(21)), into(node(30), node(12)), into(node(30), node(1)), into(node(2), node(30)), into(node(11), node(30)),
	} {
		s.refusesRelation(r, activity.ErrCycle)
		s.unchanged(relations...)
	}
	// What was taken apart is no way any more.
	s.unrelates(node(13), activity.RoleMerged)
	s.relates(below(node(2), node(30)))
	s.refusesRelation(into(node(13), node(11)), activity.ErrCycle)
	s.refusesRelation(below(node(13), node(12)), activity.ErrCycle)
}

func checkNoCycle(s subject) {
	s.relates(
		// A grandchild of one, and of another by what it is merged with.
		below(node(1), node(2)), below(node(2), node(3)), into(node(5), node(1)), below(node(5), node(3)),
		// Siblings, cousins, and an uncle.
		below(node(6), node(2)), into(node(6), node(1)), below(node(7), node(3)), below(node(8), node(7)), into(node(8), node(5)),
		// The same ID of other kinds.
		below(activity.Entity{Kind: "contact", ID: node(3).ID}, node(1)), below(node(3), activity.Entity{Kind: "deal", ID: node(1).ID}),
		// Two trees.
		into(node(20), node(21)), below(node(21), node(22)), into(node(3), node(20)),
	)
	s.refusesRelation(below(node(22), node(8)), activity.ErrCycle)
	// The parent that is replaced is in no way.
	s.relates(below(node(31), node(30)), below(node(32), node(31)), below(node(31), node(33)), below(node(30), node(32)))
	// Nor are relations of another tenant.
	if err := s.store.Relate(s.Context(), globex, below(node(3), node(1))); err != nil {
		s.Errorf("Relate of what would be a cycle in another tenant: %v", err)
	}
}

// checkConcurrentCycle lets several relations that are a ring together be stored at one time: whichever would close it is
// refused, and the others are stored.
func checkConcurrentCycle(s subject) {
	for round, ring := range [][]func(a, b activity.Entity) activity.Relation{
		{below, below}, {into, into}, {below, into}, {below, below, below, below}, {into, into, into, into}, {below, into, below, into, below, into},
		{into, below, below}, {below, below},
	} {
		size := len(ring)
		var stored, refused atomic.Int64
		relations := make([]activity.Relation, size)
		kept := make([]bool, size)
		for i, relate := range ring {
			relations[i] = relate(node(100*round+i), node(100*round+(i+1)%size))
		}
		together(size, func(i int) {
			relate := func(store activity.Store) error { return store.Relate(s.Context(), acme, relations[i]) }
			var err error
			if (i+round)%3 == 0 {
				err = s.store.InTx(s.Context(), relate)
			} else {
				err = relate(s.store)
			}
			switch {
			case err == nil:
				kept[i] = true
				stored.Add(1)
			case errors.Is(err, activity.ErrCycle):
				refused.Add(1)
			default:
				s.Errorf("Relate beside others: %v", err)
			}
		})
		if stored.Load() != int64(size-1) || refused.Load() != 1 {
			s.Errorf("of %d relations at once, which would be a cycle, %d were stored and %d refused", size, stored.Load(), refused.Load())
		}
		var want []activity.Relation
		for i, r := range relations {
			if kept[i] {
				want = append(want, r)
			}
		}
		s.unchanged(want...)
	}
}

// checkConcurrentRelations gives one entity several parents at one time, and merges it into several others.
func checkConcurrentRelations(s subject) {
	const calls = 6
	for round := range 3 {
		entity := node(1000 * round)
		var merged atomic.Int64
		var last atomic.Int64
		together(2*calls, func(i int) {
			var err error
			if i < calls {
				err = s.store.Relate(s.Context(), acme, below(entity, node(1000*round+1+i)))
			} else if err = s.store.Relate(s.Context(), acme, into(entity, node(1000*round+100+i))); err == nil {
				merged.Add(1)
				last.Store(int64(1000*round + 100 + i))
			}
			if err != nil && (i < calls || !errors.Is(err, activity.ErrMerged)) {
				s.Errorf("Relate beside others: %v", err)
			}
		})
		got, err := s.store.Relations(s.Context(), acme, entity, 100)
		if err != nil || len(got) != 2 || got[0].Role != activity.RoleParent || got[1].Role != activity.RoleMerged ||
			got[1].Of != node(int(last.Load())) || merged.Load() != 1 {
			s.Errorf("after %d calls at once, %d of which merged, an entity has the relations %v, %v", 2*calls, merged.Load(), got, err)
		}
	}
}

func checkUnrelate(s subject) {
	a, b := node(1), node(2)
	missing := func(tenant string, entity activity.Entity, role activity.RelationRole) {
		s.Helper()
		if err := s.store.Unrelate(s.Context(), tenant, entity, role); !errors.Is(err, activity.ErrNotFound) {
			s.Errorf("Unrelate of what is not there = %v, want ErrNotFound", err)
		}
	}
	missing(acme, a, activity.RoleParent)
	s.relates(below(a, b), into(node(3), b))
	missing(acme, a, activity.RoleMerged)
	missing(acme, b, activity.RoleParent) // the other side
	missing(acme, b, activity.RoleMerged)
	missing(globex, a, activity.RoleParent)
	missing(acme, activity.Entity{Kind: "contact", ID: a.ID}, activity.RoleParent)
	s.unchanged(below(a, b), into(node(3), b))
	s.unrelates(activity.Entity{Kind: a.Kind, ID: a.ID, Label: "Labelled"}, activity.RoleParent)
	s.relations(a)
	s.relations(b, into(node(3), b))
	missing(acme, a, activity.RoleParent)
	s.unrelates(node(3), activity.RoleMerged)
	s.relations(b)
	missing(acme, node(3), activity.RoleMerged)
	s.relates(below(b, a), into(b, node(3)))
	s.unchanged(below(b, a), into(b, node(3)))
}

func checkRelations(s subject) {
	s.relations(node(0))
	e := func(kind, id string) activity.Entity { return activity.Entity{Kind: kind, ID: id} }
	hub := e("deal", "5")
	own := []activity.Relation{below(hub, e("account", "1")), into(hub, e("deal", "6"))}
	others := []activity.Relation{
		below(e("Deal", "5"), hub), below(e("account", "2"), hub), below(e("contact", "10"), hub), below(e("contact", "9"), hub),
		below(e("contact", "a"), hub), below(e("contact", "é"), hub), below(e("deal", "4"), hub),
		into(e("account", "7"), hub), into(e("contact", "1"), hub), into(e("deal", "50"), hub), into(e("deal", "51"), hub),
	}
	other := []activity.Relation{below(e("contact", "77"), e("account", "2")), into(e("deal", "8"), e("deal", "7"))}
	all := slices.Concat(own, others, other)
	for _, i := range []int{11, 3, 14, 0, 7, 12, 2, 9, 5, 1, 13, 8, 4, 10, 6} {
		s.relates(all[i])
	}
	s.relations(hub, slices.Concat(own, others)...)
	s.relations(activity.Entity{Kind: "deal", ID: "5", Label: "whatever"}, slices.Concat(own, others)...)
	s.relations(e("account", "1"), own[0])
	s.relations(e("account", "2"), others[1], other[0])
	s.relations(e("deal", "7"), other[1])
	s.relations(e("contact", "5"))
	s.relationsOf(globex, hub, 100)
}

func checkLimitOfRelations(s subject) {
	hub := node(0)
	list := []activity.Relation{below(hub, node(101)), into(hub, node(100))} // by role, and not by ID
	for n := range 5 {
		list = append(list, below(node(n+11), hub))
	}
	for n := range 5 {
		list = append(list, into(node(n+1), hub))
	}
	for i := range list {
		s.relates(list[(5*i+3)%len(list)])
	}
	for limit := 1; limit <= len(list)+1; limit++ {
		s.relationsOf(acme, hub, limit, list[:min(limit, len(list))]...)
	}
	s.relationsOf(acme, node(101), 1, list[0])
}

func checkLabelsOfRelations(s subject) {
	named := func(n int, label string) activity.Entity {
		return activity.Entity{Kind: "account", ID: node(n).ID, Label: label}
	}
	first := below(named(1, "Jane \"J\" Ñandú"), named(2, ""))
	second := into(named(1, "Jane"), named(3, "  日本 "))
	s.relates(first, second)
	s.relations(node(1), first, second)
	s.relations(node(2), first)
	s.relations(node(3), second)
	// A new parent comes with new labels.
	third := below(named(1, "Jane Doe"), named(2, "Acme"))
	s.relates(third)
	s.relations(node(1), third, second)
	s.relations(node(2), third)
	s.refusesRelation(into(named(1, "Other"), named(9, "Other")), activity.ErrMerged)
	s.relations(node(1), third, second)
	s.stands(activity.RelativesQuery{Entities: []activity.Entity{named(1, "Jane")}}, node(1), node(3))
	s.relatesIn(globex, first)
	s.relationsOf(globex, node(2), 10, first)
}

func (s subject) relatesIn(tenant string, relations ...activity.Relation) {
	s.Helper()
	for _, r := range relations {
		if err := s.store.Relate(s.Context(), tenant, r); err != nil {
			s.Fatalf("Relate of %v: %v", r, err)
		}
	}
}
