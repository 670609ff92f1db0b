package storetest

import (
	"errors"
	"time"

	"github.com/go-activity/activity"
)

// checkSeen changes tasks as they were seen: before the last change, or after it.
func checkSeen(s subject) {
	s.addTasks(newTask(100))
	n := 0
	for _, how := range []func(fn func(subject)){s.tx, func(fn func(subject)) { fn(s) }} {
		for _, between := range []activity.TaskUpdate{
			{}, // nothing that is seen but the revision
			{To: activity.StatusProcessing, Lease: time.Minute, Counts: activity.Counts{Created: 1}, Fields: []string{"a"}},
			{To: activity.StatusCompleted, Reason: "done"},
		} {
			for _, update := range []activity.TaskUpdate{
				{Lease: time.Hour},
				{To: activity.StatusFailed, Reason: "no", Progress: &activity.Progress{Done: 1}, Counts: activity.Counts{Created: 1}, Fields: []string{"b"}},
				{From: []activity.Status{activity.StatusQueued}, To: activity.StatusProcessing, Lease: time.Minute},
				{From: []activity.Status{activity.StatusProcessing}, Attempt: 1, To: activity.StatusQueued},
				{From: []activity.Status{activity.StatusCompleted}, RevertedBy: newID(epoch, 7)},
			} {
				for _, late := range []bool{false, true} {
					n++
					want := newTask(n, titled("Contacts"))
					s.addTasks(want)
					seen := want.Clone()
					between.Tenant, between.ID, between.Now = acme, want.ID, epoch.Add(time.Minute)
					between.Apply(&want, between.Now)
					s.change(between)
					if !late {
						seen = want.Clone()
					}
					update.Tenant, update.ID, update.Now, update.Seen = acme, want.ID, epoch.Add(time.Hour), &seen
					expected := update.Apply(&want, update.Now)
					how(func(tx subject) {
						task, changed := tx.change(update)
						if d := diffTask(want, task); d != "" {
							tx.Errorf("the task of ChangeTask number %d, seen before the last change: %t: %s", n, late, d)
						}
						if changed != expected {
							tx.Errorf("ChangeTask number %d, seen before the last change: %t, says that it changed the task: %t, want %t", n, late, changed, expected)
						}
					})
					s.has(want)
				}
			}
		}
	}
	// The clock is the store's.
	seen, _ := s.change(activity.TaskUpdate{ID: newTask(100).ID})
	changed, _ := s.change(activity.TaskUpdate{ID: seen.ID, Seen: &seen, To: activity.StatusProcessing, Lease: time.Minute})
	if away := time.Since(changed.StartedAt).Abs(); away > 24*time.Hour {
		s.Errorf("a change without a time of a task that was seen was at %v, want the present", changed.StartedAt)
	}
	s.has(newTask(100, func(t *activity.Task) { *t = changed }))
	missing := newTask(101)
	if _, _, err := s.store.ChangeTask(s.Context(), activity.TaskUpdate{Tenant: acme, ID: missing.ID, Seen: &missing, Now: epoch}); !errors.Is(err, activity.ErrNotFound) {
		s.Errorf("ChangeTask of a task that was seen and is not there = %v, want ErrNotFound", err)
	}
}

// eventOf returns an update with an event, which records what it is made of.
func eventOf(row activity.EventRow, made *[]activity.Task, u activity.TaskUpdate) activity.TaskUpdate {
	u.Now = epoch.Add(time.Hour + 999*time.Nanosecond)
	u.Event = func(after activity.Task, now time.Time) (activity.EventRow, error) {
		row.OccurredAt = now
		*made = append(*made, after)
		return row, nil
	}
	return u
}

func checkEventOfChange(s subject) {
	task, ended := newTask(1), newTask(2, inStatus(activity.StatusCompleted))
	s.addTasks(task, ended)
	var stored []activity.EventRow
	var seen *activity.Task
	for n, update := range []activity.TaskUpdate{
		{To: activity.StatusProcessing, Lease: time.Minute},
		{Counts: activity.Counts{Created: 1}},
		{To: activity.StatusQueued},
		{To: activity.StatusProcessing},
		{To: activity.StatusFailed, Reason: "no"},
	} {
		row := newRow(n, func(r *activity.EventRow) { r.Task = task.ID })
		var made []activity.Task
		update = eventOf(row, &made, update)
		update.ID, update.Seen = task.ID, seen
		var changed activity.Task
		write := func(s subject) { changed, _ = s.change(update) }
		if n%2 == 0 {
			write(s)
		} else {
			s.tx(write)
		}
		if len(made) == 0 {
			s.Fatalf("ChangeTask number %d made no event", n+1)
		}
		if d := diffTask(changed, made[len(made)-1]); d != "" {
			s.Errorf("the task that the event of ChangeTask number %d is made of: %s", n+1, d)
		}
		row.OccurredAt = epoch.Add(time.Hour)
		stored = append(stored, row)
		s.holds(acme, stored...)
		s.finds(activity.EventQuery{Tenant: acme, Task: task.ID}, stored...)
		if n > 1 {
			seen = &changed
		}
	}
	var made []activity.Task
	update := eventOf(newRow(20), &made, activity.TaskUpdate{ID: ended.ID, From: []activity.Status{activity.StatusQueued}, To: activity.StatusFailed})
	s.change(update)
	s.holds(acme, stored...)
}

// checkFailingEvent changes tasks with events that cannot be made, or stored.
func checkFailingEvent(s subject) {
	taken := newRow(1)
	s.append(taken)
	n := 0
	for _, update := range []activity.TaskUpdate{{To: activity.StatusProcessing}, {Lease: time.Minute}} {
		for _, watched := range []bool{false, true} {
			for _, inTx := range []bool{false, true} {
				for what, event := range map[string]func(activity.Task, time.Time) (activity.EventRow, error){
					"is an error": func(activity.Task, time.Time) (activity.EventRow, error) { return activity.EventRow{}, errOfFn },
					"is there":    func(activity.Task, time.Time) (activity.EventRow, error) { return taken, nil },
				} {
					n++
					task := newTask(n, titled("Contacts"))
					s.addTasks(task)
					update.Tenant, update.ID, update.Now, update.Event, update.Seen = acme, task.ID, epoch, event, nil
					if seen := task.Clone(); watched {
						update.Seen = &seen
					}
					change := func(store activity.Store) error {
						_, _, err := store.ChangeTask(s.Context(), update)
						return err
					}
					var err error
					if inTx {
						err = s.store.InTx(s.Context(), change)
					} else {
						err = change(s.store)
					}
					if err == nil || what == "is an error" && !errors.Is(err, errOfFn) {
						s.Errorf("ChangeTask whose event %s = %v", what, err)
					}
					s.has(task)
					s.findsTasks(activity.TaskFilter{Tenant: acme, Statuses: []activity.Status{activity.StatusProcessing}})
				}
			}
		}
	}
	s.holds(acme, taken)
}
