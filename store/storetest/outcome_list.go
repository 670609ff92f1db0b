package storetest

import (
	"encoding/json"
	"math"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

// listOutcomesCases are about the result of Outcomes: what is in it, its order and its length.
var listOutcomesCases = []testCase{
	{"outcomes, byte for byte", "Exactly the outcomes for which OutcomeFilter.Match is true come back, each once, byte for byte.", checkOutcomeBytes},
	{"outcomes, all conditions at once", "Exactly the outcomes for which OutcomeFilter.Match is true come back, each once, byte for byte.", checkOutcomeConditions},
	{"outcomes, each once", "Exactly the outcomes for which OutcomeFilter.Match is true come back, each once, byte for byte.", checkOutcomesOnce},
	{"outcomes of other tenants", "Exactly the outcomes for which OutcomeFilter.Match is true come back, each once, byte for byte.", checkOutcomesElsewhere},
	{"order of outcomes", "They come by task and sequence number, ascending, or descending if the filter says so.", checkOrderOfOutcomes},
	{"limit of outcomes", "When there are more outcomes than Limit, the first Limit of that order come back.", checkLimitOfOutcomes},
	{"limit of a search", "When there are more outcomes than Limit, the first Limit of that order come back.", checkLimitOfSearch},
}

func checkOutcomeBytes(s subject) {
	run := newTask(1, func(t *activity.Task) { t.Preview = true })
	s.stores(run)
	full := activity.OutcomeRow{
		Tenant:  acme,
		Task:    run.ID,
		Seq:     math.MaxInt64,
		Kind:    strings.Repeat("k", activity.MaxTypeName),
		Record:  longEntity("r"),
		Row:     math.MaxInt64,
		Message: strings.Repeat("é", activity.MaxMessage/2),
		Link:    strings.Repeat("l", activity.MaxLink),
		Preview: true,
		At:      time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	}
	rows := []activity.OutcomeRow{
		full,
		{Tenant: acme, Task: run.ID, Seq: 1, Kind: "a", At: epoch, Preview: true}, // nothing but what it must have
		newOutcome(run.ID, 2, ofRecord(activity.Entity{Kind: "contact", ID: "no-label"}), message(" %_\\'\"\t\r\n😀e\u0301\u2028 ")),
		newOutcome(run.ID, 3, func(r *activity.OutcomeRow) {
			r.Link, r.At = "https://crm.example/?a=1&b=%20#x", epoch.Add(time.Microsecond)
		}),
	}
	for i, text := range []string{
		`{}`,
		`{ }`,
		"{\n\t\"a\" : 1 ,\r\n \"b\":2}",
		`{"b":1,"a":2,"b":3}`,
		`{"n":[1.0,1.50,1e2,1E+2,-0,0.1e-7,12345678901234567890123456789.123456789]}`,
		`{"s":"<a href=\"x\">&amp;'\u003c\/ \\ \b\f\n\r\t \u2028 \ud83d\ude00"}`,
		"{\"s\":\"\u2028\u2029\u00e9\u0301 😀\"}",
		`{"":null,"A":true,"a":false}`,
	} {
		data := json.RawMessage(text)
		for place, change := range []outcomeChange{withValues(data, nil, nil), withValues(nil, data, nil), withValues(nil, nil, data), withValues(data, data, data)} {
			rows = append(rows, newOutcome(run.ID, int64(10*(i+1)+place), change))
		}
	}
	s.report(rows...)
	s.reported(run.ID, rows...)
}

func checkOutcomeConditions(s subject) {
	run, other := newTask(1), newTask(2)
	s.stores(run, other)
	all := []outcomeChange{ofKind("updated"), ofRecord(deal), message("The Big Day")}
	with := func(change outcomeChange) []outcomeChange { return append(all[:len(all):len(all)], change) }
	hit := newOutcome(run.ID, 10, all...)
	s.report(
		newOutcome(run.ID, 9, all...),
		hit,
		newOutcome(run.ID, 11, with(ofKind("created"))...),
		newOutcome(run.ID, 12, with(ofRecord(call))...),
		newOutcome(run.ID, 13, with(message("The small day"))...),
		newOutcome(run.ID, 14, with(noRecord)...),
	)
	s.report(newOutcome(other.ID, 10, all...))
	filter := activity.OutcomeFilter{
		Tenant:  acme,
		Task:    run.ID,
		Kinds:   []string{"deleted", "updated"},
		Records: []activity.Entity{ana, deal},
		Search:  "big day",
		After:   &activity.OutcomePlace{Task: run.ID, Seq: 9},
	}
	s.lists(filter, hit)
	filter.Descending, filter.After = true, &activity.OutcomePlace{Task: run.ID, Seq: 11}
	s.lists(filter, hit, newOutcome(run.ID, 9, all...))
	filter.Rows = []int64{hit.Row}
	s.lists(filter) // it has a record
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID, Kinds: []string{"updated"}, Rows: []int64{15}, Search: "BIG"}, newOutcome(run.ID, 14, with(noRecord)...))
}

