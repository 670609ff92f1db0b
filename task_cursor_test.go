package activity_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-activity/activity"
)

// narrow is a query that has a condition in every field and still finds all tasks of its tenant.
func narrow(parent activity.ID) activity.TaskQuery {
	return activity.TaskQuery{
		Kinds: []string{importing.Name, few.Name}, Categories: []string{"prospecting"}, Objects: []string{"contacts"},
		Statuses: []activity.Status{activity.StatusQueued, activity.StatusFailed}, Actor: ana, About: []activity.Entity{deal, contact}, Parent: parent,
		Trigger: activity.ByPerson, Previews: activity.PreviewsShown, Title: "Contacts CSV", Attributes: map[string]string{"template": "weekly", "a": "b"},
		RunID: parent.String()[:8], From: noon, To: noon.Add(time.Hour), Sort: activity.SortTitle, Limit: 1,
	}
}

func TestTaskCursorIsBoundToItsQuery(t *testing.T) {
	tenant, journal := newTenant(t, importing, few)
	parent := queue(t, tenant, activity.TaskSpec{}).ID
	for range 4 {
		queue(t, tenant, activity.TaskSpec{Title: "contacts.csv", About: []activity.Entity{deal}, Parent: parent, Attributes: map[string]string{"template": "weekly", "a": "b"}})
	}
	query := narrow(parent)
	var next, prev activity.Cursor
	for range 2 {
		page, err := tenant.Tasks(t.Context(), query)
		check(t, err)
		next, prev, query.After = page.Next, page.Prev, page.Next
	}
	if next == "" || prev == "" {
		t.Fatalf("cursors = %q and %q on the second page", next, prev)
	}
	refused := activity.ErrInvalidCursor
	for name, test := range map[string]struct {
		change func(*activity.TaskQuery)
		want   error
	}{
		"nothing": {func(*activity.TaskQuery) {}, nil},
		"limit":   {func(q *activity.TaskQuery) { q.Limit = 2 }, nil},
		"order of lists": {func(q *activity.TaskQuery) {
			slices.Reverse(q.Kinds)
			slices.Reverse(q.Statuses)
			slices.Reverse(q.About)
		}, nil},
		"labels":              {func(q *activity.TaskQuery) { q.Actor.Label, q.About[0].Label = "", "" }, nil},
		"words the same":      {func(q *activity.TaskQuery) { q.Title = "csv, contacts" }, nil},
		"run ID the same":     {func(q *activity.TaskQuery) { q.RunID = strings.ToUpper(q.RunID) }, nil},
		"kinds":               {func(q *activity.TaskQuery) { q.Kinds = q.Kinds[:1] }, refused},
		"categories":          {func(q *activity.TaskQuery) { q.Categories = nil }, refused},
		"objects":             {func(q *activity.TaskQuery) { q.Objects = nil }, refused},
		"statuses":            {func(q *activity.TaskQuery) { q.Statuses = q.Statuses[:1] }, refused},
		"actor":               {func(q *activity.TaskQuery) { q.Actor = activity.Entity{} }, refused},
		"entities":            {func(q *activity.TaskQuery) { q.About = q.About[:1] }, refused},
		"parent":              {func(q *activity.TaskQuery) { q.Parent = activity.ID{} }, refused},
		"trigger":             {func(q *activity.TaskQuery) { q.Trigger = 0 }, refused},
		"previews":            {func(q *activity.TaskQuery) { q.Previews = activity.PreviewsHidden }, refused},
		"title":               {func(q *activity.TaskQuery) { q.Title = "contacts" }, refused},
		"attribute":           {func(q *activity.TaskQuery) { q.Attributes = map[string]string{"template": "weekly", "a": "c"} }, refused},
		"fewer attributes":    {func(q *activity.TaskQuery) { q.Attributes = map[string]string{"template": "weekly"} }, refused},
		"run ID":              {func(q *activity.TaskQuery) { q.RunID = "" }, refused},
		"from":                {func(q *activity.TaskQuery) { q.From = q.From.Add(-time.Microsecond) }, refused},
		"to":                  {func(q *activity.TaskQuery) { q.To = time.Time{} }, refused},
		"column":              {func(q *activity.TaskQuery) { q.Sort = activity.SortKind }, refused},
		"direction":           {func(q *activity.TaskQuery) { q.Ascending = true }, refused},
		"category for object": {func(q *activity.TaskQuery) { q.Categories, q.Objects = nil, []string{"contacts"} }, refused},
	} {
		t.Run(name, func(t *testing.T) {
			after, before := narrow(parent), narrow(parent)
			test.change(&after)
			test.change(&before)
			after.After, before.Before = next, prev
			for _, q := range []activity.TaskQuery{after, before} {
				if _, err := tenant.Tasks(t.Context(), q); !errors.Is(err, test.want) {
					t.Errorf("Tasks = %v, want %v", err, test.want)
				}
			}
		})
	}
	after := narrow(parent)
	after.After = next
	if _, err := journal.Tenant("globex").Tasks(t.Context(), after); !errors.Is(err, refused) {
		t.Errorf("Tasks of another tenant = %v", err)
	}
	for _, damaged := range []activity.Cursor{"x", next[1:], next + "A", next + "=", " " + next[1:], activity.MakeCursor(activity.Query{}, "acme", idValue)} {
		after.After = damaged
		if _, err := tenant.Tasks(t.Context(), after); !errors.Is(err, refused) {
			t.Errorf("Tasks with the cursor %q = %v", damaged, err)
		}
	}
}

