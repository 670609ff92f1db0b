package activity_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

const idText = "019cec60-c97b-774b-8123-456789abcdef"

var idValue = activity.ID{0x01, 0x9c, 0xec, 0x60, 0xc9, 0x7b, 0x77, 0x4b, 0x81, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}

func TestParseID(t *testing.T) {
	for _, text := range []string{idText, strings.ToUpper(idText)} {
		if id, err := activity.ParseID(text); id != idValue || err != nil {
			t.Errorf("ParseID(%q) = %s, %v", text, id, err)
		}
	}
	for name, text := range map[string]string{
		"nothing":         "",
		"no dashes":       strings.ReplaceAll(idText, "-", ""),
		"braces":          "{" + idText + "}",
		"URN":             "urn:uuid:" + idText,
		"dash elsewhere":  "019cec60c-97b-774b-8123-456789abcdef",
		"no digit":        "019cec60-c97b-774b-8123-456789abcdeg",
		"too short":       idText[:35],
		"too long":        idText + "0",
		"space before it": " " + idText[:35],
	} {
		t.Run(name, func(t *testing.T) {
			id, err := activity.ParseID(text)
			if bad := invalid(t, err); bad.Field != "ID" || !id.IsZero() {
				t.Errorf("ParseID(%q) = %s, field %q", text, id, bad.Field)
			}
		})
	}
}

func FuzzParseID(f *testing.F) {
	f.Add(idText)
	f.Add("{" + idText + "}")
	f.Add("00000000-0000-0000-0000-000000000000")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := activity.ParseID(text)
		switch {
		case err == nil && !strings.EqualFold(id.String(), text):
			t.Errorf("ParseID(%q) = %s", text, id)
		case err != nil && !errors.Is(err, activity.ErrInvalid):
			t.Errorf("ParseID(%q) = %v, want ErrInvalid", text, err)
		}
	})
}

func TestIDInJSON(t *testing.T) {
	type document struct {
		ID   activity.ID         `json:"id"`
		Zero activity.ID         `json:"zero"`
		None activity.ID         `json:"none,omitzero"`
		Keys map[activity.ID]int `json:"keys"`
	}
	want := document{ID: idValue, Keys: map[activity.ID]int{idValue: 1}}
	data, err := json.Marshal(want)
	if text := `{"id":"` + idText + `","zero":"","keys":{"` + idText + `":1}}`; string(data) != text || err != nil {
		t.Errorf("Marshal = %s, %v, want %s", data, err, text)
	}
	got := document{Zero: idValue}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Unmarshal (-want +got):\n%s", diff)
	}
	id := idValue
	if err := id.UnmarshalText([]byte("42")); invalid(t, err).Field != "ID" || id != idValue {
		t.Errorf("UnmarshalText(42) = %v and leaves %s", err, id)
	}
}

func TestIDInSQL(t *testing.T) {
	if value, err := idValue.Value(); value != idText || err != nil {
		t.Errorf("Value() = %v, %v, want the text", value, err)
	}
	if value, err := (activity.ID{}).Value(); value != nil || err != nil {
		t.Errorf("Value() of the zero ID = %v, %v, want NULL", value, err)
	}
	for name, test := range map[string]struct {
		src  any
		want activity.ID
	}{
		"text":          {idText, idValue},
		"text as bytes": {[]byte(idText), idValue},
		"16 bytes":      {idValue[:], idValue},
		"NULL":          {nil, activity.ID{}},
	} {
		t.Run(name, func(t *testing.T) {
			id := activity.ID{1} // what an earlier row left
			if err := id.Scan(test.src); id != test.want || err != nil {
				t.Errorf("Scan = %s, %v, want %s", id, err, test.want)
			}
		})
	}
	for name, src := range map[string]any{"number": int64(42), "other text": "42", "15 bytes": idValue[:15]} {
		t.Run(name, func(t *testing.T) {
			id := idValue
			if err := id.Scan(src); invalid(t, err).Field != "ID" || id != idValue {
				t.Errorf("Scan = %v and leaves %s", err, id)
			}
		})
	}
}
