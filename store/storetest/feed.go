package storetest

import (
	"time"

	"github.com/go-activity/activity"
)

// feedCases are about the result of Feed: what is in it, its order and its length.
var feedCases = []testCase{
	{"no conditions", "Exactly the events for which EventQuery.Match is true come back, each once.", checkNoConditions},
	{"each once", "Exactly the events for which EventQuery.Match is true come back, each once.", checkEachOnce},
	{"all conditions at once", "Exactly the events for which EventQuery.Match is true come back, each once.", checkAllConditions},
	{"nothing matches", "Exactly the events for which EventQuery.Match is true come back, each once.", checkNothingMatches},
	{"order", "They come newest first, that is by descending ID, or oldest first if the query says so.", checkOrder},
	{"order of equal times", "They come newest first, that is by descending ID, or oldest first if the query says so.", checkOrderOfEqualTimes},
	{"limit", "When there are more than Limit, the first Limit of that order come back.", checkLimit},
	{"limit of merged feeds", "When there are more than Limit, the first Limit of that order come back.", checkLimitOfMerged},
	{"found at once", "An event is found as soon as the call that stored it has returned.", checkFoundAtOnce},
}

func checkNoConditions(s subject) {
	s.finds(activity.EventQuery{Tenant: acme})
	rows := []activity.EventRow{newRow(1), newRow(2, about()), newRow(3, by(ben), typed("x"), manual, task(newID(epoch, 1)))}
	s.append(rows...)
	s.finds(activity.EventQuery{Tenant: acme}, rows...)
	s.finds(activity.EventQuery{Tenant: acme, Oldest: true}, rows...)
}

func checkEachOnce(s subject) {
	rows := []activity.EventRow{
		newRow(1, about(deal, call)),
		newRow(2, about(call, deal, ana)),
		newRow(3, about(ana), by(ana)),
		newRow(4, about(deal)),
		newRow(5, about(activity.Entity{Kind: "mail", ID: "1"})),
	}
	s.append(rows...)
	s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{deal, call}}, rows[0], rows[1], rows[3])
	s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{deal, deal, call, deal}}, rows[0], rows[1], rows[3])
	s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{deal, {Kind: "deal", ID: "1", Label: "Other"}}}, rows[0], rows[1], rows[3])
	s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{ana, call, deal}, Actor: ana}, rows[:4]...)
	s.finds(activity.EventQuery{Tenant: acme, Types: []string{"note.added", "x", "note.added"}}, rows...)
	// What comes twice would take the place of another.
	s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{deal, call}, Limit: 3}, rows[0], rows[1], rows[3])
}

func checkAllConditions(s subject) {
	run := newID(epoch, 99)
	all := []change{about(call, deal), by(ben), typed("deal.won"), task(run), manual}
	hit := newRow(10, all...)
	misses := []activity.EventRow{newRow(9, all...), newRow(11, all...), newRow(10, append(all, of(globex), id(newID(hit.OccurredAt, 11)))...)}
	for i, change := range []change{about(ana), by(ana), typed("deal.lost"), task(newID(epoch, 98)), task(activity.ID{}), func(r *activity.EventRow) { r.Source = activity.Automatic }} {
		misses = append(misses, newRow(10, append(all, change, id(newID(hit.OccurredAt, uint64(100+i))))...))
	}
	s.append(hit)
	for _, miss := range misses {
		s.append(miss)
	}
	for _, oldest := range []bool{false, true} {
		s.finds(activity.EventQuery{
			Tenant: acme,
			About:  []activity.Entity{{Kind: "mail", ID: "1"}, deal},
			Actor:  ben,
			Types:  []string{"note.added", "deal.won"},
			Task:   run,
			Source: activity.Manual,
			Min:    hit.ID,
			Max:    newID(hit.OccurredAt.Add(time.Second), 0),
			Oldest: oldest,
		}, hit)
	}
}

