package activity_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

var (
	opens = activity.Define[note]("email.opened", activity.TypeOptions{
		Summary: "opened {text}",
		Group: activity.Grouping{
			Within:       time.Hour,
			Summary:      "{actor} opened {count, plural, =2 {two emails} other {# emails}}, {text} last",
			Translations: map[string]string{"es": "abrió {count, number} correos"},
		},
	})
	clicks = activity.Define[note]("email.clicked", activity.TypeOptions{Summary: "clicked {text}", Group: activity.Grouping{Within: time.Minute}})
)

// grouped returns what groups of events there are, the IDs of each in one text, a page of limit groups after the other.
func grouped(t testing.TB, acme activity.Tenant, query activity.Query) (list []string) {
	t.Helper()
	for {
		page, err := acme.Groups(t.Context(), query)
		check(t, err)
		for _, g := range page.Groups {
			list = append(list, groupText(g.Events))
		}
		if page.Next == "" {
			return list
		}
		if len(page.Groups) != query.Limit {
			t.Fatalf("a page has %d groups, and there are more", len(page.Groups))
		}
		query.After = page.Next
	}
}

func groupText(events []activity.Event) string {
	var ids []string
	for _, e := range events {
		ids = append(ids, e.ID.String())
	}
	return strings.Join(ids, " ")
}

// Groups are those of one long list, wherever pages begin, and every event is in one.
func TestGroupsAtRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	for range 20 {
		journal := newJournal(t, noted, opens, clicks)
		acme := journal.Tenant("acme")
		at := noon
		for range 150 {
			at = at.Add(time.Duration(rng.IntN(100)) * time.Second * time.Duration(1+rng.IntN(2)*60*rng.IntN(2)))
			about := []activity.Entity{deal, contact7}[:1+rng.IntN(2)*rng.IntN(2)]
			record(t, journal, []activity.Type[note]{noted, opens, opens, opens, clicks}[rng.IntN(5)].New(note{}).
				By([]activity.Entity{ana, ana, ana, ben}[rng.IntN(4)]).About(about...).At(at))
		}
		if rng.IntN(2) == 0 {
			_, err := acme.Erase(t.Context(), contact7, ana, "asked for")
			check(t, err)
		}
		var want []string
		var last []activity.Event
		within := map[string]time.Duration{"email.opened": time.Hour, "email.clicked": time.Minute}
		for e, err := range acme.Events(t.Context(), activity.Query{}) {
			check(t, err)
			if n := len(last); n > 0 && (last[n-1].Type != e.Type || last[n-1].Erased || e.Erased || within[e.Type] == 0 ||
				last[n-1].OccurredAt.Sub(e.OccurredAt) > within[e.Type] || last[n-1].Actor != e.Actor || !slices.Equal(last[n-1].About, e.About)) {
				want, last = append(want, groupText(last)), nil
			}
			last = append(last, e)
		}
		want = append(want, groupText(last))
		for _, limit := range []int{1, 2, 3, 4, 5, 6, 7, 50, 500} {
			if diff := cmp.Diff(want, grouped(t, acme, activity.Query{Limit: limit})); diff != "" {
				t.Fatalf("pages of %d groups (-want +got):\n%s", limit, diff)
			}
		}
	}
}

// reads is a store that counts the reads of timelines.
type reads struct {
	activity.Store
	n int
}

func (s *reads) Feed(ctx context.Context, q activity.EventQuery) ([]activity.Event, error) {
	s.n++
	return s.Store.Feed(ctx, q)
}

// A page is one read where nothing belongs together, and few where much does.
func TestGroupsReadLittle(t *testing.T) {
	for _, test := range []struct {
		name         string
		typ          activity.Type[note]
		limit, reads int
	}{
		{"no groups", noted, 50, 1},
		{"no groups, one on a page", noted, 1, 1},
		{"two groups", opens, 50, 3},              // 51, 102, 204 events
		{"one group, one on a page", opens, 1, 6}, // 2, 4, 8, 16, 32, 64 events
	} {
		t.Run(test.name, func(t *testing.T) {
			store := &reads{Store: memstore.New()}
			acme := newJournal(t, noted, opens).With(store).Tenant("acme")
			drafts := make([]activity.Draft, 2*activity.MaxGroup)
			for i := range drafts {
				drafts[i] = test.typ.New(note{}).By(ana)
			}
			_, err := acme.Record(t.Context(), drafts...)
			check(t, err)
			_, err = acme.Groups(t.Context(), activity.Query{Limit: test.limit})
			if check(t, err); store.n != test.reads {
				t.Errorf("%d reads, want %d", store.n, test.reads)
			}
		})
	}
}

