package activity_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

func TestReportNumbers(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	id := reported(t, tenant)
	report, err := tenant.Report(t.Context(), id)
	check(t, err)
	want := activity.Report{
		Task: read(t, tenant, id),
		Categories: []activity.ReportCategory{
			{Name: "imported", Label: "Imported", Count: 1}, {Name: "updated", Label: "Updated", Count: 1}, {Name: "unchanged", Label: "Unchanged", Count: 1},
			{Name: "invalid_field", Label: "Invalid field", Count: 1}, {Name: "missing_field", Label: "Missing required field"},
			{Name: "duplicate", Label: "Duplicate"}, {Name: "error", Label: "Error", Count: 1},
		},
		Signs: []activity.Sign{activity.SignManyFailed},
	}
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("Report (-want +got):\n%s", diff)
	}

	// Outcome kinds that are no longer configured come last, by their names.
	kind := activity.Kind{Name: importing.Name, Outcomes: importing.Outcomes[6:]}
	other := configured(t, activity.Config{Kinds: []activity.Kind{kind}}).With(activity.StoreOf(journal)).Tenant("acme")
	report, err = other.Report(t.Context(), id)
	check(t, err)
	if got := fmt.Sprint(report.Categories); got != "[{error Error 1} {imported imported 1} {invalid_field invalid field 1} {unchanged unchanged 1} {updated updated 1}]" {
		t.Errorf("categories = %s", got)
	}

	empty := queue(t, tenant, activity.TaskSpec{}).ID
	report, err = tenant.Report(t.Context(), empty)
	if err != nil || len(report.Categories) != 7 || report.Categories[0].Count != 0 || report.Signs != nil {
		t.Errorf("the report of a task without outcomes is %+v, %v", report, err)
	}
	for _, tenant := range []activity.Tenant{tenant, journal.Tenant("globex")} {
		missing := idValue
		if tenant.Name() != "acme" {
			missing = id
		}
		if _, err := tenant.Report(t.Context(), missing); !errors.Is(err, activity.ErrNotFound) {
			t.Errorf("Report of no task of %s = %v", tenant.Name(), err)
		}
		if _, err := tenant.Outcomes(t.Context(), missing, activity.OutcomeQuery{}); !errors.Is(err, activity.ErrNotFound) {
			t.Errorf("Outcomes of no task of %s = %v", tenant.Name(), err)
		}
	}
	if page, err := tenant.Outcomes(t.Context(), empty, activity.OutcomeQuery{}); err != nil || page.Outcomes == nil || len(page.Outcomes) != 0 || page.Next != "" {
		t.Errorf("Outcomes of a task without any = %+v, %v", page, err)
	}
}

func TestOutcomePages(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	run := begin(t, tenant, activity.TaskSpec{})
	id := run.Task().ID
	for i := range 130 {
		kind := "imported"
		if i%2 == 1 {
			kind = "error"
		}
		check(t, run.Report(t.Context(), activity.Outcome{Kind: kind, Row: int64(i + 1), Message: fmt.Sprint("row ", i+1, " ÄRGER 50%_"), Record: activity.Entity{Kind: "contact", ID: fmt.Sprint("Id-", i), Label: fmt.Sprint("Zoë ", i)}}))
	}
	check(t, run.Complete(t.Context()))
	rows := func(query activity.OutcomeQuery) (rows []int64, pages int) {
		for {
			page, err := tenant.Outcomes(t.Context(), id, query)
			check(t, err)
			pages++
			for _, o := range page.Outcomes {
				rows = append(rows, o.Row)
			}
			if query.After = page.Next; page.Next == "" {
				return rows, pages
			}
		}
	}
	for _, test := range []struct {
		name          string
		query         activity.OutcomeQuery
		first         int64
		number, pages int
	}{
		{"everything", activity.OutcomeQuery{}, 1, 130, 3},
		{"pages of 65, the last one full", activity.OutcomeQuery{Limit: 65}, 1, 130, 2},
		{"one page", activity.OutcomeQuery{Limit: activity.MaxLimit}, 1, 130, 1},
		{"one kind", activity.OutcomeQuery{Kinds: []string{"error"}, Limit: 10}, 2, 65, 7},
		{"two kinds", activity.OutcomeQuery{Kinds: []string{"error", "imported", "duplicate"}, Limit: 130}, 1, 130, 1},
		{"no such kind", activity.OutcomeQuery{Kinds: []string{"duplicate"}}, 0, 0, 1},
		{"message", activity.OutcomeQuery{Search: "ärger"}, 1, 130, 3},
		{"message, letter by letter", activity.OutcomeQuery{Search: "0%_"}, 1, 130, 3},
		{"no pattern", activity.OutcomeQuery{Search: "r%w"}, 0, 0, 1},
		{"ID", activity.OutcomeQuery{Search: "ID-12"}, 13, 11, 1},
		{"label", activity.OutcomeQuery{Search: "ZOË 12"}, 13, 11, 1},
		{"label of one kind, in pages", activity.OutcomeQuery{Search: "zoë 12", Kinds: []string{"error"}, Limit: 2}, 122, 5, 3},
	} {
		got, pages := rows(test.query)
		if len(got) != test.number || pages != test.pages || len(got) > 0 && got[0] != test.first || !slices.IsSorted(got) {
			t.Errorf("%s: %d outcomes from row %v on %d pages, want %d from %d on %d", test.name, len(got), got[:min(1, len(got))], pages, test.number, test.first, test.pages)
		}
	}
}

