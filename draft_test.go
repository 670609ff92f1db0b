package activity_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/go-activity/activity"
)

func TestDraft(t *testing.T) {
	journal := newJournal(t, noted)
	at := time.Date(2020, 1, 2, 3, 4, 5, 678_901_999, time.FixedZone("", -3600))
	about := []activity.Entity{deal, {Kind: "account", ID: "7"}}
	got := record(t, journal, noted.New(note{"hello"}).By(activity.System("importer")).
		About(about...).At(at).Key("webhook-8841").Manual())
	want := activity.Event{
		Tenant: "acme", Type: "note.added", Version: 1, Source: activity.Manual,
		Actor: activity.System("importer"), About: about,
		OccurredAt: time.Date(2020, 1, 2, 4, 4, 5, 678_901_000, time.UTC), RecordedAt: noon,
		Key: "webhook-8841", Payload: []byte(`{"text":"hello"}`),
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(activity.Event{}, "ID")); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	if !got.ID.Time().Equal(got.OccurredAt) {
		t.Errorf("ID has time %v, want %v", got.ID.Time(), got.OccurredAt)
	}
}

// TestDraftsAreCopies uses one draft as the template of others.
func TestDraftsAreCopies(t *testing.T) {
	journal := newJournal(t, noted)
	account := activity.Entity{Kind: "account", ID: "7"}
	list := activity.Entity{Kind: "list", ID: "1"}
	template := noted.New(note{"hello"}).About(deal).About(ana).About(list) // one by one: there is room for more
	entities := []activity.Entity{account}
	one := template.About(entities...)
	two := template.About(activity.Entity{Kind: "account", ID: "8"})
	template.By(activity.System("x")).Manual().At(noon.Add(time.Hour)).Key("k") // to no effect
	entities[0].ID = "changed"

	for name, test := range map[string]struct {
		draft activity.Draft
		about []activity.Entity
	}{
		"template":        {template, []activity.Entity{deal, ana, list}},
		"first made of":   {one, []activity.Entity{deal, ana, list, account}},
		"second made of":  {two, []activity.Entity{deal, ana, list, {Kind: "account", ID: "8"}}},
		"nothing added":   {template.About(), []activity.Entity{deal, ana, list}},
		"about no entity": {noted.New(note{"hello"}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := record(t, journal, test.draft)
			if diff := cmp.Diff(test.about, got.About); diff != "" {
				t.Errorf("about (-want +got):\n%s", diff)
			}
			if got.Actor != ana || got.Source != activity.Automatic || !got.OccurredAt.Equal(noon) || got.Key != "" {
				t.Errorf("%+v has what was given to another draft", got)
			}
		})
	}
}

func TestDraftIsSharedByGoroutines(t *testing.T) {
	journal := newJournal(t, noted)
	template := noted.New(note{"hello"}).About(deal).About(ana).About(activity.Entity{Kind: "list", ID: "1"})
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			own := activity.Entity{Kind: "contact", ID: fmt.Sprint(i)}
			events, err := journal.Tenant("acme").Record(t.Context(), template.About(own).Key(own.ID).By(own))
			if err != nil || events[0].About[3] != own || events[0].Actor != own || events[0].Key != own.ID {
				t.Errorf("goroutine %d gets %v, %v", i, events, err)
			}
		})
	}
	group.Wait()
}

// TestDraftsWithOneKey has drafts in one call that share a key; the rest of what a key does is for the
// stores.
func TestDraftsWithOneKey(t *testing.T) {
	tenant := newJournal(t, noted).Tenant("acme")
	keyed := noted.New(note{"hello"}).By(ana).About(deal).Key("k")
	relabelled := keyed.By(activity.User(ana.ID, "Ana Maria"))
	events, err := tenant.Record(t.Context(), keyed, noted.New(note{"other"}).By(ana), relabelled)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(events[0], events[2]); diff != "" || events[1].ID == events[0].ID {
		t.Errorf("the events of one key differ:\n%s", diff)
	}
	events[0].About[0].ID, events[0].Payload[0] = "changed", '!'
	if events[2].About[0] != deal || events[2].Payload[0] != '{' {
		t.Errorf("a change of one event shows in %+v", events[2])
	}
	for name, draft := range map[string]activity.Draft{
		"payload": noted.New(note{"bye"}).By(ana).About(deal).Key("x"),
		"actor":   keyed.Key("x").By(deal),
		"about":   keyed.Key("x").About(ana),
		"source":  keyed.Key("x").Manual(),
		"time":    keyed.Key("x").At(noon),
	} {
		_, err := tenant.Record(t.Context(), keyed.Key("x"), draft)
		if conflict, ok := errors.AsType[*activity.KeyConflictError](err); !ok || conflict.Key != "x" || !conflict.ID.IsZero() {
			t.Errorf("Record with another %s under one key = %v, want a KeyConflictError", name, err)
		}
	}
}

