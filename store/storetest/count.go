package storetest

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/go-activity/activity"
)

const (
	countRule      = "Each type of which events match comes back once, by ascending name, with their number."
	countLimitRule = "No type is counted further than Limit."
)

// countCases are about CountEvents.
var countCases = []testCase{
	{"counting events", countRule, checkCountEvents},
	{"counting by each condition", countRule, checkCountConditions},
	{"counting what is in several feeds", countRule, checkCountOnce},
	{"limit of counts", countLimitRule, checkCountLimit},
}

// counted checks the numbers of events of each type.
func (s subject) counted(query activity.EventQuery, want ...activity.TypeCount) {
	s.Helper()
	if query.Limit == 0 {
		query.Limit = 100
	}
	got, err := s.store.CountEvents(s.Context(), query)
	if err != nil {
		s.Fatalf("%s: %v", countOf(query), err)
	}
	if !slices.Equal(got, want) {
		s.Errorf("%s = %v, want %v", countOf(query), got, want)
	}
}

// ofType is a number of events of a type.
func ofType(name string, n int) activity.TypeCount { return activity.TypeCount{Type: name, N: n} }

// countsOf are the numbers of rows that a query finds, by their type.
func countsOf(query activity.EventQuery, rows ...activity.EventRow) []activity.TypeCount {
	var m model
	m.add(rows)
	return m.count(query)
}

// countOf is a query whose events are counted, for messages.
type countOf activity.EventQuery

func (q countOf) String() string { return "CountEvents of " + conditions(reflect.ValueOf(q)) }

func checkCountEvents(s subject) {
	s.counted(activity.EventQuery{Tenant: acme})
	var rows []activity.EventRow
	for n, name := range []string{"b", "a", "a.b", "a_b", "a", "ab", "a2", "a10", "b", "a"} {
		rows = append(rows, newRow(n, typed(name)))
	}
	s.append(rows...)
	s.append(newRow(20, of(globex), typed("a")), newRow(21, of(globex), typed("c")))
	s.counted(activity.EventQuery{Tenant: acme}, ofType("a", 3), ofType("a.b", 1), ofType("a10", 1), ofType("a2", 1), ofType("a_b", 1), ofType("ab", 1), ofType("b", 2))
	s.counted(activity.EventQuery{Tenant: globex}, ofType("a", 1), ofType("c", 1))
	s.counted(activity.EventQuery{Tenant: "initech"})
	s.seals(12) // which makes no difference
	s.counted(activity.EventQuery{Tenant: globex, About: []activity.Entity{deal}}, ofType("a", 1), ofType("c", 1))
	// Those that are gone do not count, those that were erased do where they still are.
	s.removes(acme, rows[0].ID, rows[1].ID, rows[5].ID)
	s.counted(activity.EventQuery{Tenant: acme}, ofType("a", 2), ofType("a.b", 1), ofType("a10", 1), ofType("a2", 1), ofType("a_b", 1), ofType("b", 1))
	s.append(newRow(30, typed("c"), about(deal, eve)))
	s.erases(eve)
	s.counted(activity.EventQuery{Tenant: acme, About: []activity.Entity{eve}})
	s.counted(activity.EventQuery{Tenant: acme, About: []activity.Entity{deal}, Types: []string{"a10", "c"}}, ofType("a10", 1), ofType("c", 1))
}

// countedRows differ in everything that a query has conditions on.
func countedRows() []activity.EventRow {
	var rows []activity.EventRow
	for n := range 48 {
		row := newRow(n, typed([]string{"call.made", "deal.moved", "note.added"}[n%3]), by([]activity.Entity{ana, ben}[n/3%2]))
		switch n % 4 {
		case 0:
			about(deal, contact(n%5))(&row)
		case 1:
			about(contact(n%5), call, contact(9))(&row)
		case 2:
			about()(&row)
		}
		if n%7 == 0 {
			task(newID(epoch, 1))(&row)
		}
		if n%5 == 0 {
			manual(&row)
		}
		salt(&row, n)
		rows = append(rows, row)
	}
	return rows
}

