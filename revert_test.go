package activity_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// values are what a record consists of.
type values = map[string]any

// changing makes a run that created c1, updated c2, deleted c3, updated c4, and left or refused others.
func changing(t testing.TB, tenant activity.Tenant, spec activity.TaskSpec) activity.Task {
	t.Helper()
	run := begin(t, tenant, spec)
	record := func(n int) activity.Entity { return activity.Entity{Kind: "contact", ID: fmt.Sprint("c", n)} }
	check(t, run.Report(t.Context(),
		activity.Outcome{Kind: "imported", Record: record(1), Row: 1, Link: "https://crm.test/c1", After: values{"name": "Eve"}},
		activity.Outcome{Kind: "updated", Record: record(2), Row: 2, Before: values{"name": "Al", "age": 1}, After: values{"name": "Alan", "age": 2}},
		activity.Outcome{Kind: "error", Row: 3, Message: "no name"},
		activity.Outcome{Kind: "unchanged", Record: record(9), Row: 4, Before: values{"name": "Bo", "n": json.Number("1")}, After: values{"name": "Bo", "n": json.Number("1.0")}},
		activity.Outcome{Kind: "updated", Record: record(3), Row: 5, Before: values{"name": "Cy"}},
		activity.Outcome{Kind: "updated", Record: record(4), Row: 6, Before: values{"name": "Di"}, After: values{"name": "Diana"}},
	))
	check(t, run.Complete(t.Context()))
	return read(t, tenant, run.Task().ID)
}

