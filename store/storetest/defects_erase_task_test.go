package storetest

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/go-activity/activity"
)

func eraseTaskDefects() []defect {
	type query = activity.EraseQuery
	const tasks, outcomes, lists, seen, used = "erasing tasks", "erasing outcomes", "lists of erased tasks", "tasks that were seen before they were erased", "erasing what was used"
	return []defect{
		{"does not tell which tasks it erased", tasks, with(erasedAs(func(_ query, e activity.Erased) activity.Erased { e.Tasks = nil; return e }))},
		{"leaves the titles of tasks", tasks, each(func() broken { return recallingTasks(func(t, before *activity.Task) { t.Title = before.Title }) })},
		{"leaves who ended a task", tasks, each(func() broken { return recallingTasks(func(t, before *activity.Task) { t.EndedBy = before.EndedBy }) })},
		{"leaves the actors of tasks", tasks, each(func() broken { return recallingTasks(func(t, before *activity.Task) { t.Actor = before.Actor }) })},
		{"does not count the revision of an erased task", tasks, each(func() broken { return recallingTasks(func(t, before *activity.Task) { t.Revision = before.Revision }) })},
		{"erases tasks of all tenants", tasks, with(erasingAlso(func(q *query) { q.Tenant = globex }))},
		{"keeps the keys of erased tasks", tasks, each(keepsErasedTaskKeys)},
		{"leaves what outcomes say", outcomes, each(func() broken {
			return recallingOutcomes(func(r, before *activity.OutcomeRow) { r.Message = before.Message })
		})},
		{"leaves the records of outcomes", outcomes, each(func() broken {
			return recallingOutcomes(func(r, before *activity.OutcomeRow) { r.Record = before.Record })
		})},
		{"erases the kinds of outcomes", outcomes, each(func() broken { return recallingOutcomes(func(r, _ *activity.OutcomeRow) { r.Kind = "" }) })},
		{"erases outcomes of all tenants", outcomes, with(erasingAlso(func(q *query) { q.Tenant = globex }))},
		{"erases outcomes whatever the case of letters", outcomes, with(erasingAlso(func(q *query) { q.Entity.ID = strings.ToUpper(q.Entity.ID) }))},
		{"finds erased tasks by their words", lists, each(findsErasedTasks)},
		{"loses erased tasks from lists", lists, with(sievingTasks(func(f *activity.TaskFilter) {}, func(f activity.TaskFilter, t activity.Task) bool {
			return len(f.Entities) == 0 || !slices.ContainsFunc(t.About, func(e activity.Entity) bool { return e.ID == "" })
		}))},
		{"finds erased outcomes by their records", lists, each(findsErasedOutcomes)},
		{"writes what was seen over what was erased", seen, with(broken{changeTask: func(ctx context.Context, in activity.Store, u activity.TaskUpdate) (activity.Task, bool, error) {
			t, changed, err := in.ChangeTask(ctx, u)
			if u.Seen != nil {
				t = u.Seen.Clone()
				changed = u.Apply(&t, u.Now)
			}
			return t, changed, err
		}})},
		{"counts no rows of quotas that it erased", used, with(erasedAs(func(_ query, e activity.Erased) activity.Erased { e.Uses = 0; return e }))},
		{"leaves the actors of holds", used, with(statingHolds(func(h *activity.Hold) {
			if h.Actor.IsZero() {
				h.Actor = eve
			}
		}))},
		{"forgets what an erased actor used", used, with(listingUse(func(q activity.UseQuery, uses []activity.QuotaUse) []activity.QuotaUse {
			return slices.DeleteFunc(uses, func(u activity.QuotaUse) bool { return q.ByActor && u.Actor.IsZero() })
		}))},
		{"erases what was used in other tenants", used, with(erasingAlso(func(q *query) { q.Tenant = globex }))},
		{"erases what subjects used whose ID begins so", used, with(erasingAlso(func(q *query) { q.Entity.ID += "2" }))},
		{"leaves the counters of erased subjects", used, each(leavesCounters)},
	}
}

