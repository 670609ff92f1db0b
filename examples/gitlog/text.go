package main

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-activity/activity"
)

// Git keeps bytes and any number; events keep at most 255 bytes of UTF-8, and the years 1970 to
// 9999. What does not fit is replaced by what is closest to it, the same each time, and counted.

// replaced counts what did not fit.
type replaced struct {
	IDs      int // names of files, directories, tags and people, as identifiers
	Texts    int // names and messages, as labels
	Times    int
	Nameless int // authors without name or address
}

// identifier makes an ID. One that does not fit becomes its readable beginning and its SHA-256, so
// that different names stay different.
func identifier(raw string) (id string, fits bool) {
	if raw != "" && len(raw) <= activity.MaxText && utf8.ValidString(raw) {
		return raw, true
	}
	sum := sha256.Sum256([]byte(raw))
	beginning, _ := label(raw, activity.MaxText-1-2*len(sum))
	return fmt.Sprintf("%s~%x", beginning, sum), false
}

// label makes a text of at most limit bytes. A byte that is not UTF-8 becomes \x and its two digits;
// what is too long ends with "…".
func label(raw string, limit int) (text string, fits bool) {
	if len(raw) <= limit && utf8.ValidString(raw) {
		return raw, true
	}
	const ellipsis = "…"
	var b strings.Builder
	for i := 0; i < len(raw); {
		char, size := utf8.DecodeRuneInString(raw[i:])
		next := raw[i : i+size]
		if char == utf8.RuneError && size == 1 {
			next = fmt.Sprintf(`\x%02x`, raw[i])
		}
		if rest := len(raw) - i - size; b.Len()+len(next) > limit-len(ellipsis) && (rest > 0 || b.Len()+len(next) > limit) {
			return b.String() + ellipsis, false
		}
		b.WriteString(next)
		i += size
	}
	return b.String(), false
}

// instant makes a time of seconds since 1970 as git prints them: the first that fits, or else the
// beginning of 1970.
func instant(seconds ...string) (t time.Time, fits bool) {
	end := time.Date(10000, time.January, 1, 0, 0, 0, 0, time.UTC).Unix()
	for i, text := range seconds {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && 0 <= n && n < end {
			return time.Unix(n, 0), i == 0
		}
	}
	return time.Unix(0, 0), false
}

func (r *replaced) entity(kind, raw string) activity.Entity {
	id, fits := identifier(raw)
	if fits {
		return activity.Entity{Kind: kind, ID: id}
	}
	r.IDs++
	text, _ := label(raw, activity.MaxText)
	return activity.Entity{Kind: kind, ID: id, Label: text}
}

func (r *replaced) label(raw string, limit int) string {
	text, fits := label(raw, limit)
	if !fits {
		r.Texts++
	}
	return text
}

func (r *replaced) instant(seconds ...string) time.Time {
	t, fits := instant(seconds...)
	if !fits {
		r.Times++
	}
	return t
}

// person is an author or tagger: the address identifies, or the name of somebody without one.
func (r *replaced) person(name, email string) activity.Entity {
	if name == "" || email == "" {
		r.Nameless++
	}
	raw := email
	if raw == "" {
		raw = name
	}
	if raw == "" {
		raw = "nobody"
	}
	id, fits := identifier(raw)
	if !fits {
		r.IDs++
	}
	return activity.User(id, r.label(name, activity.MaxText))
}
