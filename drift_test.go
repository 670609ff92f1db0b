package activity_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// ended makes a run with some outcomes.
func ended(t testing.TB, tenant activity.Tenant, spec activity.TaskSpec, outcomes ...activity.Outcome) activity.ID {
	t.Helper()
	run := begin(t, tenant, spec)
	check(t, run.Report(t.Context(), outcomes...))
	check(t, run.Complete(t.Context()))
	return run.Task().ID
}

// drift tells the differences in short: the record or row, the kinds of outcome, and the fields.
func drift(t testing.TB, tenant activity.Tenant, preview, update activity.ID) []string {
	t.Helper()
	var lines []string
	for d, err := range tenant.Drift(t.Context(), preview, update) {
		check(t, err)
		kind := func(o *activity.Outcome) string {
			if o == nil {
				return "nothing"
			}
			return o.Kind
		}
		lines = append(lines, fmt.Sprint(d.Record.ID, " ", d.Row, ": ", kind(d.Preview), ", ", kind(d.Update), " ", d.Fields))
	}
	return lines
}

func TestDrift(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	of := func(id string, kind string, before, after values) activity.Outcome {
		return activity.Outcome{Kind: kind, Record: activity.Entity{Kind: "contact", ID: id}, Before: before, After: after}
	}
	number := func(text string) json.Number { return json.Number(text) }
	preview := ended(t, tenant, activity.TaskSpec{Preview: true},
		of("same", "updated", values{"a": 1, "b": []any{"x", nil}}, values{"a": number("2.50"), "b": values{"c": 100}}),
		of("kind", "imported", nil, values{"a": 1}),
		of("before", "updated", values{"a": 1}, values{"a": 2}),
		of("after", "updated", values{"a": 1}, values{"a": 2}),
		of("several", "updated", values{"a": 1, "b": 1, "c": 1}, values{"a": 2, "b": 2}),
		of("created", "updated", nil, values{"a": 1}),
		of("emptied", "updated", values{}, values{}),
		of("null", "updated", values{"a": nil}, values{"a": 1}),
		of("twice", "error", nil, nil),
		of("twice", "updated", nil, values{"a": 2}),
		of("gone", "updated", nil, nil),
		activity.Outcome{Kind: "error", Row: 7, Message: "no name"},
		activity.Outcome{Kind: "error", Row: 8},
		activity.Outcome{Kind: "error", Row: 9},
		activity.Outcome{Kind: "duplicate"}, // neither record nor row: not compared
		of("huge", "updated", nil, values{"n": number("1e400"), "m": number("-0")}),
	)
	update := ended(t, tenant, activity.TaskSpec{},
		activity.Outcome{Kind: "error", Row: 7, Message: "another message is no drift"},
		activity.Outcome{Kind: "invalid_field", Row: 8},
		of("same", "updated", values{"b": []any{"x", nil}, "a": number("1.0")}, values{"a": 2.5, "b": values{"c": number("1e2")}}),
		of("kind", "updated", nil, values{"a": 1}),
		of("before", "updated", values{"a": 3}, values{"a": 2}),
		of("after", "updated", values{"a": 1}, values{"a": 3}),
		of("several", "updated", values{"a": 2, "b": 1}, values{"a": 3, "b": 2}),
		of("created", "updated", values{}, values{"a": 1}),
		of("emptied", "updated", values{}, nil),
		of("null", "updated", values{}, values{"a": 1}),
		of("twice", "updated", nil, values{"a": 1}),
		of("twice", "updated", nil, values{"a": 2}),
		of("new", "imported", nil, values{"a": 1}),
		activity.Outcome{Kind: "error"},
		of("huge", "updated", nil, values{"n": number("10e399"), "m": 0}),
	)
	want := []string{
		" 8: error, invalid_field []",
		"kind 0: imported, updated []",
		"before 0: updated, updated [a]",
		"after 0: updated, updated [a]",
		"several 0: updated, updated [a c]",
		"created 0: updated, updated []",
		"emptied 0: updated, updated []",
		"null 0: updated, updated [a]",
		"new 0: nothing, imported []",
		"gone 0: updated, nothing []",
		" 9: error, nothing []",
	}
	if diff := cmp.Diff(want, drift(t, tenant, preview, update)); diff != "" {
		t.Errorf("Drift (-want +got):\n%s", diff)
	}
	for range tenant.Drift(t.Context(), preview, update) {
		break // a stream need not be read to its end
	}
}

