package activity_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

func TestKindErrors(t *testing.T) {
	named := func(change func(*activity.Kind)) activity.Kind {
		k := activity.Kind{Name: "import", Outcomes: []activity.OutcomeKind{{Name: "imported", Counts: activity.Created}}}
		change(&k)
		return k
	}
	for _, test := range []struct {
		name, field string
		kind        activity.Kind
	}{
		{"no name", ".Name", activity.Kind{}},
		{"bad name", ".Name", activity.Kind{Name: "Import contacts"}},
		{"long name", ".Name", activity.Kind{Name: strings.Repeat("x", activity.MaxTypeName+1)}},
		{"name of the library's own", "", activity.Kind{Name: activity.RevertKind}},
		{"long label", ".Label", named(func(k *activity.Kind) { k.Label = long(256) })},
		{"bad category", ".Category", named(func(k *activity.Kind) { k.Category = "\xff" })},
		{"bad object", ".Object", named(func(k *activity.Kind) { k.Object = "a\x00b" })},
		{"bad label, category and object", ".Label", named(func(k *activity.Kind) { k.Label, k.Category, k.Object = "\xff", "\xff", "\xff" })},
		{"negative places", ".MaxProcessing", named(func(k *activity.Kind) { k.MaxProcessing = -1 })},
		{"negative losses", ".MaxLosses", named(func(k *activity.Kind) { k.MaxLosses = -1 })},
		{"short lease", ".Lease", named(func(k *activity.Kind) { k.Lease = time.Second - 1 })},
		{"negative lease", ".Lease", named(func(k *activity.Kind) { k.Lease = -time.Minute })},
		{"no policy", ".Lost", named(func(k *activity.Kind) { k.Lost = activity.LostCompletes + 1 })},
		{"bad outcome", ".Outcomes[1].Name", named(func(k *activity.Kind) {
			k.Outcomes = append(k.Outcomes, activity.OutcomeKind{Name: "not imported", Counts: activity.Failed})
		})},
		{"outcome twice", ".Outcomes[1]", named(func(k *activity.Kind) { k.Outcomes = append(k.Outcomes, k.Outcomes[0]) })},
		{"outcome without counter", ".Outcomes[0].Counts", named(func(k *activity.Kind) { k.Outcomes[0].Counts = 0 })},
		{"outcome of no counter", ".Outcomes[0].Counts", named(func(k *activity.Kind) { k.Outcomes[0].Counts = 7 })},
		{"no pattern", ".Summary", named(func(k *activity.Kind) { k.Summary = "{" })},
		{"pattern with unknown field", ".Summary", named(func(k *activity.Kind) { k.Summary = "{imported}" })},
		{"pattern of another language", ".Summary", named(func(k *activity.Kind) { k.Summary = "{created, plural, few {#} other {#}}" })},
		{"translation into no language", ".Translations", named(func(k *activity.Kind) { k.Translations = map[string]string{"garbage!!": "x"} })},
		{"empty translation", ".Translations", named(func(k *activity.Kind) { k.Translations = map[string]string{"es": ""} })},
		{"translation that is no pattern", ".Translations", named(func(k *activity.Kind) { k.Translations = map[string]string{"es": "{"} })},
	} {
		t.Run(test.name, func(t *testing.T) {
			for range 20 { // what is wrong first is said every time
				_, err := activity.New(memstore.New(), &activity.Config{Kinds: []activity.Kind{importing, test.kind}})
				if bad := invalid(t, err); bad.Field != "Config.Kinds[1]"+test.field {
					t.Fatalf("New = %v, want it to be about Config.Kinds[1]%s", err, test.field)
				}
			}
		})
	}
	_, err := activity.New(memstore.New(), &activity.Config{Kinds: []activity.Kind{importing, importing}})
	if bad := invalid(t, err); bad.Field != "Config.Kinds[1]" {
		t.Errorf("New with a kind twice is about %s", bad.Field)
	}
	own := activity.Define[note]("task.failed", activity.TypeOptions{})
	_, err = activity.New(memstore.New(), &activity.Config{Types: []activity.EventType{own}})
	if bad := invalid(t, err); bad.Field != "Config.Types" {
		t.Errorf("New with a type of the library's own name is about %s", bad.Field)
	}
}

