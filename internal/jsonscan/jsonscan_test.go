package jsonscan_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity/internal/jsonscan"
)

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name, data string
		want       error
	}{
		{"empty object", `{}`, nil},
		{"three levels", `{"a":[{}]}`, nil},
		{"four levels", `{"a":[{"b":[]}]}`, jsonscan.ErrDepth},
		{"brackets in a string", `{"a":"[[[[{{{{"}`, nil},
		{"quote in a string", `{"a":"\"[[[["}`, nil},
		{"nothing", ``, jsonscan.ErrObject},
		{"array", `[1]`, jsonscan.ErrObject},
		{"null", `null`, jsonscan.ErrObject},
		{"escaped NUL", `{"a":"x\u0000"}`, jsonscan.ErrNUL},
		{"escaped NUL in a name", `{"\u0000":1}`, jsonscan.ErrNUL},
		{"backslash before u0000", `{"a":"\\u0000"}`, nil},
		{"replacement character", `{"a":"�"}`, nil},
		{"replaced byte", `{"a":"\ufffd"}`, jsonscan.ErrText},
		{"invalid byte", "{\"a\":\"\xff\"}", jsonscan.ErrText},
		{"surrogate pair", `{"a":"\ud83d\ude00"}`, nil},
		{"lone surrogate", `{"a":"\ud83d!"}`, jsonscan.ErrText},
		{"lone surrogate at the end", `{"a":"\ud83d"}`, jsonscan.ErrText},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := jsonscan.Check([]byte(test.data), 3); !errors.Is(err, test.want) {
				t.Errorf("Check(%s) = %v, want %v", test.data, err, test.want)
			}
		})
	}
}

func TestObject(t *testing.T) {
	got := map[string]string{}
	jsonscan.Object([]byte(` { "a" : 1 , "b":"x, }\"", "c":[1,{"a":"]"}], "d":null,"e":-1.5e3,"f":{} ,"g":true}`),
		func(name, value []byte) { got[string(name)] = string(value) })
	want := map[string]string{"a": "1", "b": `"x, }\""`, "c": `[1,{"a":"]"}]`, "d": "null", "e": "-1.5e3", "f": "{}", "g": "true"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Object (-want +got):\n%s", diff)
	}
}

// FuzzObject compares with encoding/json, which is the truth about well-formed input, and makes sure
// that no other input is followed out of its bounds.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1,"b":"\u00e9\n\ud83d\ude00"}`, `{"a":[1,{"b":2}],"c":"\\"}`, `{"a"`, `{"a":"\`, `{"":}`, `{"a":1]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got := map[string]string{}
		jsonscan.Object(data, func(name, value []byte) {
			got[string(jsonscan.AppendString(nil, name))] = string(value)
		})
		var want map[string]json.RawMessage
		if json.Unmarshal(data, &want) != nil || !strings.HasPrefix(string(data), "{") {
			return
		}
		err := jsonscan.Check(data, 10_000)
		if errors.Is(err, jsonscan.ErrText) {
			return // encoding/json repairs it
		}
		if len(got) != len(want) {
			t.Fatalf("Object(%s) has %d members, want %d", data, len(got), len(want))
		}
		for name, value := range want {
			if got[name] != string(value) {
				t.Fatalf("Object(%s)[%q] = %s, want %s", data, name, got[name], value)
			}
			var s string
			if value[0] == '"' && json.Unmarshal(value, &s) == nil {
				if raw := jsonscan.AppendString(nil, value[1:len(value)-1]); string(raw) != s {
					t.Fatalf("AppendString(%s) = %q, want %q", value, raw, s)
				}
			}
		}
	})
}
