package activity_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

var (
	called = activity.Define[note]("call.made", activity.TypeOptions{Category: "calls"})
	mailed = activity.Define[note]("mail.sent", activity.TypeOptions{Category: "mails"})
)

// paged returns a tenant with some events of each type, and a query that finds them all and has a
// condition in every field but the task's.
func paged(t testing.TB) (activity.Tenant, activity.Query) {
	t.Helper()
	tenant := newJournal(t, noted, called, mailed).Tenant("acme")
	for _, typ := range []activity.Type[note]{noted, called, mailed} {
		for range 3 {
			if _, err := tenant.Record(t.Context(), typ.New(note{}).By(ana).About(deal).Manual()); err != nil {
				t.Fatal(err)
			}
		}
	}
	return tenant, activity.Query{
		About:      []activity.Entity{deal, {Kind: "account", ID: "7"}},
		Actor:      ana,
		Types:      []string{"note.added", "call.made"},
		Categories: []string{"notes", "calls"},
		Source:     activity.Manual,
		From:       noon.Add(-time.Hour),
		To:         noon.Add(time.Hour),
		Limit:      2,
	}
}

// cursors returns the cursors of a page of the query that has both.
func cursors(t testing.TB, tenant activity.Tenant, query activity.Query) (next, prev activity.Cursor) {
	t.Helper()
	for range 2 {
		page, err := tenant.Timeline(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		next, prev, query.After = page.Next, page.Prev, page.Next
	}
	if next == "" || prev == "" {
		t.Fatalf("cursors = %q and %q on the second page", next, prev)
	}
	return next, prev
}

func TestCursorIsBoundToItsQuery(t *testing.T) {
	tenant, query := paged(t)
	next, prev := cursors(t, tenant, query)
	for name, test := range map[string]struct {
		change func(*activity.Query)
		want   error
	}{
		"nothing":             {func(*activity.Query) {}, nil},
		"limit":               {func(q *activity.Query) { q.Limit = 1 }, nil},
		"default limit":       {func(q *activity.Query) { q.Limit = 0 }, nil},
		"order of entities":   {func(q *activity.Query) { slices.Reverse(q.About) }, nil},
		"order of types":      {func(q *activity.Query) { slices.Reverse(q.Types) }, nil},
		"order of categories": {func(q *activity.Query) { slices.Reverse(q.Categories) }, nil},
		"type twice":          {func(q *activity.Query) { q.Types = append(q.Types, "note.added") }, nil},
		"labels":              {func(q *activity.Query) { q.About[0].Label, q.Actor.Label = "", "" }, nil},
		"zone":                {func(q *activity.Query) { q.From = q.From.In(time.FixedZone("", 3600)) }, nil},
		"within microsecond":  {func(q *activity.Query) { q.From = q.From.Add(-1) }, nil},

		"entity ID":          {func(q *activity.Query) { q.About[0].ID = "43" }, activity.ErrInvalidCursor},
		"entity kind":        {func(q *activity.Query) { q.About[0].Kind = "lead" }, activity.ErrInvalidCursor},
		"fewer entities":     {func(q *activity.Query) { q.About = q.About[:1] }, activity.ErrInvalidCursor},
		"no entities":        {func(q *activity.Query) { q.About = nil }, activity.ErrInvalidCursor},
		"actor ID":           {func(q *activity.Query) { q.Actor.ID = "x" }, activity.ErrInvalidCursor},
		"actor kind":         {func(q *activity.Query) { q.Actor.Kind = "x" }, activity.ErrInvalidCursor},
		"no actor":           {func(q *activity.Query) { q.Actor = activity.Entity{} }, activity.ErrInvalidCursor},
		"types":              {func(q *activity.Query) { q.Types[0] = "mail.sent" }, activity.ErrInvalidCursor},
		"more types":         {func(q *activity.Query) { q.Types = append(q.Types, "mail.sent") }, activity.ErrInvalidCursor},
		"no types":           {func(q *activity.Query) { q.Types = nil }, activity.ErrInvalidCursor},
		"categories":         {func(q *activity.Query) { q.Categories[0] = "mails" }, activity.ErrInvalidCursor},
		"no categories":      {func(q *activity.Query) { q.Categories = nil }, activity.ErrInvalidCursor},
		"disjoint lists":     {func(q *activity.Query) { q.Categories = []string{"mails"} }, activity.ErrInvalidCursor},
		"task":               {func(q *activity.Query) { q.Task = activity.ID{1} }, activity.ErrInvalidCursor},
		"source":             {func(q *activity.Query) { q.Source = activity.Automatic }, activity.ErrInvalidCursor},
		"no source":          {func(q *activity.Query) { q.Source = 0 }, activity.ErrInvalidCursor},
		"from":               {func(q *activity.Query) { q.From = q.From.Add(time.Microsecond) }, activity.ErrInvalidCursor},
		"no from":            {func(q *activity.Query) { q.From = time.Time{} }, activity.ErrInvalidCursor},
		"to":                 {func(q *activity.Query) { q.To = q.To.Add(time.Microsecond) }, activity.ErrInvalidCursor},
		"no to":              {func(q *activity.Query) { q.To = time.Time{} }, activity.ErrInvalidCursor},
		"moved from to to":   {func(q *activity.Query) { q.From, q.To = time.Time{}, q.From }, activity.ErrInvalidCursor},
		"types for sections": {func(q *activity.Query) { q.Types, q.Categories = nil, q.Categories[:1] }, activity.ErrInvalidCursor},
	} {
		t.Run(name, func(t *testing.T) {
			changed := query
			changed.About, changed.Types, changed.Categories = slices.Clone(query.About), slices.Clone(query.Types), slices.Clone(query.Categories)
			test.change(&changed)
			after, before := changed, changed
			after.After, before.Before = next, prev
			for _, q := range []activity.Query{after, before} {
				if _, err := tenant.Timeline(t.Context(), q); !errors.Is(err, test.want) {
					t.Errorf("Timeline = %v, want %v", err, test.want)
				}
			}
			for _, err := range tenant.Events(t.Context(), after) {
				if !errors.Is(err, test.want) {
					t.Errorf("Events = %v, want %v", err, test.want)
				}
			}
		})
	}
}

// TestCursorBindingIsUnambiguous has queries whose texts are the same when they stand one after the
// other.
func TestCursorBindingIsUnambiguous(t *testing.T) {
	queries := []struct {
		tenant string
		activity.Query
	}{
		{"acme", activity.Query{}},
		{"acmf", activity.Query{}},
		{"a", activity.Query{Actor: activity.Entity{Kind: "bc", ID: "d"}}},
		{"a", activity.Query{Actor: activity.Entity{Kind: "b", ID: "cd"}}},
		{"ab", activity.Query{Actor: activity.Entity{Kind: "c", ID: "d"}}},
		{"a", activity.Query{About: []activity.Entity{{Kind: "bc", ID: "d"}}}},
		{"a", activity.Query{About: []activity.Entity{{Kind: "b", ID: "cd"}}}},
		{"a", activity.Query{Types: []string{"b", "cd"}}},
		{"a", activity.Query{Types: []string{"bc", "d"}}},
		{"a", activity.Query{Types: []string{"b"}, Categories: []string{"cd"}}},
		{"a", activity.Query{Categories: []string{"b", "cd"}}},
		{"a", activity.Query{From: noon}},
		{"a", activity.Query{To: noon}},
		{"a", activity.Query{From: noon, To: noon}},
		{"a", activity.Query{From: time.Unix(0, 0)}},
		{"a", activity.Query{Task: idValue}},
		{"a", activity.Query{Source: activity.Automatic}},
	}
	for i, made := range queries {
		cursor := activity.MakeCursor(made.Query, made.tenant, idValue)
		for j, used := range queries {
			id, err := activity.OpenCursor(cursor, used.Query, used.tenant)
			if i == j && (err != nil || id != idValue) || i != j && !errors.Is(err, activity.ErrInvalidCursor) {
				t.Errorf("the cursor of query %d, used with query %d = %s, %v", i, j, id, err)
			}
		}
	}
}

func TestCursorText(t *testing.T) {
	cursor := string(activity.MakeCursor(activity.Query{}, "acme", idValue))
	const characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	if strings.Trim(cursor, characters) != "" {
		t.Errorf("cursor %q does not fit into a URL as it is", cursor)
	}
	damaged := []string{"x", cursor[1:], cursor + "A", cursor + "=", " " + cursor[1:], strings.Repeat("A", len(cursor))}
	// The decoder of base64 passes over line ends.
	for _, kept := range []int{0, 4, 24, 32} {
		damaged = append(damaged, cursor[:kept]+strings.Repeat("\n", len(cursor)-kept))
	}
	for i := range len(cursor) {
		for _, c := range characters {
			if other := cursor[:i] + string(c) + cursor[i+1:]; other != cursor {
				damaged = append(damaged, other)
			}
		}
	}
	for _, text := range damaged {
		if id, err := activity.OpenCursor(activity.Cursor(text), activity.Query{}, "acme"); !errors.Is(err, activity.ErrInvalidCursor) {
			t.Errorf("cursor %q opens as %s, %v", text, id, err)
		}
	}
}

func FuzzCursor(f *testing.F) {
	tenant, query := paged(f)
	next, prev := cursors(f, tenant, query)
	for _, seed := range []string{"x", string(next), string(prev), string(next) + "\n", strings.Repeat("\n", len(next)), fmt.Sprint(next[1:], "A")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cursor := activity.Cursor(text)
		id, err := activity.OpenCursor(cursor, query, "acme")
		switch {
		case err != nil && !errors.Is(err, activity.ErrInvalidCursor):
			t.Errorf("cursor %q = %v", text, err)
		case err == nil && activity.MakeCursor(query, "acme", id) != cursor:
			t.Errorf("cursor %q opens as %s, whose cursor is another", text, id)
		}
		if cursor == "" {
			return // no cursor at all
		}
		after, before := query, query
		after.After, before.Before = cursor, cursor
		for _, q := range []activity.Query{after, before} {
			if _, got := tenant.Timeline(t.Context(), q); (got == nil) != (err == nil) || got != nil && !errors.Is(got, activity.ErrInvalidCursor) {
				t.Errorf("Timeline with cursor %q = %v", text, got)
			}
		}
	})
}

