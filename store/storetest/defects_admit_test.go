package storetest

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-activity/activity"
)

func admitDefects() []defect {
	type wait = activity.Wait
	type tasks = []activity.Task
	const processing, queued = "waiting for what is processing with its key", "waiting for what is queued with its key"
	return slices.Concat([]defect{
		{"starts tasks before their time", "waiting for its time", with(admitting(func(a *activity.Admission) { a.Now = farFuture }))},
		{"starts tasks a moment too late", "waiting for its time", with(admitting(func(a *activity.Admission) { a.Now = a.Now.Add(-time.Microsecond) }))},
		{"starts tasks a moment too early", "waiting for its time", with(admitting(func(a *activity.Admission) { a.Now = a.Now.Add(time.Microsecond) }))},
		{"makes up what a task waits for until then", "waiting for its time", with(answering(func(_ activity.Task, _ tasks, w wait) wait {
			if !w.Until.IsZero() {
				w.For, w.Task = activity.WaitLater, activity.ID{}
			}
			return w
		}))},
		{"repeats what a task waited for", "waiting for its time", with(answering(func(task activity.Task, _ tasks, w wait) wait {
			if task.Wait.Until.IsZero() && task.Wait.For != 0 {
				return task.Wait
			}
			return w
		}))},
		{"takes no time for the year 1 in Admit", "waiting by the store's clock", with(admitting(func(a *activity.Admission) {
			if a.Now.IsZero() {
				a.Now = a.Now.Add(time.Microsecond)
			}
		}))},
		{"takes no time for the end of time in Admit", "waiting by the store's clock", with(admitting(func(a *activity.Admission) {
			if a.Now.IsZero() {
				a.Now = farFuture
			}
		}))},
		{"ignores keys of what is processing", processing, with(blocking(func(_, by activity.Task) bool { return by.Status == activity.StatusQueued }))},
		{"ignores keys of other kinds", processing, with(blocking(func(task, by activity.Task) bool { return by.Kind == task.Kind }))},
		{"ignores keys of recipes", processing, with(blocking(func(_, by activity.Task) bool { return !by.Recipe }))},
		{"ignores what is processing and younger", processing, with(blocking(func(task, by activity.Task) bool { return by.ID.Compare(task.ID) < 0 }))},
		{"does not say which task has the key", processing, with(answering(func(_ activity.Task, _ tasks, w wait) wait {
			w.Task = activity.ID{}
			return w
		}))},
		{"looks for a place before the key", processing, with(broken{admit: placeBeforeKey})},
		{"compares keys by their letters", processing, with(broken{addTask: func(ctx context.Context, in activity.Store, task activity.Task) (activity.Task, error) {
			task.Exclusive = foldASCII(task.Exclusive)
			return in.AddTask(ctx, task)
		}})},
		{"ignores keys of what is queued", queued, with(blocking(func(_, by activity.Task) bool { return by.Status == activity.StatusProcessing }))},
		{"ignores keys of what is leased", queued, with(blocking(func(_, by activity.Task) bool { return by.LeaseUntil.IsZero() }))},
		{"ignores keys of what waits for its time", queued, with(blocking(func(_, by activity.Task) bool { return by.Wait.Until.IsZero() }))},
		{"waits for the latest with its key", queued, with(answering(func(task activity.Task, all tasks, w wait) wait {
			for _, other := range all { // from the oldest to the youngest
				if w.For == activity.WaitExclusive && other.Exclusive == task.Exclusive && other.Status == activity.StatusQueued && other.ID.Compare(task.ID) < 0 {
					w.Task = other.ID
				}
			}
			return w
		}))},
		{"waits for what is queued after it", queued, with(answering(func(task activity.Task, all tasks, w wait) wait {
			i := slices.IndexFunc(all, func(other activity.Task) bool {
				return other.ID != task.ID && other.Exclusive == task.Exclusive && other.Status == activity.StatusQueued
			})
			if task.Exclusive != "" && w.IsZero() && i >= 0 {
				return forTask(all[i])
			}
			return w
		}))},
		{"does not hold an admission", "admission that holds", each(answersTwo)},
		{"admits everything", "concurrent admissions", with(answering(func(activity.Task, tasks, wait) wait { return wait{} }))},
		{"takes a place for each try", "concurrent admissions", each(countsTries)},
		{"admits what has a key", "concurrent admissions with a key", with(blocking(func(activity.Task, activity.Task) bool { return false }))},
		{"refuses to peek beside a transaction", "peeking", each(refusesToPeek)},
		{"sees what others have not committed", "peeking", with(broken{inTx: noTransaction})},
		{"admits what is not queued", "no queued task", with(broken{admit: func(ctx context.Context, in activity.Store, a activity.Admission) (wait, error) {
			w, err := in.Admit(ctx, a)
			if _, missing := in.Task(ctx, a.Tenant, a.ID); missing == nil {
				return w, nil
			}
			return w, err
		}})},
		{"says of what ended that there is no task to start", "no queued task", with(broken{admit: func(ctx context.Context, in activity.Store, a activity.Admission) (wait, error) {
			w, err := in.Admit(ctx, a)
			if err != nil {
				err = activity.ErrNoTask
			}
			return w, err
		}})},
		{"admits tasks of other tenants", "no queued task", with(broken{admit: func(ctx context.Context, in activity.Store, a activity.Admission) (wait, error) {
			w, err := in.Admit(ctx, a)
			if err != nil {
				a.Tenant = globex
				return in.Admit(ctx, a)
			}
			return w, nil
		}})},
	}, placeDefects())
}

