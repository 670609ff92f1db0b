package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-activity/activity"
)

const differentRule = "In concurrent transactions, NextTask returns different tasks."

// claimConcurrentCases are about several workers.
var claimConcurrentCases = []testCase{
	{"concurrent claims", differentRule, checkClaims},
	{"concurrent claims of places", differentRule, checkClaimsOfPlaces},
	{"concurrent claims of keys", differentRule, checkClaimsOfKeys},
	{"claim that holds", "In a transaction, the answer holds until the transaction ends: others that would admit a task of the tenant wait.", checkClaimHolds},
}

// claim takes the next task of acme and starts it, as a worker does within a transaction.
func claim(ctx context.Context, tx activity.Store, kinds []activity.KindLimit) (activity.Task, error) {
	task, err := tx.NextTask(ctx, activity.NextQuery{Tenant: acme, Kinds: kinds, Now: now})
	if err != nil {
		return activity.Task{}, err
	}
	_, changed, err := tx.ChangeTask(ctx, activity.TaskUpdate{
		Tenant: acme, ID: task.ID, From: []activity.Status{activity.StatusQueued}, To: activity.StatusProcessing, Now: now,
	})
	if err == nil && !changed {
		err = fmt.Errorf("NextTask returned %s, which is not queued", task.ID)
	}
	return task, err
}

// work lets workers claim tasks at the same time, each one in a round, until all are claimed. What was
// claimed in a round is completed after it. Within the transaction of each claim, allowed tells what is
// wrong with the tasks that are processing then, or nothing.
func (s subject) work(kinds []activity.KindLimit, tasks int, allowed func(tasks []activity.Task) string) {
	s.Helper()
	const workers = 16
	claimed := map[activity.ID]bool{}
	for len(claimed) < tasks {
		before := len(claimed)
		got := make([]activity.Task, workers)
		together(workers, func(i int) {
			err := s.store.InTx(s.Context(), func(tx activity.Store) error {
				task, err := claim(s.Context(), tx, kinds)
				if err != nil {
					return err
				}
				list, err := processing(s.Context(), tx)
				if err != nil {
					return err
				}
				if d := allowed(list); d != "" {
					return errors.New(d)
				}
				got[i] = task
				return nil
			})
			if err != nil && !errors.Is(err, activity.ErrNoTask) {
				s.Errorf("claiming a task beside others: %v", err)
			}
		})
		s.tx(func(tx subject) {
			for _, task := range got {
				switch {
				case task.ID.IsZero():
					continue
				case claimed[task.ID]:
					s.Errorf("NextTask returned %s to two workers", task.ID)
					continue
				}
				claimed[task.ID] = true
				tx.becomes(task, activity.StatusCompleted)
			}
		})
		if len(claimed) == before {
			s.Fatalf("of %d workers, none gets one of the %d tasks that are left", workers, tasks-before)
		}
	}
	s.claims(kinds)
}

func checkClaims(s subject) {
	var tasks []activity.Task
	for n := range 24 {
		tasks = append(tasks, newTask(n, taskKind([]string{"import", "export", "import"}[n%3])))
	}
	s.stores(tasks...)
	s.work(kindsOf("export", "import"), len(tasks), func([]activity.Task) string { return "" })
}

func checkClaimsOfPlaces(s subject) {
	var tasks []activity.Task
	for n := range 12 {
		tasks = append(tasks, newTask(n, taskKind([]string{"import", "export", "import"}[n%3])))
	}
	s.stores(tasks...)
	kinds := []activity.KindLimit{{Name: "import", Max: 3}, {Name: "export", Max: 1}}
	s.work(kinds, len(tasks), func(tasks []activity.Task) string {
		for _, kind := range kinds {
			n := 0
			for _, task := range tasks {
				if task.Kind == kind.Name {
					n++
				}
			}
			if n > kind.Max {
				return fmt.Sprintf("%d tasks of a kind with %d places are processing", n, kind.Max)
			}
		}
		return ""
	})
}

func checkClaimsOfKeys(s subject) {
	var tasks []activity.Task
	for n := range 14 {
		tasks = append(tasks, newTask(n, taskKind([]string{"import", "export", "import"}[n%3]), withKey([]string{"a", "b", "c", ""}[n%4])))
	}
	s.stores(tasks...)
	s.work([]activity.KindLimit{{Name: "import", Max: 10}, {Name: "export"}}, len(tasks), func(tasks []activity.Task) string {
		var keys []string
		for _, task := range tasks {
			if task.Exclusive == "" {
				continue
			}
			if slices.Contains(keys, task.Exclusive) {
				return fmt.Sprintf("two tasks with the key %q are processing", task.Exclusive)
			}
			keys = append(keys, task.Exclusive)
		}
		return ""
	})
}

// A worker claims a task, while another worker's older one comes from a process whose clock is late;
// see checkAdmissionHolds.
func checkClaimHolds(s subject) {
	for i, test := range []struct {
		key    string
		places int
		fails  bool
	}{{"", 1, false}, {"", 1, true}, {"k", 0, false}, {"k", 0, true}} {
		kinds := []activity.KindLimit{{Name: fmt.Sprint("kind", i), Max: test.places}}
		own := []taskChange{taskKind(kinds[0].Name)}
		if test.key != "" {
			own = append(own, withKey(fmt.Sprint(test.key, i)))
		}
		older, younger := newTask(10*i, own...), newTask(10*i+1, own...)
		s.stores(younger)
		asks, answer := make(chan struct{}), make(chan error, 1)
		err := s.store.InTx(s.Context(), func(tx activity.Store) error {
			task, err := tx.NextTask(s.Context(), activity.NextQuery{Tenant: acme, Kinds: kinds, Now: now})
			if err != nil || task.ID != younger.ID {
				s.Fatalf("NextTask of the only task = %s, %v, want %s", task.ID, err, younger.ID)
			}
			go func() {
				close(asks)
				_, err := s.store.AddTask(s.Context(), older)
				if err == nil {
					err = s.store.InTx(s.Context(), func(tx activity.Store) error {
						_, err := claim(s.Context(), tx, kinds)
						return err
					})
				}
				answer <- err
			}()
			<-asks
			for range 10 {
				s.holds(globex) // gives the other one time to get stuck
			}
			s.in(tx).becomes(younger, activity.StatusProcessing)
			if test.fails {
				return errOfFn
			}
			return nil
		})
		if (err != nil) != test.fails {
			s.Errorf("InTx: %v", err)
		}
		switch err := <-answer; {
		case test.fails && err != nil:
			s.Errorf("NextTask beside a transaction that started nothing in the end = %v, want the other task", err)
		case !test.fails && !errors.Is(err, activity.ErrNoTask):
			s.Errorf("NextTask beside a transaction that started another task = %v, want ErrNoTask", err)
		}
		s.processes(1, younger.Kind)
	}
}