func TestOutcomeCursors(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	id, second := reported(t, tenant), reported(t, tenant)
	query := activity.OutcomeQuery{Kinds: []string{"imported", "updated"}, Search: "1", Limit: 1}
	page, err := tenant.Outcomes(t.Context(), id, query)
	check(t, err)
	for name, test := range map[string]struct {
		tenant activity.Tenant
		task   activity.ID
		change func(*activity.OutcomeQuery)
		want   error
	}{
		"nothing":        {tenant, id, func(*activity.OutcomeQuery) {}, nil},
		"limit":          {tenant, id, func(q *activity.OutcomeQuery) { q.Limit = 0 }, nil},
		"order of kinds": {tenant, id, func(q *activity.OutcomeQuery) { q.Kinds = []string{"updated", "imported"} }, nil},
		"kinds":          {tenant, id, func(q *activity.OutcomeQuery) { q.Kinds = q.Kinds[:1] }, activity.ErrInvalidCursor},
		"search":         {tenant, id, func(q *activity.OutcomeQuery) { q.Search = "2" }, activity.ErrInvalidCursor},
		"no search":      {tenant, id, func(q *activity.OutcomeQuery) { q.Search = "" }, activity.ErrInvalidCursor},
		"task":           {tenant, second, func(*activity.OutcomeQuery) {}, activity.ErrInvalidCursor},
		"tenant":         {journal.Tenant("globex"), id, func(*activity.OutcomeQuery) {}, activity.ErrInvalidCursor},
		"damaged":        {tenant, id, func(q *activity.OutcomeQuery) { q.After = "x" + q.After[1:] }, activity.ErrInvalidCursor},
		"of a timeline":  {tenant, id, func(q *activity.OutcomeQuery) { q.After = activity.MakeCursor(activity.Query{}, "acme", id) }, activity.ErrInvalidCursor},
	} {
		changed := query
		changed.After = page.Next
		test.change(&changed)
		if _, err := test.tenant.Outcomes(t.Context(), test.task, changed); !errors.Is(err, test.want) {
			t.Errorf("%s: Outcomes = %v, want %v", name, err, test.want)
		}
	}
	for _, test := range []struct {
		field string
		query activity.OutcomeQuery
	}{
		{"OutcomeQuery.Kinds", activity.OutcomeQuery{Kinds: []string{"Error"}}},
		{"OutcomeQuery.Kinds", activity.OutcomeQuery{Kinds: slices.Repeat([]string{"error"}, activity.MaxListed+1)}},
		{"OutcomeQuery.Search", activity.OutcomeQuery{Search: long(activity.MaxText + 1)}},
		{"OutcomeQuery.Search", activity.OutcomeQuery{Search: "\xff"}},
		{"OutcomeQuery.Limit", activity.OutcomeQuery{Limit: -1}},
		{"OutcomeQuery.Limit", activity.OutcomeQuery{Limit: activity.MaxLimit + 1}},
	} {
		if _, err := tenant.Outcomes(t.Context(), id, test.query); invalid(t, err).Field != test.field {
			t.Errorf("Outcomes = %v, want it to be about %s", err, test.field)
		}
	}
}

