package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-activity/activity"
)

const (
	changedTaskRule   = "The task comes back as it is after the call, and whether the call changed it."
	unexpectedRule    = "A task that is not as the update expects stays as it is."
	seenRule          = "A task that was changed since it was seen is changed as it is now."
	eventOfChangeRule = "The event of a change is stored with it, or neither is."
	inTurnRule        = "Of concurrent changes each sees the task as the one before left it."
	changeTimeRule    = "Without a time in the update, the store's clock tells it once nobody else can change the task."
)

// changeTaskCases are about ChangeTask.
var changeTaskCases = []testCase{
	{"life of a task", changedTaskRule, checkLife},
	{"times of a change", changedTaskRule, checkChangeTimes},
	{"changed task is found", changedTaskRule, checkChangedFound},
	{"what an update expects", unexpectedRule, checkExpectations},
	{"task that was seen", seenRule, checkSeen},
	{"event of a change", eventOfChangeRule, checkEventOfChange},
	{"event of a change that fails", eventOfChangeRule, checkFailingEvent},
	{"concurrent changes", inTurnRule, checkConcurrentChanges},
	{"concurrent ends", inTurnRule, checkConcurrentEnds},
	{"time of the store", changeTimeRule, checkStoreTime},
	{"time of a change that waits", changeTimeRule, checkWaitingTime},
	{"change of a task that is not there", "A change of a task that the tenant does not have is ErrNotFound.", checkChangeNotFound},
}

// life returns updates of a task, which change it in every way from the queue to its end.
func life(id activity.ID, end activity.TaskUpdate) []activity.TaskUpdate {
	counts := activity.Counts{Created: 1, Updated: 20, Deleted: 300, Unmodified: 4000, Failed: 50_000, Warned: 1 << 40}
	end.Reason, end.Detail, end.System, end.EndedBy = "no\nspace", "goroutine 1:\n\tmain.go:7", true, ben
	end.From = []activity.Status{activity.StatusCompleted, activity.StatusQueued, activity.StatusProcessing}
	updates := []activity.TaskUpdate{
		{},
		{Lease: 90 * time.Second},
		{Wait: &activity.Wait{For: activity.WaitPlace}},
		{Wait: &activity.Wait{For: activity.WaitExclusive, Task: newID(epoch, 77), Until: epoch.Add(time.Hour + time.Microsecond)}},
		{Wait: &activity.Wait{For: activity.WaitQuota, Quota: "scrapings", Units: 1 << 40, Until: epoch.Add(time.Hour)}},
		{Wait: &activity.Wait{}},
		{Wait: &activity.Wait{For: activity.WaitLater, Until: epoch.Add(2 * time.Hour)}, From: []activity.Status{activity.StatusQueued}},
		{To: activity.StatusProcessing, From: []activity.Status{activity.StatusQueued}, Lease: time.Minute},
		{Attempt: 1, Progress: &activity.Progress{Done: 5, Total: 1 << 40}, Counts: counts, Fields: []string{"b", "a", "b"}, Extras: []string{"x"}, Lease: time.Minute},
		{Attempt: 1, Counts: counts, Fields: []string{"a", "ü{\"}", "c"}, Extras: []string{"y", "x", "z"}},
		{Children: activity.Children{Total: 4, Open: 3}},
		{Children: activity.Children{Open: -3, Failed: 2, Cancelled: 1}},
		{Children: activity.Children{Failed: -2, Cancelled: -1}, RevertedBy: newID(epoch, 78)},
		{To: activity.StatusQueued, From: []activity.Status{activity.StatusProcessing}},
		{To: activity.StatusProcessing, Settled: true, Lease: time.Second},
		{Attempt: 2, Progress: &activity.Progress{}, Lease: -1},
		{Lease: time.Microsecond, RevertedBy: newID(epoch, 79)},
		{Lost: true, Lease: time.Hour},
		{Lost: true, Now: epoch.Add(1000 * time.Hour), To: activity.StatusQueued, Wait: &activity.Wait{For: activity.WaitQuota, Quota: "a", Units: 1, Until: epoch}},
		{To: activity.StatusProcessing},
		end,
		{RevertedBy: newID(epoch, 80), Counts: counts},
	}
	for i := range updates {
		updates[i].Tenant, updates[i].ID = acme, id
		if updates[i].Now.IsZero() {
			updates[i].Now = epoch.Add(time.Duration(i+1) * time.Minute)
		}
	}
	return updates
}

