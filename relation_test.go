package activity_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

func acct(id string) activity.Entity {
	return activity.Entity{Kind: "account", ID: id, Label: "Account " + id}
}

// notes returns what the notes on a timeline say, the newest first.
func notes(t testing.TB, acme activity.Tenant, query activity.Query) []string {
	t.Helper()
	query.Types = []string{noted.Name()}
	list := []string{}
	for e, err := range acme.Events(t.Context(), query) {
		check(t, err)
		payload, err := noted.Payload(e)
		check(t, err)
		list = append(list, payload.Text)
	}
	return list
}

// Each of a chain of five accounts has a note; the last one is the newest.
func chain(t testing.TB) (activity.Tenant, *activity.Journal) {
	t.Helper()
	journal := newJournal(t, noted)
	acme := journal.Tenant("acme")
	for i := range 5 {
		e := acct(fmt.Sprint(i))
		record(t, journal, noted.New(note{Text: e.ID}).About(e))
		if i > 0 {
			check(t, acme.SetParent(t.Context(), e, acct(fmt.Sprint(i-1)), ana))
		}
	}
	return acme, journal
}

func TestHierarchy(t *testing.T) {
	acme, journal := chain(t)
	timeline := func(id string, below bool, want ...string) {
		t.Helper()
		got := notes(t, acme, activity.Query{About: []activity.Entity{acct(id)}, Descendants: below})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("account %s, descendants %t (-want +got):\n%s", id, below, diff)
		}
	}
	timeline("0", false, "0")
	timeline("0", true, "4", "3", "2", "1", "0")
	timeline("3", true, "4", "3")
	check(t, acme.SetParent(t.Context(), acct("3"), acct("0"), ana)) // out of 2
	timeline("1", true, "2", "1")
	timeline("0", true, "4", "3", "2", "1", "0")
	check(t, acme.RemoveParent(t.Context(), acct("1"), ana))
	timeline("0", true, "4", "3", "0")

	if err := acme.RemoveParent(t.Context(), acct("1"), ana); !errors.Is(err, activity.ErrNotFound) {
		t.Errorf("without a parent: %v", err)
	}
	for _, test := range [][2]string{{"0", "0"}, {"0", "3"}, {"0", "4"}, {"3", "4"}} {
		if err := acme.SetParent(t.Context(), acct(test[0]), acct(test[1]), ana); !errors.Is(err, activity.ErrCycle) {
			t.Errorf("%s below %s: %v, want ErrCycle", test[0], test[1], err)
		}
	}
	if got := notes(t, journal.Tenant("globex"), activity.Query{About: []activity.Entity{acct("0")}, Descendants: true}); len(got) > 0 {
		t.Errorf("another tenant sees %v", got)
	}
}

func TestDescendantsNeedAnEntity(t *testing.T) {
	acme, _ := chain(t)
	_, err := acme.Timeline(t.Context(), activity.Query{Descendants: true})
	if bad := invalid(t, err); bad.Field != "Query.Descendants" {
		t.Errorf("the field is %q", bad.Field)
	}
}

// What happens to relations is told on the timelines of both entities, in the reader's language.
func TestRelationEvents(t *testing.T) {
	acme, journal := chain(t)
	check(t, acme.SetParent(t.Context(), acct("1"), acct("0"), ana)) // as before: is none
	check(t, acme.RemoveParent(t.Context(), activity.Entity{Kind: "account", ID: "1"}, ana))
	check(t, acme.Merge(activity.WithActor(t.Context(), ben), acct("1"), acct("0"), activity.Entity{}))
	check(t, acme.Unmerge(t.Context(), acct("1"), ana))
	for _, id := range []string{"0", "1"} {
		var got []string
		page, err := acme.Timeline(t.Context(), activity.Query{About: []activity.Entity{acct(id)}, Categories: []string{"hierarchy"}})
		check(t, err)
		for _, e := range page.Events {
			if e.About[0].ID == "1" {
				got = append(got, e.Actor.Label+" "+journal.Summary(e, "en").Text, journal.Summary(e, "es").Text)
			}
		}
		want := []string{
			"Ana separated Account 1 from Account 0", "separó Account 1 de Account 0",
			"Ben merged Account 1 into Account 0", "fusionó Account 1 con Account 0",
			"Ana took Account 1 out of Account 0", "sacó Account 1 de Account 0",
			"Ana put Account 1 under Account 0", "puso Account 1 bajo Account 0",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("account %s (-want +got):\n%s", id, diff)
		}
	}
}