func TestDriftErrors(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	preview, update := ended(t, tenant, activity.TaskSpec{Preview: true}), ended(t, tenant, activity.TaskSpec{})
	fails := func(tenant activity.Tenant, preview, update activity.ID) (err error) {
		n := 0
		for _, err = range tenant.Drift(t.Context(), preview, update) {
			n++
		}
		if n != 1 {
			t.Errorf("Drift yields %d times", n)
		}
		return err
	}
	if got := invalid(t, fails(tenant, update, preview)).Field; got != "Preview" {
		t.Errorf("the wrong way round, Drift is about %s", got)
	}
	if got := invalid(t, fails(tenant, preview, preview)).Field; got != "Update" {
		t.Errorf("with two previews, Drift is about %s", got)
	}
	for _, err := range []error{fails(tenant, idValue, update), fails(tenant, preview, idValue), fails(journal.Tenant("globex"), preview, update)} {
		if !errors.Is(err, activity.ErrNotFound) {
			t.Errorf("Drift of no task = %v", err)
		}
	}
}

// Both reports are longer than what is read at a time, and in different orders.
func TestLongDrift(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	const n = 1200
	outcome := func(i, a int) activity.Outcome {
		o := activity.Outcome{Kind: "updated", Record: activity.Entity{Kind: "contact", ID: fmt.Sprint(i)}, After: values{"a": a}}
		if i%2 == 0 {
			o.Record, o.Row = activity.Entity{}, int64(i+1)
		}
		return o
	}
	var first, second []activity.Outcome
	for i := range n {
		first = append(first, outcome(i, i))
		second = append(second, outcome(n-1-i, n-1-i))
	}
	second[10].After, second[1001].After = values{"a": -1}, values{"a": -1}
	first = append(first, outcome(3, -2)) // the last outcome of a record counts
	preview, update := ended(t, tenant, activity.TaskSpec{Preview: true}, first...), ended(t, tenant, activity.TaskSpec{}, second...)
	want := []string{"1189 0: updated, updated [a]", " 199: updated, updated [a]", "3 0: updated, updated [a]"}
	if diff := cmp.Diff(want, drift(t, tenant, preview, update)); diff != "" {
		t.Errorf("Drift (-want +got):\n%s", diff)
	}
}

// Previews are hidden in lists unless they are asked for.
func TestPreviews(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	queue(t, tenant, activity.TaskSpec{Title: "update"})
	run := begin(t, tenant, activity.TaskSpec{Title: "preview", Preview: true})
	check(t, run.Report(t.Context(), activity.Outcome{Kind: "imported"}))
	check(t, run.Complete(t.Context()))
	if outcomes := outcomesOf(t, tenant, run.Task().ID); len(outcomes) != 1 || !outcomes[0].Preview {
		t.Errorf("the preview's outcomes are %+v", outcomes)
	}
	for previews, want := range map[activity.Previews]string{
		activity.PreviewsHidden: "[update]", activity.PreviewsShown: "[preview update]", activity.PreviewsOnly: "[preview]",
	} {
		page, err := tenant.Tasks(t.Context(), activity.TaskQuery{Previews: previews})
		check(t, err)
		var got []string
		for _, task := range page.Tasks {
			got = append(got, task.Title)
		}
		if fmt.Sprint(got) != want || page.Total.N != len(got) {
			t.Errorf("Previews %d: %v of %v, want %s", previews, got, page.Total, want)
		}
	}
}
