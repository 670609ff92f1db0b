package storetest

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/go-activity/activity"
)

// taskTxCases are about transactions, as far as they write tasks and outcomes.
var taskTxCases = []testCase{
	{"commit of tasks", "When fn returns nil, all that was written through its store is kept, at once.", checkTaskCommit},
	{"commit of tasks at once", "When fn returns nil, all that was written through its store is kept, at once.", checkTaskCommitAtOnce},
	{"commit after a refused task", "When fn returns nil, all that was written through its store is kept, at once.", checkCommitAfterRefusedTask},
	{"error after writing tasks", "When fn returns an error or panics, nothing of it is kept, and InTx passes that on.", checkTaskTxError},
	{"panic after writing tasks", "When fn returns an error or panics, nothing of it is kept, and InTx passes that on.", checkTaskTxPanic},
	{"others do not see tasks", "Until then only fn's store sees what was written through it.", checkOthersDoNotSeeTasks},
	{"fn's store sees tasks", "Until then only fn's store sees what was written through it.", checkOwnStoreSeesTasks},
	{"joined commit of tasks", "InTx of a store that is in a transaction already joins it.", checkJoinedTasks},
	{"joined tasks, then an error outside", "InTx of a store that is in a transaction already joins it.", checkJoinedTasksThenError},
	{"joined error after writing tasks", "When fn returns an error or panics, nothing of it is kept, and InTx passes that on.", checkJoinedTaskError},
}

// The writes of these cases: where there was the first task, it is started, has outcomes, and has a
// step.
var (
	firstTask  = newTask(1, titled("First"))
	startFirst = activity.TaskUpdate{
		Tenant: acme, ID: firstTask.ID, To: activity.StatusProcessing, Now: epoch.Add(time.Hour), Lease: time.Minute, Counts: activity.Counts{Created: 2}, Children: activity.Children{Total: 1, Open: 1},
	}
	firstStep = newTask(2, stepOf(firstTask.ID), taskKey("step"), titled("First step"))
)

func (s subject) writeTasks() {
	s.Helper()
	s.addTasks(firstStep)
	s.change(startFirst)
	s.report(newOutcomes(firstTask.ID, 1, 3)...)
	s.append(newRow(1, task(firstTask.ID)))
}

// wrote checks that what writeTasks writes is there, all of it or nothing.
func (s subject) wrote(all bool) {
	s.Helper()
	if !all {
		s.holdsTasks(acme, firstTask)
		s.findsTasks(activity.TaskFilter{Tenant: acme, Parent: firstTask.ID})
		s.findsTasks(activity.TaskFilter{Tenant: acme, Statuses: []activity.Status{activity.StatusProcessing}})
		s.reported(firstTask.ID)
		s.holds(acme)
		if _, err := s.store.Task(s.Context(), acme, firstStep.ID); !errors.Is(err, activity.ErrNotFound) {
			s.Errorf("Task of a task that is not there = %v, want ErrNotFound", err)
		}
		return
	}
	started := firstTask
	startFirst.Apply(&started, startFirst.Now)
	s.holdsTasks(acme, started, firstStep)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Parent: firstTask.ID}, firstStep)
	s.findsTasks(activity.TaskFilter{Tenant: acme, Statuses: []activity.Status{activity.StatusProcessing}}, started)
	s.reported(firstTask.ID, newOutcomes(firstTask.ID, 1, 3)...)
	s.holds(acme, newRow(1, task(firstTask.ID)))
}

func checkTaskCommit(s subject) {
	s.addTasks(firstTask)
	s.tx(func(tx subject) { tx.writeTasks() })
	s.wrote(true)
}

