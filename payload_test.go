package activity_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

var errNegative = errors.New("amount is negative")

type byValue struct{ Amount int }

func (p byValue) Validate() error { return (&byPointer{p.Amount}).Validate() }

type byPointer struct{ Amount int }

func (p *byPointer) Validate() error {
	if p.Amount < 0 {
		return errNegative
	}
	return nil
}

func TestPayloadIsValidated(t *testing.T) {
	value := activity.Define[byValue]("a.value", activity.TypeOptions{})
	pointer := activity.Define[byPointer]("a.pointer", activity.TypeOptions{})
	journal := newJournal(t, value, pointer)
	for name, draft := range map[string]activity.Draft{
		"value receiver":   value.New(byValue{-1}),
		"pointer receiver": pointer.New(byPointer{-1}),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := journal.Tenant("acme").Record(t.Context(), draft.By(ana))
			bad := invalid(t, err)
			if bad.Field != "Payload" || bad.Reason != "is not valid: amount is negative" || !errors.Is(err, errNegative) {
				t.Errorf("Record = %v", err)
			}
		})
	}
	record(t, journal, value.New(byValue{1}))
	record(t, journal, pointer.New(byPointer{1}))
}

func TestPayloadThatCannotBeRecorded(t *testing.T) {
	typ := activity.Define[map[string]any]("a.b", activity.TypeOptions{})
	raw := activity.Define[json.RawMessage]("a.raw", activity.TypeOptions{})
	journal := newJournal(t, typ, raw)
	deep := strings.Repeat(`{"a":`, activity.MaxDepth) + "{}" + strings.Repeat("}", activity.MaxDepth)
	for _, test := range []struct {
		name, reason string
		draft        activity.Draft
	}{
		{"channel", "cannot be encoded: ", typ.New(map[string]any{"c": make(chan int)})},
		{"NaN", "cannot be encoded: ", typ.New(map[string]any{"n": math.NaN()})},
		{"malformed", "cannot be encoded: ", raw.New(json.RawMessage(`{"a"`))},
		{"nil map", "is not a JSON object", typ.New(nil)},
		{"array", "is not a JSON object", raw.New(json.RawMessage(`[1]`))},
		{"too deep", "is nested deeper than 128 levels", raw.New(json.RawMessage(deep))},
		{"bad UTF-8", "contains text that is not valid UTF-8", typ.New(map[string]any{"s": "a\xffb"})},
		{"NUL", "contains a NUL character", typ.New(map[string]any{"s": "a\x00b"})},
		{"too long", "is longer than 65536 bytes", typ.New(map[string]any{"s": strings.Repeat("x", activity.MaxPayload)})},
	} {
		t.Run(test.name, func(t *testing.T) {
			events, err := journal.Tenant("acme").Record(t.Context(), test.draft.By(ana))
			if bad := invalid(t, err); bad.Field != "Payload" || !strings.HasPrefix(bad.Reason, test.reason) || events != nil {
				t.Errorf("Record = %v, %v, want the reason %q", events, err, test.reason)
			}
		})
	}
}

func TestPayloadIsASnapshot(t *testing.T) {
	type list struct {
		Items []string
		Sizes map[string]int
	}
	typ := activity.Define[list]("a.b", activity.TypeOptions{})
	journal := newJournal(t, typ)
	given := list{[]string{"one"}, map[string]int{"a": 1}}
	draft := typ.New(given)
	given.Items[0], given.Sizes["a"] = "changed", 2
	event := record(t, journal, draft)
	if got, want := string(event.Payload), `{"Items":["one"],"Sizes":{"a":1}}`; got != want {
		t.Errorf("payload = %s, want %s", got, want)
	}
	event.Payload[2] = '!' // the event is the caller's own
	if got := record(t, journal, draft); string(got.Payload) != `{"Items":["one"],"Sizes":{"a":1}}` {
		t.Errorf("payload = %s after a change of an earlier event's", got.Payload)
	}
}

