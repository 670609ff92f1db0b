package storetest

import (
	"fmt"
	"math"

	"github.com/go-activity/activity"
)

// outcomeFilterCases are about single conditions of an OutcomeFilter. Their rules are the comments of
// its fields.
var outcomeFilterCases = []testCase{
	{"OutcomeFilter.Task", "of this task, unless zero", checkOutcomeTask},
	{"OutcomeFilter.Kinds", "of one of these outcome kinds, if there are any", checkOutcomeKinds},
	{"OutcomeFilter.Kinds, long", "of one of these outcome kinds, if there are any", checkLongOutcomeKinds},
	{"OutcomeFilter.Records", "about one of these records, if there are any; labels do not count", checkRecords},
	{"OutcomeFilter.Records, long", "about one of these records, if there are any; labels do not count", checkLongRecords},
	{"OutcomeFilter.Rows", "of one of these rows, and without a record, if there are any", checkOutcomeRows},
	{"OutcomeFilter.Rows, long", "of one of these rows, and without a record, if there are any", checkLongRows},
	{"OutcomeFilter.Search", "with this in message, record ID or label, whatever the case of letters; see Fold", checkSearch},
	{"OutcomeFilter.Search, letters", "with this in message, record ID or label, whatever the case of letters; see Fold", checkSearchLetters},
	{"OutcomeFilter.After", "after this place of the order, unless nil", checkOutcomePlace},
	{"OutcomeFilter.Descending", "from the last to the first", checkOutcomesDescending},
	{"OutcomeFilter.Limit", "at least 1", checkOneOutcome},
}

func checkOutcomeTask(s subject) {
	first, second, none := newTask(1), newTask(2), newTask(3)
	s.stores(first, second, none)
	rows := newOutcomes(first.ID, 1, 4, ofRecord(deal))
	others := newOutcomes(second.ID, 2, 6, ofRecord(deal))
	s.report(rows...)
	s.report(others...)
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: first.ID}, rows...)
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: second.ID}, others...)
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: none.ID})
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: newTask(4).ID}) // there is none
	s.lists(activity.OutcomeFilter{Tenant: acme, Records: []activity.Entity{deal}}, append(rows, others...)...)
	s.lists(activity.OutcomeFilter{Tenant: acme, Records: []activity.Entity{deal}, Task: second.ID}, others...)
}

func checkOutcomeKinds(s subject) {
	run := newTask(1)
	s.stores(run)
	var rows []activity.OutcomeRow
	for i, name := range []string{"a", "a.b", "a_b", "axb", "b", "a", "ab"} {
		rows = append(rows, newOutcome(run.ID, int64(i+1), ofKind(name), ofRecord(deal)))
	}
	s.report(rows...)
	for _, filter := range []activity.OutcomeFilter{{Task: run.ID}, {Records: []activity.Entity{deal}}} {
		lists := func(kinds []string, want ...activity.OutcomeRow) {
			s.Helper()
			filter.Tenant, filter.Kinds = acme, kinds
			s.lists(filter, want...)
		}
		lists([]string{"a"}, rows[0], rows[5])
		lists([]string{"a_b"}, rows[2])
		lists([]string{"a.b", "b", "absent"}, rows[1], rows[4])
		lists([]string{"absent"})
		lists([]string{}, rows...)
		lists(nil, rows...)
	}
}

func checkLongOutcomeKinds(s subject) {
	names := make([]string, activity.MaxListed)
	for i := range names {
		names[i] = fmt.Sprint("kind", i)
	}
	run := newTask(1)
	s.stores(run)
	rows := []activity.OutcomeRow{
		newOutcome(run.ID, 1), newOutcome(run.ID, 2, ofKind(names[0])), newOutcome(run.ID, 3, ofKind(names[999])), newOutcome(run.ID, 4, ofKind(names[500])),
	}
	s.report(rows...)
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID, Kinds: names}, rows[1:]...)
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID, Kinds: names, Limit: 2}, rows[1:3]...)
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID, Kinds: names, Limit: 2, Descending: true}, rows[2:]...)
}