// What belongs to the group of an event, and what no longer does.
func TestWhoIsInAGroup(t *testing.T) {
	base := opens.New(note{}).By(ana).About(deal, contact7)
	for _, test := range []struct {
		name  string
		above activity.Draft
		at    time.Duration // after the event below
		want  int           // groups
	}{
		{"at the same time", base, 0, 1},
		{"just within", base, time.Hour, 1},
		{"just not", base, time.Hour + time.Microsecond, 2},
		{"other payload, source and labels", opens.New(note{"x"}).By(activity.User(ana.ID, "")).About(activity.Entity{Kind: "deal", ID: deal.ID}, contact7).Manual(), 0, 1},
		{"another type", clicks.New(note{}).By(ana).About(deal, contact7), 0, 2},
		{"another actor", base.By(ben), 0, 2},
		{"another order", opens.New(note{}).By(ana).About(contact7, deal), 0, 2},
		{"more entities", base.About(account7), 0, 2},
		{"fewer entities", opens.New(note{}).By(ana).About(deal), 0, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			journal := newJournal(t, opens, clicks)
			record(t, journal, base.At(noon))
			record(t, journal, test.above.At(noon.Add(test.at)))
			page, err := journal.Tenant("acme").Groups(t.Context(), activity.Query{})
			if check(t, err); len(page.Groups) != test.want {
				t.Errorf("%d groups, want %d", len(page.Groups), test.want)
			}
		})
	}
}

func TestGroupsAreBounded(t *testing.T) {
	journal := newJournal(t, opens)
	acme := journal.Tenant("acme")
	drafts := make([]activity.Draft, 2*activity.MaxGroup+1)
	for i := range drafts {
		drafts[i] = opens.New(note{}).By(ana)
	}
	_, err := acme.Record(t.Context(), drafts...)
	check(t, err)
	for _, limit := range []int{1, 2, 3} {
		var sizes []int
		for _, g := range grouped(t, acme, activity.Query{Limit: limit}) {
			sizes = append(sizes, len(strings.Fields(g)))
		}
		if diff := cmp.Diff([]int{activity.MaxGroup, activity.MaxGroup, 1}, sizes); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", limit, diff)
		}
	}
}

func TestGroupErrors(t *testing.T) {
	journal := newJournal(t, noted)
	acme := journal.Tenant("acme")
	record(t, journal, noted.New(note{}))
	record(t, journal, noted.New(note{}))
	page, err := acme.Groups(t.Context(), activity.Query{Limit: 1})
	check(t, err)
	for field, query := range map[string]activity.Query{
		"Query.Before": {Before: page.Next},
		"Query.Limit":  {Limit: activity.MaxLimit + 1},
		"Query.To":     {From: noon, To: noon.Add(-1)},
	} {
		_, err := acme.Groups(t.Context(), query)
		if bad := invalid(t, err); bad.Field != field {
			t.Errorf("the field is %q, want %q", bad.Field, field)
		}
	}
	page, err = journal.Tenant("globex").Groups(t.Context(), activity.Query{})
	if err != nil || page.Groups == nil || len(page.Groups) > 0 {
		t.Errorf("of nothing: %+v, %v", page, err)
	}
}

func TestGroupSummary(t *testing.T) {
	journal := newJournal(t, noted, opens, clicks)
	of := func(typ activity.Type[note], n int) (g activity.Group) {
		for i := range n {
			g.Events = slices.Insert(g.Events, 0, record(t, journal, typ.New(note{Text: fmt.Sprint("letter ", i+1)})))
		}
		return g
	}
	for _, test := range []struct {
		group  activity.Group
		locale string
		want   string
	}{
		{activity.Group{}, "en", ""},
		{of(opens, 1), "en", "opened letter 1"},
		{of(opens, 2), "en", "Ana opened two emails, letter 2 last"},
		{of(opens, 5), "fr", "Ana opened 5 emails, letter 5 last"},
		{of(opens, 5), "es-MX", "abrió 5 correos"},
		{of(clicks, 3), "en", "clicked letter 3 (3)"},
		{activity.Group{Events: []activity.Event{{Type: "call.unknown"}, {Type: "call.unknown"}}}, "en", "call unknown (2)"},
	} {
		got := journal.GroupSummary(test.group, test.locale)
		parts := ""
		for _, p := range got.Parts {
			parts += p.Text
		}
		if got.Text != test.want || parts != test.want {
			t.Errorf("GroupSummary in %s = %q, in parts %q, want %q", test.locale, got.Text, parts, test.want)
		}
	}
	parts := journal.GroupSummary(of(opens, 5), "en").Parts
	if parts[0].Entity != ana || parts[2].Text != "5" || parts[2].Role != activity.RoleValue {
		t.Errorf("the parts are %+v", parts)
	}
}

