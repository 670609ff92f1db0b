package bunstore

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
)

func TestAbout(t *testing.T) {
	for name, about := range map[string][]activity.Entity{
		"none":  nil,
		"one":   {{Kind: "deal", ID: "42", Label: "Big one"}},
		"two":   {{Kind: "deal", ID: "42"}, {Kind: "account", ID: "ä,[]", Label: "日本 U+FFFD: \ufffd"}},
		"marks": {{Kind: "note", ID: `"quoted" \ and <b>`, Label: "two\nlines \u2028"}},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := encodeAbout(about)
			if err != nil {
				t.Fatal(err)
			}
			got, err := decodeAbout([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(about, got); diff != "" {
				t.Errorf("after %s (-want +got):\n%s", text, diff)
			}
		})
	}
	plain, err := encodeAbout([]activity.Entity{{Kind: "deal", ID: "42", Label: "Zoë, Müller"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := plainTexts([]byte(plain)); !ok {
		t.Errorf("%s is read by encoding/json", plain)
	}
}

// What is read without encoding/json is what it would read.
func FuzzPlainTexts(f *testing.F) {
	for _, text := range []string{
		`[]`, `["a"]`, `["a","b","c"]`, `["a",]`, `[,"a"]`, `["a""b"]`, `["a" ,"b"]`, `["a]`, `[a"]`, `["a","]`, `["ä日"]`,
		`["\u0041"]`, `["\\"]`, "[\"\n\"]", "[\"\xff\"]", "[\"\ufffd\"]", `[1]`, `null`, `[null]`, `[`, `]`, `"`, ``,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, ok := plainTexts(text)
		if !ok {
			return
		}
		var want []string
		if err := json.Unmarshal(text, &want); err != nil || !slices.Equal(want, got) {
			t.Errorf("%q: got %q, want %q, %v", text, got, want, err)
		}
	})
}

func BenchmarkDecodeAbout(b *testing.B) {
	text := []byte(`["account","acc_000001","Northwind Trading 1 Ltd.","contact","con_000001","Zoë Müller-1","deal","deal_000001","Renewal 2026 #1"]`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeAbout(text); err != nil {
			b.Fatal(err)
		}
	}
}