func checkRecords(s subject) {
	run, other := newTask(1), newTask(2)
	s.stores(run, other)
	rows := []activity.OutcomeRow{
		newOutcome(run.ID, 1, noRecord),
		newOutcome(run.ID, 2, ofRecord(deal)),
		newOutcome(run.ID, 3, ofRecord(activity.Entity{Kind: "deal", ID: "10"})),
		newOutcome(run.ID, 4, ofRecord(activity.Entity{Kind: "contact", ID: "1"})), // the same ID, another kind
		newOutcome(run.ID, 5, ofRecord(activity.Entity{Kind: "deal", ID: "1", Label: "Other"})),
		newOutcome(run.ID, 6, ofRecord(activity.Entity{Kind: "dea", ID: "l1"})),
		newOutcome(run.ID, 7, ofRecord(activity.Entity{Kind: "Deal", ID: "1"})),
	}
	s.report(rows...)
	later := newOutcome(other.ID, 1, ofRecord(deal), ofKind("updated"))
	s.report(later)
	for _, label := range []string{"", "Other", "Big one"} {
		s.lists(activity.OutcomeFilter{Tenant: acme, Records: []activity.Entity{{Kind: "deal", ID: "1", Label: label}}}, rows[1], rows[4], later)
	}
	s.lists(activity.OutcomeFilter{Tenant: acme, Records: []activity.Entity{contactNo(1)}}, rows[3])
	s.lists(activity.OutcomeFilter{Tenant: acme, Records: []activity.Entity{call, {Kind: "deal", ID: "10"}, {Kind: "contact", ID: "1"}}}, rows[2], rows[3])
	s.lists(activity.OutcomeFilter{Tenant: acme, Records: []activity.Entity{ana}})
	s.lists(activity.OutcomeFilter{Tenant: acme, Records: []activity.Entity{deal}, Task: run.ID}, rows[1], rows[4])
	s.lists(activity.OutcomeFilter{Tenant: acme, Records: []activity.Entity{deal}, Kinds: []string{"updated"}}, later)
	s.lists(activity.OutcomeFilter{Tenant: acme, Records: []activity.Entity{}, Task: run.ID}, rows...)
}

func checkLongRecords(s subject) {
	run := newTask(1)
	s.stores(run)
	records := make([]activity.Entity, activity.MaxListed)
	for i := range records {
		records[i] = contactNo(int64(2 * i))
	}
	rows := newOutcomes(run.ID, 1, 11)
	far := newOutcome(run.ID, 11, ofRecord(records[activity.MaxListed-1]))
	s.report(append(rows, far)...)
	s.lists(activity.OutcomeFilter{Tenant: acme, Records: records}, rows[1], rows[3], rows[5], rows[7], rows[9], far)
	s.lists(activity.OutcomeFilter{Tenant: acme, Records: records, Limit: 2}, rows[1], rows[3])
	s.lists(activity.OutcomeFilter{Tenant: acme, Records: records, Limit: 2, Task: run.ID, Descending: true}, rows[9], far)
}

func checkOutcomeRows(s subject) {
	run, other := newTask(1), newTask(2)
	s.stores(run, other)
	rows := []activity.OutcomeRow{
		newOutcome(run.ID, 1, noRecord, atRow(7)),
		newOutcome(run.ID, 2, ofRecord(deal), atRow(7)),
		newOutcome(run.ID, 3, noRecord, atRow(70)),
		newOutcome(run.ID, 4, noRecord, atRow(7), ofKind("error")),
		newOutcome(run.ID, 5, noRecord, atRow(math.MaxInt64)),
		newOutcome(run.ID, 6, noRecord, atRow(0)),
		newOutcome(run.ID, 7, ofRecord(activity.Entity{Kind: "row", ID: "7"}), atRow(0)),
	}
	s.report(rows...)
	s.report(newOutcome(other.ID, 1, noRecord, atRow(7)))
	lists := func(list []int64, want ...activity.OutcomeRow) {
		s.Helper()
		s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID, Rows: list}, want...)
	}
	lists([]int64{7}, rows[0], rows[3])
	lists([]int64{math.MaxInt64, 8, 70, -7}, rows[2], rows[4])
	lists([]int64{8})
	lists([]int64{}, rows...)
	lists(nil, rows...)
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID, Rows: []int64{7}, Kinds: []string{"error"}}, rows[3])
}

