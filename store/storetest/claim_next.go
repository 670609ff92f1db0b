package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-activity/activity"
)

const oldestRule = "It is the oldest task for workers of the tenant and the kinds that Admit lets start."

// nextTaskCases are about NextTask.
var nextTaskCases = []testCase{
	{"oldest task", oldestRule, checkOldestTask},
	{"oldest task that may start", oldestRule, checkOldestAdmitted},
	{"oldest task of kinds with places", oldestRule, checkOldestWithPlaces},
	{"oldest task behind many", oldestRule, checkOldestBehindMany},
	{"oldest task by the store's clock", oldestRule, checkOldestByClock},
	{"task of a transaction that fails", "NextTask returns the task that a worker should start next, within a transaction that is then to start it.", checkClaimUndone},
	{"no task", "When there is no task to start, NextTask is ErrNoTask.", checkNoTask},
}

// next asks a store which task of acme is next, in a transaction.
func (s subject) next(now time.Time, kinds ...activity.KindLimit) (task activity.Task, err error) {
	s.Helper()
	s.tx(func(tx subject) {
		task, err = tx.store.NextTask(s.Context(), activity.NextQuery{Tenant: acme, Kinds: kinds, Now: now})
	})
	return task, err
}

// claims lets one worker claim tasks of acme until there are no more, and checks which they are.
func (s subject) claims(kinds []activity.KindLimit, want ...activity.Task) {
	s.Helper()
	for i := range len(want) + 1 {
		var task activity.Task
		var err error
		s.tx(func(tx subject) {
			task, err = claim(s.Context(), tx.store, kinds)
		})
		switch {
		case i == len(want) && !errors.Is(err, activity.ErrNoTask):
			s.Fatalf("NextTask after %d tasks = %s, %v, want ErrNoTask", i, task.ID, err)
		case i < len(want) && (err != nil || task.ID != want[i].ID):
			s.Fatalf("NextTask after %d tasks = %s, %v, want %s", i, task.ID, err, want[i].ID)
		}
	}
}

// kindsOf returns kinds with any number of places.
func kindsOf(names ...string) []activity.KindLimit {
	var kinds []activity.KindLimit
	for _, name := range names {
		kinds = append(kinds, activity.KindLimit{Name: name})
	}
	return kinds
}

func checkOldestTask(s subject) {
	s.stores( // in another order than they were queued
		newTask(30), newTask(20), newTask(25, taskKind("export")), newTask(40, taskKind("export")), newTask(10),
		newTask(1, asRecipe), newTask(2, leased), newTask(3, taskKind("scrape")), newTask(4, taskOf(globex)), newTask(5, started),
		newTask(6, endedAs(activity.StatusCompleted)), newTask(7, endedAs(activity.StatusFailed)), newTask(8, endedAs(activity.StatusCancelled)),
		newTask(9, func(t *activity.Task) { t.LeaseUntil = epoch }),
	)
	task, err := s.next(now, kindsOf("import")...)
	stored, _ := s.store.Task(s.Context(), acme, newTask(10).ID)
	if d := diffTask(stored, task); err != nil || d != "" {
		s.Errorf("NextTask is not the task of Task: %v, %s", err, d)
	}
	s.claims(kindsOf("absent"))
	s.claims(kindsOf("export", "import", "absent"), newTask(10), newTask(20), newTask(25, taskKind("export")), newTask(30), newTask(40, taskKind("export")))
	s.stores(newTask(50), newTask(0))
	s.claims(kindsOf("import"), newTask(0), newTask(50))
}

func checkOldestAdmitted(s subject) {
	until := now.Add(time.Minute)
	running := newTask(1, withKey("busy"), started)
	s.stores(
		running,
		newTask(2, waiting(activity.Wait{For: activity.WaitLater, Until: until})),
		newTask(3, withKey("busy")),
		newTask(4, withKey("led"), leased), newTask(5, withKey("led")),
		newTask(6, withKey("free"), waiting(forTask(running))), newTask(7, withKey("free")),
		newTask(8, waiting(forPlace)),
	)
	s.claims(kindsOf("import"), newTask(6), newTask(8))
	s.becomes(running, activity.StatusCompleted)
	s.becomes(newTask(6), activity.StatusFailed)
	s.claims(kindsOf("import"), newTask(3), newTask(7))
	s.becomes(newTask(4), activity.StatusCancelled)
	s.claims(kindsOf("import"), newTask(5))
	if task, err := s.next(until, kindsOf("import")...); err != nil || task.ID != newTask(2).ID {
		s.Errorf("NextTask when the time of a task has come = %s, %v, want %s", task.ID, err, newTask(2).ID)
	}
}