// recallingTasks is a store that remembers its tasks, and returns others for those that have changed.
func recallingTasks(change func(t, before *activity.Task)) broken {
	var kept sync.Map
	recall := func(t *activity.Task) {
		if before, ok := kept.Load(t.ID); ok && diffTask(before.(activity.Task), *t) != "" {
			known := before.(activity.Task)
			change(t, &known)
		}
	}
	return broken{
		addTask: func(ctx context.Context, in activity.Store, t activity.Task) (activity.Task, error) {
			kept.Store(t.ID, t.Clone())
			return in.AddTask(ctx, t)
		},
		task: func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.Task, error) {
			t, err := in.Task(ctx, tenant, id)
			recall(&t)
			return t, err
		},
	}
}

// keepsErasedTaskKeys takes a key for used when the task that had it has none any more.
func keepsErasedTaskKeys() broken {
	var used sync.Map
	return broken{addTask: func(ctx context.Context, in activity.Store, t activity.Task) (activity.Task, error) {
		id, ok := used.LoadOrStore(t.Tenant+" "+t.Key, t.ID)
		if known, err := in.Task(ctx, t.Tenant, id.(activity.ID)); ok && t.Key != "" && err == nil && known.Key == "" {
			return activity.Task{}, &activity.KeyConflictError{Key: t.Key, ID: known.ID}
		}
		return in.AddTask(ctx, t)
	}}
}

// recallingOutcomes is a store that remembers its outcomes, and returns others for those that have changed.
func recallingOutcomes(change func(r, before *activity.OutcomeRow)) broken {
	kept := map[activity.OutcomePlace]activity.OutcomeRow{}
	var mu sync.Mutex
	return broken{
		addOutcomes: func(ctx context.Context, in activity.Store, rows []activity.OutcomeRow) error {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range rows {
				kept[r.Place()] = r.Clone()
			}
			return in.AddOutcomes(ctx, rows)
		},
		outcomes: func(ctx context.Context, in activity.Store, f activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
			mu.Lock()
			defer mu.Unlock()
			rows, err := in.Outcomes(ctx, f)
			for i := range rows {
				if before := kept[rows[i].Place()]; before.Record != rows[i].Record {
					change(&rows[i], &before)
				}
			}
			return rows, err
		},
	}
}

// findsErasedTasks finds tasks by what they were when they were added.
func findsErasedTasks() broken {
	var kept sync.Map
	b := sievingTasks(func(f *activity.TaskFilter) { f.Words = nil }, func(f activity.TaskFilter, t activity.Task) bool {
		if before, ok := kept.Load(t.ID); ok {
			t.Title = before.(string)
		}
		return f.Match(&t)
	})
	b.addTask = func(ctx context.Context, in activity.Store, t activity.Task) (activity.Task, error) {
		kept.Store(t.ID, t.Title)
		return in.AddTask(ctx, t)
	}
	return b
}

// findsErasedOutcomes finds outcomes by what they were when they were added.
func findsErasedOutcomes() broken {
	kept := map[activity.OutcomePlace]activity.OutcomeRow{}
	var mu sync.Mutex
	return broken{
		addOutcomes: func(ctx context.Context, in activity.Store, rows []activity.OutcomeRow) error {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range rows {
				kept[r.Place()] = r.Clone()
			}
			return in.AddOutcomes(ctx, rows)
		},
		outcomes: func(ctx context.Context, in activity.Store, f activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
			mu.Lock()
			defer mu.Unlock()
			rows, err := in.Outcomes(ctx, activity.OutcomeFilter{Tenant: f.Tenant, Task: f.Task, Descending: f.Descending, Limit: 1000})
			rows = slices.DeleteFunc(rows, func(r activity.OutcomeRow) bool {
				before := kept[r.Place()]
				return !f.Match(&before)
			})
			return rows[:min(len(rows), f.Limit)], err
		},
	}
}

// leavesCounters returns, for a subject that was erased, what was kept of it before.
func leavesCounters() broken {
	var kept sync.Map
	return broken{quotaState: func(ctx context.Context, in activity.Store, key activity.QuotaKey) (activity.QuotaState, error) {
		state, err := in.QuotaState(ctx, key)
		if len(binaryOf(state.Counter)) > len(binaryOf(activity.QuotaCounter{})) {
			kept.Store(key, state)
		} else if before, ok := kept.Load(key); ok {
			return before.(activity.QuotaState), err
		}
		return state, err
	}}
}
