package bunstore

import (
	"encoding/hex"
	"strconv"
	"time"

	"github.com/go-activity/activity"
)

// pgArray writes a PostgreSQL array in its text form: {1,NULL,"a \"quoted\" text"}.
type pgArray struct{ b []byte }

func (a *pgArray) next() {
	if len(a.b) == 0 {
		a.b = append(a.b, '{')
	} else {
		a.b = append(a.b, ',')
	}
}

func (a *pgArray) null() {
	a.next()
	a.b = append(a.b, "NULL"...)
}

func (a *pgArray) int(n int64) {
	a.next()
	a.b = strconv.AppendInt(a.b, n, 10)
}

func (a *pgArray) bool(b bool) {
	a.next()
	a.b = strconv.AppendBool(a.b, b)
}

// id writes an ID, the zero ID as NULL.
func (a *pgArray) id(id activity.ID) {
	if id.IsZero() {
		a.null()
		return
	}
	a.next()
	a.b = hex.AppendEncode(a.b, id[:]) // PostgreSQL reads a UUID without dashes too
}

// time writes a time in UTC, in a form that PostgreSQL reads whatever its DateStyle is.
func (a *pgArray) time(t time.Time) {
	a.next()
	a.b = t.UTC().AppendFormat(a.b, `"2006-01-02 15:04:05.999999Z"`)
}

func (a *pgArray) bytes(data []byte) {
	a.next()
	a.b = append(a.b, `"\\x`...)
	a.b = append(hex.AppendEncode(a.b, data), '"')
}

func (a *pgArray) text(s string) {
	a.next()
	a.b = append(a.b, '"')
	start := 0
	for i := range len(s) {
		if c := s[i]; c == '"' || c == '\\' {
			a.b = append(append(a.b, s[start:i]...), '\\')
			start = i
		}
	}
	a.b = append(append(a.b, s[start:]...), '"')
}

// String returns the array.
func (a *pgArray) String() string {
	if len(a.b) == 0 {
		return "{}"
	}
	a.b = append(a.b, '}')
	s := string(a.b)
	a.b = a.b[:len(a.b)-1]
	return s
}
