package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/go-activity/activity"
)

func nextDefects() []defect {
	const admitted, places, different = "oldest task that may start", "oldest task of kinds with places", "concurrent claims"
	forWorkers := func(t activity.Task) bool { return queuedFree(t) && !t.Recipe }
	return []defect{
		{"takes the youngest task", "oldest task", with(picking(picks{forWorkers: forWorkers, turned: true}))},
		{"takes recipes", "oldest task", with(picking(picks{forWorkers: queuedFree}))},
		{"takes what is leased", "oldest task", with(picking(picks{forWorkers: func(t activity.Task) bool {
			return t.Status == activity.StatusQueued && !t.Recipe
		}}))},
		{"takes what was leased", "oldest task", with(picking(picks{forWorkers: func(t activity.Task) bool {
			return t.Status == activity.StatusQueued && !t.Recipe && t.LeaseUntil.Before(now)
		}}))},
		{"takes tasks of all kinds", "oldest task", with(picking(picks{forWorkers: forWorkers, anyKind: true}))},
		{"takes the kinds one after the other", "oldest task", with(broken{nextTask: nextPerKind})},
		{"returns a task without its input", "oldest task", with(broken{nextTask: func(ctx context.Context, in activity.Store, query activity.NextQuery) (activity.Task, error) {
			task, err := in.NextTask(ctx, query)
			task.Input = nil
			return task, err
		}})},
		{"takes what has to wait", admitted, with(picking(picks{forWorkers: forWorkers, admitted: func(activity.Wait) bool { return true }}))},
		{"takes tasks before their time", admitted, with(nexting(func(q *activity.NextQuery) { q.Now = farFuture }))},
		{"takes tasks in spite of their keys", admitted, with(picking(picks{forWorkers: forWorkers, admitted: func(w activity.Wait) bool { return w.For != activity.WaitPlace }}))},
		{"stops at a task that has to wait", admitted, with(picking(picks{forWorkers: forWorkers, within: 1}))},
		{"leaves out what once had to wait", admitted, with(picking(picks{forWorkers: func(t activity.Task) bool { return forWorkers(t) && t.Wait.IsZero() }}))},
		{"takes tasks in spite of places", places, with(picking(picks{forWorkers: forWorkers, admitted: func(w activity.Wait) bool { return w.For != activity.WaitExclusive }}))},
		{"takes the places of the first kind for all", places, with(nexting(func(q *activity.NextQuery) {
			q.Kinds = slices.Clone(q.Kinds)
			for i := range q.Kinds {
				q.Kinds[i].Max = q.Kinds[0].Max
			}
		}))},
		{"takes no limit for one place", places, with(nexting(func(q *activity.NextQuery) {
			q.Kinds = slices.Clone(q.Kinds)
			for i := range q.Kinds {
				q.Kinds[i].Max = max(q.Kinds[i].Max, 1)
			}
		}))},
		{"looks at a hundred tasks", "oldest task behind many", with(picking(picks{forWorkers: forWorkers, within: 100}))},
		{"takes no time for the year 1 in NextTask", "oldest task by the store's clock", with(nexting(func(q *activity.NextQuery) {
			if q.Now.IsZero() {
				q.Now = q.Now.Add(time.Microsecond)
			}
		}))},
		{"gives each task away once", "task of a transaction that fails", each(givesOnce)},
		{"does not see what the transaction has started", "task of a transaction that fails", with(broken{inTx: claimsOutside})},
		{"returns no task and no error", "no task", with(broken{nextTask: func(ctx context.Context, in activity.Store, query activity.NextQuery) (activity.Task, error) {
			task, err := in.NextTask(ctx, query)
			if errors.Is(err, activity.ErrNoTask) {
				err = nil
			}
			return task, err
		}})},
		{"finds no task", "no task", with(broken{nextTask: func(ctx context.Context, in activity.Store, query activity.NextQuery) (activity.Task, error) {
			task, err := in.NextTask(ctx, query)
			if errors.Is(err, activity.ErrNoTask) {
				err = activity.ErrNotFound
			}
			return task, err
		}})},
		{"gives two workers one task", different, each(givesTwice)},
		{"returns an error to a worker beside another", different, each(refusesBesideClaim)},
		{"gives more tasks than there are places", "concurrent claims of places", with(nexting(func(q *activity.NextQuery) {
			q.Kinds = slices.Clone(q.Kinds)
			for i := range q.Kinds {
				q.Kinds[i].Max++
			}
		}))},
		{"gives two workers one place", "concurrent claims of places", each(givesTwice)},
		{"does not hold a claim", "claim that holds", each(answersTwo)},
		{"gives two tasks with one key", "concurrent claims of keys", with(picking(picks{forWorkers: forWorkers, admitted: func(w activity.Wait) bool { return w.For != activity.WaitPlace }}))},
	}
}