func checkOldestWithPlaces(s subject) {
	kinds := []activity.KindLimit{{Name: "import", Max: 2}, {Name: "scrape"}, {Name: "export", Max: 1}}
	export, scrape := taskKind("export"), taskKind("scrape")
	s.stores(
		newTask(1), newTask(2), newTask(3), newTask(4, scrape), newTask(5, export), newTask(6, export), newTask(7, scrape), newTask(8),
		newTask(0, taskOf(globex), started), newTask(9, asRecipe, started),
	)
	s.claims(kinds, newTask(1), newTask(2), newTask(4), newTask(5), newTask(7))
	s.becomes(newTask(1), activity.StatusCompleted)
	s.claims(kinds, newTask(3))
	s.becomes(newTask(5), activity.StatusFailed)
	s.claims(kinds, newTask(6))
	s.becomes(newTask(3), activity.StatusQueued)
	s.claims(kinds, newTask(3)) // it is before the other one again
	s.claims([]activity.KindLimit{{Name: "import", Max: 3}}, newTask(8))
	// Somebody else's place is the place of who was there before.
	s.stores(newTask(10, leased), newTask(11))
	s.claims([]activity.KindLimit{{Name: "import", Max: 4}})
	s.claims([]activity.KindLimit{{Name: "import", Max: 5}}, newTask(11))
}

func checkOldestBehindMany(s subject) {
	const many = 70
	tasks := []activity.Task{newTask(0, withKey("k"), started)}
	for n := 1; n <= many; n++ {
		tasks = append(tasks, newTask(n, withKey("k")), newTask(many+n), newTask(2*many+n, taskKind("export"), waiting(activity.Wait{For: activity.WaitLater, Until: now.Add(time.Hour)})))
	}
	free, last := newTask(3*many+1, taskKind("export")), newTask(3*many+2)
	s.stores(append(tasks, free, last)...)
	limited := func(places int) []activity.KindLimit {
		return []activity.KindLimit{{Name: "import", Max: places}, {Name: "export"}}
	}
	s.claims(limited(1), free)
	s.claims(limited(2), newTask(many+1)) // the first one without a key
	s.becomes(newTask(0), activity.StatusCompleted)
	s.claims(limited(3), newTask(1), newTask(many+2))
}

func checkOldestByClock(s subject) {
	for n, year := range []int{9999, 2000} {
		s.stores(newTask(n, waiting(activity.Wait{For: activity.WaitLater, Until: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)})))
	}
	if task, err := s.next(time.Time{}, kindsOf("import")...); err != nil || task.ID != newTask(1).ID {
		s.Errorf("NextTask by the store's clock = %s, %v, want %s", task.ID, err, newTask(1).ID)
	}
}

func checkClaimUndone(s subject) {
	s.stores(newTask(1), newTask(2))
	for range 3 {
		err := s.store.InTx(s.Context(), func(tx activity.Store) error {
			task, err := claim(s.Context(), tx, kindsOf("import"))
			if err != nil || task.ID != newTask(1).ID {
				return fmt.Errorf("NextTask = %s, %v, want %s", task.ID, err, newTask(1).ID)
			}
			if task, err = claim(s.Context(), tx, kindsOf("import")); err != nil || task.ID != newTask(2).ID {
				return fmt.Errorf("NextTask of a transaction that has started a task = %s, %v, want %s", task.ID, err, newTask(2).ID)
			}
			return errOfFn
		})
		if !errors.Is(err, errOfFn) {
			s.Errorf("InTx: %v", err)
		}
	}
	s.claims(kindsOf("import"), newTask(1), newTask(2))
}

func checkNoTask(s subject) {
	none := func(kinds ...activity.KindLimit) {
		s.Helper()
		if task, err := s.next(now, kinds...); !errors.Is(err, activity.ErrNoTask) {
			s.Errorf("NextTask where there is none to start = %s, %v, want ErrNoTask", task.ID, err)
		}
	}
	none(kindsOf("import")...)
	s.stores(newTask(1, started, withKey("k")), newTask(2, withKey("k")), newTask(3, taskOf(globex)), newTask(4, taskKind("export")), newTask(5, leased))
	none(kindsOf("import", "absent")...)
	none(activity.KindLimit{Name: "import", Max: 10})
	s.stores(newTask(6))
	none(activity.KindLimit{Name: "import", Max: 1})
	s.claims(kindsOf("import"), newTask(6))
}