func TestRevert(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	run := changing(t, tenant, activity.TaskSpec{Title: "contacts.csv", About: []activity.Entity{deal}, Attributes: map[string]string{"template": "weekly"}})
	var got []activity.Change
	undo, err := tenant.Revert(t.Context(), run.ID, ben, func(ctx context.Context, c activity.Change) error {
		got = append(got, c)
		switch c.Record.ID {
		case "c4":
			return c.Check(values{"name": "Diane"})
		case "c3":
			return io.ErrUnexpectedEOF
		}
		return nil
	})
	check(t, err)
	record := func(id string) activity.Entity { return activity.Entity{Kind: "contact", ID: id} }
	want := []activity.Change{
		{Record: record("c4"), Row: 6, Before: values{"name": "Di"}, After: values{"name": "Diana"}, Task: run.ID},
		{Record: record("c3"), Row: 5, Before: values{"name": "Cy"}, Task: run.ID},
		{Record: record("c2"), Row: 2, Before: values{"name": "Al", "age": json.Number("1")}, After: values{"name": "Alan", "age": json.Number("2")}, Task: run.ID},
		{Record: record("c1"), Row: 1, After: values{"name": "Eve"}, Task: run.ID},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if undo.Kind != activity.RevertKind || undo.Status != activity.StatusCompleted || undo.Reverts != run.ID || undo.Title != run.Title || undo.Actor != ben ||
		len(undo.About) != 1 || undo.Attributes["template"] != "weekly" || undo.Counts != (activity.Counts{Updated: 2, Unmodified: 1, Failed: 1}) || undo.Done != 4 {
		t.Errorf("the undo is %+v", undo)
	}
	if got := read(t, tenant, run.ID).RevertedBy; got != undo.ID {
		t.Errorf("RevertedBy = %s, want %s", got, undo.ID)
	}
	var lines []string
	for _, o := range outcomesOf(t, tenant, undo.ID) {
		lines = append(lines, fmt.Sprint(o.Kind, " ", o.Record.ID, " ", o.Row, " ", o.Message, " ", o.Link, " ", o.Before, " ", o.After))
	}
	wantLines := []string{
		"kept c4 6 record was edited since: name  map[] map[]",
		"failed c3 5 unexpected EOF  map[] map[]",
		"reverted c2 2   map[age:2 name:Alan] map[age:1 name:Al]",
		"reverted c1 1  https://crm.test/c1 map[name:Eve] map[]",
	}
	if diff := cmp.Diff(wantLines, lines); diff != "" {
		t.Errorf("outcomes of the undo (-want +got):\n%s", diff)
	}
	report, err := tenant.Report(t.Context(), undo.ID)
	if got := fmt.Sprint(report.Categories); err != nil || got != "[{reverted Reverted 2} {kept Kept because edited since 1} {failed Failed 1}]" {
		t.Errorf("categories = %s, %v", got, err)
	}
	page, err := tenant.Timeline(t.Context(), activity.Query{Task: undo.ID, Types: []string{"task.completed"}})
	check(t, err)
	if got := journal.Summary(page.Events[0], "en").Text; got != "undid contacts.csv: 2 reverted, 1 kept, 1 failed" {
		t.Errorf("Summary = %q", got)
	}
	// By hand, the values of before can be imported again.
	if got := written(t, tenant, run.ID, activity.ReportOptions{Before: true}); got != "Record kind,Record ID,Name,age,n,name\r\n"+
		"contact,c2,,1,,Al\r\ncontact,c9,,,1,Bo\r\ncontact,c3,,,,Cy\r\ncontact,c4,,,,Di\r\n" {
		t.Errorf("values before = %q", got)
	}

	_, err = tenant.Revert(t.Context(), run.ID, ben, func(context.Context, activity.Change) error { t.Error("called"); return nil })
	if refused := transition(t, err); refused.ID != run.ID {
		t.Errorf("Revert a second time = %+v", refused)
	}
	// An undo can be undone.
	again, err := tenant.Revert(t.Context(), undo.ID, ana, func(_ context.Context, c activity.Change) error {
		if c.Record.ID == "c1" && (c.Before["name"] != "Eve" || c.After != nil) {
			t.Errorf("the undo of the undo gets %+v", c)
		}
		return nil
	})
	if err != nil || again.Counts != (activity.Counts{Updated: 2}) {
		t.Errorf("Revert of the undo = %v, %+v", err, again.Counts)
	}
}

// An undo that failed or was cancelled may be made again; one that is at work not.
func TestRevertAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant, _ := timed(t, importing)
		run := changing(t, tenant, activity.TaskSpec{})
		none := func(context.Context, activity.Change) error { t.Error("called"); return nil }
		failed, err := tenant.Revert(t.Context(), run.ID, ben, func(context.Context, activity.Change) error { panic("boom") })
		if err == nil || failed.Status != activity.StatusFailed {
			t.Errorf("Revert that panics = %v, %v", failed.Status, err)
		}
		calls := 0
		cancelled, err := tenant.Revert(t.Context(), run.ID, ben, func(ctx context.Context, _ activity.Change) error {
			if calls++; calls == 2 {
				if _, err := tenant.Revert(ctx, run.ID, ana, none); transition(t, err).ID != run.ID {
					t.Errorf("Revert while another one works = %v", err)
				}
				_, err := tenant.Cancel(ctx, read(t, tenant, run.ID).RevertedBy, ana, "stop")
				check(t, err)
				<-ctx.Done()
			}
			return nil
		})
		if !errors.Is(err, activity.ErrNotRunning) || cancelled.Status != activity.StatusCancelled || calls != 2 {
			t.Errorf("the undo that was cancelled = %v, %v after %d changes", cancelled.Status, err, calls)
		}
		if got := read(t, tenant, run.ID).RevertedBy; got != cancelled.ID {
			t.Errorf("RevertedBy = %s, want %s", got, cancelled.ID)
		}
		calls = 0
		done, err := tenant.Revert(t.Context(), run.ID, ben, func(context.Context, activity.Change) error { calls++; return nil })
		if err != nil || calls != 4 || read(t, tenant, run.ID).RevertedBy != done.ID {
			t.Errorf("the third undo = %v after %d changes", err, calls)
		}
	})
}