// admitting is a store that understands an admission in another way.
func admitting(change func(a *activity.Admission)) broken {
	return broken{admit: func(ctx context.Context, in activity.Store, a activity.Admission) (activity.Wait, error) {
		change(&a)
		return in.Admit(ctx, a)
	}}
}

// answering is a store that changes what a task waits for; it knows all tasks of the tenant, the oldest
// first.
func answering(change func(task activity.Task, all []activity.Task, w activity.Wait) activity.Wait) broken {
	return broken{admit: func(ctx context.Context, in activity.Store, a activity.Admission) (activity.Wait, error) {
		w, err := in.Admit(ctx, a)
		if err != nil {
			return w, err
		}
		task, err := in.Task(ctx, a.Tenant, a.ID)
		if err != nil {
			return w, err
		}
		return change(task, everyTask(ctx, in, a.Tenant), w), nil
	}}
}

// everyTask returns all tasks of a tenant, the oldest first.
func everyTask(ctx context.Context, in activity.Store, tenant string) []activity.Task {
	filter := allTasks(tenant)
	filter.Sort, filter.Descending, filter.Limit = activity.SortQueued, false, 1<<30
	tasks, err := in.Tasks(ctx, filter)
	if err != nil {
		return nil
	}
	return tasks
}

// blocking is a store in which a key keeps a task from being started only for some of those that have it.
func blocking(counts func(task, by activity.Task) bool) broken {
	return answering(func(task activity.Task, all []activity.Task, w activity.Wait) activity.Wait {
		if w.For != activity.WaitExclusive || !w.Until.IsZero() {
			return w
		}
		by := all[slices.IndexFunc(all, func(other activity.Task) bool { return other.ID == w.Task })]
		if !counts(task, by) {
			return activity.Wait{}
		}
		return w
	})
}

func placeBeforeKey(ctx context.Context, in activity.Store, a activity.Admission) (activity.Wait, error) {
	w, err := in.Admit(ctx, a)
	if w.For == activity.WaitExclusive && w.Until.IsZero() && a.Max == 1 {
		return forPlace, err
	}
	return w, err
}

// answersTwo lets two transactions ask, in one way or the other, before either has started a task.
func answersTwo() broken {
	var mu sync.Mutex
	answered := 0
	changed := sync.NewCond(&mu)
	return broken{
		inTx: noTransaction,
		admit: func(ctx context.Context, in activity.Store, a activity.Admission) (activity.Wait, error) {
			mu.Lock()
			defer mu.Unlock()
			answered++
			changed.Broadcast()
			return in.Admit(ctx, a)
		},
		nextTask: func(ctx context.Context, in activity.Store, query activity.NextQuery) (activity.Task, error) {
			mu.Lock()
			defer mu.Unlock()
			answered++
			changed.Broadcast()
			return in.NextTask(ctx, query)
		},
		changeTask: func(ctx context.Context, in activity.Store, update activity.TaskUpdate) (activity.Task, bool, error) {
			mu.Lock()
			defer mu.Unlock()
			for answered%2 != 0 {
				changed.Wait()
			}
			return in.ChangeTask(ctx, update)
		},
	}
}

// countsTries counts a place as taken when somebody has asked for it.
func countsTries() broken {
	var tries atomic.Int64
	return broken{admit: func(ctx context.Context, in activity.Store, a activity.Admission) (activity.Wait, error) {
		if tries.Add(1) >= int64(a.Max) {
			return forPlace, nil
		}
		return in.Admit(ctx, a)
	}}
}

func refusesToPeek() broken {
	var busy atomic.Bool
	return broken{
		inTx: func(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
			busy.Store(true)
			defer busy.Store(false)
			return in.InTx(ctx, fn)
		},
		admit: func(ctx context.Context, in activity.Store, a activity.Admission) (activity.Wait, error) {
			if busy.Load() && isRoot(in) {
				return activity.Wait{}, errBusy
			}
			return in.Admit(ctx, a)
		},
	}
}
