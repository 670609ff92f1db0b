package activity_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

// listed is a tenant with tasks that differ in all that a list can tell them by, one a minute from noon on.
type listed struct {
	activity.Tenant
	journal *activity.Journal
	tasks   []activity.Task
}

func newListed(t testing.TB) *listed {
	t.Helper()
	var now atomic.Int64 // after noon
	export := activity.Kind{Name: "export_accounts", Category: "prospecting", Object: "accounts", Outcomes: activity.ExportOutcomes()}
	mail := activity.Kind{Name: "send_mail", Category: "engagement", Object: "contacts"}
	journal, err := activity.New(memstore.New(), &activity.Config{
		Kinds: []activity.Kind{importing, export, mail}, Now: func() time.Time { return noon.Add(time.Duration(now.Load())) },
	})
	check(t, err)
	l := &listed{Tenant: journal.Tenant("acme"), journal: journal}
	add := func(spec activity.TaskSpec, end string, outcomes ...activity.Outcome) {
		task := queue(t, l.Tenant, spec)
		now.Add(int64(time.Minute))
		switch end {
		case "processing":
			lose(t, l.Tenant, task.ID) // nobody renews its lease, so that it stays as it is
		case "completed", "failed":
			run := start(t, l.Tenant, task.ID)
			check(t, run.Report(t.Context(), outcomes...))
			now.Add(int64(len(l.tasks)) * int64(time.Second))
			if end == "completed" {
				check(t, run.Complete(t.Context()))
			} else {
				check(t, run.Fail(t.Context(), errors.New("no")))
			}
		}
		l.tasks = append(l.tasks, read(t, l.Tenant, task.ID))
	}
	created, failed := activity.Outcome{Kind: "imported"}, activity.Outcome{Kind: "error"}
	add(activity.TaskSpec{Title: "Contacts of May.csv", About: []activity.Entity{deal}, Attributes: map[string]string{"template": "weekly", "object": "a"}}, "completed", created, created, failed)
	add(activity.TaskSpec{Title: "contacts, June", Actor: ben, Automated: true}, "failed", failed)
	add(activity.TaskSpec{Kind: export.Name, Title: "ÄRGER May", About: []activity.Entity{contact, deal}, Attributes: map[string]string{"template": "weekly"}, Total: 70}, "completed", activity.Outcome{Kind: "unchanged"})
	add(activity.TaskSpec{Kind: export.Name, Preview: true, Actor: ben}, "completed", activity.Outcome{Kind: "updated"}, activity.Outcome{Kind: "duplicate"})
	add(activity.TaskSpec{Kind: mail.Name, Title: "Hello"}, "processing")
	add(activity.TaskSpec{Kind: mail.Name, Title: "Hello again", Parent: l.tasks[4].ID, Actor: ben}, "queued")
	l.tasks[4] = read(t, l.Tenant, l.tasks[4].ID) // has a step now
	return l
}

// numbers tells which tasks are on all pages of a query, by their numbers, from the first page to the last.
func (l *listed) numbers(t testing.TB, query activity.TaskQuery) string {
	t.Helper()
	var all []string
	for {
		page, err := l.Tasks(t.Context(), query)
		check(t, err)
		for _, task := range page.Tasks {
			all = append(all, fmt.Sprint(slices.IndexFunc(l.tasks, func(known activity.Task) bool { return known.ID == task.ID })))
		}
		if query.After = page.Next; page.Next == "" {
			if page.Total.More || page.Total.N != len(all) {
				t.Errorf("Total = %v of %d tasks", page.Total, len(all))
			}
			return strings.Join(all, " ")
		}
	}
}