// picks says how a store finds the next task.
type picks struct {
	forWorkers func(t activity.Task) bool
	anyKind    bool
	turned     bool                       // the youngest first
	within     int                        // of the first so many tasks, unless zero
	admitted   func(w activity.Wait) bool // defaults to what waits for nothing
}

// picking is a store that finds the next task in another way.
func picking(p picks) broken {
	return broken{nextTask: func(ctx context.Context, in activity.Store, query activity.NextQuery) (activity.Task, error) {
		tasks := everyTask(ctx, in, query.Tenant)
		if p.turned {
			slices.Reverse(tasks)
		}
		looked := 0
		for _, task := range tasks {
			i := slices.IndexFunc(query.Kinds, func(k activity.KindLimit) bool { return k.Name == task.Kind })
			if !p.forWorkers(task) || i < 0 && !p.anyKind {
				continue
			}
			if looked++; p.within > 0 && looked > p.within {
				break
			}
			admission := activity.Admission{Tenant: task.Tenant, ID: task.ID, Now: query.Now}
			if i >= 0 {
				admission.Max = query.Kinds[i].Max
			}
			wait, err := in.Admit(ctx, admission)
			if err != nil {
				return activity.Task{}, err
			}
			if wait.IsZero() || p.admitted != nil && p.admitted(wait) {
				return task, nil
			}
		}
		return activity.Task{}, activity.ErrNoTask
	}}
}

// nexting is a store that understands a query for the next task in another way.
func nexting(change func(q *activity.NextQuery)) broken {
	return broken{nextTask: func(ctx context.Context, in activity.Store, query activity.NextQuery) (activity.Task, error) {
		change(&query)
		return in.NextTask(ctx, query)
	}}
}

func nextPerKind(ctx context.Context, in activity.Store, query activity.NextQuery) (activity.Task, error) {
	for _, kind := range query.Kinds {
		one := query
		one.Kinds = []activity.KindLimit{kind}
		if task, err := in.NextTask(ctx, one); err == nil {
			return task, nil
		}
	}
	return activity.Task{}, activity.ErrNoTask
}

func givesOnce() broken {
	var given sync.Map
	return broken{nextTask: func(ctx context.Context, in activity.Store, query activity.NextQuery) (activity.Task, error) {
		task, err := in.NextTask(ctx, query)
		if _, before := given.LoadOrStore(task.ID, true); err == nil && before {
			return activity.Task{}, activity.ErrNoTask
		}
		return task, err
	}}
}

// claimsOutside gives fn a store whose NextTask looks outside of the transaction.
func claimsOutside(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
	return in.InTx(ctx, func(tx activity.Store) error {
		return fn(&brokenStore{in: tx, defect: &broken{nextTask: func(ctx context.Context, _ activity.Store, query activity.NextQuery) (activity.Task, error) {
			return in.NextTask(ctx, query)
		}}})
	})
}

// givesTwice lets two workers ask before either has started a task.
func givesTwice() broken {
	var mu sync.Mutex
	asked := 0
	second := make(chan struct{})
	return broken{
		inTx: noTransaction,
		nextTask: func(ctx context.Context, in activity.Store, query activity.NextQuery) (activity.Task, error) {
			task, err := in.NextTask(ctx, query)
			mu.Lock()
			asked++
			n := asked
			mu.Unlock()
			switch n {
			case 1:
				<-second
			case 2:
				close(second)
			}
			return task, err
		},
	}
}

// refusesBesideClaim returns an error to whoever asks for a task while another is being started.
func refusesBesideClaim() broken {
	var mu sync.Mutex
	calls := 0
	return broken{nextTask: func(ctx context.Context, in activity.Store, query activity.NextQuery) (activity.Task, error) {
		mu.Lock()
		defer mu.Unlock()
		if calls++; calls%2 == 0 {
			return activity.Task{}, errBusy
		}
		return in.NextTask(ctx, query)
	}}
}
