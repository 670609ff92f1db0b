package activity_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// summarize renders a payload with a pattern, with an actor and about an entity.
func summarize(t testing.TB, pattern, payload string) activity.Summary {
	t.Helper()
	typ := activity.Define[map[string]any]("a.b", activity.TypeOptions{Label: "The label", Summary: pattern})
	event := activity.Event{Type: "a.b", Version: 1, Actor: ana, About: []activity.Entity{deal}, Payload: json.RawMessage(payload)}
	return newJournal(t, typ).Summary(event, "en")
}

func TestSummaryOfOddPayloads(t *testing.T) {
	const all = "{x}|{x, number}|{x, date}|{x, plural, =0 {none} one {# one} other {# more}}|{x, select, yes {Yes} other {No}}"
	for name, test := range map[string]struct{ payload, want string }{
		"missing":        {`{"y":1}`, "|0||none|No"},
		"null":           {`{"x":null}`, "|0||none|No"},
		"empty text":     {`{"x":""}`, "||| more|No"},
		"text":           {`{"x":"yes"}`, "yes|yes|yes|yes more|Yes"},
		"number as text": {`{"x":"12"}`, "12|12|12|12 more|No"},
		"number":         {`{"x":1}`, "1|1|1|1 one|No"},
		"big number":     {`{"x":1234.50}`, "1234.50|1,234.5|1234.50|1,234.5 more|No"},
		"true":           {`{"x":true}`, "true|true|true|true more|No"},
		"object":         {`{"x":{"yes":1}}`, "…|…|…|… more|No"},
		"array":          {`{"x":[1,2]}`, "…|…|…|… more|No"},
		"member within":  {`{"y":{"x":1}}`, "|0||none|No"},
		"twice":          {`{"x":2,"x":1}`, "1|1|1|1 one|No"},
		"other case":     {`{"X":1}`, "|0||none|No"},
		"no object":      {`[1]`, "|0||none|No"},
		"text alone":     {`"x"`, "|0||none|No"},
		"null alone":     {`null`, "|0||none|No"},
		"nothing":        {``, "|0||none|No"},
		"broken":         {`{"x"`, "|0||none|No"},
		"white space":    {" {\n\t\"x\" :\r 1 }", "1|1|1|1 one|No"},
		"escaped key":    {`{"\u0078":1}`, "1|1|1|1 one|No"},
		"escaped quotes": {`{"\"x\"":1,"y":"\"x\":2"}`, "|0||none|No"},
	} {
		t.Run(name, func(t *testing.T) {
			got := summarize(t, all, test.payload)
			if got.Text != test.want {
				t.Errorf("Summary = %q, want %q", got, test.want)
			}
			joined(t, got)
		})
	}
}

func TestSummaryOfTexts(t *testing.T) {
	for name, test := range map[string]struct{ pattern, payload, want string }{
		"escapes":         {"<{x}>", `{"x":"a\"b\\c\/d\u00e9\ud83d\ude00\u003cb\u003e"}`, `<a"b\c/dé😀<b>>`},
		"lines":           {"<{x}>", `{"x":"one\n\ttwo\r\n\r\nthree\u2028four"}`, "<one two three four>"},
		"300 characters":  {"<{x}>", `{"x":"` + strings.Repeat("é", 300) + `"}`, "<" + strings.Repeat("é", 199) + "…>"},
		"200 characters":  {"<{x}>", `{"x":"` + strings.Repeat("é", 200) + `"}`, "<" + strings.Repeat("é", 200) + ">"},
		"key beyond a-z":  {"<{größe}>", `{"größe":1}`, "<1>"},
		"escaped key":     {"<{größe}>", `{"gr\u00f6\u00dfe":1}`, "<1>"},
		"quoted pattern":  {"'{x}' {x}", `{"x":1}`, "{x} 1"},
		"pattern in text": {"{x} {actor}", `{"x":"{actor} {about}"}`, "{actor} {about} Ana"},
		"dotted key":      {"{a.b}", `{"a":{"b":1},"a.b":2}`, "2"},
		"payload's actor": {"{actor} {about}", `{"actor":"Eve","about":"Mallory"}`, "Ana Big one"},
		"many fields":     {"{a}{b}{c}{d}{e}{f}{a}{actor}", `{"f":6,"e":5,"d":4,"c":3,"b":"\n2","a":"\u0031"}`, "1 234561Ana"},
		"no fields":       {"did it", `{"x":1}`, "did it"},
	} {
		t.Run(name, func(t *testing.T) {
			got := summarize(t, test.pattern, test.payload)
			if got.Text != test.want || got.String() != test.want {
				t.Errorf("Summary = %q, want %q", got, test.want)
			}
			joined(t, got)
		})
	}
}

