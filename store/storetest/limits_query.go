package storetest

import (
	"fmt"
	"strings"

	"github.com/go-activity/activity"
)

func checkQueries(s subject) {
	h := newHost(s)
	names := func(n int) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprint("t", i)
		}
		return list
	}
	entities := func(n int) []activity.Entity {
		list := make([]activity.Entity, n)
		for i := range list {
			list[i] = activity.User(fmt.Sprint(i), "")
		}
		return list
	}
	tenant := h.journal.Tenant(acme)
	for _, test := range []struct {
		what  string
		query activity.Query
		field string
	}{
		{"too many entities", activity.Query{About: entities(activity.MaxListed + 1)}, "Query"},
		{"too many types", activity.Query{Types: names(activity.MaxListed + 1)}, "Query"},
		{"too many categories", activity.Query{Categories: names(activity.MaxListed + 1)}, "Query"},
		{"an unknown category", activity.Query{Categories: []string{"deals", "no such"}}, "Query.Categories"},
		{"a type with capitals", activity.Query{Types: []string{"Note"}}, "Query.Types"},
		{"a type with two dots", activity.Query{Types: []string{"a..b"}}, "Query.Types"},
		{"a type with a newline", activity.Query{Types: []string{"a\n"}}, "Query.Types"},
		{"an empty type", activity.Query{Types: []string{""}}, "Query.Types"},
		{"a long type", activity.Query{Types: []string{strings.Repeat("a", activity.MaxTypeName+1)}}, "Query.Types"},
		{"a source that is none", activity.Query{Source: 3}, "Query.Source"},
		{"a negative limit", activity.Query{Limit: -1}, "Query.Limit"},
		{"a limit too high", activity.Query{Limit: activity.MaxLimit + 1}, "Query.Limit"},
		{"To before From", activity.Query{From: epoch, To: epoch.Add(-1)}, "Query.To"},
		{"both cursors", activity.Query{After: "a", Before: "b"}, "Query.After"},
	} {
		_, err := tenant.Timeline(h.Context(), test.query)
		h.invalid(test.what, err, test.field)
		n := 0
		for _, err := range tenant.Events(h.Context(), test.query) {
			if n++; test.query.Before == "" {
				h.invalid(test.what, err, test.field)
			}
		}
		if n != 1 {
			s.Errorf("%s: Events came %d times, want one error", test.what, n)
		}
	}
	for _, err := range tenant.Events(h.Context(), activity.Query{Before: "b"}) {
		h.invalid("a stream before a cursor", err, "Query.Before")
	}
	event := h.record(draft("x"))[0]
	for what, query := range map[string]activity.Query{
		"a thousand entities": {About: append(entities(activity.MaxListed-1), deal)},
		"a thousand types":    {Types: append(names(activity.MaxListed-1), "note.added")},
		"the highest limit":   {Limit: activity.MaxLimit},
		"To at From":          {From: epoch.Add(1), To: epoch.Add(1)},
		"the longest type":    {Types: []string{strings.Repeat("a", activity.MaxTypeName)}},
	} {
		page, err := tenant.Timeline(h.Context(), query)
		if err != nil {
			s.Errorf("%s: %v", what, err)
		}
		if found := len(page.Events) == 1 && page.Events[0].ID == event.ID; found != (len(query.Types) != 1 && query.From.IsZero()) {
			s.Errorf("%s: there are %d events", what, len(page.Events))
		}
	}
}