func FuzzTaskCursor(f *testing.F) {
	query := activity.TaskQuery{Sort: activity.SortTitle}
	good := string(activity.MakeTaskCursor(query, "acme", activity.TaskPlace{Number: -1, Text: "contacts.csv", ID: idValue}))
	for _, seed := range []string{"", "x", good, good + "\n", good[1:] + "A", strings.Repeat("\n", len(good)), strings.Repeat("A", 1000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		place, err := activity.OpenTaskCursor(activity.Cursor(text), query, "acme")
		switch {
		case err != nil && !errors.Is(err, activity.ErrInvalidCursor):
			t.Errorf("cursor %q = %v", text, err)
		case err == nil && string(activity.MakeTaskCursor(query, "acme", place)) != text:
			t.Errorf("cursor %q opens as %+v, whose cursor is another", text, place)
		}
	})
}

func TestTaskQueryErrors(t *testing.T) {
	tenant, _ := newTenant(t, importing, few)
	many := activity.MaxListed + 1
	for _, test := range []struct {
		name, field string
		query       activity.TaskQuery
	}{
		{"too many entities", "TaskQuery", activity.TaskQuery{About: slices.Repeat([]activity.Entity{deal}, many)}},
		{"too many kinds", "TaskQuery", activity.TaskQuery{Kinds: slices.Repeat([]string{"a"}, many)}},
		{"too many categories", "TaskQuery", activity.TaskQuery{Categories: slices.Repeat([]string{"prospecting"}, many)}},
		{"too many objects", "TaskQuery", activity.TaskQuery{Objects: slices.Repeat([]string{"contacts"}, many)}},
		{"too many statuses", "TaskQuery", activity.TaskQuery{Statuses: slices.Repeat(activity.Statuses, many)}},
		{"entity without ID", "TaskQuery.About.ID", activity.TaskQuery{About: []activity.Entity{deal, {Kind: "deal"}}}},
		{"actor without kind", "TaskQuery.Actor.Kind", activity.TaskQuery{Actor: activity.Entity{ID: "x"}}},
		{"bad kind", "TaskQuery.Kinds", activity.TaskQuery{Kinds: []string{"import contacts"}}},
		{"unknown category", "TaskQuery.Categories", activity.TaskQuery{Categories: []string{"prospecting", "Prospecting"}}},
		{"empty category, which some kinds have", "TaskQuery.Categories", activity.TaskQuery{Categories: []string{""}}},
		{"unknown object", "TaskQuery.Objects", activity.TaskQuery{Objects: []string{"deals"}}},
		{"no status", "TaskQuery.Statuses", activity.TaskQuery{Statuses: []activity.Status{activity.StatusQueued, 0}}},
		{"unknown status", "TaskQuery.Statuses", activity.TaskQuery{Statuses: []activity.Status{6}}},
		{"long title", "TaskQuery.Title", activity.TaskQuery{Title: long(activity.MaxText + 1)}},
		{"title without a word", "TaskQuery.Title", activity.TaskQuery{Title: "..."}},
		{"attribute without a name", "TaskQuery.Attributes name", activity.TaskQuery{Attributes: map[string]string{"": "x"}}},
		{"long attribute", `TaskQuery.Attributes["x"]`, activity.TaskQuery{Attributes: map[string]string{"x": long(activity.MaxText + 1)}}},
		{"two bad attributes", `TaskQuery.Attributes["x"]`, activity.TaskQuery{Attributes: map[string]string{"x": "\xff", "y": "\xff"}}},
		{"unknown trigger", "TaskQuery.Trigger", activity.TaskQuery{Trigger: 3}},
		{"unknown previews", "TaskQuery.Previews", activity.TaskQuery{Previews: 3}},
		{"unknown column", "TaskQuery.Sort", activity.TaskQuery{Sort: "age"}},
		{"two cursors", "TaskQuery.After", activity.TaskQuery{After: "x", Before: "x"}},
		{"negative limit", "TaskQuery.Limit", activity.TaskQuery{Limit: -1}},
		{"limit too high", "TaskQuery.Limit", activity.TaskQuery{Limit: activity.MaxLimit + 1}},
		{"short run ID", "TaskQuery.RunID", activity.TaskQuery{RunID: "0123-456"}},
		{"long run ID", "TaskQuery.RunID", activity.TaskQuery{RunID: strings.Repeat("0", 33)}},
		{"run ID that is not hexadecimal", "TaskQuery.RunID", activity.TaskQuery{RunID: "0123456g"}},
		{"run ID of other letters", "TaskQuery.RunID", activity.TaskQuery{RunID: "éééé"}},
		{"from before 1970", "TaskQuery.From", activity.TaskQuery{From: time.Unix(-1, 0)}},
		{"to after 9999", "TaskQuery.To", activity.TaskQuery{To: lastTime.Add(time.Microsecond)}},
		{"from and to", "TaskQuery.From", activity.TaskQuery{From: time.Unix(-1, 0), To: time.Unix(-1, 0)}},
		{"to before from", "TaskQuery.To", activity.TaskQuery{From: noon, To: noon.Add(-1)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for range 20 { // what is wrong first is said every time
				page, err := tenant.Tasks(t.Context(), test.query)
				if bad := invalid(t, err); bad.Field != test.field || page.Tasks != nil {
					t.Fatalf("Tasks = %v, want it to be about %s", err, test.field)
				}
			}
		})
	}
	for field, query := range map[string]activity.TaskQuery{
		"lists":   {Kinds: slices.Repeat([]string{"a"}, activity.MaxListed), About: slices.Repeat([]activity.Entity{deal}, activity.MaxListed)},
		"limit":   {Limit: activity.MaxLimit},
		"run ID":  {RunID: strings.Repeat("f", 32)},
		"times":   {From: time.Unix(0, 0), To: lastTime},
		"title":   {Title: strings.Repeat("x ", activity.MaxText/2)},
		"instant": {From: noon, To: noon},
	} {
		if page, err := tenant.Tasks(t.Context(), query); err != nil || page.Tasks == nil {
			t.Errorf("the longest %s: %v, %v", field, page.Tasks, err)
		}
	}
}

func TestWords(t *testing.T) {
	var many []string
	for i := range activity.MaxWords + 1 {
		many = append(many, fmt.Sprint("w", i))
	}
	for text, want := range map[string][]string{
		"":                        nil,
		" .,-_ ":                  nil,
		"Contacts of May.csv":     {"contacts", "of", "may", "csv"},
		"a A b a":                 {"a", "b"},
		"ÄRGER-über/Ñandú_x1":     {"ärger", "über", "ñandú", "x1"},
		"東京 list":                 {"東京", "list"},
		"e\u0301t\u00e9":          {"e\u0301t\u00e9"},
		strings.Join(many, " "):   many[:activity.MaxWords],
		"2026-03-14 it's 5% of 3": {"2026", "03", "14", "it", "s", "5", "of", "3"},
	} {
		if got := activity.Words(text); !slices.Equal(got, want) {
			t.Errorf("Words(%q) = %q, want %q", text, got, want)
		}
	}
}