func checkCountConditions(s subject) {
	rows := countedRows()
	s.append(rows...)
	s.append(newRows(100, 110, of(globex))...)
	type entities = []activity.Entity
	for _, query := range []activity.EventQuery{
		{},
		{About: entities{deal}},
		{About: entities{contact(1)}},
		{About: entities{{Kind: "contact", ID: "9", Label: "Other"}}},
		{About: entities{{Kind: "deal", ID: "9"}}},
		{Actor: ana},
		{Actor: activity.User("ben", "Other")},
		{Named: entities{ana}},
		{Named: entities{contact(2)}},
		{Types: []string{"deal.moved"}},
		{Types: []string{"note.added", "absent", "call.made"}},
		{Task: newID(epoch, 1)},
		{Task: newID(epoch, 2)},
		{Source: activity.Manual},
		{Source: activity.Automatic},
		{Min: rows[10].ID},
		{Min: rows[10].ID.Next()},
		{Max: rows[10].ID},
		{Min: rows[5].ID, Max: rows[30].ID},
		{Min: rows[30].ID, Max: rows[5].ID},
		{Oldest: true},
		// Several conditions must all hold.
		{About: entities{deal}, Actor: ana},
		{About: entities{contact(1), deal}, Types: []string{"note.added"}},
		{About: entities{contact(1), deal}, Types: []string{"note.added", "call.made"}, Actor: ben, Min: rows[7].ID},
		{About: entities{deal}, Source: activity.Manual, Max: rows[40].ID},
		{About: entities{deal}, Task: newID(epoch, 1)},
		{About: entities{deal, call}, Named: entities{contact(1), contact(0)}},
		{About: entities{deal, call}, Named: entities{contact(1), ben}, Types: []string{"note.added"}},
		{Named: entities{ana, contact(3)}, Source: activity.Automatic},
		{Named: entities{deal}, Actor: ana, Types: []string{"call.made"}},
		{Actor: ana, Task: newID(epoch, 1)},
		{Actor: ben, Source: activity.Manual, Min: rows[3].ID, Max: rows[41].ID},
		{Task: newID(epoch, 1), Types: []string{"note.added"}, Oldest: true},
	} {
		query.Tenant = acme
		for _, query.Limit = range []int{100, 3, 1} {
			s.counted(query, countsOf(query, rows...)...)
		}
	}
}

func checkCountOnce(s subject) {
	entities := []activity.Entity{deal, call, contact(1), contact(2), ana}
	rows := []activity.EventRow{
		newRow(1, about(entities...)),
		newRow(2, about(deal, contact(2))),
		newRow(3, about(ana), by(ana), typed("deal.moved")),
		newRow(4, about(call), by(ben), typed("deal.moved")),
		newRow(5, about(contact(7)), by(ben)),
	}
	s.append(rows...)
	two := []activity.TypeCount{ofType("deal.moved", 2), ofType("note.added", 2)}
	for _, query := range []activity.EventQuery{
		{About: entities},
		{Named: entities},
		{About: entities, Types: []string{"note.added", "deal.moved"}},
		{About: append(entities, deal, call), Named: append(entities, ben)},
		{Named: append(entities, ana), Max: rows[4].ID},
	} {
		query.Tenant = acme
		s.counted(query, two...)
	}
	s.counted(activity.EventQuery{Tenant: acme, Named: entities, Actor: ana}, ofType("deal.moved", 1), ofType("note.added", 2))
	s.counted(activity.EventQuery{Tenant: acme, Named: []activity.Entity{ben, contact(7)}}, ofType("deal.moved", 1), ofType("note.added", 1))
}

func checkCountLimit(s subject) {
	var rows []activity.EventRow
	for n := range 60 {
		// The types are neither equally frequent nor in turn.
		name := []string{"call.made", "deal.moved", "deal.moved", "note.added", "note.added", "note.added"}[n/10]
		rows = append(rows, newRow(n, typed(name), about([][]activity.Entity{{deal}, {call}, {deal, call, contact(n)}}[n%3]...)))
	}
	s.append(rows...)
	for _, limit := range []int{1, 2, 3, 7, 9, 10, 11, 19, 20, 21, 29, 30, 31} {
		for _, query := range []activity.EventQuery{
			{},
			{About: []activity.Entity{deal}},
			{About: []activity.Entity{deal, call}},
			{Named: []activity.Entity{call, contact(2)}, Actor: ana},
			{About: []activity.Entity{deal, call}, Types: []string{"note.added"}, Source: activity.Automatic},
			{Min: rows[7].ID, Max: rows[55].ID, Types: []string{"call.made", "note.added"}},
		} {
			query.Tenant, query.Limit = acme, limit
			s.counted(query, countsOf(query, rows...)...)
		}
	}
	s.counted(activity.EventQuery{Tenant: acme, Limit: 7}, ofType("call.made", 7), ofType("deal.moved", 7), ofType("note.added", 7))
	s.counted(activity.EventQuery{Tenant: acme, Limit: 20}, ofType("call.made", 10), ofType("deal.moved", 20), ofType("note.added", 20))
	// Many types, each with the limit of its own.
	more := make([]activity.EventRow, 120)
	var want []activity.TypeCount
	for n := range more {
		more[n] = newRow(1000+n, of(globex), typed(fmt.Sprintf("type%02d", n%40)))
	}
	for n := range 40 {
		want = append(want, activity.TypeCount{Type: fmt.Sprintf("type%02d", n), N: 2})
	}
	s.append(more...)
	s.counted(activity.EventQuery{Tenant: globex, Limit: 2}, want...)
	s.counted(activity.EventQuery{Tenant: globex, Limit: 2, About: []activity.Entity{deal}}, want...)
}
