package activity_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-activity/activity"
)

func TestQueryErrors(t *testing.T) {
	tenant, query := paged(t)
	next, prev := cursors(t, tenant, query)
	for _, test := range []struct {
		name, field string
		query       activity.Query
	}{
		{"entity without ID", "Query.About.ID", activity.Query{About: []activity.Entity{deal, {Kind: "deal"}}}},
		{"entity without kind", "Query.About.Kind", activity.Query{About: []activity.Entity{{ID: "1"}}}},
		{"actor without ID", "Query.Actor.ID", activity.Query{Actor: activity.Entity{Kind: "user"}}},
		{"bad type", "Query.Types", activity.Query{Types: []string{"note.added", "Note"}}},
		{"unknown category", "Query.Categories", activity.Query{Categories: []string{"notes", "Notes"}}},
		{"no source", "Query.Source", activity.Query{Source: 3}},
		{"from before 1970", "Query.From", activity.Query{From: time.Unix(-1, 0)}},
		{"to after 9999", "Query.To", activity.Query{To: lastTime.Add(time.Microsecond)}},
		{"from and to", "Query.From", activity.Query{From: time.Unix(-1, 0), To: time.Unix(-1, 0)}},
		{"to before from", "Query.To", activity.Query{From: noon, To: noon.Add(-1)}},
		{"two cursors", "Query.After", activity.Query{After: next, Before: prev}},
		{"negative limit", "Query.Limit", activity.Query{Limit: -1}},
		{"limit too high", "Query.Limit", activity.Query{Limit: activity.MaxLimit + 1}},
		{"too many entities", "Query", activity.Query{About: slices.Repeat([]activity.Entity{deal}, activity.MaxListed+1)}},
		{"too many types", "Query", activity.Query{Types: slices.Repeat([]string{"a"}, activity.MaxListed+1)}},
		{"too many categories", "Query", activity.Query{Categories: slices.Repeat([]string{"notes"}, activity.MaxListed+1)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for range 20 { // what is wrong first is said every time
				_, err := tenant.Timeline(t.Context(), test.query)
				if bad := invalid(t, err); bad.Field != test.field {
					t.Fatalf("Timeline = %v, want it to be about %s", err, test.field)
				}
			}
			n := 0
			for _, err := range tenant.Events(t.Context(), test.query) {
				n++
				invalid(t, err)
			}
			if n != 1 {
				t.Errorf("Events yields %d times", n)
			}
		})
	}
	for _, err := range tenant.Events(t.Context(), activity.Query{Before: prev}) {
		if bad := invalid(t, err); bad.Field != "Query.Before" {
			t.Errorf("Events with Before is about %s", bad.Field)
		}
	}
}

func TestQueryLimits(t *testing.T) {
	tenant, _ := paged(t)
	for name, query := range map[string]activity.Query{
		"longest lists": {
			About:      slices.Repeat([]activity.Entity{deal}, activity.MaxListed),
			Types:      slices.Repeat([]string{"note.added"}, activity.MaxListed),
			Categories: slices.Repeat([]string{"notes"}, activity.MaxListed),
			Limit:      activity.MaxLimit,
		},
		"longest range":     {Types: []string{"note.added"}, From: time.Unix(0, 0), To: lastTime.Add(999)},
		"unconfigured type": {Types: []string{"note.added", strings.Repeat("x", activity.MaxTypeName)}},
	} {
		page, err := tenant.Timeline(t.Context(), query)
		if err != nil || len(page.Events) != 3 {
			t.Errorf("%s: %d events, %v", name, len(page.Events), err)
		}
	}
	empty := activity.Query{From: noon, To: noon}
	if page, err := tenant.Timeline(t.Context(), empty); err != nil || len(page.Events) != 0 {
		t.Errorf("an empty range has %d events, %v", len(page.Events), err)
	}
	none := activity.Query{Types: []string{"mail.sent"}, Categories: []string{"notes", "calls"}}
	page, err := tenant.Timeline(t.Context(), none)
	if err != nil || len(page.Events) != 0 || page.Next != "" || page.Prev != "" {
		t.Errorf("types outside of the categories: %+v, %v", page, err)
	}
}

// TestQueryTimesBetweenMicroseconds has bounds that fall between the instants of events.
func TestQueryTimesBetweenMicroseconds(t *testing.T) {
	tenant := newJournal(t, noted).Tenant("acme")
	if _, err := tenant.Record(t.Context(), noted.New(note{}).By(ana).At(noon)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name     string
		from, to time.Time
		want     int
	}{
		{"from the instant", noon, time.Time{}, 1},
		{"from just before", noon.Add(-1), time.Time{}, 1},
		{"from just after", noon.Add(1), time.Time{}, 0},
		{"to the instant", time.Time{}, noon, 0},
		{"to just before", time.Time{}, noon.Add(-1), 0},
		{"to just after", time.Time{}, noon.Add(1), 1},
	} {
		page, err := tenant.Timeline(t.Context(), activity.Query{From: test.from, To: test.to})
		if err != nil || len(page.Events) != test.want {
			t.Errorf("%s: %d events, %v, want %d", test.name, len(page.Events), err, test.want)
		}
	}
}

func TestStreamEndsWithItsLoop(t *testing.T) {
	tenant, _ := paged(t)
	for limit := range 4 {
		n := 0
		for _, err := range tenant.Events(t.Context(), activity.Query{Limit: limit}) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == 5 {
				break
			}
		}
		if n != 5 {
			t.Errorf("the loop ran %d times", n)
		}
	}
}

func TestEventIsOfItsTenant(t *testing.T) {
	journal := newJournal(t, noted)
	event := record(t, journal, noted.New(note{}))
	for tenant, want := range map[string]error{"acme": nil, "globex": activity.ErrNotFound} {
		if _, err := journal.Tenant(tenant).Event(t.Context(), event.ID); !errors.Is(err, want) {
			t.Errorf("Event of %s = %v, want %v", tenant, err, want)
		}
	}
}
