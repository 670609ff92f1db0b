package storetest

import (
	"fmt"

	"github.com/go-activity/activity"
)

// queryCases are about single conditions of an EventQuery. Their rules are the comments of its
// fields.
var queryCases = []testCase{
	{"EventQuery.About", "about one of these, if there are any; labels do not count", checkAbout},
	{"EventQuery.About, long", "about one of these, if there are any; labels do not count", checkLongAbout},
	{"EventQuery.Actor", "by this actor, unless zero", checkActor},
	{"EventQuery.Named", "about or by one of these, if there are any", checkNamed},
	{"EventQuery.Named, long", "about or by one of these, if there are any", checkLongNamed},
	{"EventQuery.Types", "of one of these types, if there are any", checkTypes},
	{"EventQuery.Types, long", "of one of these types, if there are any", checkLongTypes},
	{"EventQuery.Task", "recorded by this task, unless zero", checkTask},
	{"EventQuery.Source", "from this source, unless zero", checkSource},
	{"EventQuery.Min", "ID at least this", checkMin},
	{"EventQuery.Max", "ID less than this, unless zero", checkMax},
	{"EventQuery.Min and Max", "ID less than this, unless zero", checkMinMax},
	{"EventQuery.Oldest", "oldest first instead of newest first", checkOldest},
	{"EventQuery.Limit", "at least 1", checkLimitOne},
}

func checkAbout(s subject) {
	rows := []activity.EventRow{
		newRow(0, about()),
		newRow(1, about(deal)),
		newRow(2, about(call, deal)),
		newRow(3, about(activity.Entity{Kind: "deal", ID: "10"})),
		newRow(4, about(activity.Entity{Kind: "mail", ID: "1"}, call)),
		newRow(5, about(), by(activity.Entity{Kind: "deal", ID: "1"})), // by the deal, not about it
		newRow(6, about(activity.Entity{Kind: "deal", ID: "1", Label: "Other"})),
		newRow(7, about(activity.Entity{Kind: "dea", ID: "l1"}, activity.Entity{Kind: "Deal", ID: "1"})),
	}
	s.append(rows...)
	s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{deal}}, rows[1], rows[2], rows[6])
	s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{{Kind: "deal", ID: "1"}}}, rows[1], rows[2], rows[6])
	s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{call}}, rows[2], rows[4])
	s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{call, {Kind: "deal", ID: "10"}, ben}}, rows[2], rows[3], rows[4])
	s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{ana}})
	s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{{Kind: "tenant", ID: acme}, {Kind: "type", ID: "note.added"}}})
	s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{}}, rows...)
}

func checkLongAbout(s subject) {
	entities := make([]activity.Entity, activity.MaxListed)
	for i := range entities {
		entities[i] = activity.Entity{Kind: "contact", ID: fmt.Sprint(i)}
	}
	var rows []activity.EventRow
	for n := range 40 {
		rows = append(rows, newRow(n, about(entities[25*n], entities[25*n+1])))
	}
	rows = append(rows, newRow(40))
	s.append(rows...)
	s.finds(activity.EventQuery{Tenant: acme, About: entities}, rows[:40]...)
	s.finds(activity.EventQuery{Tenant: acme, About: entities, Limit: 3}, rows[37:40]...)
	s.finds(activity.EventQuery{Tenant: acme, About: entities, Types: []string{"note.added"}, Oldest: true, Limit: 3}, rows[:3]...)
}

func checkActor(s subject) {
	rows := []activity.EventRow{
		newRow(0, by(ana)),
		newRow(1, by(ben), about(ana)), // about ana, not by her
		newRow(2, by(activity.User("ana", "Ana Renamed"))),
		newRow(3, by(activity.Identity("ana", "Ana"))),
		newRow(4, by(activity.User("Ana", "Ana"))),
		newRow(5, by(activity.User("ana2", "Ana"))),
	}
	s.append(rows...)
	s.finds(activity.EventQuery{Tenant: acme, Actor: ana}, rows[0], rows[2])
	s.finds(activity.EventQuery{Tenant: acme, Actor: activity.User("ana", "")}, rows[0], rows[2])
	s.finds(activity.EventQuery{Tenant: acme, Actor: ben}, rows[1])
	s.finds(activity.EventQuery{Tenant: acme, Actor: activity.User("Ana", "")}, rows[4])
	s.finds(activity.EventQuery{Tenant: acme}, rows...)
}