func TestDraftErrors(t *testing.T) {
	long := strings.Repeat("x", activity.MaxText+1)
	draft := noted.New(note{"hello"}).By(ana)
	many := make([]activity.Entity, activity.MaxAbout+1)
	for i := range many {
		many[i] = activity.Entity{Kind: "contact", ID: fmt.Sprint(i)}
	}
	for _, test := range []struct {
		name, field, reason string
		draft               activity.Draft
	}{
		{"zero draft", "Type", "is missing: drafts are made by Type.New", activity.Draft{}},
		{"zero type", "Type", "is missing: drafts are made by Type.New", activity.Type[note]{}.New(note{})},
		{"no actor", "Actor", "is missing: use Draft.By or WithActor", noted.New(note{})},
		{"actor without kind", "Actor.Kind", "is empty", draft.By(activity.Entity{ID: "1"})},
		{"actor without ID", "Actor.ID", "is empty", draft.By(activity.User("", "Ana"))},
		{"actor with a label only", "Actor.Kind", "is empty", draft.By(activity.Entity{Label: "Ana"})},
		{"long kind", "About[1].Kind", "is longer than 64 bytes", draft.About(deal, activity.Entity{Kind: long[:65], ID: "1"})},
		{"long ID", "About[0].ID", "is longer than 255 bytes", draft.About(activity.Entity{Kind: "deal", ID: long})},
		{"long label", "Actor.Label", "is longer than 255 bytes", draft.By(activity.User("1", long))},
		{"NUL", "About[0].ID", "contains a NUL byte", draft.About(activity.Entity{Kind: "deal", ID: "a\x00b"})},
		{"bad UTF-8", "About[0].Label", "is not valid UTF-8", draft.About(activity.Entity{Kind: "deal", ID: "1", Label: "\xff"})},
		{"same entity twice", "About[2]", "is there twice", draft.About(deal, ana).About(activity.Entity{Kind: "deal", ID: "42"})},
		{"too many entities", "About", "has more than 16 entities", draft.About(many...)},
		{"long key", "Key", "is longer than 255 bytes", draft.Key(long)},
		{"bad key", "Key", "is not valid UTF-8", draft.Key("\xff")},
		{"before 1970", "At", "is not in the years 1970 to 9999", draft.At(time.Unix(0, -1))},
		{"after 9999", "At", "is not in the years 1970 to 9999", draft.At(lastTime.Add(time.Microsecond))},
	} {
		t.Run(test.name, func(t *testing.T) {
			tenant := newJournal(t, noted).Tenant("acme")
			_, err := tenant.Record(t.Context(), test.draft)
			if bad := invalid(t, err); bad.Field != test.field || bad.Reason != test.reason {
				t.Errorf("Record = %v, want %s %s", err, test.field, test.reason)
			}
			_, err = tenant.Record(t.Context(), draft, draft, test.draft)
			if bad := invalid(t, err); bad.Field != "Drafts[2]."+test.field || bad.Reason != test.reason {
				t.Errorf("Record of three = %v, want Drafts[2].%s %s", err, test.field, test.reason)
			}
			if page, err := tenant.Timeline(t.Context(), activity.Query{}); err != nil || len(page.Events) != 0 {
				t.Errorf("%d events are stored, %v", len(page.Events), err)
			}
		})
	}
}

func TestDraftLimits(t *testing.T) {
	text := func(n int) string { return strings.Repeat("é", n/2) + strings.Repeat("x", n%2) }
	longest := func(i int) activity.Entity {
		return activity.Entity{Kind: text(activity.MaxEntityKind), ID: fmt.Sprintf("%02d", i) + text(activity.MaxText-2), Label: text(activity.MaxText)}
	}
	var about []activity.Entity
	for i := range activity.MaxAbout {
		about = append(about, longest(i))
	}
	draft := noted.New(note{}).By(longest(99)).About(about...)
	journal := newJournal(t, noted)
	for key, at := range map[string]time.Time{text(activity.MaxText): time.Unix(0, 0), "x": lastTime.Add(999)} {
		got := record(t, journal, draft.At(at).Key(key))
		if !got.OccurredAt.Equal(at.Truncate(time.Microsecond)) || got.Key != key || got.About[15] != about[15] {
			t.Errorf("event = %+v", got)
		}
	}
	long, err := journal.Tenant(text(activity.MaxTenant)).Record(t.Context(), draft)
	if err != nil || len(long) != 1 {
		t.Errorf("Record in the tenant with the longest name = %v, %v", long, err)
	}
}
