package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-activity/activity"
)

func TestLabel(t *testing.T) {
	for _, test := range []struct {
		name, raw string
		limit     int
		want      string
	}{
		{"fits", "café", 5, "café"},
		{"too long", "cafés", 5, "ca…"},
		{"not in the middle of a character", "éééé", 6, "é…"},
		{"not UTF-8", "caf\xe9", 20, `caf\xe9`},
		{"not UTF-8, exactly", "caf\xe9", 7, `caf\xe9`},
		{"not UTF-8, too long", "caf\xe9", 6, "caf…"},
		{"the character that stands for bad ones", "\uFFFD", 3, "\uFFFD"},
		{"empty", "", 5, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, fits := label(test.raw, test.limit); got != test.want || fits != (got == test.raw) {
				t.Errorf("label(%q, %d) = %q, %v, want %q", test.raw, test.limit, got, fits, test.want)
			}
		})
	}
}

func FuzzIdentifier(f *testing.F) {
	for _, raw := range []string{"", "a", "caf\xe9", strings.Repeat("é", 128), strings.Repeat("\xff", 100), strings.Repeat("a", 255)} {
		f.Add(raw, raw+"x")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		id, fits := identifier(a)
		if id == "" || len(id) > activity.MaxText || !utf8.ValidString(id) || fits && id != a {
			t.Errorf("identifier(%q) = %q, %v", a, id, fits)
		}
		if other, _ := identifier(b); a != b && id == other {
			t.Errorf("%q and %q have the identifier %q", a, b, id)
		}
	})
}

func TestInstant(t *testing.T) {
	for _, test := range []struct {
		name, authored, committed string
		want                      int64
		fits                      bool
	}{
		{"author", "1700000000", "1800000000", 1700000000, true},
		{"1970", "0", "1800000000", 0, true},
		{"last second", "253402300799", "1800000000", 253402300799, true},
		{"year 10000", "253402300800", "1800000000", 1800000000, false},
		{"negative", "-1", "1800000000", 1800000000, false},
		{"more than 64 bits", "18446744073709551616", "1800000000", 1800000000, false},
		{"none", "", "", 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, fits := instant(test.authored, test.committed); got.Unix() != test.want || fits != test.fits {
				t.Errorf("instant(%q, %q) = %d, %v, want %d, %v", test.authored, test.committed, got.Unix(), fits, test.want, test.fits)
			}
		})
	}
}