// Fields that the payload of a newer version has are those of the newest event, brought up to date; the payload's own count, where
// the type does not tell its fields, does not stand for the group's.
func TestGroupSummaryPayloads(t *testing.T) {
	free := activity.Define[map[string]any]("free", activity.TypeOptions{Group: activity.Grouping{Within: time.Hour, Summary: "{count} times {what}"}})
	journal := newJournal(t, free)
	var g activity.Group
	for _, payload := range []map[string]any{{}, {"count": 99, "what": "yes"}} {
		g.Events = append([]activity.Event{record(t, journal, free.New(payload))}, g.Events...)
		if got, want := journal.GroupSummary(activity.Group{Events: append(g.Events, g.Events...)}, "en").Text, fmt.Sprint(2*len(g.Events), " times "); !strings.HasPrefix(got, want) {
			t.Errorf("GroupSummary = %q, want %q", got, want)
		}
	}
}

// An upcast may write JSON as it likes, and who was erased has no fields.
func TestGroupSummaryOfOddPayloads(t *testing.T) {
	spaced := activity.Define[note]("spaced", activity.TypeOptions{
		Version: 2,
		Upcasts: upcasts{1: func(json.RawMessage) (json.RawMessage, error) {
			return json.RawMessage("{\n  \"text\" : \"x\", \"count\": 99\n}\n"), nil
		}},
		Group: activity.Grouping{Within: time.Hour, Summary: "{count} times {text}"},
	})
	journal := newJournal(t, spaced)
	for name, test := range map[string]struct {
		event activity.Event
		want  string
	}{
		"upcast":  {activity.Event{Type: "spaced", Version: 1, Payload: json.RawMessage(`{}`)}, "2 times x"},
		"current": {activity.Event{Type: "spaced", Version: 2, Payload: json.RawMessage(` { } `)}, "2 times "},
		"erased":  {activity.Event{Type: "spaced", Version: 2, Erased: true}, "spaced (erased) (2)"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := journal.GroupSummary(activity.Group{Events: []activity.Event{test.event, test.event}}, "en").Text; got != test.want {
				t.Errorf("GroupSummary = %q, want %q", got, test.want)
			}
		})
	}
}

func TestDefineGroups(t *testing.T) {
	type counted struct {
		Count int `json:"count"`
	}
	for name, define := range map[string]func(){
		"negative":           func() { activity.Define[note]("a", activity.TypeOptions{Group: activity.Grouping{Within: -1}}) },
		"summary of nothing": func() { activity.Define[note]("a", activity.TypeOptions{Group: activity.Grouping{Summary: "{count}"}}) },
		"unknown field": func() {
			activity.Define[note]("a", activity.TypeOptions{Group: activity.Grouping{Within: 1, Summary: "{n}"}})
		},
		"ambiguous count": func() {
			activity.Define[counted]("a", activity.TypeOptions{Group: activity.Grouping{Within: 1, Summary: "{count}"}})
		},
		"bad translation": func() {
			activity.Define[note]("a", activity.TypeOptions{Group: activity.Grouping{Within: 1, Translations: map[string]string{"en": "{count, plural, few {x} other {#}}"}}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("Define does not panic")
				}
			}()
			define()
		})
	}
	activity.Define[counted]("a", activity.TypeOptions{Group: activity.Grouping{Within: 1}})
	few := activity.Define[note]("a", activity.TypeOptions{Group: activity.Grouping{Within: 1, Summary: "{count, plural, few {x} other {#}}"}})
	if _, err := activity.New(memstore.New(), &activity.Config{Types: []activity.EventType{few}}); err == nil {
		t.Error("a pattern with a plural that the language lacks is taken")
	}
}
