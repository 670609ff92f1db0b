package activity_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// people is a tenant whose directory has some names.
func people(t testing.TB) (activity.Tenant, *activity.Journal) {
	t.Helper()
	journal := newJournal(t, noted, called)
	for _, e := range []activity.Entity{
		{Kind: "contact", ID: "1", Label: "Zoë Müller"},
		{Kind: "contact", ID: "2", Label: "Ana Muñoz-Pérez"},
		{Kind: "account", ID: "3", Label: "Müller & Söhne GmbH"},
		{Kind: "contact", ID: "4", Label: "東京 太郎"},
		{Kind: "contact", ID: "5", Label: "100% Sure_thing"},
		{Kind: "contact", ID: "eve@acme.test"},
	} {
		record(t, journal, noted.New(note{Text: e.ID}).About(e))
	}
	_, err := journal.Seal(t.Context())
	check(t, err)
	return journal.Tenant("acme"), journal
}

func ids(entities []activity.Entity) []string {
	list := []string{}
	for _, e := range entities {
		list = append(list, e.ID)
	}
	return list
}

func TestLookup(t *testing.T) {
	acme, _ := people(t)
	for _, test := range []struct {
		text  string
		kinds []string
		want  []string
	}{
		{text: "mul", want: []string{"3", "1"}},
		{text: "MÜL", want: []string{"3", "1"}},
		{text: "zo mu", want: []string{"1"}},
		{text: "mu zo", want: []string{"1"}},
		{text: "mu", want: []string{"2", "3", "1"}},
		{text: "mu", kinds: []string{"contact"}, want: []string{"2", "1"}},
		{text: "mu", kinds: []string{"account", "account", "deal"}, want: []string{"3"}},
		{text: "perez", want: []string{"2"}},
		{text: "oller", want: []string{}},
		{text: "太", want: []string{"4"}},
		{text: "%", want: nil},
		{text: "100%", want: []string{"5"}},
		{text: "1%0", want: []string{}},
		{text: "s_r", want: []string{}},
		{text: "acme", want: []string{"ana@acme.test", "eve@acme.test"}}, // Ana has her label, but no other word
		{text: "nobody", want: []string{}},
	} {
		t.Run(fmt.Sprint(test.text, test.kinds), func(t *testing.T) {
			found, err := acme.Lookup(t.Context(), test.text, test.kinds)
			if test.want == nil {
				invalid(t, err)
				return
			}
			check(t, err)
			if test.text == "acme" {
				test.want = test.want[1:]
			}
			if diff := cmp.Diff(test.want, ids(found)); diff != "" {
				t.Errorf("Lookup (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLookupErrors(t *testing.T) {
	acme, journal := people(t)
	for _, test := range []struct {
		name, text string
		kinds      []string
		field      string
	}{
		{"empty", "", nil, "Text"},
		{"punctuation", "?!… -- %_*", nil, "Text"},
		{"emoji", "🎉🎉", nil, "Text"},
		{"long", strings.Repeat("mu ", 10_000), nil, "Text"},
		{"not valid", "mu\xff", nil, "Text"},
		{"NUL", "mu\x00", nil, "Text"},
		{"empty kind", "mu", []string{""}, "Kinds"},
		{"long kind", "mu", []string{strings.Repeat("k", 65)}, "Kinds"},
		{"many kinds", "mu", make([]string, 1001), "Kinds"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := acme.Lookup(t.Context(), test.text, test.kinds)
			if bad := invalid(t, err); bad.Field != test.field {
				t.Errorf("the field is %q, want %q", bad.Field, test.field)
			}
		})
	}
	if _, err := journal.Tenant("").Lookup(t.Context(), "mu", nil); !errors.Is(err, activity.ErrInvalid) {
		t.Errorf("without a tenant: %v", err)
	}
	if found, err := journal.Tenant("globex").Lookup(t.Context(), "mu", nil); len(found) > 0 || err != nil {
		t.Errorf("another tenant finds %v, %v", found, err)
	}
}

// Who was renamed is found by both names, and has the new one.
func TestLookupRenamed(t *testing.T) {
	acme, journal := people(t)
	record(t, journal, noted.New(note{}).About(activity.Entity{Kind: "contact", ID: "1", Label: "Zoë Schmidt"}).At(noon.Add(-time.Hour)))
	record(t, journal, noted.New(note{}).About(activity.Entity{Kind: "contact", ID: "1"}))
	_, err := journal.Seal(t.Context())
	check(t, err)
	for _, text := range []string{"zoe mul", "zoe schm"} {
		found, err := acme.Lookup(t.Context(), text, nil)
		check(t, err)
		if diff := cmp.Diff([]activity.Entity{{Kind: "contact", ID: "1", Label: "Zoë Schmidt"}}, found); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestSearch(t *testing.T) {
	acme, journal := people(t)
	for _, test := range []struct {
		query activity.Query
		want  []string
	}{
		{activity.Query{Search: "müll"}, []string{"3", "1"}},
		{activity.Query{Search: "müll", About: []activity.Entity{{Kind: "contact", ID: "1"}}}, []string{"1"}},
		{activity.Query{Search: "ana", About: []activity.Entity{{Kind: "contact", ID: "4"}}}, []string{"4"}}, // she did it
		{activity.Query{Search: "ana", Categories: []string{"calls"}}, []string{}},
		{activity.Query{Search: "ana muñ"}, []string{"2"}},
		{activity.Query{Search: "xyz"}, []string{}},
	} {
		t.Run(fmt.Sprint(test.query), func(t *testing.T) {
			var got []string
			test.query.Limit = 1
			for e, err := range acme.Events(t.Context(), test.query) {
				check(t, err)
				payload, err := noted.Payload(e)
				check(t, err)
				got = append(got, payload.Text)
			}
			if diff := cmp.Diff(test.want, append([]string{}, got...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	_, err := acme.Timeline(t.Context(), activity.Query{Search: "…"})
	if bad := invalid(t, err); bad.Field != "Query.Search" {
		t.Errorf("the field is %q", bad.Field)
	}
	page, err := acme.Timeline(t.Context(), activity.Query{Search: "ana", Limit: 1})
	check(t, err)
	if _, err := acme.Timeline(t.Context(), activity.Query{Search: "ben", After: page.Next}); !errors.Is(err, activity.ErrInvalidCursor) {
		t.Errorf("the cursor of another search: %v", err)
	}
	if _, err := acme.Timeline(t.Context(), activity.Query{Search: " ANA! an", After: page.Next}); err != nil {
		t.Errorf("the cursor of the same search, written otherwise: %v", err)
	}
	_ = journal
}

func TestSearchTooBroad(t *testing.T) {
	journal := newJournal(t, noted)
	drafts := make([]activity.Draft, 501)
	for i := range drafts {
		drafts[i] = noted.New(note{}).By(ana).About(activity.Entity{Kind: "contact", ID: fmt.Sprint(i), Label: fmt.Sprintf("Eve %d", i)})
	}
	acme := journal.Tenant("acme")
	_, err := acme.Record(t.Context(), drafts...)
	check(t, err)
	_, err = journal.Seal(t.Context())
	check(t, err)
	for _, query := range []func(string) error{
		func(text string) error {
			_, err := acme.Timeline(t.Context(), activity.Query{Search: text})
			return err
		},
		func(text string) error { _, err := acme.Facets(t.Context(), activity.Query{Search: text}); return err },
		func(text string) error {
			_, err := acme.Tasks(t.Context(), activity.TaskQuery{Search: text})
			return err
		},
	} {
		if err := query("eve"); !errors.Is(err, activity.ErrTooBroad) || !errors.Is(err, activity.ErrInvalid) {
			t.Errorf("finds 501: %v, want ErrTooBroad", err)
		}
		if err := query("eve 1"); err != nil {
			t.Errorf("finds fewer: %v", err)
		}
	}
	found, err := acme.Lookup(t.Context(), "eve", nil)
	if check(t, err); len(found) != activity.MaxLookup {
		t.Errorf("Lookup finds %d", len(found))
	}
}

func TestTaskSearch(t *testing.T) {
	tenant, journal := newTenant(t, importing)
	task := queue(t, tenant, activity.TaskSpec{About: []activity.Entity{{Kind: "contact", ID: "1", Label: "Zoë Müller"}}})
	box := queue(t, tenant, activity.TaskSpec{Actor: activity.Identity("box@acme.test", "Sales mailbox")})
	_, err := journal.Seal(t.Context())
	check(t, err)
	for text, want := range map[string]activity.ID{"mueller": {}, "muller": task.ID, "sales": box.ID} {
		page, err := tenant.Tasks(t.Context(), activity.TaskQuery{Search: text})
		check(t, err)
		if want.IsZero() != (len(page.Tasks) == 0) || !want.IsZero() && page.Tasks[0].ID != want {
			t.Errorf("%q finds %v, want %v", text, page.Tasks, want)
		}
	}
}

// Run keeps the directory.
func TestRunKeepsTheDirectory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		journal := configured(t, activity.Config{Types: []activity.EventType{noted}, Now: time.Now})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- journal.Run(ctx) }()
		record(t, journal, noted.New(note{}).About(deal))
		time.Sleep(time.Second)
		found, err := journal.Tenant("acme").Lookup(t.Context(), "big", nil)
		if len(found) != 1 || err != nil {
			t.Errorf("after a second Lookup = %v, %v", found, err)
		}
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run = %v", err)
		}
	})
}