func checkOutcomesOnce(s subject) {
	run := newTask(1)
	s.stores(run)
	rows := []activity.OutcomeRow{
		newOutcome(run.ID, 1, ofRecord(deal)),
		newOutcome(run.ID, 2, ofRecord(call), ofKind("error")),
		newOutcome(run.ID, 3, noRecord),
		newOutcome(run.ID, 4, ofRecord(deal), message("Big one")), // found in message and label
	}
	s.report(rows...)
	for _, limit := range []int{0, 3} { // what comes twice would take the place of another
		for _, descending := range []bool{false, true} {
			s.lists(activity.OutcomeFilter{Tenant: acme, Limit: limit, Descending: descending, Records: []activity.Entity{deal, call, deal, {Kind: "deal", ID: "1", Label: "Other"}}},
				rows[0], rows[1], rows[3])
			s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID, Limit: limit, Descending: descending, Kinds: []string{"created", "created"}},
				rows[0], rows[2], rows[3])
			s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID, Limit: limit, Descending: descending, Rows: []int64{4, 3, 4, 4}}, rows[2])
			s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID, Limit: limit, Descending: descending, Search: "big"}, rows[0], rows[3])
		}
	}
}

func checkOutcomesElsewhere(s subject) {
	run, other := newTask(1), newTask(2, taskOf(globex))
	s.stores(run, other)
	rows, others := newOutcomes(run.ID, 1, 4), newOutcomes(other.ID, 1, 6, ofTenant(globex))
	s.report(rows...)
	s.report(others...)
	records := []activity.Entity{contactNo(1), contactNo(3), contactNo(5)}
	s.lists(activity.OutcomeFilter{Tenant: acme, Records: records}, rows[0], rows[2])
	s.lists(activity.OutcomeFilter{Tenant: globex, Records: records}, others[0], others[2], others[4])
	for _, tenant := range []string{acme, "GLOBEX", "globex ", "globe", "globe%", "glob_x", ""} {
		for _, filter := range []activity.OutcomeFilter{
			{},
			{Kinds: []string{"created"}},
			{Records: records},
			{Search: "contact"},
		} {
			filter.Tenant, filter.Task = tenant, other.ID
			s.lists(filter)
		}
		s.tallies(tenant, other.ID)
	}
	s.reported(run.ID, rows...)
}

func checkOrderOfOutcomes(s subject) {
	tasks := []activity.Task{newTask(1), newTask(2), newTask(3)}
	s.stores(tasks...)
	var rows []activity.OutcomeRow
	for _, place := range []struct {
		task int
		seqs []int64
	}{{1, []int64{300, 20, 1 << 40}}, {0, []int64{9, 100}}, {2, []int64{2}}, {1, []int64{3}}, {0, []int64{8, 1 << 33, 7}}} { // in another order than they are listed
		var some []activity.OutcomeRow
		for _, seq := range place.seqs {
			some = append(some, newOutcome(tasks[place.task].ID, seq, ofRecord(deal), ofKind([]string{"a", "b"}[seq%2])))
		}
		s.report(some...)
		rows = append(rows, some...)
	}
	for _, descending := range []bool{false, true} {
		s.lists(activity.OutcomeFilter{Tenant: acme, Records: []activity.Entity{call, deal}, Descending: descending}, rows...)
		s.lists(activity.OutcomeFilter{Tenant: acme, Records: []activity.Entity{deal}, Kinds: []string{"b", "a"}, Descending: descending}, rows...)
		s.lists(activity.OutcomeFilter{Tenant: acme, Task: tasks[1].ID, Kinds: []string{"b", "a"}, Descending: descending}, rows[0], rows[1], rows[2], rows[6])
		s.lists(activity.OutcomeFilter{Tenant: acme, Task: tasks[1].ID, Descending: descending}, rows[0], rows[1], rows[2], rows[6])
	}
}

func checkLimitOfOutcomes(s subject) {
	run := newTask(1)
	s.stores(run)
	rows := newOutcomes(run.ID, 1, 11, ofRecord(deal))
	for i := range rows { // the first ones of a kind are not those of all
		rows[i].Kind = []string{"b", "c", "a"}[i/4]
	}
	s.report(rows...)
	for _, limit := range []int{1, 2, 5, 9, 10, 11, activity.MaxLimit + 1} {
		n := min(limit, 10)
		for _, filter := range []activity.OutcomeFilter{
			{Task: run.ID},
			{Task: run.ID, Kinds: []string{"a", "b", "c"}},
			{Records: []activity.Entity{call, deal}},
			{Task: run.ID, Search: "big"},
		} {
			filter.Tenant, filter.Limit = acme, limit
			s.lists(filter, rows[:n]...)
			filter.Descending = true
			s.lists(filter, rows[10-n:]...)
		}
	}
}

// What is searched may be far apart.
func checkLimitOfSearch(s subject) {
	const last = 1200
	run := newTask(1)
	s.stores(run)
	rows := newOutcomes(run.ID, 1, last+1, ofKind("error"))
	var hits []activity.OutcomeRow
	for _, seq := range []int64{1, 700, 701, last} {
		rows[seq-1].Message = "Needle"
		hits = append(hits, rows[seq-1])
	}
	s.report(rows...)
	for n := 1; n <= len(hits); n++ {
		for _, kinds := range [][]string{nil, {"error"}} {
			filter := activity.OutcomeFilter{Tenant: acme, Task: run.ID, Kinds: kinds, Search: "nEEDLE", Limit: n}
			s.lists(filter, hits[:n]...)
			filter.Descending = true
			s.lists(filter, hits[len(hits)-n:]...)
		}
	}
	s.lists(activity.OutcomeFilter{Tenant: acme, Task: run.ID, Search: "nail", Limit: 5})
}
