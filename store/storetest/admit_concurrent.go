package storetest

import (
	"context"
	"fmt"

	"github.com/go-activity/activity"
)

// admitAndStart starts a task within a transaction if it may be started, and returns what it waits for.
func admitAndStart(ctx context.Context, tx activity.Store, admission activity.Admission) (activity.Wait, error) {
	wait, err := tx.Admit(ctx, admission)
	if err != nil || !wait.IsZero() {
		return wait, err
	}
	_, changed, err := tx.ChangeTask(ctx, activity.TaskUpdate{
		Tenant: admission.Tenant, ID: admission.ID, From: []activity.Status{activity.StatusQueued}, To: activity.StatusProcessing, Now: admission.Now,
	})
	if err == nil && !changed {
		err = fmt.Errorf("somebody else has started task %s", admission.ID)
	}
	return wait, err
}

// processing returns the tasks of acme that are processing, of a kind if one is given.
func processing(ctx context.Context, store activity.Store, kinds ...string) ([]activity.Task, error) {
	return store.Tasks(ctx, activity.TaskFilter{
		Tenant: acme, Kinds: kinds, Statuses: []activity.Status{activity.StatusProcessing},
		Previews: activity.PreviewsShown, Sort: activity.SortQueued, Limit: 100,
	})
}

// A younger task is started in a transaction, while an older one comes from a process whose clock is
// late, and asks. It must learn what became of the younger one.
func checkAdmissionHolds(s subject) {
	for i, test := range []struct {
		key    string
		places int
		fails  bool
	}{{"", 1, false}, {"", 1, true}, {"k", 0, false}, {"k", 0, true}} {
		own := []taskChange{taskKind(fmt.Sprint("kind", i))}
		if test.key != "" {
			own = append(own, withKey(fmt.Sprint(test.key, i)))
		}
		older, younger := newTask(10*i, own...), newTask(10*i+1, own...)
		s.stores(younger)
		asks, answer := make(chan struct{}), make(chan activity.Wait, 1)
		err := s.store.InTx(s.Context(), func(tx activity.Store) error {
			wait, err := tx.Admit(s.Context(), admissionOf(younger, test.places))
			if err != nil || !wait.IsZero() {
				s.Fatalf("Admit of the only task = %q, %v, want the zero Wait", wait, err)
			}
			go func() {
				var wait activity.Wait
				defer func() { answer <- wait }()
				close(asks)
				_, err := s.store.AddTask(s.Context(), older)
				if err == nil {
					err = s.store.InTx(s.Context(), func(tx activity.Store) (err error) {
						wait, err = admitAndStart(s.Context(), tx, admissionOf(older, test.places))
						return err
					})
				}
				if err != nil {
					s.Errorf("starting a task beside a transaction that starts another: %v", err)
				}
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
		want := activity.Wait{}
		switch {
		case test.fails:
		case test.key != "":
			want = forTask(younger)
		default:
			want = forPlace
		}
		if got := <-answer; got != want {
			s.Errorf("Admit beside a transaction that started another task = %q, want %q", got, want)
		}
		s.processes(1, younger.Kind)
	}
}

// processes checks how many tasks of a kind are processing.
func (s subject) processes(want int, kind string) {
	s.Helper()
	tasks, err := processing(s.Context(), s.store, kind)
	if err != nil || len(tasks) != want {
		s.Errorf("%d tasks are processing, %v, want %d", len(tasks), err, want)
	}
}

// race lets as many tasks as there are be queued and asked about at the same time, and started if they
// may be.
func (s subject) race(tasks []activity.Task, max int) {
	s.Helper()
	together(len(tasks), func(i int) {
		err := s.store.InTx(s.Context(), func(tx activity.Store) error {
			if _, err := tx.AddTask(s.Context(), tasks[i]); err != nil {
				return err
			}
			_, err := admitAndStart(s.Context(), tx, admissionOf(tasks[i], max))
			return err
		})
		if err != nil {
			s.Errorf("starting a task beside others: %v", err)
		}
	})
}

func checkConcurrentAdmissions(s subject) {
	const tasks, places = 16, 3
	var list []activity.Task
	for n := range tasks {
		list = append(list, newTask(n))
	}
	s.race(list, places)
	s.processes(places, "import")
}

func checkConcurrentKeyed(s subject) {
	const rounds, tasks = 3, 8
	for round := range rounds {
		kind := fmt.Sprint("kind", round)
		var list []activity.Task
		for n := range tasks {
			list = append(list, newTask(round*tasks+n, taskKind(kind), withKey(kind)))
		}
		s.race(list, 0)
		s.processes(1, kind)
	}
}

func checkPeeking(s subject) {
	s.stores(newTask(1), newTask(2), newTask(3, taskKind("export"), withKey("k")), newTask(4, taskKind("export"), withKey("k")))
	peek := func(n int, want activity.Wait) {
		s.Helper()
		admission := admissionOf(newTask(n), 1)
		admission.Peek = true
		if got, err := s.store.Admit(s.Context(), admission); err != nil || got != want {
			s.Errorf("Admit with Peek beside a transaction = %q, %v, want %q", got, err, want)
		}
	}
	s.tx(func(tx subject) {
		for _, n := range []int{1, 3} {
			wait, err := admitAndStart(s.Context(), tx.store, admissionOf(newTask(n), 1))
			if err != nil || !wait.IsZero() {
				s.Fatalf("starting a task: it waits for %q, %v", wait, err)
			}
		}
		peek(1, activity.Wait{}) // as it was before the transaction
		peek(2, forPlace)
		peek(4, forTask(newTask(3)))
	})
	s.admits(admissionOf(newTask(4), 0), forTask(newTask(3)))
}
