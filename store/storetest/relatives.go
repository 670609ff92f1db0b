package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/go-activity/activity"
)

const (
	sameRule      = "Exactly these come back: the entities asked for, and all that are merged with one that comes back, in either direction."
	belowRule     = "With Descendants, so do all whose parent comes back."
	oneEachRule   = "Each comes back once, without a label, by ascending kind and ID."
	tooBroadRule  = "More than Limit are ErrTooBroad."
	distinctField = "no two are the same"
)

// relativesCases are about Relatives.
var relativesCases = []testCase{
	{"what is merged", sameRule, checkMerged},
	{"chains of merges", sameRule, checkChainsOfMerges},
	{"what is below", belowRule, checkDescendants},
	{"what is below and merged", sameRule + " " + belowRule, checkMergedDescendants},
	{"deep hierarchies", belowRule, checkDeep},
	{"broad hierarchies", belowRule, checkBroad},
	{"relatives, each once and in order", oneEachRule, checkOrderOfRelatives},
	{"more relatives than the limit", tooBroadRule, checkTooBroad},
	{"RelativesQuery.Entities", distinctField, checkRelativesOfMany},
	{"RelativesQuery.Limit", "at least 1", checkRelativesLimit},
}

// stands checks which entities of acme stand for some, in their order.
func (s subject) stands(query activity.RelativesQuery, want ...activity.Entity) {
	s.Helper()
	if query.Tenant == "" {
		query.Tenant = acme
	}
	if query.Limit == 0 {
		query.Limit = len(want) + 10
	}
	got, err := s.store.Relatives(s.Context(), query)
	if err != nil {
		s.Fatalf("Relatives of %s: %v", conditions(reflect.ValueOf(query)), err)
	}
	if d := diffList(want, got); d != "" {
		s.Errorf("Relatives of %s: %s: %s, want %s", conditions(reflect.ValueOf(query)), d, short(got), short(want))
	}
}

// merged checks who is merged with whom, in a list that goes in order.
func (s subject) merged(group ...activity.Entity) {
	s.Helper()
	for _, e := range group {
		s.stands(activity.RelativesQuery{Entities: []activity.Entity{e}}, group...)
	}
}

// under checks what is below an entity with it, in its order.
func (s subject) under(entity activity.Entity, want ...activity.Entity) {
	s.Helper()
	s.stands(activity.RelativesQuery{Entities: []activity.Entity{entity}, Descendants: true}, want...)
}

func nodes(numbers ...int) []activity.Entity {
	list := make([]activity.Entity, len(numbers))
	for i, n := range numbers {
		list[i] = node(n)
	}
	return list
}

// nodesFrom are the nodes from one number to the one before another.
func nodesFrom(from, to int) []activity.Entity {
	var list []activity.Entity
	for n := from; n < to; n++ {
		list = append(list, node(n))
	}
	return list
}

func checkMerged(s subject) {
	s.merged(node(1))
	s.relates(into(node(2), node(1)))
	s.merged(nodes(1, 2)...)
	s.relates(into(node(3), node(1)), into(node(1), node(4)), into(node(8), node(9)))
	s.merged(nodes(1, 2, 3, 4)...)
	s.merged(nodes(8, 9)...)
	s.merged(node(5))
	s.unrelates(node(1), activity.RoleMerged)
	s.merged(nodes(1, 2, 3)...)
	s.merged(node(4))
	s.relates(into(node(1), node(8)))
	s.merged(nodes(1, 2, 3, 8, 9)...)
	s.relates(into(node(9), node(4)))
	s.merged(nodes(1, 2, 3, 4, 8, 9)...)
	// The same ID of another kind is another.
	s.merged(activity.Entity{Kind: "contact", ID: node(1).ID})
}

func checkChainsOfMerges(s subject) {
	const length = 20
	// A chain, a star, and a tree of merges into merges.
	for n := range length - 1 {
		s.relates(into(node(n), node(n+1)))
	}
	for n := 101; n < 100+length; n++ {
		s.relates(into(node(n), node(100)))
	}
	for n := 201; n < 200+length; n++ {
		s.relates(into(node(n), node(200+(n-201)/2)))
	}
	for first := 0; first < 300; first += 100 {
		group := nodesFrom(first, first+length)
		for _, n := range []int{0, 1, length / 2, length - 1} {
			s.stands(activity.RelativesQuery{Entities: nodes(first + n)}, group...)
			s.under(node(first+n), group...)
		}
	}
	s.unrelates(node(10), activity.RoleMerged)
	s.stands(activity.RelativesQuery{Entities: nodes(0)}, nodesFrom(0, 11)...)
	s.stands(activity.RelativesQuery{Entities: nodes(length - 1)}, nodesFrom(11, length)...)
}