func TestKindDefaults(t *testing.T) {
	tenant, _ := newTenant(t, activity.Kind{Name: "scrape.pages", Outcomes: []activity.OutcomeKind{{Name: "page_read", Counts: activity.Created}}})
	run := begin(t, tenant, activity.TaskSpec{Kind: "scrape.pages"})
	if got := run.Task().LeaseUntil; !got.Equal(noon.Add(time.Minute)) {
		t.Errorf("LeaseUntil = %v, want a minute from %v", got, noon)
	}
	report, err := tenant.Report(t.Context(), run.Task().ID)
	check(t, err)
	if got := report.Categories[0].Label; got != "page read" {
		t.Errorf("label of an outcome kind without one = %q", got)
	}
	page, err := tenant.Timeline(t.Context(), activity.Query{Types: []string{"task.queued"}})
	check(t, err)
	payload, err := activity.TaskQueued.Payload(page.Events[0])
	if err != nil || payload.Label != "scrape pages" || payload.Name != "scrape pages" {
		t.Errorf("label of a kind without one = %q, name = %q, %v", payload.Label, payload.Name, err)
	}
}

func TestKindsAreCopied(t *testing.T) {
	kind := importing
	kind.Outcomes = activity.ImportOutcomes()
	kind.Translations = map[string]string{"es": "hecho"}
	kinds := []activity.Kind{kind}
	tenant, journal := newTenant(t, kinds...)
	kind.Outcomes[0].Label, kind.Outcomes[1].Name = "changed", "changed"
	kind.Translations["es"] = "cambiado"
	kinds[0].Name = "changed"

	task, err := tenant.Do(t.Context(), activity.TaskSpec{Kind: "import_contacts", Actor: ana}, func(ctx context.Context, run *activity.Run) error {
		return run.Report(ctx, activity.Outcome{Kind: "updated"})
	})
	check(t, err)
	report, err := tenant.Report(t.Context(), task.ID)
	check(t, err)
	if got := report.Categories[:2]; got[0].Label != "Imported" || got[1] != (activity.ReportCategory{Name: "updated", Label: "Updated", Count: 1}) {
		t.Errorf("categories = %v after the host changed its own", got)
	}
	page, err := tenant.Timeline(t.Context(), activity.Query{Types: []string{"task.completed"}})
	check(t, err)
	if got := journal.Summary(page.Events[0], "es").Text; got != "hecho" {
		t.Errorf("Summary = %q after the host changed its translations", got)
	}
}

// The lists of outcome kinds are good as they are, and each call makes its own.
func TestOutcomeKinds(t *testing.T) {
	for name, outcomes := range map[string]func() []activity.OutcomeKind{"import": activity.ImportOutcomes, "export": activity.ExportOutcomes} {
		if _, err := activity.New(memstore.New(), &activity.Config{Kinds: []activity.Kind{{Name: name, Outcomes: outcomes()}}}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		outcomes()[0].Name = "changed"
		if outcomes()[0].Name == "changed" {
			t.Errorf("%s: two calls share one list", name)
		}
	}
}

func TestUnknownKind(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	_, err := tenant.Enqueue(t.Context(), activity.TaskSpec{Kind: "export_\xff", Actor: ana})
	if bad := invalid(t, err); bad.Field != "Kind" || !errors.Is(err, activity.ErrUnknownKind) {
		t.Errorf("Enqueue of an unknown kind = %v", err)
	}
	if _, err := journal.Claim(t.Context(), importing.Name, "export"); !errors.Is(err, activity.ErrUnknownKind) {
		t.Errorf("Claim of an unknown kind = %v", err)
	}
	// A task of a kind that another program knows can be read and cancelled, but not started or run again.
	task := queue(t, tenant, activity.TaskSpec{})
	later := func() time.Time { return noon.Add(time.Second) }
	other := configured(t, activity.Config{Now: later}).With(activity.StoreOf(journal)).Tenant("acme")
	if _, err := other.Start(t.Context(), task.ID); !errors.Is(err, activity.ErrUnknownKind) {
		t.Errorf("Start = %v, want ErrUnknownKind", err)
	}
	if _, err := other.Cancel(t.Context(), task.ID, ana, ""); err != nil {
		t.Errorf("Cancel = %v", err)
	}
	if _, err := other.Rerun(t.Context(), task.ID, ana); !errors.Is(err, activity.ErrUnknownKind) {
		t.Errorf("Rerun = %v, want ErrUnknownKind", err)
	}
	wantLife(t, tenant, task.ID, "queued cancelled")
}
