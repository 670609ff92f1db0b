package message_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/language"

	"github.com/go-activity/activity/internal/message"
)

func TestAppendParts(t *testing.T) {
	for _, tt := range []struct {
		name, pattern string
		values        []message.Value
		want          string // parts as field:text, separated by |
	}{
		{"empty", "", nil, ""},
		{"literal", "a b", nil, "-1:a b"},
		{"field", "{a}", []message.Value{str("x")}, "0:x"},
		{"between", "a {a} b", []message.Value{str("x")}, "-1:a |0:x|-1: b"},
		{"literal merges over a missing field", "a {a} b", nil, "-1:a  b"},
		{"literal merges into an arm", "a {n, plural, other {b {c}}} d", []message.Value{num("1")}, "-1:a b  d"},
		{"sign is the plural's", "{a} has {n, plural, other {# in {a}}}", []message.Value{str("x"), num("1000")}, "0:x|-1: has |1:1,000|-1: in |0:x"},
		{"neighbours stay apart", "{a}{a}{b}", []message.Value{str("x"), str("y")}, "0:x|0:x|1:y"},
		{"empty string is no part", "{a}{b}", []message.Value{str(""), str("y")}, "1:y"},
		{"too many values", "{a}", []message.Value{str("x"), str("y")}, "0:x"},
		{"select", "{s, select, x {yes {s}} other {no}}!", []message.Value{str("x")}, "-1:yes |0:x|-1:!"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := parse(t, tt.pattern)
			format(t, p, english, tt.values...)
			dst, parts := p.Append(nil, nil, tt.values, english)
			var got []string
			for _, part := range parts {
				got = append(got, fmt.Sprintf("%d:%s", part.Field, dst[part.Start:part.End]))
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "|")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestZeroPattern(t *testing.T) {
	if got := format(t, new(message.Pattern), english, str("x")); got != "" {
		t.Errorf("got %q", got)
	}
}

const dealPattern = "{actor} moved {count, plural, =0 {no deals} one {# deal} other {# deals}} worth {amount, number} to " +
	"{stage, select, won {Won} lost {Lost} other {{stage}}} by {due, date}"

func dealValues() []message.Value {
	return []message.Value{str("Ada Lovelace"), num("12345"), num("-1234567.0005"), str("won"), str("2026-03-01T10:00:00+01:00")}
}

func TestAppendAllocatesNothing(t *testing.T) {
	long := str(strings.Repeat("wörd\n\xff", 100))
	for _, tt := range []struct {
		name, pattern string
		values        []message.Value
	}{
		{"text", "{a} {b}", []message.Value{str("x"), long}},
		{"number", "{a, number} {b, number} {c, number}", []message.Value{num("1234567.8905"), num("1e300"), num("0.0025")}},
		{"number that is none", "{a, number} {b, number}", []message.Value{long, num("x")}},
		{"plural", "{n, plural, =0 {x} one {y} few {#} other {# z}}", []message.Value{num("22")}},
		{"select", "{s, select, a {x} b {y} other {z}}", []message.Value{str("b")}},
		{"date", "{d, date} {e, date}", []message.Value{str("2026-03-01T10:00:00Z"), str("2026-02-30")}},
		{"all", dealPattern, dealValues()},
		{"nothing there", dealPattern, nil},
	} {
		for _, lang := range []string{"en", "ar", "hi", "pl", "en-u-nu-thai"} {
			t.Run(tt.name+"/"+lang, func(t *testing.T) {
				p, l := parse(t, tt.pattern), message.NewLocale(language.Make(lang))
				dst, parts := make([]byte, 0, 4096), make([]message.Part, 0, 32)
				if n := testing.AllocsPerRun(100, func() { p.Append(dst, parts, tt.values, l) }); n != 0 {
					t.Errorf("%v allocations, want none", n)
				}
			})
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	p, values := parse(t, dealPattern), dealValues()
	want := format(t, p, english, values...)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				if got, _ := p.Append(nil, nil, values, english); string(got) != want {
					t.Errorf("got %q, want %q", got, want)
				}
				_, _, _ = p.Names(), p.Fields(), p.Check(english)
			}
		})
	}
	wg.Wait()
}

func BenchmarkAppend(b *testing.B) {
	for _, bb := range []struct {
		name, pattern string
		values        []message.Value
	}{
		{"text", "{actor} signed in", []message.Value{str("Ada Lovelace")}},
		{"number", "{n, number}", []message.Value{num("1234567.89")}},
		{"plural", "{n, plural, one {# email} other {# emails}}", []message.Value{num("12")}},
		{"select", "{s, select, lost {Lost} won {Won} other {Closed}}", []message.Value{str("won")}},
		{"date", "{d, date}", []message.Value{str("2026-03-01T10:00:00+01:00")}},
		{"sentence", dealPattern, dealValues()},
	} {
		for _, lang := range []string{"en", "ar"} {
			b.Run(bb.name+"/"+lang, func(b *testing.B) {
				p, l := parse(b, bb.pattern), message.NewLocale(language.Make(lang))
				dst, parts := make([]byte, 0, 1024), make([]message.Part, 0, 32)
				b.ReportAllocs()
				for b.Loop() {
					p.Append(dst, parts, bb.values, l)
				}
			})
		}
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := message.Parse(dealPattern); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewLocale(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		message.NewLocale(language.Arabic)
	}
}
