package storetest

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-activity/activity"
)

// changeTaskDefects has one defect for each field of an update, beside others.
func changeTaskDefects() []defect {
	type update = activity.TaskUpdate
	const life, expects, found, times = "life of a task", "what an update expects", "changed task is found", "times of a change"
	list := []defect{
		{"returns a task as it was before the change", life, with(broken{changeTask: returnsBefore})},
		{"never says that it changed a task", life, with(changedTask(func(_ update, t activity.Task, changed bool) (activity.Task, bool) { return t, false }))},
		{"changes other tasks too", life, with(broken{changeTask: changesOthers})},
		{"forgets Fields of before", life, with(changedTask(func(u update, t activity.Task, changed bool) (activity.Task, bool) {
			if len(u.Fields) > 0 {
				t.Fields = u.Fields
			}
			return t, changed
		}))},
		{"keeps the clock's face of a change", times, with(updating(func(u *update) {
			_, offset := u.Now.Zone()
			u.Now = u.Now.UTC().Add(time.Duration(offset) * time.Second)
		}))},
		{"rounds the time of a change", times, with(updating(func(u *update) { u.Now = u.Now.Round(time.Microsecond) }))},
		{"returns local times from ChangeTask", times, with(changedTask(func(_ update, t activity.Task, changed bool) (activity.Task, bool) {
			t.LeaseUntil = t.LeaseUntil.In(elsewhere)
			return t, changed
		}))},
		{"lets a task end before its start", times, with(changedTask(func(u update, t activity.Task, changed bool) (activity.Task, bool) {
			if u.To.Ended() {
				t.EndedAt = u.Now.UTC().Truncate(time.Microsecond)
			}
			return t, changed
		}))},
		{"lists tasks by the status of before", found, each(listsOldStatus)},
		{"lists tasks by the start of before", found, with(sortingTasks(func(_ activity.TaskFilter, a, b activity.Task) int { return a.QueuedAt.Compare(b.QueuedAt) }))},
		{"takes an update for expected that is not", expects, with(changedTask(func(_ update, t activity.Task, _ bool) (activity.Task, bool) { return t, true }))},
		{"returns no task that it did not change", expects, with(changedTask(func(_ update, t activity.Task, changed bool) (activity.Task, bool) {
			if !changed {
				t = activity.Task{}
			}
			return t, changed
		}))},
		{"takes a task for settled that has no open steps", expects, with(broken{changeTask: func(ctx context.Context, in activity.Store, u update) (activity.Task, bool, error) {
			if t, err := in.Task(ctx, u.Tenant, u.ID); err == nil && t.Children.Open == 0 {
				u.Settled = false
			}
			return in.ChangeTask(ctx, u)
		}})},
		{"refuses what does not suit the task as it was seen", "task that was seen", with(broken{changeTask: func(ctx context.Context, in activity.Store, u update) (activity.Task, bool, error) {
			if u.Seen != nil {
				if before := u.Seen.Clone(); !u.Apply(&before, u.Now) {
					return before, false, nil
				}
			}
			return in.ChangeTask(ctx, u)
		}})},
		{"returns what it makes of the task as it was seen", "task that was seen", with(changedTask(func(u update, t activity.Task, changed bool) (activity.Task, bool) {
			if u.Seen != nil {
				t = u.Seen.Clone()
				changed = u.Apply(&t, u.Now)
			}
			return t, changed
		}))},
		{"takes no time for the year 1 of a task that was seen", "task that was seen", with(updating(func(u *update) {
			if u.Seen != nil && u.Now.IsZero() {
				u.Now = u.Now.Add(time.Microsecond)
			}
		}))},
		{"does not look for a task that was seen", "task that was seen", with(broken{changeTask: func(ctx context.Context, in activity.Store, u update) (activity.Task, bool, error) {
			t, changed, err := in.ChangeTask(ctx, u)
			if errors.Is(err, activity.ErrNotFound) && u.Seen != nil {
				return *u.Seen, false, nil
			}
			return t, changed, err
		}})},
		{"stores the event of a change that is none", "event of a change", with(broken{changeTask: func(ctx context.Context, in activity.Store, u update) (activity.Task, bool, error) {
			t, changed, err := in.ChangeTask(ctx, u)
			if err == nil && !changed && u.Event != nil {
				row, _ := u.Event(t, u.Now.Truncate(time.Microsecond))
				_, err = in.AppendEvents(ctx, []activity.EventRow{row})
			}
			return t, changed, err
		}})},
		{"makes an event of the task before the change", "event of a change", with(broken{changeTask: func(ctx context.Context, in activity.Store, u update) (activity.Task, bool, error) {
			if event := u.Event; event != nil {
				before, _ := in.Task(ctx, u.Tenant, u.ID)
				u.Event = func(_ activity.Task, now time.Time) (activity.EventRow, error) { return event(before, now) }
			}
			return in.ChangeTask(ctx, u)
		}})},
		{"makes an event at a time of its own", "event of a change", with(broken{changeTask: func(ctx context.Context, in activity.Store, u update) (activity.Task, bool, error) {
			if event := u.Event; event != nil {
				u.Event = func(t activity.Task, _ time.Time) (activity.EventRow, error) {
					return event(t, u.Now.Add(time.Microsecond))
				}
			}
			return in.ChangeTask(ctx, u)
		}})},
		{"stores an event after the change", "event of a change that fails", with(broken{changeTask: func(ctx context.Context, in activity.Store, u update) (activity.Task, bool, error) {
			event := u.Event
			u.Event = nil
			t, changed, err := in.ChangeTask(ctx, u)
			if err != nil || !changed || event == nil {
				return t, changed, err
			}
			row, err := event(t, u.Now)
			if err == nil {
				_, err = in.AppendEvents(ctx, []activity.EventRow{row})
			}
			return t, changed, err
		}})},
		{"keeps the error of an event to itself", "event of a change that fails", with(broken{changeTask: func(ctx context.Context, in activity.Store, u update) (activity.Task, bool, error) {
			t, changed, err := in.ChangeTask(ctx, u)
			if errors.Is(err, errOfFn) {
				return in.ChangeTask(ctx, activity.TaskUpdate{Tenant: u.Tenant, ID: u.ID, Attempt: 99})
			}
			return t, changed, err
		}})},
		{"loses a concurrent change", "concurrent changes", each(losesChange)},
		{"returns a concurrent change with its own", "concurrent changes", each(returnsLatest)},
		{"lets two end a task", "concurrent ends", with(changedTask(func(u update, t activity.Task, changed bool) (activity.Task, bool) {
			return t, changed || u.To == t.Status
		}))},
		{"returns the end of a task that another ended", "concurrent ends", with(changedTask(func(u update, t activity.Task, changed bool) (activity.Task, bool) {
			if !changed {
				t.Reason = u.Reason
			}
			return t, changed
		}))},
		{"takes no time for the year 1 in ChangeTask", "time of the store", with(updating(func(u *update) {
			if u.Now.IsZero() {
				u.Now = u.Now.Add(time.Microsecond)
			}
		}))},
		{"takes no time for the end of time in ChangeTask", "time of the store", with(updating(func(u *update) {
			if u.Now.IsZero() {
				u.Now = farFuture
			}
		}))},
		{"returns nanoseconds of the store's clock", "time of the store", with(changedTask(func(_ update, t activity.Task, changed bool) (activity.Task, bool) {
			t.StartedAt = t.StartedAt.Add(time.Nanosecond)
			return t, changed
		}))},
		{"takes the time before it waits", "time of a change that waits", each(takesTimeEarly)},
		{"returns no error for a change of nothing", "change of a task that is not there", with(broken{changeTask: func(ctx context.Context, in activity.Store, u update) (activity.Task, bool, error) {
			t, changed, err := in.ChangeTask(ctx, u)
			if errors.Is(err, activity.ErrNotFound) {
				err = nil
			}
			return t, changed, err
		}})},
		{"changes tasks of any tenant", "change of a task that is not there", with(updating(func(u *update) { u.Tenant = acme }))},
	}
	expectations := map[string]bool{"From": true, "Attempt": true, "Lost": true, "Settled": true}
	for field := range reflect.TypeFor[update]().Fields() {
		if field.Name == "Seen" {
			continue // a store need not look at it
		}
		d := defect{"forgets the update's " + field.Name, life, with(updating(func(u *update) { reflect.ValueOf(u).Elem().FieldByName(field.Name).SetZero() }))}
		if expectations[field.Name] {
			d.found = expects
		}
		if field.Name == "Event" {
			d.found = "event of a change"
		}
		list = append(list, d)
	}
	return list
}

