package storetest

import (
	"errors"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

const (
	taskAgainRule  = "A task whose key its tenant has used for the same content is not stored again: the task that has the key comes back."
	taskIDRule     = "A task ID that exists is an error, never an overwrite."
	everyFieldRule = "Every field of a task comes back as it was stored, the input byte for byte."
)

// addTaskCases are about AddTask and Task.
var addTaskCases = []testCase{
	{"task as Task returns it", "The task comes back as Task returns it.", checkTaskAsTask},
	{"task key again", taskAgainRule, checkTaskKeyAgain},
	{"task keys that look alike", taskAgainRule, checkTaskKeysAlike},
	{"concurrent task key", taskAgainRule, checkConcurrentTaskKey},
	{"the same task", "Task.Same tells what is the same.", checkSameTask},
	{"task key conflict", "A task whose key its tenant has used for other content is a KeyConflictError.", checkTaskKeyConflict},
	{"existing task ID", taskIDRule, checkExistingTaskID},
	{"existing task ID of another tenant", taskIDRule, checkExistingTaskIDElsewhere},
	{"every field of a task", everyFieldRule, checkEveryTaskField},
	{"input byte for byte", everyFieldRule, checkInput},
	{"task not found", "A task that the tenant does not have is ErrNotFound.", checkTaskNotFound},
}

func checkTaskAsTask(s subject) {
	tasks := []activity.Task{newTask(2), fullTask(1), newTask(3, taskAbout(), input(`{ "a" : 1.0, "a" : 1e2 }`)), newTask(4, taskKey("k"))}
	for _, task := range tasks {
		added := s.addTask(task)
		if d := diffTask(task, added); d != "" {
			s.Errorf("the task of AddTask: %s", d)
		}
		if d := diffTask(s.task(task.ID), added); d != "" {
			s.Errorf("the task of AddTask is not the one of Task: %s", d)
		}
	}
	repeat := againTask(tasks[3], 5, runFor(activity.User("ana", "New name")), taskAbout(activity.Entity{Kind: "deal", ID: "1"}))
	if d := diffTask(s.task(tasks[3].ID), s.addTask(repeat)); d != "" {
		s.Errorf("the task of AddTask for a key that was used is not the one of Task: %s", d)
	}
}

func checkTaskKeyAgain(s subject) {
	keyed, full := newTask(1, taskKey("k")), fullTask(2)
	s.addTasks(keyed, full, newTask(3), newTask(4)) // without a key, tasks of one content are two
	again := func(tx subject, n int) {
		tx.Helper()
		for i, task := range []activity.Task{keyed, full} {
			if d := diffTask(task, tx.addTask(againTask(task, n+i))); d != "" {
				tx.Errorf("AddTask of a key that was used returned: %s", d)
			}
		}
	}
	again(s, 10)
	s.tx(func(tx subject) { again(tx, 20) })
	if added := s.addTask(keyed); added.ID != keyed.ID { // even under its own ID
		s.Errorf("AddTask of the very same task returned task %s, want %s", added.ID, keyed.ID)
	}
	s.holdsTasks(acme, keyed, full, newTask(3), newTask(4))
}

func checkTaskKeysAlike(s subject) {
	var tasks []activity.Task
	for i, text := range []string{"k", "K", "k ", " k", "k\n", "\u00e9", "e\u0301", "0", "00", "k%", "k_", strings.Repeat("k", activity.MaxText)} {
		tasks = append(tasks, newTask(i, taskKey(text)))
	}
	s.addTasks(tasks...)
	s.holdsTasks(acme, tasks...)
}

func checkConcurrentTaskKey(s subject) {
	const goroutines = 16
	var want []activity.Task
	for round, add := range []func(task activity.Task) (activity.Task, error){
		func(task activity.Task) (activity.Task, error) { return s.store.AddTask(s.Context(), task) },
		func(task activity.Task) (added activity.Task, err error) {
			err = s.store.InTx(s.Context(), func(tx activity.Store) error {
				added, err = tx.AddTask(s.Context(), task)
				return err
			})
			return added, err
		},
	} {
		got := make([]activity.Task, goroutines)
		first := newTask(100*round, taskKey(strings.Repeat("k", round+1)))
		together(goroutines, func(i int) {
			added, err := add(againTask(first, 100*round+i))
			if err != nil {
				s.Errorf("AddTask from %d goroutines with one key: %v", goroutines, err)
			}
			got[i] = added
		})
		for i := range got {
			if d := diffTask(got[0], got[i]); d != "" {
				s.Errorf("AddTask from %d goroutines with one key returned two tasks: %s", goroutines, d)
			}
		}
		want = append(want, got[0])
	}
	s.holdsTasks(acme, want...)
}

func checkSameTask(s subject) {
	task := newTask(1, taskKey("k"), taskAbout(deal, call), attributes(map[string]string{"a": "1", "b": ""}))
	s.addTasks(task)
	s.change(activity.TaskUpdate{ID: task.ID, To: activity.StatusProcessing, Now: epoch.Add(time.Hour), Lease: time.Minute, Progress: &activity.Progress{Done: 1, Total: 2}})
	task = s.task(task.ID)
	for i, change := range []taskChange{
		func(*activity.Task) {},
		runFor(activity.User("ana", "")),
		taskAbout(activity.Entity{Kind: "deal", ID: "1"}, activity.Entity{Kind: "call", ID: "1", Label: "Other"}),
		inStatus(activity.StatusQueued),
		func(t *activity.Task) { t.Total = 70 },
		func(t *activity.Task) { t.Wait = activity.Wait{For: activity.WaitLater, Until: epoch.Add(time.Hour)} },
		func(t *activity.Task) { t.LeaseUntil = epoch.Add(time.Hour) },
	} {
		if d := diffTask(task, s.addTask(againTask(task, 10+i, change))); d != "" {
			s.Errorf("AddTask of the same task, number %d, returned: %s", i+1, d)
		}
	}
	s.holdsTasks(acme, task)
}

func checkTaskKeyConflict(s subject) {
	task := newTask(1, taskKey("k"), taskAbout(deal, call), attributes(map[string]string{"a": "1"}))
	s.addTasks(task)
	changes := []taskChange{
		taskKind("other"), titled("Other"), runFor(ben), runFor(activity.Identity("ana", "Ana")), taskAbout(call, deal), taskAbout(deal),
		automated, asPreview, asRecipe, stepOf(newID(epoch, 1)),
		func(t *activity.Task) { t.RetryOf = newID(epoch, 1) },
		func(t *activity.Task) { t.Reverts = newID(epoch, 1) },
		func(t *activity.Task) { t.Exclusive = "list" },
		input(`{"n":1}`), attributes(nil), attributes(map[string]string{"a": "2"}), attributes(map[string]string{"a": "1", "b": ""}),
	}
	for i, change := range changes {
		repeat := againTask(task, 10+i, change)
		err := s.refusesTask(repeat)
		conflict, ok := errors.AsType[*activity.KeyConflictError](err)
		if !ok || !errors.Is(err, activity.ErrKeyConflict) || conflict.Key != "k" || conflict.ID != task.ID {
			s.Errorf("AddTask of another task with the key, number %d = %v, want a KeyConflictError with the key and the ID", i+1, err)
		}
	}
	s.holdsTasks(acme, task)
	s.addTasks(newTask(10)) // what was refused has used up no ID
	s.holdsTasks(acme, task, newTask(10))
}

func checkExistingTaskID(s subject) {
	task := newTask(1)
	s.addTasks(task, newTask(2))
	for _, change := range []taskChange{
		func(*activity.Task) {}, // even the very same
		input(`{"over":"written"}`), runFor(ben), taskAbout(call), titled("written over"), taskKey("k"), inStatus(activity.StatusCancelled),
	} {
		s.refusesTask(newTask(1, change))
		s.holdsTasks(acme, task, newTask(2))
	}
	err := s.store.InTx(s.Context(), func(tx activity.Store) error {
		_, err := tx.AddTask(s.Context(), newTask(1, runFor(ben)))
		return err
	})
	if err == nil {
		s.Errorf("a transaction stored a task ID that existed")
	}
	s.findsTasks(activity.TaskFilter{Tenant: acme, Actor: ben})
	s.findsTasks(activity.TaskFilter{Tenant: acme, Words: []string{"written"}})
	s.addTasks(newTask(3, taskKey("k"))) // the key that was refused is free
	s.holdsTasks(acme, task, newTask(2), newTask(3, taskKey("k")))
}

func checkExistingTaskIDElsewhere(s subject) {
	s.addTasks(newTask(1))
	s.refusesTask(newTask(1, taskOf(globex)))
	s.holdsTasks(acme, newTask(1))
	s.holdsTasks(globex)
}
