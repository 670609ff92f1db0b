package activity_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-activity/activity"
)

// lives makes tasks of a kind whose events are all that there are, with all numbers that a language may tell apart.
func lives(t testing.TB, tenant activity.Tenant, kind string) {
	t.Helper()
	spec := activity.TaskSpec{Kind: kind, Title: "contacts.csv"}
	report := func(run *activity.Run, created, failed, warned int) {
		for outcome, n := range map[string]int{"imported": created, "error": failed, "duplicate": warned} {
			for range n {
				check(t, run.Report(t.Context(), activity.Outcome{Kind: outcome}))
			}
		}
	}
	run := begin(t, tenant, spec)
	check(t, run.Requeue(t.Context(), "a break"))
	check(t, start(t, tenant, run.Task().ID).Fail(t.Context(), errors.New("no\nconnection")))
	if _, err := tenant.Cancel(t.Context(), queue(t, tenant, activity.TaskSpec{Kind: kind}).ID, ben, ""); err != nil {
		t.Fatal(err)
	}
	for _, n := range [][3]int{{0, 0, 0}, {1, 1, 1}, {1234, 0, 2}, {2, 2, 0}} {
		run := begin(t, tenant, spec)
		report(run, n[0], n[1], n[2])
		check(t, run.Complete(t.Context()))
	}
	spec.Preview = true
	preview := begin(t, tenant, spec)
	report(preview, 3, 0, 0)
	check(t, preview.Complete(t.Context()))
}

// The summaries of the events of tasks' lives, in journals of several languages, for readers of several languages.
func TestTaskSummaries(t *testing.T) {
	summary := importing
	summary.Summary = "imported {created, number} contacts{failed, plural, =0 {} other {, # failed}}"
	translated := summary
	translated.Translations = map[string]string{"es": "importó {created, plural, one {# contacto} other {# contactos}}", "de": "hat {created, number} Kontakte importiert"}
	only := importing
	only.Translations = map[string]string{"de": "hat {created, number} Kontakte importiert"}

	var b strings.Builder
	for _, test := range []struct {
		name, locale string
		kind         activity.Kind
		types        []string
	}{
		{"kind without a summary", "en", importing, nil},
		{"kind without a summary", "es", importing, nil},
		{"kind without a summary", "ja", importing, nil},
		{"kind with a summary", "en", summary, []string{"task.completed"}},
		{"kind with a summary and translations", "en", translated, []string{"task.completed"}},
		{"kind with a translation only", "en", only, []string{"task.completed"}},
		{"kind that the reader does not know", "en", activity.Kind{Name: "other"}, []string{"task.completed"}},
	} {
		fmt.Fprintf(&b, "# %s, Config.Locale %s\n", test.name, test.locale)
		writer := configured(t, activity.Config{Kinds: []activity.Kind{importing}})
		lives(t, writer.Tenant("acme"), importing.Name)
		reader := configured(t, activity.Config{Kinds: []activity.Kind{test.kind}, Locale: test.locale}).With(activity.StoreOf(writer))
		seen := map[string]bool{}
		page, err := reader.Tenant("acme").Timeline(t.Context(), activity.Query{Types: test.types})
		check(t, err)
		for _, event := range slices.Backward(page.Events) {
			var lines strings.Builder
			for _, asked := range []string{"en", "es-MX", "ja", "de", ""} {
				fmt.Fprintf(&lines, "  %-5s  %s\n", asked, reader.Summary(event, asked))
			}
			if text := event.Type + "\n" + lines.String(); !seen[text] {
				seen[text] = true
				b.WriteString(text)
			}
		}
	}
	golden(t, "testdata/tasks.golden", b.String())
}

// What the pattern of a kind says of the actor and of what the task is about is linked as in other events.
func TestTaskSummaryParts(t *testing.T) {
	kind := importing
	kind.Summary = "{actor} imported {created, number} into {about}"
	tenant, journal := newTenant(t, kind)
	run := begin(t, tenant, activity.TaskSpec{About: []activity.Entity{deal}})
	check(t, run.Report(t.Context(), activity.Outcome{Kind: "imported"}))
	check(t, run.Complete(t.Context()))
	page, err := tenant.Timeline(t.Context(), activity.Query{Types: []string{"task.completed"}})
	check(t, err)
	got := journal.Summary(page.Events[0], "en")
	if got.Text != "Ana imported 1 into Big one" || got.Parts[0].Entity != ana || got.Parts[len(got.Parts)-1].Entity != deal {
		t.Errorf("Summary = %+v", got)
	}
}