func TestTaskQuery(t *testing.T) {
	l := newListed(t)
	id := l.tasks[2].ID.String()
	for _, test := range []struct {
		name  string
		query activity.TaskQuery
		want  string // newest first
	}{
		{"everything but previews", activity.TaskQuery{}, "5 4 2 1 0"},
		{"previews too", activity.TaskQuery{Previews: activity.PreviewsShown}, "5 4 3 2 1 0"},
		{"kind", activity.TaskQuery{Kinds: []string{importing.Name}}, "1 0"},
		{"kinds", activity.TaskQuery{Kinds: []string{importing.Name, "send_mail"}}, "5 4 1 0"},
		{"kind that is not configured", activity.TaskQuery{Kinds: []string{"gone"}}, ""},
		{"category", activity.TaskQuery{Categories: []string{"prospecting"}}, "2 1 0"},
		{"categories", activity.TaskQuery{Categories: []string{"prospecting", "engagement"}}, "5 4 2 1 0"},
		{"object", activity.TaskQuery{Objects: []string{"contacts"}}, "5 4 1 0"},
		{"category and object", activity.TaskQuery{Categories: []string{"prospecting"}, Objects: []string{"contacts"}}, "1 0"},
		{"category and another kind", activity.TaskQuery{Categories: []string{"engagement"}, Kinds: []string{importing.Name}}, ""},
		{"category and object that no kind has both", activity.TaskQuery{Categories: []string{"engagement"}, Objects: []string{"accounts"}}, ""},
		{"status", activity.TaskQuery{Statuses: []activity.Status{activity.StatusCompleted}}, "2 0"},
		{"statuses", activity.TaskQuery{Statuses: []activity.Status{activity.StatusQueued, activity.StatusProcessing}}, "5 4"},
		{"actor", activity.TaskQuery{Actor: activity.Entity{Kind: "user", ID: ben.ID}}, "5 1"},
		{"entity", activity.TaskQuery{About: []activity.Entity{contact}}, "2"},
		{"entities", activity.TaskQuery{About: []activity.Entity{contact, {Kind: deal.Kind, ID: deal.ID}}}, "2 0"},
		{"parent", activity.TaskQuery{Parent: l.tasks[4].ID}, "5"},
		{"by a person", activity.TaskQuery{Trigger: activity.ByPerson}, "5 4 2 0"},
		{"by automation", activity.TaskQuery{Trigger: activity.ByAutomation}, "1"},
		{"word", activity.TaskQuery{Title: "CONTACTS"}, "1 0"},
		{"words in any order", activity.TaskQuery{Title: "may contacts"}, "0"},
		{"part of a word", activity.TaskQuery{Title: "contact"}, ""},
		{"word with other letters", activity.TaskQuery{Title: "ärger"}, "2"},
		{"attribute", activity.TaskQuery{Attributes: map[string]string{"template": "weekly"}}, "2 0"},
		{"attributes", activity.TaskQuery{Attributes: map[string]string{"template": "weekly", "object": "a"}}, "0"},
		{"attribute with no value", activity.TaskQuery{Attributes: map[string]string{"template": ""}}, ""},
		{"run ID", activity.TaskQuery{RunID: id}, "2"},
		{"run ID without dashes, in capitals", activity.TaskQuery{RunID: strings.ToUpper(strings.ReplaceAll(id, "-", ""))}, "2"},
		{"beginning of a run ID", activity.TaskQuery{RunID: id[:13]}, "2"},
		{"beginning of another", activity.TaskQuery{RunID: "00000000"}, ""},
		{"last run ID there can be", activity.TaskQuery{RunID: strings.Repeat("f", 32)}, ""},
		{"from", activity.TaskQuery{From: l.tasks[2].StartedAt}, "5 4 2"},
		{"to", activity.TaskQuery{To: l.tasks[2].StartedAt}, "1 0"},
		{"from and to", activity.TaskQuery{From: l.tasks[1].StartedAt.Add(-1), To: l.tasks[2].StartedAt.Add(1)}, "2 1"},
		{"by whom, since when, and how it ended", activity.TaskQuery{Actor: ben, Statuses: []activity.Status{activity.StatusFailed}, From: noon, Kinds: []string{importing.Name}}, "1"},
		{"all at once", activity.TaskQuery{
			Kinds: []string{"export_accounts"}, Categories: []string{"prospecting"}, Objects: []string{"accounts"}, Statuses: activity.Statuses, Actor: ana,
			About: []activity.Entity{deal}, Trigger: activity.ByPerson, Previews: activity.PreviewsShown, Title: "may", Attributes: map[string]string{"template": "weekly"},
			RunID: id[:9], From: noon, To: noon.Add(time.Hour),
		}, "2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, limit := range []int{0, 1, 2} {
				query := test.query
				query.Limit = limit
				if got := l.numbers(t, query); got != test.want {
					t.Errorf("pages of %d: %q, want %q", limit, got, test.want)
				}
			}
			query := test.query
			query.Ascending = true
			want := strings.Fields(test.want)
			slices.Reverse(want)
			if got := l.numbers(t, query); got != strings.Join(want, " ") {
				t.Errorf("ascending: %q, want %q", got, strings.Join(want, " "))
			}
		})
	}
	if page, err := l.journal.Tenant("globex").Tasks(t.Context(), activity.TaskQuery{}); err != nil || page.Tasks == nil || len(page.Tasks) != 0 || page.Total != (activity.Total{}) {
		t.Errorf("the list of another tenant is %+v, %v", page, err)
	}
}

