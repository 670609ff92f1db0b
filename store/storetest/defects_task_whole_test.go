package storetest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-activity/activity"
)

func taskWholeDefects() []defect {
	const passed, handed = "memory of tasks passed in", "memory of tasks handed out"
	return slices.Concat([]defect{
		{"refuses a task beside another", "concurrent use of tasks", each(refusesConcurrentTask)},
		{"keeps the memory of tasks", passed, each(keepsTasks)},
		{"returns the memory of tasks", passed, with(broken{addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
			added, err := in.AddTask(ctx, task)
			if err == nil && added.ID == task.ID {
				added = task
			}
			return added, err
		}})},
		{"returns the memory of updates", passed, with(changedTask(func(u activity.TaskUpdate, t activity.Task, changed bool) (activity.Task, bool) {
			if len(t.Extras) == len(u.Extras) {
				t.Extras = u.Extras
			}
			return t, changed
		}))},
		{"sorts the lists of a filter", passed, with(listingTasks(func(f *activity.TaskFilter) { slices.Sort(f.Kinds) }))},
		{"moves the place of a filter", passed, with(listingTasks(func(f *activity.TaskFilter) {
			if f.After != nil {
				f.After.Number++
			}
		}))},
		{"shares what Task returns", handed, each(sharesTasks)},
		{"shares what Tasks returns", handed, each(sharesLists)},
		{"shares what AddTask returns", handed, each(sharesAdded)},
		{"shares what ChangeTask returns", handed, each(sharesChanged)},
		{"returns inputs in one piece of memory", "memory of neighbouring tasks", with(broken{tasks: inputsInOnePiece})},
		{"returns the attributes of tasks in one map", "memory of neighbouring tasks", with(broken{tasks: func(ctx context.Context, in activity.Store, filter activity.TaskFilter) ([]activity.Task, error) {
			tasks, err := in.Tasks(ctx, filter)
			for i := range tasks {
				tasks[i].Attributes = tasks[0].Attributes
			}
			return tasks, err
		}})},
		{"keeps the memory of outcomes", "memory of outcomes", each(keepsOutcomes)},
		{"shares what Outcomes returns", "memory of outcomes", each(sharesOutcomes)},
		{"shares what Tally returns", "memory of outcomes", each(sharesTally)},
		{"ignores the tenant in Tasks", "tenants of tasks", with(listingTasks(func(f *activity.TaskFilter) { f.Tenant = globex }))},
		{"ignores the case of the tenant in Tasks", "tenants of tasks", with(listingTasks(func(f *activity.TaskFilter) { f.Tenant = strings.ToLower(f.Tenant) }))},
		{"ignores the tenant beside a parent", "tenants of tasks", with(listingTasks(func(f *activity.TaskFilter) {
			if !f.Parent.IsZero() {
				f.Tenant = globex
			}
		}))},
		{"ignores the tenant in Task", "tenants of tasks", with(broken{task: taskOfAnyTenant})},
		{"ignores the tenant in Tally", "tenants of tasks", with(broken{tally: func(ctx context.Context, in activity.Store, _ string, task activity.ID) (map[string]int64, error) {
			return in.Tally(ctx, globex, task)
		}})},
		{"has task keys per store", "tenants of task keys", each(taskKeyPerStore)},
		{"keeps milliseconds of tasks", "microseconds of tasks", with(addingTask(func(t *activity.Task) { t.StartedAt = t.StartedAt.Truncate(time.Millisecond) }))},
		{"keeps milliseconds of waits", "microseconds of tasks", with(addingTask(func(t *activity.Task) { t.Wait.Until = t.Wait.Until.Truncate(time.Millisecond) }))},
		{"keeps seconds of outcomes", "microseconds of tasks", with(changingOutcomes(func(r *activity.OutcomeRow) { r.At = r.At.Truncate(time.Second) }))},
		{"keeps the clock's face of tasks", "UTC of tasks", with(addingTask(func(t *activity.Task) { t.EndedAt = face(t.EndedAt) }))},
		{"keeps the clock's face of outcomes", "UTC of tasks", with(changingOutcomes(func(r *activity.OutcomeRow) { r.At = face(r.At) }))},
		{"returns local times from Task", "UTC of tasks", with(broken{task: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Task, error) {
			t, err := in.Task(ctx, tenant, id)
			t.Wait.Until = t.Wait.Until.In(elsewhere)
			return t, err
		}})},
		{"stores a part of a task, whatever the context", "context that ends at any moment, tasks", with(broken{addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
			task.Title = ""
			return in.AddTask(context.WithoutCancel(ctx), task)
		}})},
		{"stores half of the outcomes until the context ends", "context that ends at any moment, tasks", with(broken{addOutcomes: func(ctx context.Context, in activity.Store, rows []activity.OutcomeRow) error {
			if err := in.AddOutcomes(context.WithoutCancel(ctx), rows[:1]); err != nil {
				return err
			}
			<-ctx.Done()
			return ctx.Err()
		}})},
	}, contextDefects())
}