func checkLife(s subject) {
	other := fullTask(1, taskKey("other"))
	s.addTasks(other)
	for n, end := range []activity.Status{activity.StatusCompleted, activity.StatusFailed, activity.StatusCancelled} {
		want := newTask(10+n, titled("Contacts"), taskKey(fmt.Sprint(n)), attributes(map[string]string{"a": "1"}))
		s.addTasks(want)
		for i, update := range life(want.ID, activity.TaskUpdate{To: end}) {
			if !update.Apply(&want, update.Now) {
				s.Fatalf("update %d of the case does not apply", i+1)
			}
			task, changed := s.change(update)
			if d := diffTask(want, task); d != "" {
				s.Errorf("the task of ChangeTask number %d: %s", i+1, d)
			}
			if !changed {
				s.Errorf("ChangeTask number %d says that it did not change the task", i+1)
			}
			s.has(want, other)
		}
	}
}

func checkChangeTimes(s subject) {
	zone := time.FixedZone("IST", 5*3600+1800)
	now := epoch.Add(time.Hour + 123_456_789*time.Nanosecond)
	for n, at := range []time.Time{now, now.In(zone), now.Truncate(time.Microsecond)} {
		want := newTask(n)
		s.addTasks(want)
		for _, update := range []activity.TaskUpdate{
			{Wait: &activity.Wait{For: activity.WaitLater, Until: at.Add(time.Hour)}},
			{To: activity.StatusProcessing, Lease: time.Minute + 999*time.Nanosecond},
			{To: activity.StatusFailed},
		} {
			update.Tenant, update.ID, update.Now = acme, want.ID, at
			update.Apply(&want, at)
			task, _ := s.change(update)
			if d := diffTask(want, task); d != "" {
				s.Errorf("the task of ChangeTask at %v: %s", at, d)
			}
			s.has(want)
		}
	}
	// A clock that goes backwards makes no task end before its start.
	early := newTask(10)
	s.addTasks(early)
	s.change(activity.TaskUpdate{ID: early.ID, To: activity.StatusProcessing, Now: epoch.Add(-time.Hour)})
	task, _ := s.change(activity.TaskUpdate{ID: early.ID, To: activity.StatusCompleted, Now: epoch.Add(-2 * time.Hour)})
	if !task.StartedAt.Equal(early.QueuedAt) || !task.EndedAt.Equal(early.QueuedAt) {
		s.Errorf("a task that was queued at %v started at %v and ended at %v, by clocks of before", early.QueuedAt, task.StartedAt, task.EndedAt)
	}
	s.has(task)
}

// checkChangedFound looks for tasks by what changes.
func checkChangedFound(s subject) {
	tasks := newTasks(0, 4, titled("Contacts"), attributes(map[string]string{"a": "1"}))
	s.addTasks(tasks...)
	found := func() {
		s.Helper()
		for _, status := range activity.Statuses {
			var want []activity.Task
			for _, task := range tasks {
				if task.Status == status {
					want = append(want, task)
				}
			}
			s.findsTasks(activity.TaskFilter{Tenant: acme, Statuses: []activity.Status{status}}, want...)
			s.findsTasks(activity.TaskFilter{Tenant: acme, Statuses: []activity.Status{status}, Words: []string{"contacts"}, Descending: true}, want...)
		}
		for _, filter := range []activity.TaskFilter{
			{}, {Kinds: []string{"import"}}, {Entities: []activity.Entity{deal}}, {Actor: ana}, {Trigger: activity.ByPerson}, {Attributes: map[string]string{"a": "1"}},
		} {
			filter.Tenant, filter.Descending = acme, true
			s.findsTasks(filter, tasks...) // the order is by the new start
			filter.Limit = 2
			first := sortedTasks(filter, tasks)[:2]
			s.findsTasks(filter, first...)
		}
	}
	for i, update := range []activity.TaskUpdate{
		{ID: tasks[2].ID, To: activity.StatusProcessing},
		{ID: tasks[0].ID, To: activity.StatusProcessing},
		{ID: tasks[2].ID, To: activity.StatusQueued},
		{ID: tasks[1].ID, To: activity.StatusCancelled},
		{ID: tasks[2].ID, To: activity.StatusProcessing},
		{ID: tasks[2].ID, To: activity.StatusCompleted},
	} {
		update.Now = epoch.Add(time.Duration(i+1) * time.Hour)
		task, _ := s.change(update)
		for i := range tasks {
			if tasks[i].ID == task.ID {
				tasks[i] = task
			}
		}
		found()
	}
}

