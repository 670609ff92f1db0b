package activity_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// outcomesOf returns all outcomes of a task.
func outcomesOf(t testing.TB, tenant activity.Tenant, task activity.ID) []activity.Outcome {
	t.Helper()
	var all []activity.Outcome
	query := activity.OutcomeQuery{Limit: activity.MaxLimit}
	for {
		page, err := tenant.Outcomes(t.Context(), task, query)
		check(t, err)
		all = append(all, page.Outcomes...)
		if query.After = page.Next; page.Next == "" {
			return all
		}
	}
}

// wantEqualCounts makes sure that the counts on a task are those of its stored outcomes, and returns how many
// there are.
func wantEqualCounts(t testing.TB, journal *activity.Journal, id activity.ID) int64 {
	t.Helper()
	var task activity.Task
	var tally map[string]int64
	err := activity.StoreOf(journal).InTx(t.Context(), func(tx activity.Store) (err error) { // both at one moment
		if task, err = tx.Task(t.Context(), "acme", id); err == nil {
			tally, err = tx.Tally(t.Context(), "acme", id)
		}
		return err
	})
	check(t, err)
	want := activity.Counts{
		Created: tally["imported"], Updated: tally["updated"], Unmodified: tally["unchanged"], Failed: tally["error"],
		Warned: tally["invalid_field"] + tally["missing_field"] + tally["duplicate"],
	}
	if task.Counts != want {
		t.Errorf("the task counts %+v, its outcomes are %+v", task.Counts, want)
	}
	return task.Counts.Attempted()
}

func TestReport(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	run := begin(t, tenant, activity.TaskSpec{})
	id := run.Task().ID
	changed := activity.Outcome{
		Kind: "updated", Record: contact, Row: 7, Message: "from the file", Link: "https://crm.test/contacts/1",
		Before: map[string]any{"name": "Eve", "age": 41}, After: map[string]any{"name": "Eva", "score": json.Number("12345678901234567890.10")},
		Extra: map[string]any{"source": nil},
	}
	check(t, run.Report(t.Context(), changed, activity.Outcome{Kind: "error", Before: map[string]any{}}))
	changed.After["name"], changed.Before["age"] = "changed", 0 // by the host, afterwards
	check(t, run.Flush(t.Context()))
	want := []activity.Outcome{
		{
			Kind: "updated", Record: contact, Row: 7, Message: "from the file", Link: "https://crm.test/contacts/1",
			Before: map[string]any{"name": "Eve", "age": json.Number("41")}, After: map[string]any{"name": "Eva", "score": json.Number("12345678901234567890.10")},
			Extra: map[string]any{"source": nil}, Task: id, Seq: 1, At: noon,
		},
		{Kind: "error", Before: map[string]any{}, Task: id, Seq: 2, At: noon},
	}
	if diff := cmp.Diff(want, outcomesOf(t, tenant, id)); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	check(t, run.Report(t.Context(), activity.Outcome{Kind: "imported", After: map[string]any{"name": "Al", "zip": "x", "city": "y"}, Extra: map[string]any{"a": 1, "name": 2}}))
	check(t, run.Complete(t.Context()))
	task := read(t, tenant, id)
	if got := fmt.Sprint(task.Fields, task.Extras); got != "[age name score city zip] [source a name]" {
		t.Errorf("fields and extras are %v", got)
	}
	if want := (activity.Counts{Created: 1, Updated: 1, Failed: 1}); task.Counts != want {
		t.Errorf("counts = %+v, want %+v", task.Counts, want)
	}
}

