package message_test

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/go-activity/activity/internal/message"
)

var english = message.NewLocale(language.English)

func str(s string) message.Value     { return message.Value{Type: message.String, Text: []byte(s)} }
func num(s string) message.Value     { return message.Value{Type: message.Number, Text: []byte(s)} }
func boolean(s string) message.Value { return message.Value{Type: message.Bool, Text: []byte(s)} }

var other = message.Value{Type: message.Other, Text: []byte("{}")}

func parse(tb testing.TB, pattern string) *message.Pattern {
	tb.Helper()
	p, err := message.Parse(pattern)
	if err != nil {
		tb.Fatalf("Parse(%q): %v", pattern, err)
	}
	return p
}

// format appends behind something there already and checks the parts.
func format(tb testing.TB, p *message.Pattern, l *message.Locale, values ...message.Value) string {
	tb.Helper()
	const before = "before:"
	dst, parts := p.Append([]byte(before), []message.Part{{Start: 0, End: len(before), Field: -1}}, values, l)
	if !bytes.HasPrefix(dst, []byte(before)) {
		tb.Fatalf("Append changed what was there: %q", dst)
	}
	end, last := len(before), 0
	for _, part := range parts[1:] {
		if part.Start != end || part.End <= part.Start || part.End > len(dst) {
			tb.Fatalf("part %+v after byte %d of %q", part, end, dst)
		}
		if part.Field < -1 || part.Field >= len(p.Names()) {
			tb.Fatalf("part %+v of a pattern with %d names", part, len(p.Names()))
		}
		if part.Field == -1 && last == -1 {
			tb.Fatalf("part %+v: two parts of literal text in a row", part)
		}
		end, last = part.End, part.Field
	}
	if end != len(dst) {
		tb.Fatalf("parts end at %d of %d bytes", end, len(dst))
	}
	if !utf8.Valid(dst) {
		tb.Fatalf("not UTF-8: %q", dst)
	}
	return string(dst[len(before):])
}

// sprint formats a pattern in English.
func sprint(tb testing.TB, pattern string, values ...message.Value) string {
	tb.Helper()
	return format(tb, parse(tb, pattern), english, values...)
}