func checkExpectations(s subject) {
	now := epoch.Add(time.Hour)
	running := newTask(1, func(t *activity.Task) {
		t.Status, t.Attempt, t.StartedAt, t.LeaseUntil = activity.StatusProcessing, 3, epoch, now
	})
	with := func(n int, children activity.Children) activity.Task {
		return newTask(n, func(t *activity.Task) { t.Children = children })
	}
	open, failed, cancelled := with(2, activity.Children{Total: 2, Open: 1}), with(3, activity.Children{Total: 2, Failed: 1}), with(4, activity.Children{Total: 2, Cancelled: 1})
	settled, ended := with(5, activity.Children{Total: 2}), newTask(6, inStatus(activity.StatusCompleted))
	s.addTasks(running, open, failed, cancelled, settled, ended)
	for i, test := range []struct {
		task   *activity.Task
		update activity.TaskUpdate
		as     bool // it expects
	}{
		{&running, activity.TaskUpdate{From: []activity.Status{activity.StatusQueued}}, false},
		{&running, activity.TaskUpdate{From: []activity.Status{activity.StatusQueued, activity.StatusCompleted, activity.StatusFailed}}, false},
		{&ended, activity.TaskUpdate{From: []activity.Status{activity.StatusQueued, activity.StatusProcessing}}, false},
		{&running, activity.TaskUpdate{Attempt: 2}, false},
		{&running, activity.TaskUpdate{Attempt: 4}, false},
		{&running, activity.TaskUpdate{From: []activity.Status{activity.StatusProcessing}, Attempt: 2}, false},
		{&running, activity.TaskUpdate{From: []activity.Status{activity.StatusQueued}, Attempt: 3}, false},
		{&running, activity.TaskUpdate{Lost: true, Now: now.Add(-time.Microsecond)}, false},
		{&settled, activity.TaskUpdate{Lost: true}, false},
		{&open, activity.TaskUpdate{Settled: true}, false},
		{&failed, activity.TaskUpdate{Settled: true}, false},
		{&cancelled, activity.TaskUpdate{Settled: true}, false},
		{&running, activity.TaskUpdate{From: []activity.Status{activity.StatusQueued, activity.StatusProcessing}, Attempt: 3, Lost: true, Settled: true}, true},
		{&settled, activity.TaskUpdate{Settled: true}, true},
		{&ended, activity.TaskUpdate{}, true},
		{&running, activity.TaskUpdate{From: []activity.Status{activity.StatusProcessing}}, true},
		{&running, activity.TaskUpdate{Attempt: 3}, true},
		{&running, activity.TaskUpdate{Lost: true, Now: now.Add(time.Microsecond)}, true},
	} {
		update := test.update
		update.Tenant, update.ID = acme, test.task.ID
		if update.Now.IsZero() {
			update.Now = now
		}
		want := *test.task
		if !test.as { // with all that can change
			update.To, update.Lease, update.Wait, update.Progress = activity.StatusFailed, time.Hour, &activity.Wait{For: activity.WaitPlace}, &activity.Progress{Done: 1}
			update.Counts, update.Fields, update.Children, update.RevertedBy = activity.Counts{Created: 1}, []string{"f"}, activity.Children{Open: 1}, newID(epoch, 1)
		} else if !update.Apply(&want, update.Now) {
			s.Fatalf("update %d of the case does not apply", i+1)
		}
		task, changed := s.change(update)
		if d := diffTask(want, task); d != "" {
			s.Errorf("the task of ChangeTask number %d: %s", i+1, d)
		}
		*test.task = want
		if changed != test.as {
			s.Errorf("ChangeTask number %d says that it changed the task: %t, want %t", i+1, changed, test.as)
		}
	}
	s.holdsTasks(acme, running, open, failed, cancelled, settled, ended)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Statuses: []activity.Status{activity.StatusFailed}})
}

func checkChangeNotFound(s subject) {
	task := newTask(1)
	s.addTasks(task)
	for _, place := range []struct {
		tenant string
		id     activity.ID
	}{{acme, newTask(2).ID}, {acme, activity.ID{}}, {globex, task.ID}, {"", task.ID}, {acme, task.ID.Next()}} {
		for _, inTx := range []bool{false, true} {
			change := func(store activity.Store) error {
				_, changed, err := store.ChangeTask(s.Context(), activity.TaskUpdate{Tenant: place.tenant, ID: place.id, To: activity.StatusCancelled, Now: epoch})
				if changed {
					s.Errorf("ChangeTask changed task %s of %q, which it does not have", place.id, place.tenant)
				}
				return err
			}
			var err error
			if inTx {
				err = s.store.InTx(s.Context(), change)
			} else {
				err = change(s.store)
			}
			if !errors.Is(err, activity.ErrNotFound) {
				s.Errorf("ChangeTask of task %s of %q, which it does not have = %v, want ErrNotFound", place.id, place.tenant, err)
			}
		}
	}
	s.holdsTasks(acme, task)
}
