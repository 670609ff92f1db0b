package storetest

import (
	"errors"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

const (
	deletedRule  = "The IDs of the events that were deleted come back, in ascending order."
	keptRule     = "Events of other tenants, events without a position, and events about or by an entity under a legal hold stay."
	treesRule    = "Positions, leaves and trees stay as they are."
	freeRule     = "The key of an event that was deleted can be used again."
	reportsRule  = "A task comes back if it has an outcome and its ID is higher than After and lower than Before."
	deletedNRule = "The number of those that were deleted comes back."
	keptOfRule   = "Outcomes of a record under a legal hold stay, and all of a task that is about such an entity."
	tallyRule    = "What the task and its tally count stays as it is."
)

// removeCases are about what is kept no longer.
var removeCases = []testCase{
	{"removing events", deletedRule, checkRemoveEvents},
	{"events that stay", keptRule, checkKeptEvents},
	{"trees of removed events", treesRule, checkTreesOfRemoved},
	{"keys of removed events", freeRule, checkKeysOfRemoved},
	{"tasks that have reports", reportsRule, checkReports},
	{"ReportsQuery.After", "zero: from the first", checkReportsAfter},
	{"ReportsQuery.Limit", "at least 1", checkReportsLimit},
	{"removing outcomes", deletedNRule + " " + tallyRule, checkRemoveOutcomes},
	{"outcomes that stay", keptOfRule, checkKeptOutcomes},
}

func checkRemoveEvents(s subject) {
	rows := []activity.EventRow{
		newRow(1), newRow(2, about(deal, call, ben), manual, task(newID(epoch, 1))), newRow(3, by(ben)), newRow(4, typed("deal.moved"), key("k")), newRow(5), newRow(6),
	}
	s.enters(rows...)
	removes := func(ids []activity.ID, want ...activity.ID) {
		s.Helper()
		if got := s.removes(acme, ids...); !slices.Equal(got, want) {
			s.Errorf("RemoveEvents = %v, want %v", got, want)
		}
	}
	removes(nil)
	removes([]activity.ID{newRow(9).ID, {}})
	gone := []activity.ID{rows[3].ID, newRow(9).ID, rows[1].ID, rows[2].ID, rows[3].ID} // one twice
	removes(gone, rows[1].ID, rows[2].ID, rows[3].ID)
	removes(append(gone, rows[5].ID), rows[5].ID)
	s.holds(acme, rows[0], rows[4])
	for _, row := range []activity.EventRow{rows[1], rows[2], rows[3], rows[5]} {
		if _, err := s.store.Event(s.Context(), acme, row.ID); !errors.Is(err, activity.ErrNotFound) {
			s.Errorf("Event of what was removed = %v, want ErrNotFound", err)
		}
	}
	for _, q := range []activity.EventQuery{
		{About: []activity.Entity{call}}, {About: []activity.Entity{ben}}, {Actor: ben}, {Types: []string{"deal.moved"}}, {Task: newID(epoch, 1)}, {Source: activity.Manual},
	} {
		q.Tenant = acme
		s.finds(q)
	}
	s.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{deal}, Actor: ana}, rows[0], rows[4])
}

func checkKeptEvents(s subject) {
	rows := []activity.EventRow{
		newRow(1), newRow(2, about(deal, eve)), newRow(3, by(eve)), newRow(4, about(activity.Entity{Kind: eve.Kind, ID: eve.ID, Label: "Eve Smith"})),
		newRow(5, about(activity.Entity{Kind: "deal", ID: eve.ID})), newRow(6, of(globex)), newRow(7, of(globex), about(eve)),
	}
	s.enters(rows...)
	late := newRow(20)
	s.append(late)
	s.holdsBack(acme, eve)
	all := []activity.ID{late.ID}
	for _, row := range rows {
		all = append(all, row.ID)
	}
	if got, want := s.removes(acme, all...), []activity.ID{rows[0].ID, rows[4].ID}; !slices.Equal(got, want) {
		s.Errorf("RemoveEvents = %v, want %v", got, want)
	}
	s.holds(acme, rows[1], rows[2], rows[3], late)
	s.holds(globex, rows[5], rows[6])
	s.seals(1) // what waited has not lost its place
	if got := s.removes(globex, all...); !slices.Equal(got, []activity.ID{rows[5].ID, rows[6].ID}) {
		s.Errorf("RemoveEvents of a tenant without the legal hold = %v", got)
	}
	s.lifts(acme, eve)
	if got := s.removes(acme, all...); !slices.Equal(got, []activity.ID{rows[1].ID, rows[2].ID, rows[3].ID, late.ID}) {
		s.Errorf("RemoveEvents once the legal hold is lifted = %v", got)
	}
	s.holds(acme)
}

