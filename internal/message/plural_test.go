package message_test

import (
	"strings"
	"testing"

	"golang.org/x/text/language"

	"github.com/go-activity/activity/internal/message"
)

// The expected categories are those of the CLDR plural rules chart, not of x/text.
func TestPluralCategory(t *testing.T) {
	const pattern = "{n, plural, zero {zero} one {one} two {two} few {few} many {many} other {other}}"
	p := parse(t, pattern)
	for _, tt := range []struct{ lang, want string }{
		{"en", "0 other, 1 one, -1 one, 1.0 one, 1.00e0 one, 2 other, 11 other, 21 other, 1.5 other, 0.1 other, 1000000 other"},
		{"es", "0 other, 1 one, 1.0 one, 1.1 other, 2 other, 0.5 other"},
		{"pl", "0 many, 1 one, 2 few, 4 few, 5 many, 12 many, 14 many, 22 few, 25 many, 112 many, 1.5 other, 1000 many, 1002 few"},
		{"ru", "0 many, 1 one, 2 few, 5 many, 11 many, 21 one, 24 few, 111 many, 121 one, 1.5 other, 1000001 one, 10000001 one, 10000000011 many"},
		{"ar", "0 zero, 1 one, 2 two, 3 few, 10 few, 11 many, 99 many, 100 other, 102 other, 103 few, 111 many, 1.5 other, 10000000 other, 100000000 other, 1e7 other, 10000003 few"},
		{"cy", "0 zero, 1 one, 2 two, 3 few, 4 other, 5 other, 6 many, 7 other, 10000006 other"},
		{"ja", "0 other, 1 other, 2 other, 1.5 other"},
		{"fr", "0 one, 1 one, 1.5 one, 1.999 one, 2 other, 0.5 one, 10000000 other, 20000001 other"},
		{"br", "1 one, 2 two, 3 few, 11 other, 71 other, 1000000 many, 10000000 many, 1000001 one, 30000000 many, 10000100 other"},
		{"cs", "1 one, 2 few, 5 other, 1.5 many, 2.0 few"},
		{"lv", "0 zero, 1 one, 2 other, 10 zero, 11 zero, 21 one"},
		{"da", "0 other, 1 one, 0.1 one, 1.6 one, 2.1 other"},
		{"is", "1 one, 21 one, 11 other, 0.1 one, 1000001 one"},
		{"he", "1 one, 2 two, 10 other, 20 many, 30 many, 1.5 other"},
		// The category goes with what # prints: rounded, without trailing zeros.
		{"en-GB", "0.9999 one, 1.0001 one, 1.0004 one, 1.001 other, 0.00001 other"},
	} {
		l := message.NewLocale(language.Make(tt.lang))
		for pair := range strings.SplitSeq(tt.want, ", ") {
			n, want, _ := strings.Cut(pair, " ")
			t.Run(tt.lang+"/"+n, func(t *testing.T) {
				if got := format(t, p, l, num(n)); got != want {
					t.Errorf("%s is %s, want %s", n, got, want)
				}
			})
		}
	}
}

func TestPluralChoice(t *testing.T) {
	const pattern = "{n, plural, =0 {none} =1 {a single one} =-2 {minus two} =2.50 {two and a half} =1000 {k} one {one} other {[#]}}"
	for _, tt := range []struct {
		name  string
		value message.Value
		want  string
	}{
		{"zero", num("0"), "none"},
		{"minus zero", num("-0"), "none"},
		{"zero with digits", num("0.00"), "none"},
		{"zero with an exponent", num("0e9"), "none"},
		{"missing", message.Value{}, "none"},
		{"number before category", num("1"), "a single one"},
		{"one with digits", num("1.0"), "a single one"},
		{"one with an exponent", num("10e-1"), "a single one"},
		{"nearly one", num("0.99999"), "one"},
		{"minus one", num("-1"), "one"},
		{"negative", num("-2"), "minus two"},
		{"positive", num("2"), "[2]"},
		{"fraction", num("2.5"), "two and a half"},
		{"thousand", num("1e3"), "k"},
		{"ten thousand", num("1e4"), "[10,000]"},
		{"huge", num("123456789012345678901234567890"), "[123,456,789,012,345,678,901,234,567,890]"},
		{"too large to write out", num("1e310"), "[1e310]"},
		{"string", str("1"), "[1]"},
		{"bool", boolean("true"), "[true]"},
		{"object", other, "[…]"},
		{"broken number", num("1x"), "[1x]"},
		{"empty number", num(""), "[]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := sprint(t, pattern, tt.value); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPluralFallsBackToOther(t *testing.T) {
	l := message.NewLocale(language.Polish)
	if got := format(t, parse(t, "{n, plural, one {x} other {# y}}"), l, num("3")); got != "3 y" {
		t.Errorf("got %q", got)
	}
}

func TestSelect(t *testing.T) {
	const pattern = "{s, select, won {W} true {T} -3.50 {N} won.late {L} other {O}}"
	for _, tt := range []struct {
		name  string
		value message.Value
		want  string
	}{
		{"match", str("won"), "W"},
		{"longer", str("won.late"), "L"},
		{"no match", str("lost"), "O"},
		{"capitals", str("Won"), "O"},
		{"spaces count", str("won "), "O"},
		{"named other", str("other"), "O"},
		{"bool", boolean("true"), "T"},
		{"number by its text", num("-3.50"), "N"},
		{"number by another text", num("-3.5"), "O"},
		{"missing", message.Value{}, "O"},
		{"missing has no text", message.Value{Text: []byte("won")}, "O"},
		{"object has no text", message.Value{Type: message.Other, Text: []byte("won")}, "O"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := sprint(t, pattern, tt.value); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
