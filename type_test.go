package activity_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

type mail struct {
	Subject string    `json:"subject"`
	Size    int       `json:",omitempty"`
	Opens   int64     `json:"opens,string"`
	Secret  string    `json:"-"`
	SentAt  time.Time `json:"sent_at"`
	private string    // JSON leaves it out too
}

// asText encodes itself as text, valueJSON and pointerJSON as objects whose members no type tells.
type (
	asText      struct{}
	asTextByPtr struct{}
	valueJSON   struct{ hidden string }
	pointerJSON struct{ hidden string }
)

func (asText) MarshalText() ([]byte, error)       { return []byte("x"), nil }
func (*asTextByPtr) MarshalText() ([]byte, error) { return []byte("x"), nil }
func (v valueJSON) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"shown": v.hidden})
}
func (v *pointerJSON) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"shown": v.hidden})
}

func (v *pointerJSON) UnmarshalJSON(data []byte) error {
	var members map[string]string
	err := json.Unmarshal(data, &members)
	v.hidden = members["shown"]
	return err
}

func same(data json.RawMessage) (json.RawMessage, error) { return data, nil }

type upcasts = map[int]func(json.RawMessage) (json.RawMessage, error)

// defining calls Define for a payload and returns the message that it panics with, if it does.
func defining[P any](name string, options activity.TypeOptions) (message string) {
	defer func() {
		if r := recover(); r != nil {
			message = fmt.Sprint(r)
		}
	}()
	activity.Define[P](name, options)
	return ""
}

func of[P any](options activity.TypeOptions) string { return defining[P]("a.b", options) }

func summary(pattern string) activity.TypeOptions { return activity.TypeOptions{Summary: pattern} }

func translated(locale, pattern string) activity.TypeOptions {
	return activity.TypeOptions{Translations: map[string]string{locale: pattern}}
}

func TestDefinePanics(t *testing.T) {
	var plain activity.TypeOptions
	type named struct {
		Actor string `json:"actor"`
		About int    `json:"about"`
	}
	for _, test := range []struct{ name, got, want string }{
		{"empty name", defining[note]("", plain), "a-z, 0-9, _"},
		{"capital", defining[note]("deal.Won", plain), "a-z, 0-9, _"},
		{"dash", defining[note]("deal-won", plain), "a-z, 0-9, _"},
		{"leading dot", defining[note](".deal", plain), "single dots"},
		{"trailing dot", defining[note]("deal.", plain), "single dots"},
		{"two dots", defining[note]("deal..won", plain), "single dots"},
		{"newline", defining[note]("deal.won\n", plain), "a-z, 0-9, _"},
		{"long name", defining[note](strings.Repeat("a", activity.MaxTypeName+1), plain), "longer than 100 bytes"},

		{"int", of[int](plain), "payload int is neither a struct nor a map"},
		{"string", of[string](plain), "neither a struct nor a map"},
		{"slice", of[[]note](plain), "neither a struct nor a map"},
		{"pointer", of[*note](plain), "neither a struct nor a map"},
		{"pointer to a JSON marshaler", of[*valueJSON](plain), "neither a struct nor a map"},
		{"interface", of[any](plain), "neither a struct nor a map"},
		{"map with int keys", of[map[int]string](plain), "neither a struct nor a map"},
		{"text", of[asText](plain), "encoded as text"},
		{"text by pointer", of[asTextByPtr](plain), "encoded as text"},

		{"bad pattern", of[note](summary("{text")), "byte 0"},
		{"bad translation", of[note](translated("es", "{text")), `translation "es"`},
		{"translation into no language", of[note](translated("und", "{text}")), "names no language"},
		{"translation without text", of[note](translated("es", "")), "has no text"},
		{"two translations into one language", of[note](activity.TypeOptions{Translations: map[string]string{"iw": "{text}", "he": "{text}"}}), "second one for he"},
		{"unknown field", of[note](summary("{nothing}")), `no field "nothing"`},
		{"unknown field within a plural", of[mail](summary("{opens, plural, other {{nothing}}}")), `no field "nothing"`},
		{"unknown field of a translation", of[note](translated("es", "{nothing}")), `no field "nothing"`},
		{"name of the Go field", of[note](summary("{Text}")), `no field "Text"`},
		{"field that JSON leaves out", of[mail](summary("{Secret}")), `no field "Secret"`},
		{"unexported field", of[mail](summary("{private}")), `no field "private"`},
		{"ambiguous actor", of[named](summary("{actor}")), "{actor} is ambiguous"},
		{"ambiguous about", of[named](translated("es", "{about}")), "{about} is ambiguous"},
		{"actor as number", of[note](summary("{actor, number}")), "{actor} takes no format"},
		{"about in a select", of[note](summary("{about, select, other {}}")), "{about} takes no format"},

		{"malformed tag", of[note](translated("garbage!!", "x")), `translation "garbage!!"`},
		{"unknown tag", of[note](translated("xx", "x")), `translation "xx"`},
		{"empty tag", of[note](translated("", "x")), `translation ""`},
		{"plural of another language", of[mail](translated("de", "{opens, plural, few {#} other {#}}")), `never uses the plural category "few"`},

		{"negative version", of[note](activity.TypeOptions{Version: -1}), "less than 1"},
		{"missing upcast", of[note](activity.TypeOptions{Version: 3, Upcasts: upcasts{1: same}}), "no upcast from version 2"},
		{"nil upcast", of[note](activity.TypeOptions{Version: 2, Upcasts: upcasts{1: nil}}), "no upcast from version 1"},
		{"superfluous upcast", of[note](activity.TypeOptions{Version: 2, Upcasts: upcasts{1: same, 2: same}}), "an upcast from version 2 leads nowhere"},
		{"upcast from version 0", of[note](activity.TypeOptions{Version: 2, Upcasts: upcasts{0: same, 1: same}}), "an upcast from version 0 leads nowhere"},
		{"upcast without versions", of[note](activity.TypeOptions{Upcasts: upcasts{1: same}}), "leads nowhere"},
		{"negative retention", of[note](activity.TypeOptions{Retention: -time.Hour}), "retention -1h0m0s is negative"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if !strings.Contains(test.got, test.want) || !strings.HasPrefix(test.got, "activity: Define(") {
				t.Errorf("Define panics with %q, want it to contain %q", test.got, test.want)
			}
		})
	}
}