func checkLongRows(s subject) {
	run := newTask(1)
	s.stores(run)
	list := make([]int64, activity.MaxListed)
	for i := range list {
		list[i] = int64(2*i + 2)
	}
	rows := newOutcomes(run.ID, 1, 11, noRecord) // of the rows 2 to 11
	far := newOutcome(run.ID, 11, noRecord, atRow(list[activity.MaxListed-1]))
	s.report(append(rows, far)...)
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID, Rows: list}, rows[0], rows[2], rows[4], rows[6], rows[8], far)
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID, Rows: list, Limit: 2}, rows[0], rows[2])
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID, Rows: list, Limit: 2, Descending: true}, rows[8], far)
}

func checkOutcomePlace(s subject) {
	tasks := []activity.Task{newTask(1), newTask(2), newTask(3)}
	s.stores(tasks...)
	var rows []activity.OutcomeRow
	for _, task := range tasks {
		some := newOutcomes(task.ID, 2, 4, ofRecord(deal))
		s.report(some...)
		rows = append(rows, some...)
	}
	after := func(filter activity.OutcomeFilter, task activity.ID, seq int64, want ...activity.OutcomeRow) {
		s.Helper()
		filter.Tenant, filter.After = acme, &activity.OutcomePlace{Task: task, Seq: seq}
		s.lists(filter, want...)
	}
	all := activity.OutcomeFilter{Records: []activity.Entity{deal, call}}
	one := activity.OutcomeFilter{Task: tasks[1].ID}
	for i, row := range rows {
		after(all, row.Task, row.Seq, rows[i+1:]...)
		all.Descending = true
		after(all, row.Task, row.Seq, rows[:i]...)
		all.Descending = false
	}
	for _, kinds := range [][]string{nil, {"created", "updated"}} {
		one.Kinds = kinds
		one.Descending = false
		after(one, tasks[1].ID, 1, rows[2], rows[3]) // a place where nothing is
		after(one, tasks[1].ID, 2, rows[3])
		after(one, tasks[1].ID, math.MaxInt64)
		after(one, tasks[0].ID, 9, rows[2], rows[3])
		after(one, tasks[2].ID, 1)
		one.Descending = true
		after(one, tasks[1].ID, 9, rows[2], rows[3])
		after(one, tasks[1].ID, 3, rows[2])
		after(one, tasks[1].ID, 0)
		after(one, tasks[0].ID, 9)
		after(one, tasks[2].ID, 1, rows[2], rows[3])
	}
	one.Limit = 1
	after(one, tasks[1].ID, 9, rows[3])
	after(activity.OutcomeFilter{Task: tasks[1].ID, Search: "BIG", Limit: 1}, tasks[1].ID, 2, rows[3])
	s.lists(activity.OutcomeFilter{Tenant: acme, Records: []activity.Entity{deal}}, rows...)
}

func checkOutcomesDescending(s subject) {
	run := newTask(1)
	s.stores(run)
	rows := newOutcomes(run.ID, 1, 6, ofRecord(deal))
	s.report(rows...)
	for _, filter := range []activity.OutcomeFilter{
		{Task: run.ID},
		{Task: run.ID, Kinds: []string{"created"}},
		{Records: []activity.Entity{deal}},
		{Task: run.ID, Search: "big"},
	} {
		filter.Tenant, filter.Limit = acme, 2
		s.lists(filter, rows[:2]...)
		filter.Descending = true
		s.lists(filter, rows[3:]...)
	}
}

func checkOneOutcome(s subject) {
	run := newTask(1)
	s.stores(run)
	rows := newOutcomes(run.ID, 1, 4, ofRecord(deal))
	s.report(rows...)
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID, Limit: 1}, rows[0])
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID, Limit: 1, Descending: true}, rows[2])
	s.lists(activity.OutcomeFilter{Tenant: acme, Records: []activity.Entity{deal}, Limit: 1, After: &activity.OutcomePlace{Task: run.ID, Seq: 1}}, rows[1])
}