// updating is a store that understands an update in another way.
func updating(change func(u *activity.TaskUpdate)) broken {
	return broken{changeTask: func(ctx context.Context, in activity.Store, u activity.TaskUpdate) (activity.Task, bool, error) {
		change(&u)
		return in.ChangeTask(ctx, u)
	}}
}

// changedTask is a store that answers a change in another way.
func changedTask(answer func(u activity.TaskUpdate, t activity.Task, changed bool) (activity.Task, bool)) broken {
	return broken{changeTask: func(ctx context.Context, in activity.Store, u activity.TaskUpdate) (activity.Task, bool, error) {
		t, changed, err := in.ChangeTask(ctx, u)
		if err == nil {
			t, changed = answer(u, t, changed)
		}
		return t, changed, err
	}}
}

func returnsBefore(ctx context.Context, in activity.Store, u activity.TaskUpdate) (activity.Task, bool, error) {
	before, _ := in.Task(ctx, u.Tenant, u.ID)
	_, changed, err := in.ChangeTask(ctx, u)
	return before, changed, err
}

func changesOthers(ctx context.Context, in activity.Store, u activity.TaskUpdate) (activity.Task, bool, error) {
	for _, other := range everyTask(ctx, in, u.Tenant) {
		if other.ID != u.ID {
			more := u
			more.ID = other.ID
			in.ChangeTask(ctx, more)
		}
	}
	return in.ChangeTask(ctx, u)
}

