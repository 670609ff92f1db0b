package message_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/language"

	"github.com/go-activity/activity/internal/message"
)

// nested returns a pattern with n levels of arms.
func nested(n int) string {
	return strings.Repeat("{a, select, other {", n) + "x" + strings.Repeat("}}", n)
}

func TestParseLiteral(t *testing.T) {
	for _, tt := range []struct{ name, pattern, want string }{
		{"empty", "", ""},
		{"plain", "Signed in", "Signed in"},
		{"two apostrophes are one", "it''s", "it's"},
		{"a lone apostrophe is itself", "it's {a}", "it's A"},
		{"apostrophe at the end", "dogs'", "dogs'"},
		{"apostrophe before a letter in a plural", "{n, plural, other {it's #}}", "it's 3"},
		{"quoted brace", "'{a}' is {a}", "{a} is A"},
		{"quoted closing brace", "a '}' b", "a } b"},
		{"apostrophe within a quotation", "'{it''s}'", "{it's}"},
		{"quotation up to the end", "'{a} b", "{a} b"},
		{"three apostrophes before a brace", "'''{a}'", "'{a}"},
		{"quoted sign in a plural", "{n, plural, other {'#' is #}}", "# is 3"},
		{"sign outside a plural", "#1 '#' {n, plural, other {#}}", "#1 '#' 3"},
		{"sign in a select alone", "{a, select, other {# {n}}}", "# 3"},
		{"sign in a select within a plural", "{n, plural, other {{a, select, other {# x}}}}", "3 x"},
		{"sign of the innermost plural", "{n, plural, other {{m, plural, other {#}} #}}", "4 3"},
		{"newline in the pattern", "a\nb", "a\nb"},
		{"spaces", "{ a } { n , number }{\tn\n,\u200Eplural, =3\u2028{x} other\r{y} }", "A 3x"},
		{"names", "{first_name}{first-name}{first.name}{名前}{_x}{हिन्दी}", ""},
		{"other as a key", "{a, select, other {x}}", "x"},
		{"deepest", nested(16), "x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := parse(t, tt.pattern)
			var values []message.Value
			for _, name := range p.Names() {
				values = append(values, map[string]message.Value{
					"a": str("A"), "n": num("3"), "m": num("4"),
				}[name])
			}
			if got := format(t, p, english, values...); got != tt.want {
				t.Errorf("%q: got %q, want %q", tt.pattern, got, tt.want)
			}
		})
	}
}

func TestParseError(t *testing.T) {
	for _, tt := range []struct {
		name, pattern string
		offset        int
		reason        string // a part of it
	}{
		{"no name", "a {}", 3, "name"},
		{"name of spaces", "{  }", 3, "name"},
		{"digit first", "{1a}", 1, "name"},
		{"sign first", "{-a}", 1, "name"},
		{"mark first", "{\u0301a}", 1, "name"},
		{"space in a name", "{a b}", 3, "expected"},
		{"brace in a name", "{a{b}}", 2, "expected"},
		{"open at the end", "a {b", 2, "never closed"},
		{"open after a comma", "a {b,", 5, "format"},
		{"open after a format", "a {b, number", 2, "never closed"},
		{"open after arms", "{n, plural, other {x}", 0, "never closed"},
		{"open arm", "{n, plural, other {x", 18, "never closed"},
		{"open after a selector", "{n, plural, other", 0, "never closed"},
		{"closed too often", "{a}} b", 3, "no brace"},
		{"closed in quotes", "{n, plural, other {'}}", 18, "never closed"},
		{"unknown format", "{a, time}", 4, "format"},
		{"format in capitals", "{a, Plural, other {}}", 4, "format"},
		{"selectordinal", "{a, selectordinal, other {#th}}", 4, "format"},
		{"choice", "{a, choice, 0#none}", 4, "format"},
		{"number style", "{a, number, integer}", 10, "style"},
		{"number skeleton", "{a, number, ::compact-short}", 10, "style"},
		{"date style", "{a, date, short}", 8, "style"},
		{"offset", "{n, plural, offset:1 other {#}}", 12, "category"},
		{"no arms", "{n, plural}", 10, "expected"},
		{"empty arms", "{n, plural, }", 12, "other"},
		{"plural without other", "{n, plural, one {x}}", 19, "other"},
		{"select without other", "{n, select, one {x}}", 19, "other"},
		{"unknown category", "{n, plural, some {x} other {y}}", 12, "category"},
		{"category twice", "{n, plural, one {x} one {y} other {z}}", 20, "twice"},
		{"number twice", "{n, plural, =1 {x} =1 {y} other {z}}", 19, "twice"},
		{"number twice in another spelling", "{n, plural, =1 {x} =1.0 {y} other {z}}", 19, "twice"},
		{"other twice", "{n, select, other {x} other {y}}", 22, "twice"},
		{"key twice", "{n, select, a {x} other {y} a {z}}", 28, "twice"},
		{"number missing", "{n, plural, = {x} other {y}}", 12, "decimal"},
		{"number with an exponent", "{n, plural, =1e3 {x} other {y}}", 12, "decimal"},
		{"number that is none", "{n, plural, =a {x} other {y}}", 12, "decimal"},
		{"selector missing", "{n, plural, {x} other {y}}", 12, "selector"},
		{"selector without a message", "{n, plural, one other {y}}", 16, "expected"},
		{"number in a select", "{n, select, =1 {x} other {y}}", 12, "selector"},
		{"too deep", nested(17), 16*19 + 18, "16"},
		{"too long", strings.Repeat("x", 4097), 4096, "4096"},
		{"not UTF-8", "ab\xffc", 2, "UTF-8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := message.Parse(tt.pattern)
			var syntax *message.SyntaxError
			if p != nil || !errors.As(err, &syntax) {
				t.Fatalf("Parse(%q) = %v, %v, want a SyntaxError", tt.pattern, p, err)
			}
			if syntax.Pattern != tt.pattern || syntax.Offset != tt.offset || !strings.Contains(syntax.Reason, tt.reason) {
				t.Errorf("Parse(%q): offset %d, reason %q; want offset %d, reason with %q",
					tt.pattern, syntax.Offset, syntax.Reason, tt.offset, tt.reason)
			}
			if !strings.Contains(err.Error(), syntax.Reason) {
				t.Errorf("Error() = %q lacks the reason", err)
			}
		})
	}
}

