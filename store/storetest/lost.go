package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

const (
	lostRule     = "A task is lost when it is queued or processing and its LeaseUntil is set and not after the time."
	lostListRule = "LostTasks returns tasks of some kinds, of all tenants, whose lease has run out: by ascending LeaseUntil, then by ID, at most Limit."
)

// lostCases are about LostTasks.
var lostCases = []testCase{
	{"lost when the lease runs out", lostRule, checkLostTime},
	{"lost by status", lostRule, checkLostStatus},
	{"lost by the store's clock", lostRule, checkLostByClock},
	{"lost tasks of kinds and tenants", lostListRule, checkLostKinds},
	{"limit of lost tasks", lostListRule, checkLostLimit},
}

// leaseUntil is a change for a task with a lease.
func leaseUntil(t time.Time) taskChange {
	return func(task *activity.Task) { task.LeaseUntil = t }
}

// loses checks which tasks are lost, in the order of their leases.
func (s subject) loses(query activity.LostQuery, want ...activity.Task) {
	s.Helper()
	if query.Limit == 0 {
		query.Limit = len(want) + 10
	}
	got, err := s.store.LostTasks(s.Context(), query)
	if err != nil {
		s.Fatalf("LostTasks of %+v: %v", query, err)
	}
	for i := range min(len(want), len(got)) {
		if d := diffTask(want[i], got[i]); d != "" {
			s.Errorf("LostTasks of %+v: task %d: %s", query, i+1, d)
		}
	}
	if len(want) != len(got) {
		s.Errorf("LostTasks of %+v: there are %d tasks, want %d", query, len(got), len(want))
	}
}

func checkLostTime(s subject) {
	queued, running, never := newTask(1, leaseUntil(now)), newTask(2, started, leaseUntil(now.Add(time.Microsecond))), newTask(3, started, leaseUntil(time.Time{}))
	s.stores(queued, running, never, newTask(4))
	query := activity.LostQuery{Kinds: []string{"import"}}
	for after, lost := range map[time.Duration][]activity.Task{
		-time.Hour:            nil,
		-time.Microsecond:     nil,
		0:                     {queued},
		time.Microsecond:      {queued, running},
		1000 * 24 * time.Hour: {queued, running},
	} {
		query.Now = now.Add(after)
		s.loses(query, lost...)
		query.Now = query.Now.In(time.FixedZone("", 5*3600))
		s.loses(query, lost...)
	}
}

func checkLostStatus(s subject) {
	query := activity.LostQuery{Kinds: []string{"import"}, Now: now.Add(time.Hour)}
	task := newTask(1, started, leaseUntil(now))
	s.stores(newTask(2), newTask(3, endedAs(activity.StatusCompleted)), task)
	renew := func(lease time.Duration) {
		s.Helper()
		if _, _, err := s.store.ChangeTask(s.Context(), activity.TaskUpdate{Tenant: acme, ID: task.ID, Lease: lease, Now: now}); err != nil {
			s.Fatalf("ChangeTask: %v", err)
		}
	}
	lost := func(want bool) {
		s.Helper()
		if !want {
			s.loses(query)
			return
		}
		stored, err := s.store.Task(s.Context(), acme, task.ID)
		if err != nil {
			s.Fatalf("Task: %v", err)
		}
		s.loses(query, stored)
	}
	lost(true)
	renew(2 * time.Hour)
	lost(false)
	renew(time.Minute)
	lost(true)
	renew(-1)
	lost(false)
	renew(time.Minute)
	s.becomes(task, activity.StatusQueued) // which ends the lease
	lost(false)
	renew(time.Minute)
	lost(true)
	s.becomes(task, activity.StatusFailed)
	lost(false)
}

func checkLostByClock(s subject) {
	long := newTask(1, started, leaseUntil(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)))
	s.stores(newTask(2, started, leaseUntil(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))), long)
	s.loses(activity.LostQuery{Kinds: []string{"import"}}, long)
}

func checkLostKinds(s subject) {
	at := func(n int) taskChange { return leaseUntil(now.Add(time.Duration(n) * time.Second)) }
	full := newTask(1, started, at(6), withKey("k"), func(t *activity.Task) {
		t.Title, t.About, t.Input, t.Attributes = "contacts.csv", []activity.Entity{deal, call}, []byte(`{ "a" : 1.0 }`), map[string]string{"b": "c"}
	})
	tasks := []activity.Task{
		newTask(9, started, at(1), taskOf(globex)),
		newTask(2, at(2), taskKind("export")),
		newTask(3, started, at(3), taskOf("initech"), asRecipe),
		newTask(8, at(4), taskKind("impor_")),
		newTask(4, started, at(5), taskOf("initech"), taskKind("export")),
		full,
		newTask(6, at(7), func(t *activity.Task) { t.Preview = true }),
	}
	s.stores(slices.Concat(tasks[3:], tasks[:3])...)
	query := activity.LostQuery{Kinds: []string{"import"}, Now: now.Add(time.Hour)}
	s.loses(query, tasks[0], tasks[2], full, tasks[6])
	query.Kinds = []string{"export"}
	s.loses(query, tasks[1], tasks[4])
	query.Kinds = []string{"absent", "import", "export", "import"}
	s.loses(query, tasks[0], tasks[1], tasks[2], tasks[4], full, tasks[6])
	query.Kinds = []string{"absent"}
	s.loses(query)
}

// The leases that ran out first come first, so that none stays behind others for ever.
func checkLostLimit(s subject) {
	var tasks []activity.Task
	for n := range 12 { // by pairs, leases of the same end; those of younger tasks end first
		tasks = append(tasks, newTask(n, started, leaseUntil(now.Add(-time.Duration(n/2)*time.Second)), taskKind([]string{"import", "export"}[n%4/2]), taskOf(fmt.Sprint("tenant", n%3))))
	}
	s.stores(tasks...)
	slices.SortStableFunc(tasks, func(a, b activity.Task) int { return a.LeaseUntil.Compare(b.LeaseUntil) })
	for _, limit := range []int{1, 2, 3, 11, 12, 13} {
		s.loses(activity.LostQuery{Kinds: []string{"import", "export"}, Now: now, Limit: limit}, tasks[:min(limit, len(tasks))]...)
	}
}
