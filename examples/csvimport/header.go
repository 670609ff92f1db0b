package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// header says what each column of a file is.
type header []column

// column is a field of contacts, or else a further value that the report shows, or nothing.
type column struct {
	field int    // index in fields; -1: none
	extra string // the name of a further value
}

// What of other columns the report shows: so many, with names of so many bytes.
const (
	maxExtras    = 20
	maxExtraName = 100
)

func newHeader(names []string) (header, error) {
	h := make(header, len(names))
	place := map[int]int{} // of a field: its column, from 1
	extras := map[string]bool{}
	for i, name := range names {
		h[i].field = -1
		if strings.Contains(name, "\r") {
			return nil, errors.New("line 1 has a carriage return in the header: end lines with LF or CRLF")
		}
		name = strings.TrimSpace(name)
		field := slices.IndexFunc(fields, func(f field) bool { return letters(f.name) == letters(name) })
		switch {
		case field >= 0 && place[field] > 0:
			return nil, fmt.Errorf("columns %d and %d are both named %q", place[field], i+1, fields[field].name)
		case field >= 0:
			h[i].field, place[field] = field, i+1
		case name != "" && len(name) <= maxExtraName && !strings.ContainsFunc(name, unicode.IsControl) && !extras[name] && len(extras) < maxExtras:
			h[i].extra, extras[name] = name, true
		}
	}
	if place[fieldEmail] == 0 {
		return nil, errors.New("line 1 names no email column")
	}
	return h, nil
}

// letters is a name without its case, and without what separates words: "First Name", "first_name" and
// "FIRSTNAME" are the same.
func letters(name string) string {
	return strings.Map(func(char rune) rune {
		if unicode.IsLetter(char) || unicode.IsDigit(char) {
			return unicode.ToLower(char)
		}
		return -1
	}, name)
}

// contact makes a contact of a row that is not broken.
func (h header) contact(r row) *contact {
	c := &contact{}
	for i, column := range h {
		if column.field >= 0 {
			*fields[column.field].of(c) = strings.TrimSpace(r.values[i])
		}
	}
	c.Email = strings.ToLower(c.Email)
	return c
}

// extra returns the further values of a row, and all of them if it is not imported; nil if there are none.
func (h header) extra(r row, all bool) map[string]any {
	extra := map[string]any{}
	for i, value := range r.values {
		name := fmt.Sprintf("column %d", i+1) // of a row that is longer than the header
		if i < len(h) {
			name = h[i].extra
			if all && h[i].field >= 0 {
				name = fields[h[i].field].name
			}
		}
		if i < len(h)+maxExtras && name != "" && value != "" {
			extra[name] = cut(value, maxShown)
		}
	}
	if len(extra) == 0 {
		return nil
	}
	return extra
}
