package storetest

import (
	"errors"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

// eventCases are about Event.
var eventCases = []testCase{
	{"every field", "Every field comes back as it was stored, the payload byte for byte.", checkEveryField},
	{"payload byte for byte", "Every field comes back as it was stored, the payload byte for byte.", checkPayload},
	{"not found", "An event that the tenant does not have is ErrNotFound.", checkNotFound},
}

// fullRow returns a row that has a value in every field.
func fullRow(n int) activity.EventRow {
	row := newRow(n,
		typed("deal.stage_changed"), version(7), by(activity.Identity("box-1", "Box")),
		about(deal, call, activity.Entity{Kind: "account", ID: "no label"}),
		task(newID(epoch.Add(-time.Hour), 4)), manual, key("webhook-1"),
		at(epoch.Add(-123_456_789*time.Microsecond)),
		payload(`{"b": [1, 2.50, null], "a": {"x": "é\u00e9\/"}, "b": true}`),
	)
	row.RecordedAt = epoch.Add(987_654 * time.Microsecond)
	return row
}

func checkEveryField(s subject) {
	rows := []activity.EventRow{
		fullRow(1),
		newRow(2, about()),
		newRow(3, version(1<<31-1)),
		newRow(4, by(activity.Entity{Kind: "user", ID: "no-label"})),
		newRow(5,
			of(acme),
			typed(strings.Repeat("a", activity.MaxTypeName)),
			by(longEntity("a")),
			about(longEntities(activity.MaxAbout)...),
			key(strings.Repeat("k", activity.MaxText))),
	}
	s.append(rows...)
	s.holds(acme, rows...)
	long := newRow(6, of(strings.Repeat("t", activity.MaxTenant)))
	s.append(long)
	s.holds(long.Tenant, long)
}

// longEntity returns an entity whose texts are as long as they can be.
func longEntity(c string) activity.Entity {
	return activity.Entity{
		Kind:  strings.Repeat(c, activity.MaxEntityKind),
		ID:    strings.Repeat(c, activity.MaxText),
		Label: strings.Repeat(c, activity.MaxText),
	}
}

func longEntities(n int) []activity.Entity {
	var list []activity.Entity
	for i := range n {
		list = append(list, longEntity(string(rune('a'+i))))
	}
	return list
}

func checkPayload(s subject) {
	var rows []activity.EventRow
	for i, text := range []string{
		`{}`,
		`{ }`,
		"{\n\t\"a\" : 1 ,\r\n \"b\":2}",
		`{"b":1,"a":2,"b":3}`,
		`{"n":[1.0,1.50,1e2,1E+2,-0,0.1e-7,12345678901234567890123456789.123456789]}`,
		`{"s":"<a href=\"x\">&amp;'\u003c\/ \\ \b\f\n\r\t \u2028 \ud83d\ude00"}`,
		"{\"s\":\"\u2028\u2029\u00e9\u0301 😀\"}",
		`{"":null,"A":true,"a":false}`,
	} {
		rows = append(rows, newRow(i, payload(text)))
	}
	s.append(rows...)
	s.holds(acme, rows...)
}

func checkNotFound(s subject) {
	missing := func(tenant string, ids ...activity.ID) {
		s.Helper()
		for _, id := range ids {
			if _, err := s.store.Event(s.Context(), tenant, id); !errors.Is(err, activity.ErrNotFound) {
				s.Errorf("Event %s of %q, which it does not have = %v, want ErrNotFound", id, tenant, err)
			}
		}
	}
	row := newRow(1)
	others := []activity.ID{{}, {15: 1}, newRow(0).ID, newRow(2).ID, row.ID.Next()}
	missing(acme, append(others, row.ID)...)
	s.append(row)
	missing(acme, others...)
	missing(globex, append(others, row.ID)...)
	s.holds(acme, row)
}