// contextDefects has a store for each call that ignores the context.
func contextDefects() []defect {
	return ignoringContext(map[string]broken{
		"AddTask": {addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
			return in.AddTask(context.WithoutCancel(ctx), task)
		}},
		"Task": {task: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Task, error) {
			return in.Task(context.WithoutCancel(ctx), tenant, id)
		}},
		"ChangeTask": {changeTask: func(ctx context.Context, in activity.Store, update activity.TaskUpdate) (activity.Task, bool, error) {
			return in.ChangeTask(context.WithoutCancel(ctx), update)
		}},
		"Tasks": {tasks: func(ctx context.Context, in activity.Store, filter activity.TaskFilter) ([]activity.Task, error) {
			return in.Tasks(context.WithoutCancel(ctx), filter)
		}},
		"CountTasks": {countTasks: func(ctx context.Context, in activity.Store, filter activity.TaskFilter) (int, error) {
			return in.CountTasks(context.WithoutCancel(ctx), filter)
		}},
		"Admit": {admit: func(ctx context.Context, in activity.Store, admission activity.Admission) (activity.Wait, error) {
			return in.Admit(context.WithoutCancel(ctx), admission)
		}},
		"Backlog": {backlog: func(ctx context.Context, in activity.Store, query activity.BacklogQuery) ([]string, error) {
			return in.Backlog(context.WithoutCancel(ctx), query)
		}},
		"NextTask": {nextTask: func(ctx context.Context, in activity.Store, query activity.NextQuery) (activity.Task, error) {
			return in.NextTask(context.WithoutCancel(ctx), query)
		}},
		"LostTasks": {lostTasks: func(ctx context.Context, in activity.Store, query activity.LostQuery) ([]activity.Task, error) {
			return in.LostTasks(context.WithoutCancel(ctx), query)
		}},
		"AddOutcomes": {addOutcomes: func(ctx context.Context, in activity.Store, rows []activity.OutcomeRow) error {
			return in.AddOutcomes(context.WithoutCancel(ctx), rows)
		}},
		"Outcomes": {outcomes: func(ctx context.Context, in activity.Store, filter activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
			return in.Outcomes(context.WithoutCancel(ctx), filter)
		}},
		"Tally": {tally: func(ctx context.Context, in activity.Store, tenant string, task activity.ID) (map[string]int64, error) {
			return in.Tally(context.WithoutCancel(ctx), tenant, task)
		}},
	})
}

// ignoringContext are the defects of stores that ignore the context in a call.
func ignoringContext(calls map[string]broken) []defect {
	var list []defect
	for call, b := range calls {
		list = append(list,
			defect{"ignores the context in " + call, "ended context", with(b)},
			defect{"ignores the context of a transaction in " + call, "ended context in a transaction", with(b)})
	}
	return list
}

// face returns the time that a clock showed, as if it had been in UTC.
func face(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// refusesConcurrentTask holds the second task until the third one is there, and refuses that.
func refusesConcurrentTask() broken {
	var calls atomic.Int64
	third := make(chan struct{})
	return broken{addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
		switch calls.Add(1) {
		case 2:
			<-third
		case 3:
			close(third)
			return activity.Task{}, errBusy
		}
		return in.AddTask(ctx, task)
	}}
}

// taskKeyPerStore returns the task of the first tenant that used a key.
func taskKeyPerStore() broken {
	var kept sync.Map
	return broken{addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
		added, err := in.AddTask(ctx, task)
		if added.Key != "" {
			first, _ := kept.LoadOrStore(added.Key, added)
			added = first.(activity.Task)
		}
		return added, err
	}}
}