// less tells by what a list is sorted, smallest first, in words of the test's own.
var less = map[activity.TaskSort]func(a activity.Task) (number int64, text string){
	activity.SortStart: func(a activity.Task) (int64, string) {
		if a.StartedAt.IsZero() {
			return a.QueuedAt.UnixMicro(), ""
		}
		return a.StartedAt.UnixMicro(), ""
	},
	activity.SortQueued: func(a activity.Task) (int64, string) { return a.QueuedAt.UnixMicro(), "" },
	activity.SortEnd: func(a activity.Task) (int64, string) {
		if a.EndedAt.IsZero() {
			return 0, ""
		}
		return a.EndedAt.UnixMicro(), ""
	},
	activity.SortDuration: func(a activity.Task) (int64, string) {
		if a.EndedAt.IsZero() || a.StartedAt.IsZero() {
			return 0, ""
		}
		return a.EndedAt.UnixMicro() - a.StartedAt.UnixMicro(), ""
	},
	activity.SortKind:       func(a activity.Task) (int64, string) { return 0, a.Kind },
	activity.SortTitle:      func(a activity.Task) (int64, string) { return 0, a.Title },
	activity.SortStatus:     func(a activity.Task) (int64, string) { return int64(slices.Index(activity.Statuses, a.Status)), "" },
	activity.SortActor:      func(a activity.Task) (int64, string) { return 0, a.Actor.Label },
	activity.SortTotal:      func(a activity.Task) (int64, string) { return a.Total, "" },
	activity.SortAttempted:  func(a activity.Task) (int64, string) { return a.Counts.Attempted(), "" },
	activity.SortSucceeded:  func(a activity.Task) (int64, string) { return a.Counts.Succeeded(), "" },
	activity.SortCreated:    func(a activity.Task) (int64, string) { return a.Counts.Created, "" },
	activity.SortUpdated:    func(a activity.Task) (int64, string) { return a.Counts.Updated, "" },
	activity.SortDeleted:    func(a activity.Task) (int64, string) { return a.Counts.Deleted, "" },
	activity.SortUnmodified: func(a activity.Task) (int64, string) { return a.Counts.Unmodified, "" },
	activity.SortFailed:     func(a activity.Task) (int64, string) { return a.Counts.Failed, "" },
	activity.SortWarned:     func(a activity.Task) (int64, string) { return a.Counts.Warned, "" },
}

// By each column, up and down, and from the first page to the last and back.
func TestTaskSorts(t *testing.T) {
	l := newListed(t)
	if len(activity.TaskSorts) != len(less) {
		t.Errorf("%d columns, the test knows %d", len(activity.TaskSorts), len(less))
	}
	for _, column := range activity.TaskSorts {
		want := slices.Clone(l.tasks)
		slices.SortFunc(want, func(a, b activity.Task) int {
			n, x := less[column](a)
			m, y := less[column](b)
			switch {
			case n != m:
				return int(min(max(n-m, -1), 1))
			case x != y:
				return strings.Compare(x, y)
			}
			return a.ID.Compare(b.ID)
		})
		for _, ascending := range []bool{true, false} {
			for _, limit := range []int{1, 2, 4} {
				query := activity.TaskQuery{Sort: column, Ascending: ascending, Limit: limit, Previews: activity.PreviewsShown}
				var got []activity.Task
				var pages [][]activity.Task
				var last activity.Cursor
				for {
					page, err := l.Tasks(t.Context(), query)
					check(t, err)
					if (page.Prev == "") != (len(pages) == 0) {
						t.Errorf("by %s: page %d has Prev %q", column, len(pages), page.Prev)
					}
					got, pages, last = append(got, page.Tasks...), append(pages, page.Tasks), page.Prev
					if query.After = page.Next; page.Next == "" {
						break
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("by %s, ascending %v, pages of %d (-want +got):\n%s", column, ascending, limit, diff)
				}
				for i := len(pages) - 2; i >= 0; i-- { // and back
					query.After, query.Before = "", last
					page, err := l.Tasks(t.Context(), query)
					check(t, err)
					if diff := cmp.Diff(pages[i], page.Tasks); diff != "" || page.Next == "" || (page.Prev == "") != (i == 0) {
						t.Errorf("by %s, back on page %d, with cursors %q and %q (-want +got):\n%s", column, i, page.Next, page.Prev, diff)
					}
					last = page.Prev
				}
			}
			slices.Reverse(want)
		}
	}
}

func TestTotal(t *testing.T) {
	for total, want := range map[activity.Total]string{
		{}: "0", {N: 999}: "999", {N: 1000}: "1,000", {N: 1000, More: true}: "1,000+", {N: 1234567}: "1,234,567", {N: -1234}: "-1,234",
	} {
		if got := total.String(); got != want {
			t.Errorf("%+v is written %q, want %q", total, got, want)
		}
	}
	tenant, _ := newTenant(t, importing)
	for range activity.MaxTotal {
		queue(t, tenant, activity.TaskSpec{})
	}
	for _, want := range []string{"1,000", "1,000+"} {
		page, err := tenant.Tasks(t.Context(), activity.TaskQuery{Limit: 1})
		if err != nil || page.Total.String() != want {
			t.Errorf("Total = %v, %v, want %s", page.Total, err, want)
		}
		queue(t, tenant, activity.TaskSpec{})
	}
}