// The stream is a sequence that can be run through more than once.
func TestEventsTwice(t *testing.T) {
	tenant, query := paged(t)
	query.Limit = 2
	events := tenant.Events(t.Context(), query)
	for round := range 2 {
		n := 0
		for _, err := range events {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 6 {
			t.Errorf("round %d has %d events, want 6", round+1, n)
		}
	}
}

// seen is a store that notes the last query.
type seen struct {
	activity.Store
	query activity.EventQuery
}

func (s *seen) Feed(ctx context.Context, q activity.EventQuery) ([]activity.Event, error) {
	s.query = q
	return s.Store.Feed(ctx, q)
}

// What a list names twice costs a store nothing.
func TestListsWithoutRepeats(t *testing.T) {
	store := &seen{Store: memstore.New()}
	tenant := newJournal(t, noted, called).With(store).Tenant("acme")
	_, err := tenant.Timeline(t.Context(), activity.Query{
		About: []activity.Entity{deal, {Kind: deal.Kind, ID: deal.ID, Label: "another"}, ana, deal},
		Types: []string{"note.added", "call.made", "note.added"},
	})
	if err != nil || len(store.query.About) != 2 || len(store.query.Types) != 2 {
		t.Errorf("the store is asked for %v and %v (%v), want two of each", store.query.About, store.query.Types, err)
	}
}
