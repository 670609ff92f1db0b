package storetest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// outcomeCases are about the outcomes of tasks: how they are stored, listed and counted.
var outcomeCases = slices.Concat(addOutcomesCases, listOutcomesCases, outcomeFilterCases, tallyCases)

// newOutcome returns a valid outcome of a task of acme: a contact of its own was created.
func newOutcome(task activity.ID, seq int64, changes ...outcomeChange) activity.OutcomeRow {
	row := activity.OutcomeRow{
		Tenant: acme,
		Task:   task,
		Seq:    seq,
		Kind:   "created",
		Record: contactNo(seq),
		Row:    seq + 1,
		After:  fmt.Appendf(nil, `{"n": %d}`, seq),
		At:     epoch.Add(time.Duration(seq%1000) * time.Second),
	}
	for _, change := range changes {
		change(&row)
	}
	return row
}

// newOutcomes returns outcomes number from to to-1 of a task.
func newOutcomes(task activity.ID, from, to int64, changes ...outcomeChange) []activity.OutcomeRow {
	var rows []activity.OutcomeRow
	for seq := from; seq < to; seq++ {
		rows = append(rows, newOutcome(task, seq, changes...))
	}
	return rows
}

// mixedOutcomes returns outcomes number from to to-1 of a task: with and without records, values and
// texts, of three kinds.
func mixedOutcomes(task activity.ID, from, to int64) []activity.OutcomeRow {
	rows := newOutcomes(task, from, to)
	for i := range rows {
		for _, change := range [][]outcomeChange{
			{},
			{ofKind("error"), noRecord, message("bad\tvalue, \\N: \"é\"\n" + fmt.Sprint(i)), withValues(nil, nil, nil)},
			{ofKind("updated"), withValues(json.RawMessage(`{"n":null}`), json.RawMessage(`{}`), json.RawMessage(`{"Ünï": "\u00fc"}`))},
			{ofKind("error"), noRecord, atRow(0), withValues(nil, nil, json.RawMessage(`{}`))},
		}[i%4] {
			change(&rows[i])
		}
	}
	return rows
}

// contactNo returns a record.
func contactNo(n int64) activity.Entity {
	return activity.Entity{Kind: "contact", ID: fmt.Sprint(n), Label: fmt.Sprintf("Contact no. %d", n)}
}

// outcomeChange makes an outcome another one.
type outcomeChange func(*activity.OutcomeRow)

func ofKind(name string) outcomeChange         { return func(r *activity.OutcomeRow) { r.Kind = name } }
func ofRecord(e activity.Entity) outcomeChange { return func(r *activity.OutcomeRow) { r.Record = e } }
func noRecord(r *activity.OutcomeRow)          { r.Record = activity.Entity{} }
func atRow(n int64) outcomeChange              { return func(r *activity.OutcomeRow) { r.Row = n } }
func message(text string) outcomeChange        { return func(r *activity.OutcomeRow) { r.Message = text } }
func ofTenant(name string) outcomeChange       { return func(r *activity.OutcomeRow) { r.Tenant = name } }
func withValues(before, after, extra json.RawMessage) outcomeChange {
	return func(r *activity.OutcomeRow) { r.Before, r.After, r.Extra = before, after, extra }
}

// report stores outcomes of one task.
func (s subject) report(rows ...activity.OutcomeRow) {
	s.Helper()
	if err := s.store.AddOutcomes(s.Context(), rows); err != nil {
		s.Fatalf("AddOutcomes of %d outcomes: %v", len(rows), err)
	}
}

// refusesOutcomes checks that the outcomes are not stored.
func (s subject) refusesOutcomes(rows ...activity.OutcomeRow) {
	s.Helper()
	if err := s.store.AddOutcomes(s.Context(), rows); err == nil {
		s.Fatalf("AddOutcomes stored what it must refuse")
	}
}

// lists checks that a filter without a limit of its own finds the outcomes, in whatever order they are
// given, and nothing else.
func (s subject) lists(filter activity.OutcomeFilter, rows ...activity.OutcomeRow) {
	s.Helper()
	if filter.Limit == 0 {
		filter.Limit = len(rows) + 10
	}
	got, err := s.store.Outcomes(s.Context(), filter)
	if err != nil {
		s.Fatalf("%s: %v", outcomesOf(filter), err)
	}
	want := slices.Clone(rows)
	slices.SortFunc(want, func(a, b activity.OutcomeRow) int { return a.Place().Compare(b.Place()) })
	if filter.Descending {
		slices.Reverse(want)
	}
	if d := diffOutcomes(want, got); d != "" {
		s.Errorf("%s: %s", outcomesOf(filter), d)
	}
}

// reported checks that a task of acme has the outcomes and nothing else, by all ways to ask for them.
func (s subject) reported(task activity.ID, rows ...activity.OutcomeRow) {
	s.Helper()
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: task}, rows...)
	s.tallies(acme, task, rows...)
}

// diffOutcomes returns what is wrong with a list of outcomes, or nothing.
func diffOutcomes(want, got []activity.OutcomeRow) string {
	for i := range min(len(want), len(got)) {
		if d := diffOutcome(want[i], got[i]); d != "" {
			return fmt.Sprintf("outcome %d of %d: %s", i+1, len(got), d)
		}
	}
	if len(want) != len(got) {
		return fmt.Sprintf("there are %d outcomes, want %d", len(got), len(want))
	}
	return ""
}

// diffOutcome returns what is wrong with an outcome, or nothing. It wants times in UTC, and tells no
// values from an empty object.
func diffOutcome(want, got activity.OutcomeRow) string {
	w, g := reflect.ValueOf(want), reflect.ValueOf(got)
	for i := range w.NumField() {
		a, b := w.Field(i).Interface(), g.Field(i).Interface()
		same := sameValue(a, b)
		if data, ok := a.(json.RawMessage); ok {
			same = same && (data == nil) == (b.(json.RawMessage) == nil)
		}
		if !same {
			return fmt.Sprintf("%s is %s, want %s", w.Type().Field(i).Name, short(b), short(a))
		}
	}
	return ""
}

// outcomesOf is a filter that is asked, for messages: it shows the conditions that it has.
type outcomesOf activity.OutcomeFilter

func (f outcomesOf) String() string { return "Outcomes of " + conditions(reflect.ValueOf(f)) }
