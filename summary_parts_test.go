package activity_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

// TestSummaryParts makes patterns of random pieces, along with the parts that they should give.
func TestSummaryParts(t *testing.T) {
	for range 500 {
		var pattern strings.Builder
		var want []activity.Part
		for range rand.IntN(8) {
			piece := pieces[rand.IntN(len(pieces))]
			pattern.WriteString(piece.pattern)
			for _, part := range piece.parts {
				last := len(want) - 1
				if part.Role == activity.RoleText && last >= 0 && want[last].Role == activity.RoleText {
					want[last].Text += part.Text
					continue
				}
				want = append(want, part)
			}
		}
		got := summarize(t, pattern.String(), `{"x":"a\nb","n":1234,"none":null}`)
		joined(t, got)
		if len(want) == 0 {
			want = got.Parts[:0] // nothing to show, or no pattern
		}
		if pattern.Len() == 0 {
			want = []activity.Part{{Text: "The label"}}
		}
		if diff := cmp.Diff(want, got.Parts); diff != "" {
			t.Fatalf("parts of %q (-want +got):\n%s", pattern.String(), diff)
		}
	}
}

var pieces = []struct {
	pattern string
	parts   []activity.Part
}{
	{"word ", []activity.Part{{Text: "word "}}},
	{"ein Stück", []activity.Part{{Text: "ein Stück"}}},
	{"{actor}", []activity.Part{{Text: "Ana", Role: activity.RoleEntity, Entity: ana}}},
	{"{about}", []activity.Part{{Text: "Big one", Role: activity.RoleEntity, Entity: deal}}},
	{"{x}", []activity.Part{{Text: "a b", Role: activity.RoleValue}}},
	{"{n, number}", []activity.Part{{Text: "1,234", Role: activity.RoleValue}}},
	{"{none}", nil},
	{"{missing}", nil},
	{"{n, plural, one {# one} other {# of {actor}}}", []activity.Part{
		{Text: "1,234", Role: activity.RoleValue}, {Text: " of "}, {Text: "Ana", Role: activity.RoleEntity, Entity: ana},
	}},
	{"{x, select, other {{x}}}", []activity.Part{{Text: "a b", Role: activity.RoleValue}}},
}

// FuzzSummary has every payload that a store could come back with, and every name of an entity.
func FuzzSummary(f *testing.F) {
	for _, seed := range []string{`{"x":1}`, `{"x":"\ud83d\ude00\n","y":[{}]}`, `{"\u0078":1}`, `{"x"`, `{"x":"\`, `[`, ``, `{"x":1e999}`, "{\"x\":\"\xff\u202e\"}"} {
		f.Add([]byte(seed), "Ana")
	}
	f.Add([]byte(`{}`), "A\nn\xffa\u2028")
	typ := activity.Define[json.RawMessage]("a.b", activity.TypeOptions{
		Summary: "{actor} {x} {x, number} {x, date} {x, plural, one {#} other {{y}#}} {y, select, yes {Yes} other {No}} {about}",
	})
	journal := newJournal(f, typ)
	f.Fuzz(func(t *testing.T, payload []byte, label string) {
		event := activity.Event{Type: "a.b", Version: 1, Actor: activity.User("1", label), About: []activity.Entity{{Kind: "deal", ID: label}}, Payload: payload}
		before := string(payload)
		got := journal.Summary(event, "de")
		joined(t, got)
		if string(payload) != before {
			t.Errorf("the payload %q became %q", before, payload)
		}
		if !utf8.ValidString(got.Text) || strings.ContainsFunc(got.Text, unicode.IsControl) {
			t.Errorf("%q is not one line of text", got)
		}
		for _, p := range got.Parts {
			switch {
			case p.Text == "":
				t.Errorf("an empty part of %q", got)
			case p.Role == activity.RoleEntity && p.Entity != event.Actor && p.Entity != event.About[0]:
				t.Errorf("part %+v is neither the actor nor the entity", p)
			case p.Role == activity.RoleText && !strings.Contains(" YesNo ", strings.TrimSpace(p.Text)):
				t.Errorf("part %+v is no text of the pattern", p)
			}
		}
		if again := journal.Summary(event, "de"); fmt.Sprint(again.Parts) != fmt.Sprint(got.Parts) {
			t.Errorf("%q, and then %q", got, again)
		}
	})
}