func TestMerge(t *testing.T) {
	acme, _ := chain(t)
	for _, e := range []string{"1", "2", "3", "4"} {
		check(t, acme.RemoveParent(t.Context(), acct(e), ana))
	}
	check(t, acme.Merge(t.Context(), acct("1"), acct("0"), ana))
	check(t, acme.Merge(t.Context(), acct("2"), acct("1"), ana))
	check(t, acme.SetParent(t.Context(), acct("3"), acct("2"), ana))
	for _, id := range []string{"0", "1", "2"} {
		about := []activity.Entity{acct(id)}
		if diff := cmp.Diff([]string{"2", "1", "0"}, notes(t, acme, activity.Query{About: about})); diff != "" {
			t.Errorf("account %s (-want +got):\n%s", id, diff)
		}
		if diff := cmp.Diff([]string{"3", "2", "1", "0"}, notes(t, acme, activity.Query{About: about, Descendants: true})); diff != "" {
			t.Errorf("account %s and below (-want +got):\n%s", id, diff)
		}
	}
	for name, test := range map[string]struct{ got, want error }{
		"again":                 {acme.Merge(t.Context(), acct("1"), acct("0"), ana), activity.ErrMerged},
		"into another":          {acme.Merge(t.Context(), acct("1"), acct("4"), ana), activity.ErrMerged},
		"the other way round":   {acme.Merge(t.Context(), acct("0"), acct("2"), ana), activity.ErrCycle},
		"into itself":           {acme.Merge(t.Context(), acct("4"), acct("4"), ana), activity.ErrCycle},
		"into what is below":    {acme.Merge(t.Context(), acct("0"), acct("3"), ana), activity.ErrCycle},
		"into what is above":    {acme.Merge(t.Context(), acct("3"), acct("0"), ana), activity.ErrCycle},
		"below what is merged":  {acme.SetParent(t.Context(), acct("0"), acct("2"), ana), activity.ErrCycle},
		"below its own child":   {acme.SetParent(t.Context(), acct("0"), acct("3"), ana), activity.ErrCycle},
		"what was never merged": {acme.Unmerge(t.Context(), acct("4"), ana), activity.ErrNotFound},
	} {
		if !errors.Is(test.got, test.want) {
			t.Errorf("%s: %v, want %v", name, test.got, test.want)
		}
	}
	with, err := acme.MergedWith(t.Context(), acct("2"))
	check(t, err)
	if diff := cmp.Diff([]activity.Entity{{Kind: "account", ID: "0"}, {Kind: "account", ID: "1"}, {Kind: "account", ID: "2"}}, with); diff != "" {
		t.Errorf("merged with account 2 (-want +got):\n%s", diff)
	}
	if _, err := acme.MergedWith(t.Context(), activity.Entity{}); !errors.Is(err, activity.ErrInvalid) {
		t.Errorf("merged with nothing: %v", err)
	}
	check(t, acme.Unmerge(t.Context(), acct("1"), ana))
	if diff := cmp.Diff([]string{"0"}, notes(t, acme, activity.Query{About: []activity.Entity{acct("0")}})); diff != "" {
		t.Errorf("unmerged (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"2", "1"}, notes(t, acme, activity.Query{About: []activity.Entity{acct("1")}})); diff != "" {
		t.Errorf("still merged (-want +got):\n%s", diff)
	}
}

// The runs that touched a record are those that touched what is merged with it too.
func TestMergedRuns(t *testing.T) {
	tenant, _ := newTenant(t, importing)
	var want []activity.ID
	for _, record := range []activity.Entity{acct("1"), acct("2"), acct("1")} {
		run := begin(t, tenant, activity.TaskSpec{})
		check(t, run.Report(t.Context(), activity.Outcome{Kind: "imported", Record: record}))
		check(t, run.Complete(t.Context()))
		want = append([]activity.ID{run.Task().ID}, want...)
	}
	about := queue(t, tenant, activity.TaskSpec{About: []activity.Entity{acct("2")}})
	want = append([]activity.ID{about.ID}, want...)
	check(t, tenant.Merge(t.Context(), acct("2"), acct("1"), ana))
	for _, record := range []activity.Entity{acct("1"), acct("2")} {
		var got []activity.ID
		for task, err := range tenant.RunsOf(t.Context(), record) {
			check(t, err)
			got = append(got, task.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("RunsOf %s (-want +got):\n%s", record.ID, diff)
		}
		n := 0
		for _, err := range tenant.OutcomesOf(t.Context(), record) {
			check(t, err)
			n++
		}
		if n != 3 {
			t.Errorf("OutcomesOf %s has %d, want 3", record.ID, n)
		}
		page, err := tenant.Tasks(t.Context(), activity.TaskQuery{About: []activity.Entity{record}})
		if check(t, err); len(page.Tasks) != 1 || page.Tasks[0].ID != about.ID {
			t.Errorf("tasks about %s are %v", record.ID, page.Tasks)
		}
	}
}

func TestRelations(t *testing.T) {
	acme, journal := chain(t)
	check(t, acme.SetParent(t.Context(), acct("9"), acct("1"), ana))
	check(t, acme.Merge(t.Context(), acct("8"), acct("1"), ana))
	check(t, acme.Merge(t.Context(), acct("1"), acct("7"), ana))
	got, err := acme.Relations(t.Context(), activity.Entity{Kind: "account", ID: "1"})
	check(t, err)
	want := activity.Relations{
		Parent: acct("0"), Children: []activity.Entity{acct("2"), acct("9")}, MergedInto: acct("7"), Merged: []activity.Entity{acct("8")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Relations (-want +got):\n%s", diff)
	}
	if got, err := journal.Tenant("globex").Relations(t.Context(), acct("1")); err != nil || !cmp.Equal(got, activity.Relations{}) {
		t.Errorf("another tenant has %v, %v", got, err)
	}
}

func TestManyChildren(t *testing.T) {
	journal := newJournal(t, noted)
	acme := journal.Tenant("acme")
	for i := range activity.MaxListed {
		check(t, acme.SetParent(t.Context(), acct(fmt.Sprint(i)), acct("top"), ana))
	}
	check(t, acme.SetParent(t.Context(), acct("x"), acct("top"), ana))
	got, err := acme.Relations(t.Context(), acct("top"))
	check(t, err)
	if len(got.Children) != activity.MaxListed || !got.More {
		t.Errorf("%d children, more %t", len(got.Children), got.More)
	}
}

func TestTooManyDescendants(t *testing.T) {
	journal := newJournal(t, noted)
	acme := journal.Tenant("acme")
	below := func(i int) { check(t, acme.SetParent(t.Context(), acct(fmt.Sprint(i)), acct("0"), ana)) }
	for i := 1; i < activity.MaxRelatives; i++ {
		below(i)
	}
	query := activity.Query{About: []activity.Entity{acct("0")}, Descendants: true}
	_, err := acme.Timeline(t.Context(), query)
	check(t, err)
	below(activity.MaxRelatives)
	if _, err := acme.Timeline(t.Context(), query); !errors.Is(err, activity.ErrTooBroad) {
		t.Errorf("with %d entities: %v, want ErrTooBroad", activity.MaxRelatives+1, err)
	}
}

func TestRelationErrors(t *testing.T) {
	journal := newJournal(t, noted)
	acme := journal.Tenant("acme")
	nobody := activity.Entity{}
	for name, test := range map[string]struct {
		field string
		call  func(context.Context) error
	}{
		"no child":     {"Entity.Kind", func(ctx context.Context) error { return acme.SetParent(ctx, nobody, acct("1"), ana) }},
		"no parent":    {"Of.Kind", func(ctx context.Context) error { return acme.SetParent(ctx, acct("1"), nobody, ana) }},
		"no actor":     {"By", func(ctx context.Context) error { return acme.SetParent(ctx, acct("1"), acct("2"), nobody) }},
		"nothing":      {"Entity.Kind", func(ctx context.Context) error { return acme.Unmerge(ctx, nobody, ana) }},
		"relations of": {"Entity.Kind", func(ctx context.Context) error { _, err := acme.Relations(ctx, nobody); return err }},
	} {
		if bad := invalid(t, test.call(t.Context())); bad.Field != test.field {
			t.Errorf("%s: the field is %q, want %q", name, bad.Field, test.field)
		}
	}
}