func TestReportErrors(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	run := begin(t, tenant, activity.TaskSpec{})
	fields := func(n int) map[string]any {
		values := map[string]any{}
		for i := range n {
			values[fmt.Sprint("f", i)] = i
		}
		return values
	}
	good := activity.Outcome{Kind: "imported"}
	for _, test := range []struct {
		name, field string
		outcome     activity.Outcome
	}{
		{"no kind", "Kind", activity.Outcome{}},
		{"unknown kind", "Kind", activity.Outcome{Kind: "created"}},
		{"record without ID", "Record.ID", activity.Outcome{Kind: "imported", Record: activity.Entity{Kind: "contact"}}},
		{"record with label only", "Record.Kind", activity.Outcome{Kind: "imported", Record: activity.Entity{Label: "Eve"}}},
		{"negative row", "Row", activity.Outcome{Kind: "imported", Row: -1}},
		{"long message", "Message", activity.Outcome{Kind: "imported", Message: long(activity.MaxMessage + 1)}},
		{"message that is no text", "Message", activity.Outcome{Kind: "imported", Message: "\xff"}},
		{"long link", "Link", activity.Outcome{Kind: "imported", Link: long(activity.MaxLink + 1)}},
		{"long values before", "Before", activity.Outcome{Kind: "imported", Before: map[string]any{"x": long(activity.MaxPayload)}}},
		{"long values after", "After", activity.Outcome{Kind: "imported", After: map[string]any{"x": long(activity.MaxPayload)}}},
		{"further values that JSON does not have", "Extra", activity.Outcome{Kind: "imported", Extra: map[string]any{"x": make(chan int)}}},
		{"values with NUL", "After", activity.Outcome{Kind: "imported", After: map[string]any{"x": "\x00"}}},
		{"too many fields", "Outcomes", activity.Outcome{Kind: "imported", After: fields(activity.MaxFields + 1)}},
		{"too many fields and extras", "Outcomes", activity.Outcome{Kind: "imported", After: fields(activity.MaxFields), Extra: fields(1)}},
	} {
		err := run.Report(t.Context(), test.outcome)
		if bad := invalid(t, err); bad.Field != test.field {
			t.Errorf("%s: Report = %v, want it to be about %s", test.name, err, test.field)
		}
		err = run.Report(t.Context(), good, test.outcome)
		if bad := invalid(t, err); test.field != "Outcomes" && bad.Field != "Outcomes[1]."+test.field {
			t.Errorf("%s: Report of two = %v, want it to be about Outcomes[1].%s", test.name, err, test.field)
		}
	}
	check(t, run.Flush(t.Context()))
	if n := wantEqualCounts(t, journal, run.Task().ID); n != 0 {
		t.Errorf("%d outcomes of calls that failed were stored", n)
	}
	// What was refused counts for nothing: there is room for as many fields as may be.
	check(t, run.Report(t.Context(), activity.Outcome{Kind: "imported", After: fields(activity.MaxFields), Message: long(activity.MaxMessage), Link: long(activity.MaxLink)}))
	check(t, run.Report(t.Context(), activity.Outcome{Kind: "imported", Before: fields(activity.MaxFields)}))
	check(t, run.Complete(t.Context()))
	if n := len(read(t, tenant, run.Task().ID).Fields); n != activity.MaxFields {
		t.Errorf("the task has %d fields, want %d", n, activity.MaxFields)
	}
}

// Outcomes are written when 4,000 have come together, or a quarter of a second has passed.
func TestReportInBulk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, journal := timed(t, importing)
		run := begin(t, tenant, activity.TaskSpec{})
		id, outcome := run.Task().ID, activity.Outcome{Kind: "imported", Record: contact}
		report := func(n int) {
			for range n {
				check(t, run.Report(t.Context(), outcome))
			}
		}
		stored := func(when string, want int64) {
			t.Helper()
			synctest.Wait()
			if got := wantEqualCounts(t, journal, id); got != want {
				t.Errorf("%s, %d outcomes are stored, want %d", when, got, want)
			}
		}
		report(7999)
		stored("after 7,999 reports", 0)
		report(1)
		stored("after 8,000 reports", 8000)
		time.Sleep(time.Second)
		report(2)
		time.Sleep(249 * time.Millisecond)
		report(1)
		stored("a moment before a quarter of a second", 8000)
		time.Sleep(time.Millisecond)
		stored("after a quarter of a second", 8003)
		report(1)
		check(t, run.Flush(t.Context()))
		stored("after Flush", 8004)
		big := outcome
		big.After = map[string]any{"text": strings.Repeat("x", 60<<10)}
		for range 140 {
			check(t, run.Report(t.Context(), big))
		}
		synctest.Wait()
		if got := wantEqualCounts(t, journal, id); got <= 8004 || got > 8004+140 {
			t.Errorf("%d outcomes are stored after 8 MiB were reported", got)
		}
		report(5)
		check(t, run.Complete(t.Context()))
		stored("at the end", 8004+140+5)
		for i, o := range outcomesOf(t, tenant, id) {
			if o.Seq != int64(i+1) {
				t.Fatalf("outcome %d has the number %d", i+1, o.Seq)
			}
		}
	})
}