func checkNothingMatches(s subject) {
	s.append(newRows(1, 4)...)
	for _, query := range []activity.EventQuery{
		{About: []activity.Entity{call}},
		{Actor: ben},
		{Types: []string{"no.such", "type"}},
		{Task: newID(epoch, 1)},
		{Source: activity.Manual},
		{Min: newRow(4).ID},
		{Max: newRow(1).ID},
		{About: []activity.Entity{deal}, Actor: ben},
		{Types: []string{"note.added"}, Source: activity.Manual},
	} {
		query.Tenant = acme
		s.finds(query)
		query.Oldest = true
		s.finds(query)
	}
}

func checkOrder(s subject) {
	rows := newRows(1, 8)
	for _, i := range []int{3, 6, 0, 5, 2, 4, 1} { // stored in another order than they occurred
		s.append(rows[i])
	}
	for _, query := range []activity.EventQuery{
		{},
		{About: []activity.Entity{deal}},
		{Actor: ana},
		{Types: []string{"note.added"}},
		{Source: activity.Automatic},
	} {
		query.Tenant = acme
		s.finds(query, rows...)
		query.Oldest = true
		s.finds(query, rows...)
	}
}

func checkOrderOfEqualTimes(s subject) {
	var rows []activity.EventRow
	for i, random := range []uint64{5, 3, 1 << 61, 1, 4, 255, 256, 1<<62 - 1, 2} {
		entity := []activity.Entity{deal, call, ben}[i%3]
		rows = append(rows, newRow(0, about(entity), id(newID(epoch, random))))
	}
	s.append(rows...)
	for _, oldest := range []bool{false, true} {
		s.finds(activity.EventQuery{Tenant: acme, Oldest: oldest}, rows...)
		s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{deal, call, ben}, Oldest: oldest}, rows...)
	}
}

func checkLimit(s subject) {
	rows := newRows(0, 10)
	s.append(rows...)
	for _, limit := range []int{1, 2, 9, 10, 11, activity.MaxLimit + 1} {
		n := min(limit, 10)
		for _, query := range []activity.EventQuery{
			{Tenant: acme, Limit: limit},
			{Tenant: acme, Limit: limit, About: []activity.Entity{deal}},
			{Tenant: acme, Limit: limit, Actor: ana, Types: []string{"note.added"}},
		} {
			s.finds(query, rows[10-n:]...)
			query.Oldest = true
			s.finds(query, rows[:n]...)
		}
	}
}

func checkLimitOfMerged(s subject) {
	var rows []activity.EventRow
	entities := []activity.Entity{deal, call, ben}
	for n := range 12 { // the newest ones of an entity are not those of all three
		rows = append(rows, newRow(n, about(entities[n/4]), typed([]string{"a", "b", "c"}[n%3])))
	}
	s.append(rows...)
	for limit := 1; limit <= 12; limit++ {
		for _, query := range []activity.EventQuery{
			{Tenant: acme, Limit: limit, About: entities},
			{Tenant: acme, Limit: limit, Types: []string{"c", "a", "b"}},
			{Tenant: acme, Limit: limit, About: entities, Types: []string{"c", "a", "b"}, Actor: ana},
		} {
			s.finds(query, rows[12-limit:]...)
			query.Oldest = true
			s.finds(query, rows[:limit]...)
		}
	}
}

func checkFoundAtOnce(s subject) {
	run := newID(epoch, 1)
	found := func(rows ...activity.EventRow) {
		s.Helper()
		s.holds(acme, rows...)
		for _, query := range []activity.EventQuery{
			{About: []activity.Entity{deal}},
			{Actor: ana},
			{Types: []string{"note.added"}},
			{Task: run},
			{Min: rows[0].ID},
		} {
			query.Tenant = acme
			s.finds(query, rows...)
		}
	}
	rows := newRows(1, 7, task(run))
	s.append(rows[0])
	found(rows[:1]...)
	s.tx(func(tx subject) { tx.append(rows[1:3]...) })
	found(rows[:3]...)
	for i := range rows[3:] {
		s.append(rows[3+i])
		found(rows[:4+i]...)
	}
}