func checkDescendants(s subject) {
	s.under(node(1), node(1))
	s.relates(below(node(2), node(1)), below(node(3), node(1)), below(node(4), node(3)), below(node(5), node(4)), below(node(1), node(9)), below(node(8), node(9)))
	s.under(node(1), nodes(1, 2, 3, 4, 5)...)
	s.under(node(2), node(2))
	s.under(node(3), nodes(3, 4, 5)...)
	s.under(node(5), node(5))
	s.under(node(9), nodes(1, 2, 3, 4, 5, 8, 9)...)
	for n := range 10 { // unless asked for, only itself
		s.stands(activity.RelativesQuery{Entities: nodes(n)}, node(n))
	}
	s.relates(below(node(4), node(8)))
	s.under(node(1), nodes(1, 2, 3)...)
	s.under(node(8), nodes(4, 5, 8)...)
	s.unrelates(node(1), activity.RoleParent)
	s.under(node(9), nodes(4, 5, 8, 9)...)
	// Others of the same ID, or the same kind, are not.
	s.under(activity.Entity{Kind: "contact", ID: node(1).ID}, activity.Entity{Kind: "contact", ID: node(1).ID})
}

func checkMergedDescendants(s subject) {
	// 1 is above 2 and 3; 2 is merged with 12 and 22, and 12 is above 13; 13 is merged into 33, which is above 34. 1 is merged
	// into 41, which is above 42, and above which is 40.
	s.relates(
		below(node(2), node(1)), below(node(3), node(1)), into(node(2), node(12)), into(node(22), node(2)), below(node(13), node(12)),
		into(node(13), node(33)), below(node(34), node(33)), into(node(1), node(41)), below(node(42), node(41)), below(node(41), node(40)),
	)
	all := nodes(1, 2, 3, 12, 13, 22, 33, 34, 41, 42)
	s.under(node(1), all...)
	s.under(node(41), all...)
	s.under(node(40), slices.Insert(slices.Clone(all), 8, node(40))...)
	s.under(node(2), nodes(2, 12, 13, 22, 33, 34)...)
	s.under(node(22), nodes(2, 12, 13, 22, 33, 34)...)
	s.under(node(33), nodes(13, 33, 34)...)
	s.under(node(3), node(3))
	s.merged(nodes(1, 41)...)
	s.merged(nodes(2, 12, 22)...)
	s.merged(nodes(13, 33)...)
	s.merged(node(34))
	s.unrelates(node(2), activity.RoleMerged)
	s.under(node(1), nodes(1, 2, 3, 22, 41, 42)...)
	s.under(node(12), nodes(12, 13, 33, 34)...)
}

func checkDeep(s subject) {
	const depth = 50
	s.tx(func(tx subject) {
		for n := range depth {
			tx.relates(below(node(n+1), node(n)))
		}
	})
	for _, n := range []int{0, 1, 2, 17, 31, 32, 33, 49, 50} {
		s.under(node(n), nodesFrom(n, depth+1)...)
	}
	s.refusesRelation(below(node(0), node(depth)), activity.ErrCycle)
	s.refusesRelation(into(node(depth), node(0)), activity.ErrCycle)
	s.under(node(0), nodesFrom(0, depth+1)...)
	// Half of them are merged, each with one more.
	for n := 0; n < depth; n += 2 {
		s.relates(into(node(n), node(1000+n)))
	}
	want := nodesFrom(0, depth+1)
	for n := 0; n < depth; n += 2 {
		want = append(want, node(1000+n))
	}
	s.under(node(1000), want...)
}

func checkBroad(s subject) {
	const breadth = 1000
	s.tx(func(tx subject) {
		for n := range breadth {
			parent := 0
			if n%10 == 9 {
				parent = n // the one before it
			}
			tx.relates(below(node(n+1), node(parent)))
		}
	})
	s.under(node(0), nodesFrom(0, breadth+1)...)
	s.under(node(9), nodes(9, 10)...)
	s.under(node(10), node(10))
	s.stands(activity.RelativesQuery{Entities: nodes(0), Descendants: true, Limit: breadth + 1}, nodesFrom(0, breadth+1)...)
	s.isTooBroad(activity.RelativesQuery{Entities: nodes(0), Descendants: true, Limit: breadth})
	s.stands(activity.RelativesQuery{Entities: nodesFrom(1, breadth+1), Descendants: true}, nodesFrom(1, breadth+1)...)
}

