package storetest

import (
	"errors"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

var limitCases = []testCase{
	{name: "texts", check: checkTexts},
	{name: "payloads", check: checkPayloads},
	{name: "times", check: checkTimes},
	{name: "drafts", check: checkDrafts},
	{name: "queries", check: checkQueries},
}

// refused checks that a draft of acme is an InvalidError about a field, alone and beside valid ones,
// and that nothing of it is stored.
func (h host) refused(what string, d activity.Draft, field string) {
	h.Helper()
	tenant := h.journal.Tenant(acme)
	_, err := tenant.Record(h.Context(), d)
	h.invalid(what, err, field)
	_, err = tenant.Record(h.Context(), draft("valid"), d, draft("valid too"))
	h.invalid(what+" among others", err, "Drafts[1]."+field)
	h.empty(what)
}

// empty checks that acme has no events.
func (h host) empty(what string) {
	h.Helper()
	if n := len(h.feed(activity.EventQuery{Tenant: acme, Limit: 10})); n > 0 {
		h.Fatalf("%s: %d events were stored", what, n)
	}
}

// badText are texts that no field can have.
var badText = map[string]string{
	"NUL":             "a\x00b",
	"NUL only":        "\x00",
	"invalid UTF-8":   "a\xffb",
	"a cut rune":      "a\xe2\x82",
	"a surrogate":     "\xed\xa0\x80",
	"too long a rune": "\xc0\x80",
}

func checkTexts(s subject) {
	h := newHost(s)
	place := func(e *activity.Entity, name string) *string {
		return map[string]*string{"Kind": &e.Kind, "ID": &e.ID, "Label": &e.Label}[name]
	}
	limits := map[string]int{"Kind": activity.MaxEntityKind, "ID": activity.MaxText, "Label": activity.MaxText}
	entity := func(name, text string) activity.Entity {
		e := activity.User("u", "U")
		*place(&e, name) = text
		return e
	}
	bad := func(what, text string, fields ...string) {
		for _, name := range fields {
			h.refused(what, draft("x").By(entity(name, text)), "Actor."+name)
			h.refused(what, draft("x").About(call, entity(name, text)), "About[2]."+name)
			_, err := h.journal.Tenant(acme).Timeline(h.Context(), activity.Query{About: []activity.Entity{entity(name, text)}})
			h.invalid(what, err, "Query.About."+name)
			_, err = h.journal.Tenant(acme).Timeline(h.Context(), activity.Query{Actor: entity(name, text)})
			h.invalid(what, err, "Query.Actor."+name)
		}
	}
	for what, text := range badText {
		bad(what, text, "Kind", "ID", "Label")
		h.refused(what, draft("x").Key(text), "Key")
		h.badTenant(what, text)
	}
	bad("no text", "", "Kind", "ID")
	h.badTenant("no name", "")
	for name, limit := range limits {
		bad("one byte too long", strings.Repeat("x", limit+1), name)
		bad("one rune too long", strings.Repeat("é", limit/2+1), name)
	}
	h.refused("one byte too long", draft("x").Key(strings.Repeat("k", activity.MaxText+1)), "Key")
	h.badTenant("one byte too long", strings.Repeat("t", activity.MaxTenant+1))

	long := longEntity("x")
	event := h.record(draft("x").By(long).About(longEntities(activity.MaxAbout - 1)...).Key(long.ID))[0]
	if event.Actor != long || len(event.About) != activity.MaxAbout || event.Key != long.ID {
		s.Errorf("texts at their limits came back as %v", event)
	}
	h.shows("of long texts", activity.Query{Actor: long, About: longEntities(3)}, event)
	tenant := h.journal.Tenant(strings.Repeat("t", activity.MaxTenant))
	if _, err := tenant.Record(h.Context(), draft("x")); err != nil {
		s.Errorf("Record of a tenant with a long name: %v", err)
	}
}

// badTenant checks that no call accepts a tenant's name.
func (h host) badTenant(what, name string) {
	h.Helper()
	tenant := h.journal.Tenant(name)
	_, err := tenant.Record(h.Context(), draft("x"))
	h.invalid(what, err, "Tenant")
	_, err = tenant.Event(h.Context(), activity.ID{1})
	h.invalid(what, err, "Tenant")
	_, err = tenant.Timeline(h.Context(), activity.Query{})
	h.invalid(what, err, "Tenant")
	for _, err := range tenant.Events(h.Context(), activity.Query{}) {
		h.invalid(what, err, "Tenant")
	}
}

// nested returns an object of so many levels.
func nested(levels int) rawJSON {
	return rawJSON(`{"a":` + strings.Repeat("[", levels-1) + strings.Repeat("]", levels-1) + "}")
}

func checkPayloads(s subject) {
	h := newHost(s)
	const frame = len(`{"text":""}`)
	raw := func(text string) activity.Draft { return mailSent.New(rawJSON(text)).By(ana) }
	for what, d := range map[string]activity.Draft{
		"one byte too long":            draft(strings.Repeat("x", activity.MaxPayload-frame+1)),
		"one level too deep":           mailSent.New(nested(activity.MaxDepth + 1)).By(ana),
		"objects too deep":             raw(strings.Repeat(`{"a":`, activity.MaxDepth) + "{}" + strings.Repeat("}", activity.MaxDepth)),
		"no object":                    raw(`[1]`),
		"null":                         raw(`null`),
		"no JSON":                      raw(`{"a":}`),
		"not encodable":                callMade.New(object{"f": func() {}}).By(ana),
		"invalid UTF-8":                draft("a\xffb"),
		"NUL":                          draft("a\x00b"),
		"NUL in a name":                callMade.New(object{"a\x00": 1}).By(ana),
		"invalid UTF-8 in a name":      callMade.New(object{"a\xff": 1}).By(ana),
		"escaped NUL":                  raw(`{"a":["\u0000"]}`),
		"an unpaired surrogate":        raw(`{"a":"\ud800"}`),
		"surrogates in wrong order":    raw(`{"a":"\udc00\ud800"}`),
		"invalid UTF-8 in raw JSON":    raw("{\"a\":\"\xff\"}"),
		"NUL in something nested":      callMade.New(object{"a": []any{object{"b": "\x00"}}}).By(ana),
		"invalid UTF-8, deeply nested": callMade.New(object{"a": []any{object{"b": "\xc3"}}}).By(ana),
	} {
		h.refused(what, d, "Payload")
	}
	for what, d := range map[string]activity.Draft{
		"as long as possible": draft(strings.Repeat("x", activity.MaxPayload-frame)),
		"as deep as possible": mailSent.New(nested(activity.MaxDepth)).By(ana),
		"empty":               raw(`{}`),
		"wide":                callMade.New(object{"a": make([]int, 20_000)}).By(ana),
		"a real U+FFFD":       draft("a\ufffdb"),
		"a backslash before":  raw(`{"a":"\\u0000"}`),
		"a pair":              raw(`{"a":"\ud83d\ude00"}`),
	} {
		event := h.record(d)[0]
		stored, err := h.journal.Tenant(acme).Event(h.Context(), event.ID)
		if err != nil {
			s.Errorf("payload that is %s: %v", what, err)
		} else if d := diff(event, stored); d != "" {
			s.Errorf("payload that is %s: %s", what, d)
		}
	}
	small, err := activity.New(s.store, &activity.Config{Types: []activity.EventType{callMade}, MaxPayload: 7})
	if err != nil {
		s.Fatalf("activity.New: %v", err)
	}
	if _, err := small.Tenant(acme).Record(h.Context(), callMade.New(object{"a": 1}).By(ana)); err != nil {
		s.Errorf("a payload as long as the config allows: %v", err)
	}
	_, err = small.Tenant(acme).Record(h.Context(), callMade.New(object{"a": 12}).By(ana))
	s.invalid("a payload longer than the config allows", err, "Payload")
}

func checkTimes(s subject) {
	h := newHost(s)
	first, end := time.Unix(0, 0), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, t := range []time.Time{
		first.Add(-1), first.Add(-time.Microsecond), first.AddDate(-70, 0, 0),
		end, end.AddDate(1, 0, 0), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{}, time.Time{}.Add(1),
	} {
		what := t.Format(time.RFC3339Nano)
		h.refused(what, draft("x").At(t), "At")
		if t.IsZero() {
			continue // in a query, it is no condition
		}
		_, err := h.journal.Tenant(acme).Timeline(h.Context(), activity.Query{From: t})
		h.invalid(what, err, "Query.From")
		_, err = h.journal.Tenant(acme).Timeline(h.Context(), activity.Query{To: t})
		h.invalid(what, err, "Query.To")
	}
	last := end.Add(-1)
	newest := h.record(draft("last").At(last))[0]
	now := h.record(draft("now"))[0]
	oldest := h.record(draft("first").At(first))[0]
	for e, want := range map[*activity.Event]time.Time{&newest: last.Truncate(time.Microsecond), &now: epoch, &oldest: first} {
		if !e.OccurredAt.Equal(want) || !e.ID.Time().Equal(want) {
			s.Errorf("an event that occurred at %v has the time %v, and %v in its ID", want, e.OccurredAt, e.ID.Time())
		}
	}
	h.shows("from 1970 to 9999", activity.Query{From: first, To: last}, newest, now, oldest)
	h.shows("from 1970", activity.Query{From: first}, newest, now, oldest)
	*h.clock = end
	_, err := h.journal.Tenant(acme).Record(h.Context(), draft("x"))
	s.invalid("a clock that is wrong", err, "Config.Now")
}

func checkDrafts(s subject) {
	h := newHost(s)
	h.refused("the zero draft", activity.Draft{}, "Type")
	h.refused("no actor", noteAdded.New(note{}), "Actor")
	h.refused("an actor without kind", draft("x").By(activity.Entity{ID: "1"}), "Actor.Kind")
	h.refused("an actor with a label only", draft("x").By(activity.Entity{Label: "L"}), "Actor.Kind")
	h.refused("an entity twice", draft("x").About(call, activity.Entity{Kind: "deal", ID: "1", Label: "Other"}), "About[2]")
	h.refused("the zero entity", draft("x").About(activity.Entity{}), "About[1].Kind")
	h.refused("17 entities", draft("x").About(longEntities(activity.MaxAbout)...), "About")
	tenant := h.journal.Tenant(acme)
	for _, drafts := range [][]activity.Draft{{unknown.New(note{}).By(ana)}, {draft("valid"), unknown.New(note{}).By(ana)}} {
		if _, err := tenant.Record(h.Context(), drafts...); !errors.Is(err, activity.ErrUnknownType) || !errors.Is(err, activity.ErrInvalid) {
			s.Errorf("Record of a type that is not configured = %v, want ErrUnknownType", err)
		}
	}
	impostor := activity.Define[object]("note.added", activity.TypeOptions{})
	if _, err := tenant.Record(h.Context(), impostor.New(object{}).By(ana)); !errors.Is(err, activity.ErrUnknownType) {
		s.Errorf("Record of another type of the same name = %v, want ErrUnknownType", err)
	}
	h.empty("drafts that are not valid")
}
