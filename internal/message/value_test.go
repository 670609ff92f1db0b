package message_test

import (
	"strings"
	"testing"
	"time"

	"github.com/go-activity/activity/internal/message"
)

func TestText(t *testing.T) {
	for _, tt := range []struct {
		name  string
		value message.Value
		want  string
	}{
		{"string", str("Ada"), "Ada"},
		{"empty", str(""), ""},
		{"number", num("1234.50"), "1234.50"},
		{"number with exponent", num("1e3"), "1e3"},
		{"bool", boolean("true"), "true"},
		{"missing", message.Value{Text: []byte("x")}, ""},
		{"object", other, "…"},
		{"newline", str("a\nb"), "a b"},
		{"run", str("a \r\n\t\v\f\x00\x1b\x7f b"), "a b"},
		{"ends", str("\na\n"), " a "},
		{"Unicode spaces", str("a\u0085b\u2028c\u2029d\u00a0e\u3000f\u009fg"), "a b c d e f g"},
		{"bidi controls", str("a\u202a\u202b\u202c\u202d\u202eb\u2066\u2067\u2068\u2069c"), "abc"},
		{"bidi control in a run", str("a \u202e b"), "a b"},
		{"bidi marks stay", str("a\u200e\u200f\u061cb"), "a\u200e\u200f\u061cb"},
		{"joiners stay", str("👩\u200d👩"), "👩\u200d👩"},
		{"not UTF-8", str("a\xff\xfeb\xc3"), "a\uFFFD\uFFFDb\uFFFD"},
		{"surrogate", str("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD"},
		{"longest", str(strings.Repeat("é", 200)), strings.Repeat("é", 200)},
		{"too long", str(strings.Repeat("é", 201)), strings.Repeat("é", 199) + "…"},
		{"longest once cleaned", str(strings.Repeat("é", 199) + strings.Repeat("\n", 100)), strings.Repeat("é", 199) + " "},
		{"longest without bidi", str(strings.Repeat("é\u202e", 200)), strings.Repeat("é", 200)},
		{"too long number", num(strings.Repeat("1", 300)), strings.Repeat("1", 199) + "…"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := sprint(t, "[{a}]", tt.value); got != "["+tt.want+"]" {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDate(t *testing.T) {
	const day = "2024-02-29"
	for _, tt := range []struct {
		name  string
		value message.Value
		want  string
	}{
		{"date", str(day), day},
		{"UTC", str(day + "T23:59:59Z"), day},
		{"no conversion", str(day + "T23:30:00-11:00"), day},
		{"fraction", str(day + "T00:00:00.123456789+05:30"), day},
		{"lower case", str(day + "t00:00:00z"), day},
		{"leap second", str("2016-12-31T23:59:60Z"), "2016-12-31"},
		{"century leap year", str("2000-02-29"), "2000-02-29"},
		{"number", num("20240229"), "20240229"},
		{"bool", boolean("true"), "true"},
		{"missing", message.Value{}, ""},
		{"object", other, "…"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := sprint(t, "{d, date}", tt.value); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	for _, text := range []string{
		"", "2024", "2024-02-30", "2023-02-29", "1900-02-29", "2024-04-31", "2024-13-01", "2024-00-01", "2024-01-00", "2024-1-1",
		"2024-01-01 00:00:00Z", "2024-01-01T", "2024-01-01T00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z",
		"2024-01-01T00:00:61Z", "2024-01-01T00:00:00", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+24:00",
		"2024-01-01T00:00:00+00:60", "2024-01-01T00:00:00+0000", "2024-01-01T00:00:00Zx", "2024-01-01x", "20x4-01-01", "tomorrow",
	} {
		t.Run("not/"+text, func(t *testing.T) {
			if got := sprint(t, "{d, date}", str(text)); got != text {
				t.Errorf("got %q, want the text", got)
			}
		})
	}
}

// Every day that time knows is a date, and no day after the end of a month is.
func TestDateEqualsTime(t *testing.T) {
	p := parse(t, "{d, date}")
	for year := 1999; year <= 2105; year++ {
		for month := 1; month <= 12; month++ {
			last := time.Date(year, time.Month(month)+1, 0, 12, 0, 0, 0, time.UTC)
			text := last.Format(time.RFC3339)
			if got, want := format(t, p, english, str(text)), last.Format(time.DateOnly); got != want {
				t.Fatalf("%s: got %q, want %q", text, got, want)
			}
			after := last.Format("2006-01-") + string([]byte{'0' + byte(last.Day()+1)/10, '0' + byte(last.Day()+1)%10}) + "T12:00:00Z"
			if got := format(t, p, english, str(after)); got != after {
				t.Fatalf("%s is taken for a date: %q", after, got)
			}
		}
	}
}