func checkTreesOfRemoved(s subject) {
	rows := newRows(0, tileWidth+20)
	s.enters(rows...)
	b := book{}.entered(rows...)
	var gone []activity.ID
	for i := range rows {
		if i%3 == 0 || i >= tileWidth-3 { // the last, too
			gone = append(gone, rows[i].ID)
		}
	}
	s.removes(acme, gone...)
	b = b.removed(gone...)
	s.ledgered(b)
	more := newRows(1000, 1000+tileWidth)
	s.enters(more...)
	s.ledgered(b.entered(more...))
}

func checkKeysOfRemoved(s subject) {
	first, second := newRow(1, key("k")), newRow(2, key("k"), payload(`{"other":true}`))
	s.enters(first)
	s.refuses(second)
	s.removes(acme, first.ID)
	if e := s.append(second)[0]; e.ID != second.ID {
		s.Errorf("AppendEvents with the key of a removed event returned %s", e.ID)
	}
	if e := s.append(again(second, 3))[0]; e.ID != second.ID {
		s.Errorf("AppendEvents with a key that is used again returned %s", e.ID)
	}
	s.seals(1)
	s.holds(acme, second)
	s.ledgered(book{}.entered(first, second).removed(first.ID))
}

// reportsOf checks which tasks have reports, of those that a query finds.
func (s subject) reportsOf(query activity.ReportsQuery, want ...activity.Task) {
	s.Helper()
	if query.Limit == 0 {
		query.Limit = 100
	}
	got, err := s.store.Reports(s.Context(), query)
	if err != nil {
		s.Fatalf("Reports: %v", err)
	}
	var refs []activity.ReportRef
	for _, t := range want {
		refs = append(refs, activity.ReportRef{Tenant: t.Tenant, Task: t.ID})
	}
	if !slices.Equal(refs, got) {
		s.Errorf("Reports of %+v = %v, want %v", query, got, refs)
	}
}

// sixReports stores tasks of three tenants, of which the last six have outcomes.
func (s subject) sixReports() []activity.Task {
	s.Helper()
	var tasks []activity.Task
	for n := range 7 {
		tasks = append(tasks, newTask(n, taskOf([]string{"initech", acme, globex}[n%3])))
	}
	s.addTasks(tasks...)
	for _, i := range []int{3, 6, 1, 5, 2, 4} {
		s.report(newOutcomes(tasks[i].ID, 1, int64(i+1), ofTenant(tasks[i].Tenant))...)
	}
	return tasks[1:]
}

var lastID = newID(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), 0)

func checkReports(s subject) {
	s.reportsOf(activity.ReportsQuery{Before: lastID})
	tasks := s.sixReports()
	s.reportsOf(activity.ReportsQuery{Before: lastID}, tasks...)
	for i := range tasks {
		for j := range tasks {
			s.reportsOf(activity.ReportsQuery{After: tasks[i].ID, Before: tasks[j].ID}, tasks[min(i+1, len(tasks)):max(i+1, j)]...)
		}
		before, _, after := around(tasks[i].ID)
		s.reportsOf(activity.ReportsQuery{After: before, Before: after}, tasks[i])
	}
	s.removesOutcomes(tasks[2], 3, 3)
	s.removesOutcomes(tasks[3], 3, 3) // of four
	s.reportsOf(activity.ReportsQuery{Before: lastID}, tasks[0], tasks[1], tasks[3], tasks[4], tasks[5])
}

