package storetest

import (
	"encoding/base64"
	"errors"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

var cursorCases = []testCase{
	{name: "damaged cursors", check: checkDamagedCursors},
	{name: "cursors of another query", check: checkForeignCursors},
}

// cursorRefused checks that a cursor is refused in both places.
func (h host) cursorRefused(what string, tenant string, query activity.Query, cursor activity.Cursor) {
	h.Helper()
	after, before := query, query
	after.After, before.Before = cursor, cursor
	for _, query := range []activity.Query{after, before} {
		_, err := h.journal.Tenant(tenant).Timeline(h.Context(), query)
		if !errors.Is(err, activity.ErrInvalidCursor) || !errors.Is(err, activity.ErrInvalid) {
			h.Errorf("%s: the error is %v, want ErrInvalidCursor", what, err)
		}
	}
	for _, err := range h.journal.Tenant(tenant).Events(h.Context(), after) {
		if !errors.Is(err, activity.ErrInvalidCursor) {
			h.Errorf("%s: the error of Events is %v, want ErrInvalidCursor", what, err)
		}
	}
}

func checkDamagedCursors(s subject) {
	h := newHost(s)
	h.record(draft("0"), draft("1"), draft("2"))
	cursor := h.page(activity.Query{Limit: 2}).Next
	raw, err := base64.RawURLEncoding.DecodeString(string(cursor))
	if err != nil {
		s.Fatalf("the cursor %q does not fit into a URL: %v", cursor, err)
	}
	encode := func(b []byte) activity.Cursor { return activity.Cursor(base64.RawURLEncoding.EncodeToString(b)) }
	for bit := range 8 * len(raw) {
		flipped := slices.Clone(raw)
		flipped[bit/8] ^= 1 << (bit % 8)
		h.cursorRefused("a cursor with a flipped bit", acme, activity.Query{}, encode(flipped))
	}
	for i := range len(cursor) {
		for bit := range 8 {
			flipped := []byte(cursor)
			flipped[i] ^= 1 << bit
			h.cursorRefused("a cursor with a flipped bit in a character", acme, activity.Query{}, activity.Cursor(flipped))
		}
	}
	for n := 1; n < len(cursor); n++ {
		h.cursorRefused("a cut cursor", acme, activity.Query{}, cursor[:n])
	}
	for n := 1; n < len(raw); n++ {
		h.cursorRefused("a cut cursor", acme, activity.Query{}, encode(raw[:n]))
	}
	newer := slices.Clone(raw)
	newer[0]++
	for what, c := range map[string]activity.Cursor{
		"a newer cursor":      encode(newer),
		"a longer cursor":     cursor + "AAAA",
		"a padded cursor":     cursor + "==",
		"a cursor and a line": cursor + "\n",
		"a line and a cursor": "\n" + cursor,
		"no cursor":           "cursor",
		"an ID":               activity.Cursor(newID(epoch, 1).String()),
		"spaces":              " ",
	} {
		h.cursorRefused(what, acme, activity.Query{}, c)
	}
	if n := len(h.page(activity.Query{After: cursor}).Events); n != 1 {
		s.Errorf("the page after the intact cursor has %d events, want 1", n)
	}
}

func checkForeignCursors(s subject) {
	h := newHost(s)
	run := newID(epoch, 7)
	base := func() activity.Query {
		return activity.Query{
			About:      []activity.Entity{deal, call},
			Actor:      ana,
			Types:      []string{"note.added", "deal.won"},
			Categories: []string{"notes", "deals"},
			Source:     activity.Automatic,
			From:       epoch.Add(-time.Hour),
			To:         epoch.Add(time.Hour),
			Limit:      2,
		}
	}
	h.record(draft("0"), draft("1"), draft("2"), draft("3"))
	cursor := h.page(base()).Next
	for what, change := range map[string]func(*activity.Query){
		"no About":              func(q *activity.Query) { q.About = nil },
		"fewer entities":        func(q *activity.Query) { q.About = q.About[:1] },
		"another entity":        func(q *activity.Query) { q.About[1].ID = "2" },
		"an entity's kind":      func(q *activity.Query) { q.About[1].Kind = "deal2" },
		"no actor":              func(q *activity.Query) { q.Actor = activity.Entity{} },
		"another actor":         func(q *activity.Query) { q.Actor = ben },
		"fewer types":           func(q *activity.Query) { q.Types = q.Types[:1] },
		"more types":            func(q *activity.Query) { q.Types = append(q.Types, "deal.moved") },
		"no categories":         func(q *activity.Query) { q.Categories = nil },
		"fewer categories":      func(q *activity.Query) { q.Categories = q.Categories[:1] },
		"a task":                func(q *activity.Query) { q.Task = run },
		"another source":        func(q *activity.Query) { q.Source = activity.Manual },
		"no source":             func(q *activity.Query) { q.Source = 0 },
		"no From":               func(q *activity.Query) { q.From = time.Time{} },
		"From later":            func(q *activity.Query) { q.From = q.From.Add(time.Microsecond) },
		"no To":                 func(q *activity.Query) { q.To = time.Time{} },
		"To later":              func(q *activity.Query) { q.To = q.To.Add(1) },
		"From and To exchanged": func(q *activity.Query) { q.From, q.To = time.Time{}, q.From },
	} {
		query := base()
		change(&query)
		h.cursorRefused("a cursor of a query with "+what+" changed", acme, query, cursor)
	}
	h.cursorRefused("a cursor of another tenant", globex, base(), cursor)
	for what, change := range map[string]func(*activity.Query){
		"another limit": func(q *activity.Query) { q.Limit = 400 },
		"no limit":      func(q *activity.Query) { q.Limit = 0 },
		"another order": func(q *activity.Query) {
			slices.Reverse(q.About)
			slices.Reverse(q.Types)
			slices.Reverse(q.Categories)
		},
		"other labels":      func(q *activity.Query) { q.About[0].Label, q.Actor.Label = "", "New" },
		"something twice":   func(q *activity.Query) { q.About = append(q.About, deal); q.Types = append(q.Types, "deal.won") },
		"times in a zone":   func(q *activity.Query) { q.From = q.From.In(time.FixedZone("", 7200)) },
		"the same instants": func(q *activity.Query) { q.To = q.To.Add(-1) },
	} {
		query := base()
		change(&query)
		query.After = cursor
		if n := len(h.page(query).Events); n != 2 {
			s.Errorf("the page after a cursor of a query with %s has %d events, want 2", what, n)
		}
	}
}