func TestParseLongest(t *testing.T) {
	parse(t, strings.Repeat("x", 4096))
	parse(t, "\uFFFD is a character like others")
}

func TestNamesAndFields(t *testing.T) {
	p := parse(t, "{b} {n, plural, one {{a}} other {# {c, date}}} {a} {n, number} {b, select, x {{d}} other {}} {b}")
	names := []string{"b", "n", "a", "c", "d"}
	if diff := cmp.Diff(names, p.Names()); diff != "" {
		t.Errorf("Names (-want +got):\n%s", diff)
	}
	fields := []message.Field{
		{Name: "b", Kind: message.KindText},
		{Name: "n", Kind: message.KindPlural},
		{Name: "a", Kind: message.KindText},
		{Name: "c", Kind: message.KindDate},
		{Name: "n", Kind: message.KindNumber},
		{Name: "b", Kind: message.KindSelect},
		{Name: "d", Kind: message.KindText},
	}
	if diff := cmp.Diff(fields, p.Fields()); diff != "" {
		t.Errorf("Fields (-want +got):\n%s", diff)
	}

	p.Names()[0] = "changed"
	p.Fields()[0].Name = "changed"
	if p.Names()[0] != "b" || p.Fields()[0].Name != "b" {
		t.Error("a returned slice is shared with the pattern")
	}
}

func TestKindString(t *testing.T) {
	if got := message.KindSelect.String() + message.Kind(9).String(); got != "selectKind(9)" {
		t.Errorf("got %q", got)
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		name, lang, pattern string
		offset              int // -1 for no error
	}{
		{"no plural", "en", "{a}", -1},
		{"the categories of English", "en", "{n, plural, one {x} other {y}}", -1},
		{"left out", "pl", "{n, plural, other {y}}", -1},
		{"numbers", "ja", "{n, plural, =0 {x} =1 {y} other {z}}", -1},
		{"few in English", "en", "{n, plural, few {x} other {y}}", 12},
		{"one in Japanese", "ja", "{n, plural, one {x} other {y}}", 12},
		{"nested", "en", "{a, select, few {x} other {{n, plural, one {x} many {z} other {y}}}}", 47},
		{"nested in other", "en", "{m, plural, other {{n, plural, two {z} other {y}}}}", 31},
		{"only for fractions", "cs", "{n, plural, many {x} other {y}}", -1},
		{"only for millions", "br", "{n, plural, many {x} other {y}}", -1},
		{"zero in Latvian", "lv", "{n, plural, zero {x} other {y}}", -1},
		{"all of Arabic", "ar", "{n, plural, zero {} one {} two {} few {} many {} other {}}", -1},
		{"all of Welsh", "cy", "{n, plural, zero {} one {} two {} few {} many {} other {}}", -1},
		{"region", "en-GB", "{n, plural, few {x} other {y}}", 12},
		{"unknown language", "tlh", "{n, plural, one {x} other {y}}", 12},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := parse(t, tt.pattern)
			err := p.Check(message.NewLocale(language.Make(tt.lang)))
			if tt.offset < 0 {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var syntax *message.SyntaxError
			if !errors.As(err, &syntax) || syntax.Offset != tt.offset || syntax.Pattern != tt.pattern {
				t.Errorf("got %v, want a SyntaxError at byte %d", err, tt.offset)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{
		"", "it''s '{a}' {b}", "{n, plural, =0 {none} one {# email} other {# emails}}",
		"{r, select, won {{who} won {n, number}} other {'#' {d, date}}}", nested(3), "{", "}", "{a, plural, other {'}}",
		"{n, plural, =1.50 {{m, plural, other {#{n}}}} =-1 {} few {#} other {}}",
	} {
		for _, value := range []string{"", "12.5", "-1e3", "won", "a\nb\u2029", "2026-02-03T04:05:06Z", "\xff"} {
			f.Add(pattern, value)
		}
	}
	locales := []*message.Locale{english, message.NewLocale(language.Arabic), message.NewLocale(language.Polish)}
	f.Fuzz(func(t *testing.T, pattern, value string) {
		p, err := message.Parse(pattern)
		if err != nil {
			var syntax *message.SyntaxError
			if !errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset > len(pattern) || err.Error() == "" {
				t.Fatalf("bad error %#v", err)
			}
			return
		}
		for _, l := range locales {
			_ = p.Check(l)
			for typ := message.Missing; typ <= message.Other+1; typ++ {
				values := make([]message.Value, len(p.Names()))
				for i := range values {
					values[i] = message.Value{Type: typ, Text: []byte(value)}
				}
				got := format(t, p, l, values...)
				if strings.Contains(got, "\n") && !strings.Contains(pattern, "\n") {
					t.Fatalf("%q of %q has two lines: %q", pattern, value, got)
				}
			}
			format(t, p, l)
		}
	})
}
