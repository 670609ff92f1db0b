package storetest

import (
	"fmt"
	"time"

	"github.com/go-activity/activity"
)

func checkConcurrentChanges(s subject) {
	const goroutines, changes = 8, 5
	task := newTask(1)
	s.addTasks(task, newTask(2))
	seen := make([][]int64, goroutines)
	together(goroutines, func(i int) {
		var last *activity.Task // as half of them have seen it
		for n := range changes {
			update := activity.TaskUpdate{Seen: last, Tenant: acme, ID: task.ID, Now: epoch, Counts: activity.Counts{Created: 1}, Fields: []string{fmt.Sprintf("%d.%d", i, n)}}
			changed, ok, err := s.store.ChangeTask(s.Context(), update)
			if err != nil || !ok {
				s.Errorf("ChangeTask beside others = %t, %v", ok, err)
			}
			if int(changed.Counts.Created) != len(changed.Fields) {
				s.Errorf("ChangeTask beside others returned a task of %d changes with %d fields", changed.Counts.Created, len(changed.Fields))
			}
			seen[i] = append(seen[i], changed.Counts.Created)
			if i%2 == 0 {
				last = &changed
			}
		}
	})
	times := map[int64]int{}
	for _, list := range seen {
		for _, n := range list {
			times[n]++
		}
	}
	for n := range int64(goroutines * changes) {
		if times[n+1] != 1 {
			s.Errorf("of %d changes one after the other, %d left the count %d", goroutines*changes, times[n+1], n+1)
		}
	}
	if n := s.task(task.ID).Counts.Created; n != goroutines*changes {
		s.Errorf("after %d changes, the count is %d", goroutines*changes, n)
	}
	s.has(newTask(2))
}

// checkConcurrentEnds lets many end a task of which only one may.
func checkConcurrentEnds(s subject) {
	const goroutines = 8
	ends := []activity.Status{activity.StatusCompleted, activity.StatusFailed, activity.StatusCancelled}
	for round := range 4 {
		task := newTask(round, func(t *activity.Task) { t.Status, t.Attempt = activity.StatusProcessing, 1 })
		s.addTasks(task)
		won := make([]bool, goroutines)
		after := make([]activity.Task, goroutines)
		together(goroutines, func(i int) {
			update := activity.TaskUpdate{
				Tenant: acme, ID: task.ID, Now: epoch.Add(time.Hour), From: []activity.Status{activity.StatusProcessing},
				To: ends[i%3], Reason: fmt.Sprint(i), Progress: &activity.Progress{Done: int64(i)},
			}
			var err error
			if i%2 == 0 {
				after[i], won[i], err = s.store.ChangeTask(s.Context(), update)
			} else {
				err = s.store.InTx(s.Context(), func(tx activity.Store) (err error) {
					after[i], won[i], err = tx.ChangeTask(s.Context(), update)
					return err
				})
			}
			if err != nil {
				s.Errorf("ChangeTask beside others: %v", err)
			}
		})
		stored, winners := s.task(task.ID), 0
		for i := range won {
			if d := diffTask(stored, after[i]); d != "" {
				s.Errorf("ChangeTask beside another that ended the task returned: %s", d)
			}
			if won[i] {
				winners++
				if stored.Reason != fmt.Sprint(i) || stored.Done != int64(i) || stored.Status != ends[i%3] {
					s.Errorf("the task is %v because of %q at %d, but number %d ended it", stored.Status, stored.Reason, stored.Done, i)
				}
			}
		}
		if winners != 1 {
			s.Errorf("%d of %d ended one task", winners, goroutines)
		}
		s.findsTasks(activity.TaskFilter{Tenant: acme, Statuses: []activity.Status{activity.StatusProcessing}})
	}
}

// checkStoreTime allows for clocks that do not agree.
func checkStoreTime(s subject) {
	task := newTask(1)
	s.addTasks(task)
	near := func(what string, got time.Time) {
		s.Helper()
		if away := time.Since(got).Abs(); away > 24*time.Hour || got.Location() != time.UTC || got.Nanosecond()%1000 != 0 {
			s.Errorf("%s of a change without a time is %v, want the present in microseconds and UTC", what, got)
		}
	}
	changed, _ := s.change(activity.TaskUpdate{ID: task.ID, To: activity.StatusProcessing, Lease: time.Minute})
	near("StartedAt", changed.StartedAt)
	if d := diffTask(s.task(task.ID), changed); d != "" {
		s.Errorf("the task of ChangeTask is not the one of Task: %s", d)
	}
	near("LeaseUntil", changed.LeaseUntil)
	if _, changed := s.change(activity.TaskUpdate{ID: task.ID, Lost: true, Lease: time.Hour}); changed {
		s.Errorf("a task whose lease lasts a minute counts as lost at once")
	}
	s.change(activity.TaskUpdate{ID: task.ID, Lease: time.Minute, Now: epoch.Add(-time.Hour)})
	if _, changed := s.change(activity.TaskUpdate{ID: task.ID, Lost: true}); !changed {
		s.Errorf("a task whose lease has run out does not count as lost")
	}
	changed, _ = s.change(activity.TaskUpdate{ID: task.ID, To: activity.StatusCompleted})
	near("EndedAt", changed.EndedAt)
	if changed.EndedAt.Before(changed.StartedAt) {
		s.Errorf("a task ended at %v, before its start at %v", changed.EndedAt, changed.StartedAt)
	}
	s.has(changed)
}

// checkWaitingTime changes a task in a transaction, twice, while another change waits for it: that one
// comes last, and so does its time.
func checkWaitingTime(s subject) {
	task := newTask(1)
	s.addTasks(task)
	update := activity.TaskUpdate{Tenant: acme, ID: task.ID, Lease: time.Hour} // LeaseUntil tells the time
	asks, late := make(chan struct{}), make(chan activity.Task, 1)
	var last activity.Task
	s.tx(func(tx subject) {
		tx.change(update)
		go func() {
			close(asks)
			changed, _, err := s.store.ChangeTask(s.Context(), update)
			if err != nil {
				s.Errorf("ChangeTask beside a transaction that changed the task: %v", err)
			}
			late <- changed
		}()
		<-asks
		for range 10 {
			s.has(task) // gives the other one time to get stuck
		}
		last, _ = tx.change(update)
	})
	if changed := <-late; changed.LeaseUntil.Before(last.LeaseUntil) {
		s.Errorf("a change that came after another happened %v before it", last.LeaseUntil.Sub(changed.LeaseUntil))
	}
}
