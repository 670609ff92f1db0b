package storetest

import (
	"errors"
	"math"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// admitCases are about Admit.
var admitCases = slices.Concat([]testCase{
	{"waiting for its time", "Until Wait.Until of the stored task has come, that is what it waits for.", checkWaitUntil},
	{"waiting by the store's clock", "Until Wait.Until of the stored task has come, that is what it waits for.", checkWaitByClock},
	{"waiting for what is processing with its key", "A task with an exclusive key waits for the one of its tenant that is processing with this key, and else for the oldest queued one before it.", checkExclusiveProcessing},
	{"waiting for what is queued with its key", "A task with an exclusive key waits for the one of its tenant that is processing with this key, and else for the oldest queued one before it.", checkExclusiveQueued},
}, placeCases, []testCase{
	{"admission that holds", "In a transaction, the answer holds until the transaction ends: others that would admit a task of the tenant wait.", checkAdmissionHolds},
	{"concurrent admissions", "In a transaction, the answer holds until the transaction ends: others that would admit a task of the tenant wait.", checkConcurrentAdmissions},
	{"concurrent admissions with a key", "In a transaction, the answer holds until the transaction ends: others that would admit a task of the tenant wait.", checkConcurrentKeyed},
	{"peeking", "only look: the answer does not hold, and nobody waits for it", checkPeeking},
	{"no queued task", "A task that the tenant does not have, or that is not queued, is ErrNotFound to Admit.", checkNotQueued},
})

// now is when the tasks of these cases are to be started.
var now = epoch.Add(time.Hour)

func withKey(key string) taskChange      { return func(t *activity.Task) { t.Exclusive = key } }
func waiting(w activity.Wait) taskChange { return func(t *activity.Task) { t.Wait = w } }

// leased is a change for a task that somebody else than a worker will start.
func leased(t *activity.Task) { t.LeaseUntil = now.Add(time.Minute) }

// started is a change for a task that is processing.
func started(t *activity.Task) {
	t.Status, t.Attempt, t.StartedAt, t.LeaseUntil = activity.StatusProcessing, 1, t.QueuedAt, now.Add(time.Minute)
}

// endedAs is a change for a task that has ended.
func endedAs(status activity.Status) taskChange {
	return func(t *activity.Task) {
		started(t)
		t.Status, t.LeaseUntil, t.EndedAt = status, time.Time{}, t.StartedAt
	}
}

// stores adds tasks, which are stored in their order.
func (s subject) stores(tasks ...activity.Task) {
	s.Helper()
	s.tx(func(tx subject) {
		tx.Helper()
		for _, task := range tasks {
			if _, err := tx.store.AddTask(s.Context(), task); err != nil {
				tx.Fatalf("AddTask: %v", err)
			}
		}
	})
}

// becomes gives a task another status.
func (s subject) becomes(task activity.Task, status activity.Status) {
	s.Helper()
	_, changed, err := s.store.ChangeTask(s.Context(), activity.TaskUpdate{Tenant: task.Tenant, ID: task.ID, To: status, Now: now})
	if err != nil || !changed {
		s.Fatalf("ChangeTask of %s to %v = %v, %v", task.ID, status, changed, err)
	}
}

// admissionOf asks whether a task may be started now, where its kind has so many places.
func admissionOf(task activity.Task, places int) activity.Admission {
	return activity.Admission{Tenant: task.Tenant, ID: task.ID, Max: places, Now: now}
}

// admits checks what a task waits for, by all ways to ask.
func (s subject) admits(admission activity.Admission, want activity.Wait) {
	s.Helper()
	ask := func(store activity.Store, where string) {
		s.Helper()
		for _, peek := range []bool{false, true} {
			admission.Peek = peek
			got, err := store.Admit(s.Context(), admission)
			if err != nil {
				s.Errorf("Admit%s of %+v: %v", where, admission, err)
			} else if got.For != want.For || got.Task != want.Task || !sameValue(want.Until, got.Until) {
				s.Errorf("Admit%s of %+v = %q, want %q", where, admission, got, want)
			}
		}
	}
	ask(s.store, "")
	s.tx(func(tx subject) { ask(tx.store, " in a transaction") })
}

func forTask(task activity.Task) activity.Wait {
	return activity.Wait{For: activity.WaitExclusive, Task: task.ID}
}

var forPlace = activity.Wait{For: activity.WaitPlace}

func checkWaitUntil(s subject) {
	until := now.Add(time.Minute)
	later := activity.Wait{For: activity.WaitLater, Until: until}
	running := newTask(1, started, withKey("k"))
	for i, wait := range []activity.Wait{
		later,
		{For: activity.WaitExclusive, Task: running.ID, Until: until},
		{For: activity.WaitPlace, Until: until},
	} {
		s.stores(newTask(10+i, waiting(wait)))
		admission := admissionOf(newTask(10+i), 0)
		for _, before := range []time.Duration{time.Hour, time.Second, time.Microsecond} {
			admission.Now = until.Add(-before)
			s.admits(admission, wait)
		}
		for _, after := range []time.Duration{0, time.Microsecond, time.Hour} {
			admission.Now = until.Add(after).In(time.FixedZone("", -8*3600))
			s.admits(admission, activity.Wait{})
		}
	}
	// It waits for its time first, and then for what it waits for then.
	s.stores(running, newTask(20, waiting(later)), newTask(21, waiting(later), withKey("k")), newTask(22, waiting(forPlace)))
	admission := admissionOf(newTask(20), 1)
	s.admits(admission, later)
	admission.Now = until
	s.admits(admission, forPlace)
	admission = admissionOf(newTask(21), 1)
	s.admits(admission, later)
	admission.Now = until
	s.admits(admission, forTask(running))
	s.admits(admissionOf(newTask(22), 0), activity.Wait{}) // what it waited for without a time is decided anew
}

func checkWaitByClock(s subject) {
	past := activity.Wait{For: activity.WaitLater, Until: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)}
	future := activity.Wait{For: activity.WaitQuota, Quota: "scrapings", Units: 3, Until: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
	s.stores(newTask(1, waiting(past)), newTask(2, waiting(future)))
	for n, want := range map[int]activity.Wait{1: {}, 2: future} {
		admission := admissionOf(newTask(n), 0)
		admission.Now = time.Time{}
		s.admits(admission, want)
	}
}

func checkExclusiveProcessing(s subject) {
	running := newTask(5, withKey("list:1"), taskKind("export"), started)
	s.stores(
		newTask(1, withKey("list:1"), endedAs(activity.StatusCompleted)),
		newTask(2, withKey("list:1"), endedAs(activity.StatusFailed)),
		newTask(3, withKey("list:2"), taskOf(globex), started),
		newTask(4, started),
		running,
		newTask(6, withKey("list:1")),
		newTask(7, withKey("list:1"), taskKind("export")),
		newTask(8, withKey("list:2")),
		newTask(9, withKey("LIST:1")),
		newTask(10, withKey("list:1 ")),
		newTask(11, withKey("list%")),
		newTask(12),
		newTask(13, withKey("list:1"), taskOf(globex)),
		newTask(0, withKey("list:1")), // older than what is processing
	)
	for _, places := range []int{0, 1, 100} {
		for _, n := range []int{0, 6, 7} {
			s.admits(admissionOf(newTask(n), places), forTask(running)) // the key comes before the place
		}
	}
	for _, n := range []int{8, 9, 10, 11, 12} {
		s.admits(admissionOf(newTask(n), 0), activity.Wait{})
	}
	s.admits(admissionOf(newTask(13, taskOf(globex)), 0), activity.Wait{})
	s.becomes(running, activity.StatusCompleted)
	s.admits(admissionOf(newTask(0), 0), activity.Wait{})
	s.admits(admissionOf(newTask(6), 0), forTask(newTask(0)))
	recipe := newTask(20, asRecipe, withKey("r"), started)
	s.stores(recipe, newTask(21, withKey("r")))
	s.admits(admissionOf(newTask(21), 0), forTask(recipe))
}

func checkExclusiveQueued(s subject) {
	later := activity.Wait{For: activity.WaitLater, Until: now.Add(time.Minute)}
	s.stores( // in another order than they were queued
		newTask(30, withKey("k")),
		newTask(10, withKey("k"), taskKind("export")),
		newTask(40, withKey("k"), leased),
		newTask(20, withKey("k")),
		newTask(5, withKey("other")),
		newTask(6),
		newTask(7, withKey("k"), taskOf(globex)),
		newTask(8, withKey("k"), endedAs(activity.StatusCancelled)),
	)
	s.admits(admissionOf(newTask(10), 0), activity.Wait{})
	for _, n := range []int{20, 30, 40} {
		s.admits(admissionOf(newTask(n), 0), forTask(newTask(10)))
		s.admits(admissionOf(newTask(n), 1), forTask(newTask(10)))
	}
	for _, older := range []activity.Task{newTask(4, withKey("k"), leased), newTask(3, withKey("k"), waiting(later)), newTask(2, withKey("k"), asRecipe)} {
		s.stores(older)
		s.admits(admissionOf(newTask(10), 0), forTask(older))
		s.admits(admissionOf(newTask(30), 0), forTask(older))
	}
	s.becomes(newTask(30), activity.StatusProcessing)
	for _, n := range []int{2, 10, 20, 40} {
		s.admits(admissionOf(newTask(n), 0), forTask(newTask(30)))
	}
	// What is queued again is in its place as before.
	s.becomes(newTask(30), activity.StatusQueued)
	s.admits(admissionOf(newTask(30), 0), forTask(newTask(2)))
	s.admits(admissionOf(newTask(2), 0), activity.Wait{})
}

func checkNotQueued(s subject) {
	s.stores(
		newTask(1),
		newTask(2, started),
		newTask(3, endedAs(activity.StatusCompleted)),
		newTask(4, endedAs(activity.StatusFailed)),
		newTask(5, endedAs(activity.StatusCancelled)),
		newTask(6, taskOf(globex)),
	)
	missing := func(admission activity.Admission) {
		s.Helper()
		ask := func(store activity.Store) {
			s.Helper()
			for _, peek := range []bool{false, true} {
				admission.Peek = peek
				if wait, err := store.Admit(s.Context(), admission); !errors.Is(err, activity.ErrNotFound) {
					s.Errorf("Admit of %+v, which is no queued task of the tenant = %q, %v, want ErrNotFound", admission, wait, err)
				}
			}
		}
		ask(s.store)
		s.tx(func(tx subject) { ask(tx.store) })
	}
	for n := 2; n <= 7; n++ {
		missing(admissionOf(newTask(n), 0))
		missing(admissionOf(newTask(n), math.MaxInt32))
	}
	missing(activity.Admission{Tenant: acme, Now: now})
	missing(admissionOf(newTask(1, taskOf(globex)), 0))
	s.admits(admissionOf(newTask(1), 0), activity.Wait{})
	s.becomes(newTask(1), activity.StatusProcessing)
	missing(admissionOf(newTask(1), 0))
	s.becomes(newTask(1), activity.StatusQueued)
	s.admits(admissionOf(newTask(1), 0), activity.Wait{})
}