func checkTaskCommitAtOnce(s subject) {
	const transactions, size = 6, 3
	var done atomic.Bool
	together(2, func(i int) {
		if i == 0 {
			defer done.Store(true)
			for n := range transactions {
				err := s.store.InTx(s.Context(), func(tx activity.Store) error {
					for _, task := range newTasks(n*size, n*size+size) {
						if _, err := tx.AddTask(s.Context(), task); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					s.Errorf("InTx: %v", err)
				}
			}
			return
		}
		for !done.Load() {
			n, err := s.store.CountTasks(s.Context(), activity.TaskFilter{Tenant: acme, Limit: 100})
			if err != nil || n%size != 0 {
				s.Errorf("CountTasks during a commit = %d, %v; want a multiple of %d", n, err, size)
				return
			}
		}
	})
	s.holdsTasks(acme, newTasks(0, transactions*size)...)
}

// A refused task leaves nothing behind. A store may have to give up the transaction then, but must say
// so.
func checkCommitAfterRefusedTask(s subject) {
	keyed := newTask(1, taskKey("k"), titled("Keyed"))
	s.addTasks(keyed)
	stored := []activity.Task{keyed}
	for i, refused := range []activity.Task{againTask(keyed, 2, runFor(ben)), newTask(1, runFor(ben))} {
		n := 10 * (i + 1)
		err := s.store.InTx(s.Context(), func(tx activity.Store) error {
			s.in(tx).addTasks(newTask(n))
			s.in(tx).refusesTask(refused)
			return nil
		})
		if err == nil {
			stored = append(stored, newTask(n))
		}
		s.holdsTasks(acme, stored...)
		s.findsTasks(activity.TaskFilter{Tenant: acme, Actor: ben})
	}
}

func checkTaskTxError(s subject) {
	s.addTasks(firstTask)
	err := s.store.InTx(s.Context(), func(tx activity.Store) error {
		s.in(tx).writeTasks()
		return errOfFn
	})
	if !errors.Is(err, errOfFn) {
		s.Errorf("InTx = %v, want the error of fn", err)
	}
	s.wrote(false)
	s.writeTasks() // IDs, the key and the numbers are free
	s.wrote(true)
}

func checkTaskTxPanic(s subject) {
	s.addTasks(firstTask)
	func() {
		defer func() {
			if v := recover(); v != any(errOfFn) {
				s.Errorf("InTx panicked with %v, want what fn panicked with", v)
			}
		}()
		s.store.InTx(s.Context(), func(tx activity.Store) error {
			s.in(tx).writeTasks()
			panic(errOfFn)
		})
	}()
	s.wrote(false)
	s.tx(func(tx subject) { tx.writeTasks() })
	s.wrote(true)
}

func checkOthersDoNotSeeTasks(s subject) {
	s.addTasks(firstTask)
	s.tx(func(tx subject) {
		tx.writeTasks()
		s.wrote(false)
	})
	s.wrote(true)
}

func checkOwnStoreSeesTasks(s subject) {
	s.addTasks(firstTask)
	s.tx(func(tx subject) {
		tx.wrote(false)
		tx.writeTasks()
		tx.wrote(true)
		if d := diffTask(firstStep, tx.addTask(againTask(firstStep, 3))); d != "" {
			s.Errorf("AddTask of a key that the transaction has used returned: %s", d)
		}
		tx.wrote(true)
	})
	s.wrote(true)
}

func checkJoinedTasks(s subject) {
	s.addTasks(firstTask)
	s.tx(func(outer subject) {
		outer.tx(func(inner subject) {
			inner.wrote(false)
			inner.writeTasks()
			inner.wrote(true)
		})
		outer.wrote(true)
		s.wrote(false) // joined is not kept yet
	})
	s.wrote(true)
}

func checkJoinedTasksThenError(s subject) {
	s.addTasks(firstTask)
	err := s.store.InTx(s.Context(), func(outer activity.Store) error {
		s.in(outer).tx(func(inner subject) { inner.writeTasks() })
		return errOfFn
	})
	if !errors.Is(err, errOfFn) {
		s.Errorf("InTx = %v, want the error of fn", err)
	}
	s.wrote(false)
}

// When the outer function goes on after the inner one has failed, nothing of the inner one may be
// kept. A store may have to give up the whole transaction then, but must say so.
func checkJoinedTaskError(s subject) {
	err := s.store.InTx(s.Context(), func(outer activity.Store) error {
		s.in(outer).addTasks(firstTask)
		err := outer.InTx(s.Context(), func(inner activity.Store) error {
			s.in(inner).writeTasks()
			return errOfFn
		})
		if !errors.Is(err, errOfFn) {
			s.Errorf("InTx in a transaction = %v, want the error of fn", err)
		}
		return nil
	})
	if err == nil {
		s.wrote(false)
		s.writeTasks()
		s.wrote(true)
	} else {
		s.holdsTasks(acme)
		s.holds(acme)
	}
}