// listsOldStatus lists tasks under the status that they were added with.
func listsOldStatus() broken {
	var added sync.Map
	b := sievingTasks(func(f *activity.TaskFilter) { f.Statuses = nil }, func(f activity.TaskFilter, t activity.Task) bool {
		if status, ok := added.Load(t.ID); ok {
			t.Status = status.(activity.Status)
		}
		return f.Match(&t)
	})
	b.addTask = func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
		added.Store(task.ID, task.Status)
		return in.AddTask(ctx, task)
	}
	return b
}

// losesChange lets two see the task as it was before both, and writes what the first makes of it.
func losesChange() broken {
	var calls atomic.Int64
	second := make(chan struct{})
	return broken{changeTask: func(ctx context.Context, in activity.Store, u activity.TaskUpdate) (activity.Task, bool, error) {
		switch calls.Add(1) {
		case 1:
			<-second
		case 2:
			t, err := in.Task(ctx, u.Tenant, u.ID)
			close(second)
			return t, u.Apply(&t, u.Now), err
		}
		return in.ChangeTask(ctx, u)
	}}
}

// returnsLatest reads the task again after the change, when another has changed it.
func returnsLatest() broken {
	var calls atomic.Int64
	second := make(chan struct{})
	return broken{changeTask: func(ctx context.Context, in activity.Store, u activity.TaskUpdate) (activity.Task, bool, error) {
		n := calls.Add(1)
		t, changed, err := in.ChangeTask(ctx, u)
		switch n {
		case 1:
			<-second
			t, err = in.Task(ctx, u.Tenant, u.ID)
		case 2:
			close(second)
		}
		return t, changed, err
	}}
}

// takesTimeEarly takes the time of a change when it is asked for. A second change in a transaction waits
// until another has come, and the clock has gone on.
func takesTimeEarly() broken {
	var inside atomic.Int64
	asked := make(chan time.Time, 1)
	return broken{changeTask: func(ctx context.Context, in activity.Store, u activity.TaskUpdate) (activity.Task, bool, error) {
		if isRoot(in) {
			u.Now = time.Now()
			asked <- u.Now
		} else if inside.Add(1) == 2 {
			for at := <-asked; time.Since(at) < 10*time.Microsecond; {
			}
		}
		return in.ChangeTask(ctx, u)
	}}
}