func checkNamed(s subject) {
	rows := []activity.EventRow{
		newRow(0, about(), by(ana)),
		newRow(1, about(ana), by(ben)),
		newRow(2, about(deal, ana), by(ana)), // both
		newRow(3, about(deal), by(ben)),
		newRow(4, about(call, activity.User("ana", "Ana Renamed")), by(activity.System("ana"))),
		newRow(5, about(activity.Identity("ana", "Ana")), by(activity.User("ana2", "Ana"))),
		newRow(6, about(deal, call), by(activity.User("ana", "")), typed("deal.moved")),
		newRow(7, about(deal), by(activity.User("Ana", "Ana"))),
	}
	s.append(rows...)
	type entities = []activity.Entity
	for _, oldest := range []bool{false, true} {
		find := func(query activity.EventQuery, rows ...activity.EventRow) {
			s.Helper()
			query.Tenant, query.Oldest = acme, oldest
			s.finds(query, rows...)
		}
		find(activity.EventQuery{Named: entities{ana}}, rows[0], rows[1], rows[2], rows[4], rows[6])
		find(activity.EventQuery{Named: entities{activity.User("ana", "whatever")}}, rows[0], rows[1], rows[2], rows[4], rows[6])
		find(activity.EventQuery{Named: entities{ben}}, rows[1], rows[3])
		find(activity.EventQuery{Named: entities{call}}, rows[4], rows[6])
		find(activity.EventQuery{Named: entities{call, ben}}, rows[1], rows[3], rows[4], rows[6])
		find(activity.EventQuery{Named: entities{ben, ana, call}}, rows[0], rows[1], rows[2], rows[3], rows[4], rows[6])
		find(activity.EventQuery{Named: entities{contact(1)}})
		find(activity.EventQuery{Named: entities{}}, rows...)
		// Beside other conditions, both must hold.
		find(activity.EventQuery{Named: entities{ana}, About: entities{deal}}, rows[2], rows[6])
		find(activity.EventQuery{Named: entities{ana}, Actor: ana}, rows[0], rows[2], rows[6])
		find(activity.EventQuery{Named: entities{ana, call}, Actor: ben}, rows[1])
		find(activity.EventQuery{Named: entities{ben}, About: entities{deal, ana}, Actor: ben}, rows[1], rows[3])
		find(activity.EventQuery{Named: entities{ana}, Types: []string{"deal.moved", "absent"}}, rows[6])
		find(activity.EventQuery{Named: entities{ana, ben}, Min: rows[2].ID, Max: rows[6].ID}, rows[2], rows[3], rows[4])
	}
	s.finds(activity.EventQuery{Tenant: acme, Named: entities{ana, call, deal}, Limit: 3}, rows[4], rows[6], rows[7])
	s.finds(activity.EventQuery{Tenant: acme, Named: entities{ana, call, deal}, Oldest: true, Limit: 3}, rows[0], rows[1], rows[2])
	s.finds(activity.EventQuery{Tenant: globex, Named: entities{ana, call, deal}})
}

func checkLongNamed(s subject) {
	entities := make([]activity.Entity, activity.MaxRelatives)
	for i := range entities {
		entities[i] = activity.Entity{Kind: "contact", ID: fmt.Sprint(i)}
	}
	var rows []activity.EventRow
	for n := range 40 {
		rows = append(rows, newRow(n, about(entities[50*n], entities[50*n+1]), by([]activity.Entity{ana, entities[49*n]}[n%2])))
	}
	rows = append(rows, newRow(40), newRow(41, by(entities[1999]), about()))
	s.append(rows...)
	found := append(rows[:40:40], rows[41])
	s.finds(activity.EventQuery{Tenant: acme, Named: entities}, found...)
	s.finds(activity.EventQuery{Tenant: acme, Named: entities, About: entities, Types: []string{"note.added"}, Oldest: true, Limit: 3}, rows[:3]...)
	s.counted(activity.EventQuery{Tenant: acme, Named: entities}, ofType("note.added", 41))
	s.counted(activity.EventQuery{Tenant: acme, About: entities, Limit: 30}, ofType("note.added", 30))
}

func checkTypes(s subject) {
	var rows []activity.EventRow
	for n, name := range []string{"a", "a.b", "a_b", "axb", "b", "a", "ab"} {
		rows = append(rows, newRow(n, typed(name)))
	}
	s.append(rows...)
	s.finds(activity.EventQuery{Tenant: acme, Types: []string{"a"}}, rows[0], rows[5])
	s.finds(activity.EventQuery{Tenant: acme, Types: []string{"a_b"}}, rows[2])
	s.finds(activity.EventQuery{Tenant: acme, Types: []string{"a.b", "b", "absent"}}, rows[1], rows[4])
	s.finds(activity.EventQuery{Tenant: acme, Types: []string{"absent"}})
	s.finds(activity.EventQuery{Tenant: acme, Types: []string{}}, rows...)
	s.finds(activity.EventQuery{Tenant: acme}, rows...)
}

