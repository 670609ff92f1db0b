package activity_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
)

type (
	base struct {
		Name string `json:"base_name"`
		Deep int
	}
	other  struct{ Name, Deep string }
	tagged struct {
		Plain string `json:"Deep"`
	}
	third struct {
		One string `json:"a"`
	}
	first  struct{ third }
	second struct{ third }
	Word   string
	List   []string
	word   string
	self   struct {
		*self
		Loop string
	}
	Shown struct{ Inside string }
)

// TestDefineKnowsFields holds the fields that patterns may name against those that encoding/json
// writes, for the ways in which structs lend each other fields.
func TestDefineKnowsFields(t *testing.T) {
	fieldsOf(t, "embedded", struct {
		base
		Own int
	}{})
	fieldsOf(t, "embedded pointer", struct{ *Shown }{&Shown{}})
	fieldsOf(t, "embedded under a name", struct {
		Shown `json:"shown"`
	}{})
	fieldsOf(t, "embedded and unexported under a name", struct {
		base `json:"shown"`
	}{})
	fieldsOf(t, "embedded and unexported string", struct{ word }{})
	fieldsOf(t, "embedded with an option but no name", struct {
		Shown `json:",omitempty"`
	}{Shown{"x"}})
	fieldsOf(t, "embedded but left out", struct {
		Shown `json:"-"`
		Own   int
	}{})
	fieldsOf(t, "embedded string", struct{ Word }{})
	fieldsOf(t, "embedded slice", struct{ List }{})
	fieldsOf(t, "shadowed in Go, not in JSON", struct {
		base
		Name string `json:"name"`
	}{})
	fieldsOf(t, "shadowed in JSON, not in Go", struct {
		base
		Own string `json:"base_name"`
	}{})
	fieldsOf(t, "ambiguous", struct {
		base
		other
	}{})
	fieldsOf(t, "ambiguous but for a tag", struct {
		tagged
		other
	}{})
	fieldsOf(t, "ambiguous because embedded twice", struct {
		first
		second
	}{})
	fieldsOf(t, "embeds itself", self{self: &self{}})
}

// fieldsOf makes sure that a pattern may name exactly the members that the JSON of a payload has.
func fieldsOf[P any](t *testing.T, name string, payload P) {
	t.Run(name, func(t *testing.T) {
		data, err := json.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal(data, &members); err != nil {
			t.Fatal(err)
		}
		for _, field := range []string{
			"a", "One", "Name", "base_name", "Deep", "Plain", "Own", "Shown", "shown", "Inside",
			"Word", "List", "word", "Loop", "base", "other", "self", "tagged", "name",
		} {
			_, want := members[field]
			if message := of[P](summary("{" + field + "}")); (message == "") != want {
				t.Errorf("JSON has %v, and Define says of {%s}: %q",
					slices.Sorted(maps.Keys(members)), field, message)
			}
		}
	})
}