func TestRevertErrors(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	none := func(context.Context, activity.Change) error { t.Error("called"); return nil }
	revert := func(id activity.ID, by activity.Entity) error {
		_, err := tenant.Revert(t.Context(), id, by, none)
		return err
	}
	processing := begin(t, tenant, activity.TaskSpec{}).Task().ID
	if refused := transition(t, revert(processing, ana)); refused.From != activity.StatusProcessing {
		t.Errorf("Revert of a run that has not ended = %+v", refused)
	}
	if got := invalid(t, revert(changing(t, tenant, activity.TaskSpec{Preview: true}).ID, ana)).Field; got != "ID" {
		t.Errorf("Revert of a preview is about %s", got)
	}
	recipe, _ := cook(t, tenant, 1)
	if _, err := tenant.Cancel(t.Context(), recipe.ID, ana, ""); err != nil {
		t.Fatal(err)
	}
	if got := invalid(t, revert(recipe.ID, ana)).Field; got != "ID" {
		t.Errorf("Revert of a recipe is about %s", got)
	}
	done := changing(t, tenant, activity.TaskSpec{})
	if got := invalid(t, revert(done.ID, activity.Entity{})).Field; got != "By" {
		t.Errorf("Revert by nobody is about %s", got)
	}
	if err := revert(idValue, ana); !errors.Is(err, activity.ErrNotFound) {
		t.Errorf("Revert of no task = %v", err)
	}
	for _, task := range list(t, tenant) {
		if task.Kind == activity.RevertKind || !task.RevertedBy.IsZero() {
			t.Errorf("calls that failed left %+v", task)
		}
	}
	// A run that changed nothing has nothing to be undone.
	nothing := begin(t, tenant, activity.TaskSpec{})
	check(t, nothing.Fail(t.Context(), errors.New("no")))
	check(t, revert(nothing.Task().ID, ana))
}

func TestRevertInPages(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	run := begin(t, tenant, activity.TaskSpec{})
	const n = 2*activity.MaxLimit + 1
	for i := range n {
		check(t, run.Report(t.Context(), activity.Outcome{Kind: "imported", Row: int64(i + 1), After: values{"a": i}}))
	}
	check(t, run.Complete(t.Context()))
	next := int64(n)
	undo, err := tenant.Revert(t.Context(), run.Task().ID, ana, func(_ context.Context, c activity.Change) error {
		if c.Row != next {
			t.Errorf("the change of row %d comes instead of that of row %d", c.Row, next)
		}
		next--
		return nil
	})
	if err != nil || undo.Counts.Updated != n || undo.Done != n || undo.Total != n {
		t.Errorf("Revert = %v, %+v", err, undo)
	}
}

func TestChangeCheck(t *testing.T) {
	updated := activity.Change{Before: values{"name": "Al", "age": json.Number("1"), "city": nil}, After: values{"name": "Alan", "age": json.Number("2"), "city": "Bonn"}}
	created, deleted := activity.Change{After: values{"name": "Eve"}}, activity.Change{Before: values{"name": "Eve"}}
	cleared := activity.Change{Before: values{"name": "Al"}, After: values{"name": nil}}
	for _, test := range []struct {
		name    string
		change  activity.Change
		current values
		edited  string // empty: it may be brought back
	}{
		{"as the run left it", updated, values{"name": "Alan", "age": 2, "city": "Bonn"}, ""},
		{"with other values", updated, values{"name": "Alan", "age": 2.0, "city": "Bonn", "zip": "x"}, ""},
		{"edited", updated, values{"name": "Alan", "age": 3, "city": "Bonn"}, "age"},
		{"value removed", updated, values{"name": "Alan", "age": 2}, "city"},
		{"back already", updated, values{"name": "Al", "age": 1, "city": nil}, ""},
		{"back already, without the value that was null", updated, values{"name": "Al", "age": 1}, ""},
		{"half back", updated, values{"name": "Al", "age": 2, "city": "Bonn"}, "name"},
		{"deleted since", updated, nil, "it was deleted"},
		{"created and there", created, values{"name": "Eve", "age": 1}, ""},
		{"created and edited", created, values{"name": "Eva"}, "name"},
		{"created and gone already", created, nil, ""},
		{"deleted and gone", deleted, nil, ""},
		{"deleted and created again", deleted, values{"name": "Eva"}, "it was created"},
		{"deleted and back already", deleted, values{"name": "Eve"}, ""},
		{"cleared", cleared, values{"name": nil}, ""},
		{"cleared and missing", cleared, values{}, ""},
		{"cleared and filled", cleared, values{"name": "Alf"}, "name"},
	} {
		err := test.change.Check(test.current)
		switch {
		case test.edited == "" && err != nil:
			t.Errorf("%s: Check = %v", test.name, err)
		case test.edited != "" && (!errors.Is(err, activity.ErrEdited) || err.Error() != "activity: record was edited since: "+test.edited):
			t.Errorf("%s: Check = %v, want it to name %s", test.name, err, test.edited)
		}
	}
}