func FuzzOutcomeCursor(f *testing.F) {
	query := activity.OutcomeQuery{Kinds: []string{"error"}}
	good := string(activity.MakeOutcomeCursor(query, "acme", idValue, 1<<41))
	for _, seed := range []string{"", "x", good, good + "\n", good[1:] + "A", strings.Repeat("\n", len(good))} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		seq, err := activity.OpenOutcomeCursor(activity.Cursor(text), query, "acme", idValue)
		switch {
		case err != nil && !errors.Is(err, activity.ErrInvalidCursor):
			t.Errorf("cursor %q = %v", text, err)
		case err == nil && string(activity.MakeOutcomeCursor(query, "acme", idValue, seq)) != text:
			t.Errorf("cursor %q opens as %d, whose cursor is another", text, seq)
		}
	})
}

// touch makes a run that has an outcome of each of some records.
func touch(t testing.TB, tenant activity.Tenant, spec activity.TaskSpec, records ...activity.Entity) activity.Task {
	t.Helper()
	run := begin(t, tenant, spec)
	for _, record := range records {
		check(t, run.Report(t.Context(), activity.Outcome{Kind: "updated", Record: record, Message: spec.Title}))
	}
	check(t, run.Complete(t.Context()))
	return read(t, tenant, run.Task().ID)
}

// titles drains a stream of tasks.
func titles(t testing.TB, tenant activity.Tenant, record activity.Entity) []string {
	t.Helper()
	var got []string
	for task, err := range tenant.RunsOf(t.Context(), record) {
		check(t, err)
		got = append(got, task.Title)
	}
	return got
}

func TestRunsOf(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	other := activity.Entity{Kind: "contact", ID: "c2"}
	about := []activity.Entity{contact}
	touch(t, tenant, activity.TaskSpec{Title: "touches"}, contact, other, contact)
	touch(t, tenant, activity.TaskSpec{Title: "about", About: about})
	touch(t, tenant, activity.TaskSpec{Title: "both", About: about}, contact)
	touch(t, tenant, activity.TaskSpec{Title: "preview", Preview: true, About: about}, contact)
	touch(t, tenant, activity.TaskSpec{Title: "of another"}, other)
	touch(t, tenant, activity.TaskSpec{Title: "of another kind"}, activity.Entity{Kind: "account", ID: contact.ID})
	touch(t, journal.Tenant("globex"), activity.TaskSpec{Title: "of another tenant", About: about}, contact)
	touch(t, tenant, activity.TaskSpec{Title: "touches again"}, activity.Entity{Kind: contact.Kind, ID: contact.ID, Label: "renamed"})
	if diff := cmp.Diff([]string{"touches again", "both", "about", "touches"}, titles(t, tenant, contact)); diff != "" {
		t.Errorf("RunsOf (-want +got):\n%s", diff)
	}
	if got := titles(t, tenant, deal); got != nil {
		t.Errorf("RunsOf an untouched record = %v", got)
	}
	for _, err := range tenant.RunsOf(t.Context(), activity.Entity{Kind: "contact"}) {
		if bad := invalid(t, err); bad.Field != "Record.ID" {
			t.Errorf("RunsOf of a bad record is about %s", bad.Field)
		}
	}
	for range tenant.RunsOf(t.Context(), contact) {
		break // a stream need not be read to its end
	}
	var messages []string
	for outcome, err := range tenant.OutcomesOf(t.Context(), contact) {
		check(t, err)
		messages = append(messages, outcome.Message)
	}
	if diff := cmp.Diff([]string{"touches again", "both", "touches", "touches"}, messages); diff != "" {
		t.Errorf("OutcomesOf (-want +got):\n%s", diff)
	}
}

// More runs than are read at a time, of both sorts, are merged into one order.
func TestManyRunsOf(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	var want []string
	for i := range 330 {
		spec := activity.TaskSpec{Title: fmt.Sprint(i)}
		var records []activity.Entity
		if i%3 != 0 {
			spec.About = []activity.Entity{contact}
		}
		if i%3 != 1 {
			records = []activity.Entity{contact, contact}
		}
		touch(t, tenant, spec, records...)
		want = append(want, spec.Title)
	}
	slices.Reverse(want)
	if diff := cmp.Diff(want, titles(t, tenant, contact)); diff != "" {
		t.Errorf("RunsOf (-want +got):\n%s", diff)
	}
	n := 0
	for _, err := range tenant.OutcomesOf(t.Context(), contact) {
		check(t, err)
		n++
	}
	if n != 440 {
		t.Errorf("OutcomesOf has %d outcomes, want 440", n)
	}
}