func checkOrderOfRelatives(s subject) {
	kind := func(kind, id string) activity.Entity { return activity.Entity{Kind: kind, ID: id} }
	want := []activity.Entity{
		kind("Contact", "1"), kind("account", "10"), kind("account", "2"), kind("contact", "-"), kind("contact", "B"), kind("contact", "a"), kind("contact", "a b"),
		kind("contact", "é"), kind("contact", "日"), kind("contact", "𪚥"), kind("deal", "1"),
	}
	root := want[5]
	labelled := func(e activity.Entity) activity.Entity { e.Label = "label of " + e.ID; return e }
	for _, i := range []int{3, 8, 0, 10, 2} {
		s.relates(below(labelled(want[i]), labelled(root)))
	}
	for _, i := range []int{6, 1, 9, 4, 7} {
		s.relates(into(labelled(want[i]), labelled(root)))
	}
	s.under(labelled(root), want...)
	// Who is related in several ways, or asked for beside that, comes once.
	s.relates(below(kind("account", "10"), kind("z", "1")), into(kind("deal", "1"), kind("Contact", "1")))
	s.under(root, want...)
	s.stands(activity.RelativesQuery{Entities: []activity.Entity{labelled(want[9]), want[0], root, kind("z", "1")}, Descendants: true}, append(want, kind("z", "1"))...)
}

// isTooBroad checks that there are more relatives than the limit of a query.
func (s subject) isTooBroad(query activity.RelativesQuery) {
	s.Helper()
	query.Tenant = acme
	got, err := s.store.Relatives(s.Context(), query)
	if !errors.Is(err, activity.ErrTooBroad) {
		s.Errorf("Relatives of %s = %d entities, %v, want ErrTooBroad", conditions(reflect.ValueOf(query)), len(got), err)
	}
}

func checkTooBroad(s subject) {
	for n := 1; n < 20; n++ {
		s.relates(below(node(n), node(n/4)))
		s.relates(into(node(100+n), node(100)))
	}
	for _, limit := range []int{1, 2, 3, 10, 18, 19, 20, 21, 22} {
		for _, query := range []activity.RelativesQuery{
			{Entities: nodes(0), Descendants: true, Limit: limit},
			{Entities: nodes(109), Limit: limit},
			{Entities: nodes(0, 7, 19), Descendants: true, Limit: limit},
		} {
			if limit < 20 {
				s.isTooBroad(query)
				continue
			}
			first := 0
			if !query.Descendants {
				first = 100
			}
			s.stands(query, nodesFrom(first, first+20)...)
		}
	}
	s.stands(activity.RelativesQuery{Entities: nodes(0), Limit: 1}, node(0))
	// Those that were asked for count too.
	s.isTooBroad(activity.RelativesQuery{Entities: nodes(200, 201, 202), Limit: 2})
	s.stands(activity.RelativesQuery{Entities: nodes(200, 201, 202), Limit: 3}, nodes(200, 201, 202)...)
}

func checkRelativesOfMany(s subject) {
	s.relates(into(node(1), node(2)), below(node(3), node(1)), below(node(4), node(9)), into(node(9), node(8)))
	s.stands(activity.RelativesQuery{Entities: nodes(9, 1)}, nodes(1, 2, 8, 9)...)
	s.stands(activity.RelativesQuery{Entities: nodes(2, 1)}, nodes(1, 2)...)
	s.stands(activity.RelativesQuery{Entities: nodes(8, 2), Descendants: true}, nodes(1, 2, 3, 4, 8, 9)...)
	s.stands(activity.RelativesQuery{Entities: nodes(3, 1, 5), Descendants: true}, nodes(1, 2, 3, 5)...)
	many := make([]activity.Entity, activity.MaxListed)
	for i := range many {
		many[i] = activity.Entity{Kind: "contact", ID: fmt.Sprintf("%04d", len(many)-1-i)}
	}
	want := slices.Clone(many)
	slices.Reverse(want)
	s.relates(into(want[999], activity.Entity{Kind: "contact", ID: "x"}), below(activity.Entity{Kind: "contact", ID: "y"}, want[500]))
	s.stands(activity.RelativesQuery{Entities: many}, append(want, activity.Entity{Kind: "contact", ID: "x"})...)
	s.stands(activity.RelativesQuery{Entities: many, Descendants: true}, append(want, activity.Entity{Kind: "contact", ID: "x"}, activity.Entity{Kind: "contact", ID: "y"})...)
}

func checkRelativesLimit(s subject) {
	s.stands(activity.RelativesQuery{Entities: nodes(1), Limit: 1}, node(1))
	s.stands(activity.RelativesQuery{Entities: nodes(1), Descendants: true, Limit: 1}, node(1))
	s.relates(below(node(2), node(1)))
	s.stands(activity.RelativesQuery{Entities: nodes(1), Limit: 1}, node(1))
	s.isTooBroad(activity.RelativesQuery{Entities: nodes(1), Descendants: true, Limit: 1})
	s.stands(activity.RelativesQuery{Entities: nodes(1), Descendants: true, Limit: 2}, nodes(1, 2)...)
}