func checkReportsAfter(s subject) {
	tasks := s.sixReports()
	early := newTask(50, func(t *activity.Task) { t.QueuedAt = time.Unix(0, 0).UTC() })
	s.addTasks(early)
	s.report(newOutcome(early.ID, 1))
	s.reportsOf(activity.ReportsQuery{Before: lastID}, append([]activity.Task{early}, tasks...)...)
	s.reportsOf(activity.ReportsQuery{After: early.ID, Before: lastID}, tasks...)
	s.reportsOf(activity.ReportsQuery{After: tasks[1].ID, Before: lastID}, tasks[2:]...)
}

func checkReportsLimit(s subject) {
	tasks := s.sixReports()
	for _, limit := range []int{1, 2, 5, 6, 7} {
		s.reportsOf(activity.ReportsQuery{Before: lastID, Limit: limit}, tasks[:min(limit, 6)]...)
		s.reportsOf(activity.ReportsQuery{After: tasks[1].ID, Before: lastID, Limit: limit}, tasks[2:min(limit+2, 6)]...)
	}
}

// removesOutcomes removes outcomes of a task, and checks how many.
func (s subject) removesOutcomes(task activity.Task, limit, want int) {
	s.Helper()
	n, err := s.store.RemoveOutcomes(s.Context(), task.Tenant, task.ID, limit)
	if err != nil || n != want {
		s.Errorf("RemoveOutcomes of at most %d = %d, %v, want %d", limit, n, err, want)
	}
}

func checkRemoveOutcomes(s subject) {
	run, other := newTask(1, func(t *activity.Task) { t.Counts = activity.Counts{Created: 12} }), newTask(2)
	s.addTasks(run, other)
	rows := mixedOutcomes(run.ID, 1, 13)
	s.report(rows...)
	s.report(newOutcomes(other.ID, 1, 4)...)
	s.removesOutcomes(newTask(1, taskOf(globex)), 100, 0) // of another tenant
	s.removesOutcomes(newTask(3), 100, 0)
	gone := 0
	for _, step := range []struct{ limit, n int }{{1, 1}, {4, 4}, {5, 5}, {5, 2}, {5, 0}} {
		s.removesOutcomes(run, step.limit, step.n)
		gone += step.n
		s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID}, rows[gone:]...)
		s.tallies(acme, run.ID, rows...)
		s.has(run)
	}
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID})
	s.lists(activity.OutcomeFilter{Tenant: acme, Records: []activity.Entity{contactNo(1), contactNo(2), contactNo(3)}}, newOutcomes(other.ID, 1, 4)...)
	s.reported(other.ID, newOutcomes(other.ID, 1, 4)...)
	s.report(newOutcomes(run.ID, 20, 22)...)
	s.tallies(acme, run.ID, append(slices.Clone(rows), newOutcomes(run.ID, 20, 22)...)...)
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID}, newOutcomes(run.ID, 20, 22)...)
}

func checkKeptOutcomes(s subject) {
	run, about, by := newTask(1), newTask(2, taskAbout(deal, eve)), newTask(3, runFor(eve))
	s.addTasks(run, about, by)
	rows := newOutcomes(run.ID, 1, 8)
	for _, i := range []int{0, 3, 4} {
		rows[i].Record = eve
	}
	rows[5].Record = activity.Entity{Kind: "deal", ID: eve.ID}
	s.report(rows...)
	s.report(newOutcomes(about.ID, 1, 4)...)
	s.report(newOutcomes(by.ID, 1, 4)...)
	s.holdsBack(acme, activity.Entity{Kind: eve.Kind, ID: eve.ID, Label: "Eve Smith"})
	s.holdsBack(globex, deal) // of another tenant
	s.removesOutcomes(run, 2, 2)
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID}, slices.Concat(rows[:1], rows[3:])...)
	s.removesOutcomes(run, 100, 2)
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID}, rows[0], rows[3], rows[4])
	s.removesOutcomes(about, 100, 0)
	s.reported(about.ID, newOutcomes(about.ID, 1, 4)...)
	s.removesOutcomes(by, 100, 3)
	s.lifts(acme, eve)
	s.removesOutcomes(run, 100, 3)
	s.removesOutcomes(about, 100, 3)
}
