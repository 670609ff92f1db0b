package storetest

import (
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// claimCases are about Backlog and NextTask.
var claimCases = slices.Concat(backlogCases, nextTaskCases, claimConcurrentCases)

const backlogRule = "Backlog returns the names of tenants that have tasks for workers: queued, of one of the kinds, no recipes, and without a lease."

// backlogCases are about Backlog.
var backlogCases = []testCase{
	{"backlog", backlogRule, checkBacklog},
	{"backlog that changes", backlogRule, checkBacklogChanges},
	{"page of a backlog", "The names are those after After, in ascending order of bytes, at most Limit.", checkBacklogPage},
}

// backlog checks which tenants have tasks for workers.
func (s subject) backlog(query activity.BacklogQuery, want ...string) {
	s.Helper()
	if query.Limit == 0 {
		query.Limit = len(want) + 10
	}
	got, err := s.store.Backlog(s.Context(), query)
	if err != nil {
		s.Fatalf("Backlog of %+v: %v", query, err)
	}
	if !slices.Equal(want, got) {
		s.Errorf("Backlog of %+v = %q, want %q", query, got, want)
	}
}

func checkBacklog(s subject) {
	s.backlog(activity.BacklogQuery{Kinds: []string{"import"}})
	s.stores(
		newTask(1, taskOf("has one")),
		newTask(2, taskOf("has two")), newTask(3, taskOf("has two")),
		newTask(4, taskOf("another kind"), taskKind("export")),
		newTask(5, taskOf("kind alike"), taskKind("import.csv")), newTask(6, taskOf("kind alike"), taskKind("impor_")),
		newTask(7, taskOf("recipe"), asRecipe),
		newTask(8, taskOf("leased"), leased),
		newTask(9, taskOf("leased long ago"), func(t *activity.Task) { t.LeaseUntil = epoch }),
		newTask(10, taskOf("processing"), started), newTask(11, taskOf("processing"), started, func(t *activity.Task) { t.LeaseUntil = time.Time{} }),
		newTask(12, taskOf("completed"), endedAs(activity.StatusCompleted)), newTask(13, taskOf("failed"), endedAs(activity.StatusFailed)),
		newTask(14, taskOf("cancelled"), endedAs(activity.StatusCancelled)),
		newTask(15, taskOf("some of each"), started), newTask(16, taskOf("some of each"), leased), newTask(17, taskOf("some of each")), newTask(18, taskOf("some of each"), asRecipe),
		newTask(19, taskOf("waits"), waiting(activity.Wait{For: activity.WaitLater, Until: now.AddDate(7000, 0, 0)})),
	)
	s.backlog(activity.BacklogQuery{Kinds: []string{"import"}}, "has one", "has two", "some of each", "waits")
	s.backlog(activity.BacklogQuery{Kinds: []string{"export"}}, "another kind")
	s.backlog(activity.BacklogQuery{Kinds: []string{"import", "absent", "export", "import"}}, "another kind", "has one", "has two", "some of each", "waits")
	s.backlog(activity.BacklogQuery{Kinds: []string{"absent"}})
}

func checkBacklogChanges(s subject) {
	first, second := newTask(1), newTask(2)
	query := activity.BacklogQuery{Kinds: []string{"import"}}
	s.stores(first, second)
	s.backlog(query, acme)
	s.becomes(first, activity.StatusProcessing)
	s.backlog(query, acme)
	s.tx(func(tx subject) {
		tx.becomes(second, activity.StatusProcessing)
		tx.backlog(query)
		s.backlog(query, acme)
	})
	s.backlog(query)
	s.becomes(first, activity.StatusQueued)
	s.backlog(query, acme)
	s.becomes(first, activity.StatusCancelled)
	s.backlog(query)
}

func checkBacklogPage(s subject) {
	names := []string{" ", "A", "Z", "Zz", "_", "a", "a b", "a-b", "ab", "z", "É", "é", "日本", "😀"} // in the order of their bytes
	var tasks []activity.Task
	for i, name := range names {
		tasks = append(tasks, newTask(2*i, taskOf(name), taskKind([]string{"export", "import"}[i%2])), newTask(2*i+1, taskOf(name), taskKind([]string{"export", "scrape"}[i%2])))
	}
	slices.Reverse(tasks)
	s.stores(tasks...)
	kinds := []string{"scrape", "export", "import"}
	s.backlog(activity.BacklogQuery{Kinds: kinds}, names...)
	for i, name := range names {
		s.backlog(activity.BacklogQuery{Kinds: kinds, After: name}, names[i+1:]...)
		s.backlog(activity.BacklogQuery{Kinds: kinds, After: name + "\x01"}, names[i+1:]...) // nobody's
	}
	for _, limit := range []int{1, 2, len(names) - 1, len(names), len(names) + 1} {
		s.backlog(activity.BacklogQuery{Kinds: kinds, Limit: limit}, names[:min(limit, len(names))]...)
	}
	s.backlog(activity.BacklogQuery{Kinds: kinds, After: "a b", Limit: 2}, names[7:9]...)
	s.backlog(activity.BacklogQuery{Kinds: []string{"scrape"}, After: "A", Limit: 2}, "Zz", "a")
}