func TestSummaryOfEntities(t *testing.T) {
	typ := activity.Define[note]("a.b", activity.TypeOptions{Summary: "{actor} wrote {text} to {about}."})
	journal := newJournal(t, typ)
	bare := activity.Entity{Kind: "account", ID: "7"}
	lines := activity.User("1", "An\na\u202e")
	for name, test := range map[string]struct {
		actor activity.Entity
		about []activity.Entity
		want  []activity.Part
	}{
		"labels": {ana, []activity.Entity{deal, bare}, []activity.Part{
			{Text: "Ana", Role: activity.RoleEntity, Entity: ana}, {Text: " wrote "}, {Text: "x", Role: activity.RoleValue},
			{Text: " to "}, {Text: "Big one", Role: activity.RoleEntity, Entity: deal}, {Text: "."},
		}},
		"no labels": {bare, []activity.Entity{bare}, []activity.Part{
			{Text: "7", Role: activity.RoleEntity, Entity: bare}, {Text: " wrote "}, {Text: "x", Role: activity.RoleValue},
			{Text: " to "}, {Text: "7", Role: activity.RoleEntity, Entity: bare}, {Text: "."},
		}},
		"no entities": {activity.Entity{}, nil, []activity.Part{
			{Text: " wrote "}, {Text: "x", Role: activity.RoleValue}, {Text: " to ."},
		}},
		"label of two lines": {lines, nil, []activity.Part{
			{Text: "An a", Role: activity.RoleEntity, Entity: lines}, {Text: " wrote "}, {Text: "x", Role: activity.RoleValue}, {Text: " to ."},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := journal.Summary(activity.Event{Type: "a.b", Version: 1, Actor: test.actor, About: test.about, Payload: json.RawMessage(`{"text":"x"}`)}, "en")
			joined(t, got)
			if diff := cmp.Diff(test.want, got.Parts); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSummaryInJSON(t *testing.T) {
	data, err := json.Marshal(summarize(t, "{actor}: {x}", `{"x":1}`))
	want := `{"text":"Ana: 1","parts":[{"text":"Ana","role":"entity","entity":{"kind":"user","id":"ana@acme.test","label":"Ana"}},` +
		`{"text":": ","role":"text"},{"text":"1","role":"value"}]}`
	if diff := cmp.Diff(want, string(data)); err != nil || diff != "" {
		t.Errorf("Marshal: %v (-want +got):\n%s", err, diff)
	}
	if got := activity.Role(9).String(); got != "entity" {
		t.Errorf("String() = %q of no role", got)
	}
}

// joined makes sure that the parts make up the text, and that only entities have an entity.
func joined(t testing.TB, s activity.Summary) {
	t.Helper()
	var b strings.Builder
	for _, p := range s.Parts {
		b.WriteString(p.Text)
		if p.Role != activity.RoleEntity && !p.Entity.IsZero() {
			t.Errorf("part %+v is no entity and has one", p)
		}
	}
	if b.String() != s.Text {
		t.Errorf("the parts make %q of %q", b.String(), s.Text)
	}
}

func TestSummaryIsTheSameEveryTime(t *testing.T) {
	journal := newJournal(t, shown...)
	events := shownEvents()
	var want []activity.Summary
	for _, e := range events {
		for _, locale := range shownLocales {
			want = append(want, journal.Summary(e, locale))
		}
	}
	var group sync.WaitGroup
	for worker := range 16 {
		group.Go(func() {
			for i := range 1000 {
				k := (i*7 + worker*31) % len(want)
				got := journal.Summary(events[k/len(shownLocales)], shownLocales[k%len(shownLocales)])
				if diff := cmp.Diff(want[k], got); diff != "" {
					t.Errorf("Summary (-want +got):\n%s", diff)
					return
				}
			}
		})
	}
	group.Wait()
}

func TestSummaryAllocates(t *testing.T) {
	journal := newJournal(t, shown...)
	about := []activity.Entity{deal}
	for name, event := range map[string]activity.Event{
		"plural and entities": {Type: "mail.opened", Version: 1, Actor: ana, About: about, Payload: []byte(`{"count":1234567}`)},
		"escapes":             {Type: "deal.moved", Version: 1, Payload: []byte(`{"\u0066rom":"\"a\"\n","to":"\u00e9","day":"2026-02-28","sum":1.5}`)},
		"long text":           {Type: "deal.moved", Version: 1, Payload: []byte(`{"from":"` + long(5000) + `\n","to":"` + long(5000) + `"}`)},
		"label":               {Type: "note.labelled", Version: 1, Payload: []byte(`{}`)},
		"unknown type":        {Type: "crm", Version: 1, Payload: []byte(`{}`)},
	} {
		for _, locale := range []string{"en", "es", "es-MX", "", "garbage!!"} {
			if allocs := fewestAllocs(func() { journal.Summary(event, locale) }); allocs > 2 {
				t.Errorf("the summary of %s in %q allocates %v times, want at most its text and its parts", name, locale, allocs)
			}
		}
	}
}

// fewestAllocs returns how often fn allocates, measured more than once because the race detector
// makes a sync.Pool forget things.
func fewestAllocs(fn func()) float64 {
	fewest := testing.AllocsPerRun(1, fn)
	for range 50 {
		fewest = min(fewest, testing.AllocsPerRun(1, fn))
	}
	return fewest
}
