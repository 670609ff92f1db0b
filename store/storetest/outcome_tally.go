package storetest

import (
	"maps"

	"github.com/go-activity/activity"
)

// tallyCases are about Tally.
var tallyCases = []testCase{
	{"tally", "There is one number for each kind of outcome that the task has, and no other.", checkTally},
	{"tally of several calls", "There is one number for each kind of outcome that the task has, and no other.", checkTallyOfCalls},
	{"tally of each task", "There is one number for each kind of outcome that the task has, and no other.", checkTallyOfTasks},
}

// tallies checks that Tally counts the outcomes and nothing else.
func (s subject) tallies(tenant string, task activity.ID, rows ...activity.OutcomeRow) {
	s.Helper()
	want := map[string]int64{}
	for _, row := range rows {
		want[row.Kind]++
	}
	got, err := s.store.Tally(s.Context(), tenant, task)
	if err != nil {
		s.Fatalf("Tally of %s of %q: %v", task, tenant, err)
	}
	if !maps.Equal(want, got) {
		s.Errorf("Tally of %s of %q = %v, want %v", task, tenant, got, want)
	}
}

func checkTally(s subject) {
	run := newTask(1)
	s.stores(run)
	s.tallies(acme, run.ID)
	rows := newOutcomes(run.ID, 1, 30)
	for i := range rows {
		rows[i].Kind = []string{"a", "a.b", "a_b", "a0", "b", "a", "a"}[i%7]
	}
	s.report(rows...)
	s.tallies(acme, run.ID, rows...)
	s.tallies(acme, newTask(2).ID) // there is none
	s.tallies(globex, run.ID)
}

func checkTallyOfCalls(s subject) {
	run := newTask(1)
	s.stores(run)
	var rows []activity.OutcomeRow
	more := func(s subject, n int64) {
		some := mixedOutcomes(run.ID, int64(len(rows))+1, int64(len(rows))+1+n)
		s.report(some...)
		rows = append(rows, some...)
		s.tallies(acme, run.ID, rows...)
	}
	for _, n := range []int64{1, 2, 3, 120} { // the kinds of later calls are known and new ones
		more(s, n)
	}
	s.tx(func(tx subject) {
		more(tx, 1)
		more(tx, 120)
		more(tx, 2)
	})
	s.tallies(acme, run.ID, rows...)
	err := s.store.InTx(s.Context(), func(tx activity.Store) error {
		s.in(tx).report(newOutcomes(run.ID, 1000, 1200)...)
		return errOfFn
	})
	if err == nil {
		s.Errorf("InTx returned no error when fn did")
	}
	s.tallies(acme, run.ID, rows...)
}

func checkTallyOfTasks(s subject) {
	tasks := []activity.Task{newTask(1), newTask(2), newTask(3)}
	s.stores(tasks...)
	reports := make([][]activity.OutcomeRow, len(tasks))
	for i, task := range tasks {
		for n := range int64(3) { // one kind in common, one of its own
			reports[i] = append(reports[i], newOutcome(task.ID, n+1, ofKind([]string{"a", "b", "c"}[int(n)*i%3])))
		}
		s.report(reports[i]...)
	}
	for i, task := range tasks {
		s.tallies(acme, task.ID, reports[i]...)
	}
}