func checkLongTypes(s subject) {
	names := make([]string, activity.MaxListed)
	for i := range names {
		names[i] = fmt.Sprint("type", i)
	}
	rows := []activity.EventRow{newRow(0), newRow(1, typed(names[0])), newRow(2, typed(names[500])), newRow(3, typed(names[999]))}
	s.append(rows...)
	s.finds(activity.EventQuery{Tenant: acme, Types: names}, rows[1:]...)
	s.finds(activity.EventQuery{Tenant: acme, Types: names, About: []activity.Entity{deal, call}, Limit: 2}, rows[2:]...)
	s.finds(activity.EventQuery{Tenant: acme, Types: names, Actor: ana, Oldest: true, Limit: 2}, rows[1:3]...)
}

func checkTask(s subject) {
	first, second := newID(epoch, 1), newID(epoch, 2)
	rows := []activity.EventRow{newRow(0), newRow(1, task(first)), newRow(2, task(second)), newRow(3, task(first))}
	rows = append(rows, newRow(4, about(activity.Entity{Kind: "task", ID: first.String()})))
	s.append(rows...)
	s.finds(activity.EventQuery{Tenant: acme, Task: first}, rows[1], rows[3])
	s.finds(activity.EventQuery{Tenant: acme, Task: second}, rows[2])
	s.finds(activity.EventQuery{Tenant: acme, Task: newID(epoch, 3)})
	s.finds(activity.EventQuery{Tenant: acme, Task: rows[0].ID}) // an event's ID is no task's
	s.finds(activity.EventQuery{Tenant: acme}, rows...)
}

func checkSource(s subject) {
	rows := []activity.EventRow{newRow(0), newRow(1, manual), newRow(2), newRow(3, manual, by(ben))}
	s.append(rows...)
	s.finds(activity.EventQuery{Tenant: acme, Source: activity.Automatic}, rows[0], rows[2])
	s.finds(activity.EventQuery{Tenant: acme, Source: activity.Manual}, rows[1], rows[3])
	s.finds(activity.EventQuery{Tenant: acme, Source: activity.Manual, Actor: ana}, rows[1])
	s.finds(activity.EventQuery{Tenant: acme}, rows...)
}

// around returns the ID before an ID, the ID itself, and the one after it.
func around(id activity.ID) (before, same, after activity.ID) {
	before = id
	for i := len(before) - 1; i >= 0; i-- {
		before[i]--
		if before[i] != 0xff {
			break
		}
	}
	return before, id, id.Next()
}

func checkMin(s subject) {
	rows := newRows(0, 5)
	s.append(rows...)
	for _, query := range []activity.EventQuery{{Tenant: acme}, {Tenant: acme, About: []activity.Entity{deal}, Oldest: true}} {
		for i, row := range rows {
			before, same, after := around(row.ID)
			query.Min = before
			s.finds(query, rows[i:]...)
			query.Min = same
			s.finds(query, rows[i:]...)
			query.Min = after
			s.finds(query, rows[i+1:]...)
		}
		query.Min = activity.ID{}
		s.finds(query, rows...)
	}
}

func checkMax(s subject) {
	rows := newRows(0, 5)
	s.append(rows...)
	for _, query := range []activity.EventQuery{{Tenant: acme}, {Tenant: acme, About: []activity.Entity{deal}, Oldest: true}} {
		for i, row := range rows {
			before, same, after := around(row.ID)
			query.Max = before
			s.finds(query, rows[:i]...)
			query.Max = same
			s.finds(query, rows[:i]...)
			query.Max = after
			s.finds(query, rows[:i+1]...)
		}
		query.Max = activity.ID{}
		s.finds(query, rows...)
	}
}

func checkMinMax(s subject) {
	rows := newRows(0, 6)
	s.append(rows...)
	for i := range rows {
		for j := range rows {
			query := activity.EventQuery{Tenant: acme, Min: rows[i].ID, Max: rows[j].ID}
			s.finds(query, rows[i:max(i, j)]...)
			query.Oldest, query.Actor, query.Types = true, ana, []string{"note.added"}
			s.finds(query, rows[i:max(i, j)]...)
		}
	}
}

func checkOldest(s subject) {
	rows := newRows(0, 5)
	s.append(rows...)
	s.finds(activity.EventQuery{Tenant: acme, Oldest: true, Limit: 2}, rows[:2]...)
	s.finds(activity.EventQuery{Tenant: acme, Oldest: true, Min: rows[1].ID, Limit: 2}, rows[1:3]...)
	s.finds(activity.EventQuery{Tenant: acme, Oldest: true, Max: rows[3].ID, Limit: 9}, rows[:3]...)
	s.finds(activity.EventQuery{Tenant: acme, Limit: 2}, rows[3:]...)
}

func checkLimitOne(s subject) {
	rows := newRows(0, 3)
	s.append(rows...)
	s.finds(activity.EventQuery{Tenant: acme, Limit: 1}, rows[2])
	s.finds(activity.EventQuery{Tenant: acme, Limit: 1, Oldest: true}, rows[0])
	s.finds(activity.EventQuery{Tenant: acme, Limit: 1, About: []activity.Entity{deal}, Max: rows[2].ID}, rows[1])
}