func TestDefineAccepts(t *testing.T) {
	type raw = json.RawMessage
	for name, got := range map[string]string{
		"struct":                  of[mail](summary("{subject} {Size, number} {opens} {sent_at, date}")),
		"no fields":               of[struct{}](summary("{actor} did it to {about}")),
		"map":                     of[map[string]any](summary("{anything} {actor}")),
		"map of a string type":    of[map[activity.Cursor]int](summary("{anything}")),
		"JSON marshaler":          of[valueJSON](summary("{shown}")),
		"JSON marshaler, pointer": of[pointerJSON](summary("{shown}")),
		"raw JSON":                of[raw](summary("{shown}")),
		"longest name":            defining[note](strings.Repeat("a", activity.MaxTypeName), activity.TypeOptions{}),
		"digits and underscores":  defining[note]("0._.9_z", activity.TypeOptions{}),
		"actor unused":            of[struct{ Actor string }](summary("{Actor}")),
		"Polish plural":           of[mail](translated("pl", "{opens, plural, one {#} few {#} many {#} other {#}}")),
		"upcasts":                 of[note](activity.TypeOptions{Version: 3, Upcasts: upcasts{1: same, 2: same}}),
	} {
		if got != "" {
			t.Errorf("Define of %s panics: %s", name, got)
		}
	}
}

func TestTypeOptions(t *testing.T) {
	given := activity.TypeOptions{Summary: "x", Version: 2, Translations: map[string]string{"es": "y"}, Upcasts: upcasts{1: same}}
	typ := activity.Define[note]("deal.stage_changed", given)
	given.Translations["es"], given.Upcasts[1] = "changed", nil
	options := typ.Options()
	options.Translations["es"], options.Upcasts[1] = "changed", nil

	got := typ.Options()
	if got.Upcasts[1] == nil {
		t.Error("Options() shares its upcasts")
	}
	got.Upcasts = nil
	want := activity.TypeOptions{Label: "deal stage changed", Summary: "x", Version: 2, Translations: map[string]string{"es": "y"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Options() (-want +got):\n%s", diff)
	}
	if typ.Name() != "deal.stage_changed" {
		t.Errorf("Name() = %q", typ.Name())
	}
	if version := noted.Options().Version; version != 1 {
		t.Errorf("Version = %d by default, want 1", version)
	}
}

func TestTypesOfOneName(t *testing.T) {
	journal := newJournal(t, noted)
	twin := activity.Define[note](noted.Name(), activity.TypeOptions{})
	_, err := journal.Tenant("acme").Record(t.Context(), twin.New(note{}).By(ana))
	if !errors.Is(err, activity.ErrUnknownType) {
		t.Errorf("Record of a type that only has the name of a configured one = %v, want ErrUnknownType", err)
	}
}