func TestPayloadStaysReadable(t *testing.T) {
	event := record(t, newJournal(t, noted), noted.New(note{"<b> & </b> é \u4e16 😀"}))
	if got, want := string(event.Payload), `{"text":"<b> & </b> é `+"\u4e16"+` 😀"}`; got != want {
		t.Errorf("payload = %s, want %s", got, want)
	}
}

func TestPayloadRoundTrip(t *testing.T) {
	pointer := activity.Define[pointerJSON]("a.pointer", activity.TypeOptions{Summary: "{shown}"})
	value := activity.Define[mail]("a.mail", activity.TypeOptions{})
	journal := newJournal(t, pointer, value)
	event := record(t, journal, pointer.New(pointerJSON{"x"}))
	if got, err := pointer.Payload(event); err != nil || got.hidden != "x" || string(event.Payload) != `{"shown":"x"}` {
		t.Errorf("Payload of %s = %+v, %v", event.Payload, got, err)
	}
	if got := journal.Summary(event, "").Text; got != "x" {
		t.Errorf("Summary = %q", got)
	}
	want := mail{Subject: "Hi", Size: 3, Opens: 1 << 60, SentAt: noon}
	given := want
	given.Secret, given.private = "x", "x"
	got, err := value.Payload(record(t, journal, value.New(given)))
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(mail{})); err != nil || diff != "" {
		t.Errorf("Payload: %v (-want +got):\n%s", err, diff)
	}
}

// counted is at version 3: version 1 had a "number", version 2 a "count" as text.
type counted struct {
	Count int `json:"count"`
}

var counting = activity.Define[counted]("a.counted", activity.TypeOptions{
	Summary: "counted {count, plural, one {# thing} other {# things}}",
	Version: 3,
	Upcasts: upcasts{
		1: func(data json.RawMessage) (json.RawMessage, error) {
			var old struct{ Number int }
			err := json.Unmarshal(data, &old)
			clear(data) // a payload is the upcast's own
			return json.RawMessage(fmt.Sprintf(`{"count":"%d"}`, old.Number)), err
		},
		2: func(data json.RawMessage) (json.RawMessage, error) {
			var old struct {
				Count int `json:",string"`
			}
			err := json.Unmarshal(data, &old)
			return json.RawMessage(fmt.Sprintf(`{"count":%d}`, old.Count)), err
		},
	},
})

func TestTypePayload(t *testing.T) {
	event := func(version int, payload string) activity.Event {
		return activity.Event{Type: "a.counted", Version: version, Payload: json.RawMessage(payload)}
	}
	for version, payload := range map[int]string{1: `{"number":7}`, 2: `{"count":"7"}`, 3: `{"count":7}`} {
		e := event(version, payload)
		for range 2 {
			if got, err := counting.Payload(e); err != nil || got.Count != 7 {
				t.Errorf("Payload of version %d = %+v, %v", version, got, err)
			}
		}
		if string(e.Payload) != payload {
			t.Errorf("Payload changed the event's payload to %q", e.Payload)
		}
	}
	other, erased := event(3, `{}`), event(1, ``)
	other.Type = "a.other"
	erased.Erased = true
	for _, test := range []struct {
		name  string
		event activity.Event
		want  error
		field string
	}{
		{"newer version", event(4, `{"count":7}`), activity.ErrVersion, ""},
		{"version 0", event(0, `{"count":7}`), activity.ErrVersion, ""},
		{"other type", other, activity.ErrInvalid, "Event.Type"},
		{"erased", erased, activity.ErrNotFound, ""},
		{"upcast fails", event(1, `{"number":"?"}`), activity.ErrInvalid, "Event.Payload"},
		{"second upcast fails", event(2, `{"count":"?"}`), activity.ErrInvalid, "Event.Payload"},
		{"does not fit", event(3, `{"count":"?"}`), activity.ErrInvalid, "Event.Payload"},
		{"empty", event(3, ``), activity.ErrInvalid, "Event.Payload"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := counting.Payload(test.event)
			if !errors.Is(err, test.want) {
				t.Fatalf("Payload = %v, want %v", err, test.want)
			}
			if test.field != "" && invalid(t, err).Field != test.field {
				t.Errorf("Payload = %v, want it to be about %s", err, test.field)
			}
		})
	}
}