// Whoever looks, at whatever moment: the counts are those of the outcomes.
func TestCountsEqualOutcomes(t *testing.T) {
	tenant, journal := timed(t, importing)
	run := begin(t, tenant, activity.TaskSpec{})
	id := run.Task().ID
	var wg sync.WaitGroup
	const writers, each = 4, 5000
	for range writers {
		wg.Go(func() {
			for i := range each {
				kind := importing.Outcomes[rand.IntN(len(importing.Outcomes))].Name
				if err := run.Report(t.Context(), activity.Outcome{Kind: kind}); err != nil {
					t.Error(err)
				}
				if i%1000 == 999 {
					if err := run.Flush(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for looking := true; looking; {
		select {
		case <-done:
			looking = false
		default:
		}
		wantEqualCounts(t, journal, id)
	}
	check(t, run.Complete(t.Context()))
	if n := wantEqualCounts(t, journal, id); n != writers*each {
		t.Errorf("%d outcomes, want %d", n, writers*each)
	}
}

func TestProgress(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	run := begin(t, tenant, activity.TaskSpec{Total: 10})
	ctx := t.Context()
	for _, test := range []struct {
		done, total int64
		field       string // empty: it is good
	}{
		{3, 0, ""}, {3, 10, ""}, {-1, 0, "Done"}, {2, 0, "Done"}, {11, 0, "Done"}, {4, -1, "Total"}, {4, 3, "Done"}, {4, 20, ""}, {20, 0, ""}, {21, 0, "Done"}, {21, 21, ""},
	} {
		err := run.Progress(ctx, test.done, test.total)
		if test.field == "" {
			check(t, err)
		} else if bad := invalid(t, err); bad.Field != test.field {
			t.Errorf("Progress(%d, %d) = %v, want it to be about %s", test.done, test.total, err, test.field)
		}
	}
	check(t, run.Flush(ctx))
	if task := read(t, tenant, run.Task().ID); task.Done != 21 || task.Total != 21 {
		t.Errorf("%d of %d is done, want 21 of 21", task.Done, task.Total)
	}
	open := begin(t, tenant, activity.TaskSpec{})
	check(t, open.Progress(ctx, 1_000_000, 0)) // of an unknown number
	check(t, open.Complete(ctx))
	if task := read(t, tenant, open.Task().ID); task.Done != 1_000_000 || task.Total != 0 {
		t.Errorf("%d of %d is done", task.Done, task.Total)
	}
}

func TestRunRecords(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	run := begin(t, tenant, activity.TaskSpec{})
	id := run.Task().ID
	events, err := run.Record(t.Context(), noted.New(note{"one"}).About(deal), noted.New(note{"two"}).By(ben))
	check(t, err)
	byContext, err := run.Record(activity.WithActor(t.Context(), ben), noted.New(note{"three"}))
	check(t, err)
	if events[0].Task != id || events[0].Actor != ana || events[1].Actor != ben || byContext[0].Actor != ben {
		t.Errorf("recorded %+v and %+v", events, byContext)
	}
	page, err := tenant.Timeline(t.Context(), activity.Query{Task: id, Types: []string{"note.added"}})
	check(t, err)
	if diff := cmp.Diff([]activity.Event{byContext[0], events[1], events[0]}, page.Events); diff != "" {
		t.Errorf("the task's timeline (-want +got):\n%s", diff)
	}
	if none, err := run.Record(t.Context()); none != nil || err != nil {
		t.Errorf("Record of nothing = %v, %v", none, err)
	}
	if _, err := run.Record(t.Context(), noted.New(note{}).About(activity.Entity{Kind: "deal"})); invalid(t, err).Field != "About[0].ID" {
		t.Errorf("Record of something bad = %v", err)
	}
	if got := wantEqualCounts(t, journal, id); got != 0 {
		t.Errorf("events count as %d outcomes", got)
	}
}

// everyCall calls each method of a run that writes.
func everyCall(ctx context.Context, run *activity.Run) map[string]error {
	_, recordErr := run.Record(ctx, noted.New(note{"late"}))
	return map[string]error{
		"Report":   run.Report(ctx, activity.Outcome{Kind: "imported"}),
		"Progress": run.Progress(ctx, 1, 0),
		"Flush":    run.Flush(ctx),
		"Record":   recordErr,
		"Complete": run.Complete(ctx),
		"Fail":     run.Fail(ctx, errors.New("late")),
		"Requeue":  run.Requeue(ctx, "late"),
	}
}

func TestEndedRun(t *testing.T) {
	for name, end := range map[string]func(*testing.T, activity.Tenant, *activity.Run) error{
		"completed": func(t *testing.T, _ activity.Tenant, run *activity.Run) error { return run.Complete(t.Context()) },
		"failed": func(t *testing.T, _ activity.Tenant, run *activity.Run) error {
			return run.Fail(t.Context(), errors.New("x"))
		},
		"queued": func(t *testing.T, _ activity.Tenant, run *activity.Run) error { return run.Requeue(t.Context(), "x") },
		"cancelled": func(t *testing.T, tenant activity.Tenant, run *activity.Run) error {
			_, err := tenant.Cancel(t.Context(), run.Task().ID, ana, "")
			synctest.Wait() // until the run has seen it
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tenant, journal := timed(t, importing)
				run := begin(t, tenant, activity.TaskSpec{})
				check(t, end(t, tenant, run))
				task, life := read(t, tenant, run.Task().ID), len(timeline(t, tenant))
				if task.Status.String() != name || !task.LeaseUntil.IsZero() {
					t.Errorf("the task is %v with a lease until %v", task.Status, task.LeaseUntil)
				}
				for call, err := range everyCall(t.Context(), run) {
					if !errors.Is(err, activity.ErrNotRunning) {
						t.Errorf("%s = %v, want ErrNotRunning", call, err)
					}
				}
				if cause := context.Cause(run.Context()); run.Context().Err() == nil || !errors.Is(cause, activity.ErrNotRunning) {
					t.Errorf("the run's context ends with %v", cause)
				}
				if diff := cmp.Diff(task, read(t, tenant, task.ID)); diff != "" || len(timeline(t, tenant)) != life || wantEqualCounts(t, journal, task.ID) != 0 {
					t.Errorf("something was stored after the end (-before +after):\n%s", diff)
				}
			})
		})
	}
	tenant, _ := newTenant(t, importing)
	if bad := invalid(t, begin(t, tenant, activity.TaskSpec{}).Fail(t.Context(), nil)); bad.Field != "Reason" {
		t.Errorf("Fail without a reason is about %s", bad.Field)
	}
}

func TestRequeue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, journal := timed(t, importing)
		run := begin(t, tenant, activity.TaskSpec{Total: 4})
		id, first := run.Task().ID, time.Now()
		check(t, run.Report(t.Context(), activity.Outcome{Kind: "imported", Row: 1, After: map[string]any{"a": 1}}, activity.Outcome{Kind: "error", Row: 2}))
		check(t, run.Progress(t.Context(), 2, 0))
		time.Sleep(time.Second)
		check(t, run.Requeue(t.Context(), strings.Repeat("é", activity.MaxReason)))
		if task := read(t, tenant, id); task.Status != activity.StatusQueued || task.Done != 2 || task.Counts.Attempted() != 2 || task.Reason != "" {
			t.Errorf("the queued task is %+v", task)
		}
		time.Sleep(time.Second)
		again, err := journal.Claim(t.Context())
		check(t, err)
		if task := again.Task(); task.Attempt != 2 || !task.StartedAt.Equal(first) || task.Done != 2 {
			t.Errorf("the second attempt is at %+v", task)
		}
		if bad := invalid(t, again.Progress(t.Context(), 1, 0)); bad.Field != "Done" {
			t.Errorf("Progress back before the first attempt's is about %s", bad.Field)
		}
		check(t, again.Report(t.Context(), activity.Outcome{Kind: "updated", Row: 3, After: map[string]any{"a": 1, "b": 2}}))
		check(t, again.Complete(t.Context()))
		var rows []int64
		for _, o := range outcomesOf(t, tenant, id) {
			rows = append(rows, o.Row)
		}
		if got := fmt.Sprint(rows, read(t, tenant, id).Fields, wantEqualCounts(t, journal, id)); got != "[1 2 3] [a b] 3" {
			t.Errorf("rows, fields and counts = %s", got)
		}
		wantLife(t, tenant, id, "queued started requeued started completed")
	})
}
