package storetest

import (
	"errors"
	"maps"
	"slices"

	"github.com/go-activity/activity"
)

// tasks makes operations on tasks and outcomes.
func (r *randomizer) tasks() {
	r.reported = map[activity.ID]int64{}
	for range 340 {
		if r.chance(40) {
			r.taskTransaction()
		} else {
			r.operate(r.both)
		}
		r.askTasks(r.both, 1)
	}
	r.askTasks(r.both, 300)
}

// taskTransaction makes a few operations in a transaction, and perhaps gives up in the end.
func (r *randomizer) taskTransaction() {
	before, reported := slices.Clone(r.model.tasks), maps.Clone(r.reported)
	err := r.both.InTx(r.Context(), func(tx activity.Store) error {
		for range 1 + r.rand.IntN(5) {
			if err := r.operate(tx); err != nil {
				return err // not every store can go on
			}
			r.askTasks(tx, 1)
		}
		if r.chance(30) {
			return errOfFn
		}
		return nil
	})
	if err != nil {
		r.model.tasks, r.reported = before, reported
	}
}

// operate makes one operation. It returns the error of one that failed.
func (r *randomizer) operate(store activity.Store) error {
	tenant := pick(r, someTenants)
	switch n := r.rand.IntN(100); {
	case n < 40:
		task, err := store.AddTask(r.Context(), r.newTask(tenant))
		if err == nil {
			r.model.addTask(task)
		}
		return err
	case n < 70:
		update := r.update(tenant)
		known, ok := r.knownTask(tenant, func(t *activity.Task) bool { return t.ID == update.ID })
		want := known.Clone()
		applies := ok && update.Apply(&want, update.Now)
		task, changed, err := store.ChangeTask(r.Context(), update)
		if ok != (err == nil) || changed != applies {
			r.Fatalf("ChangeTask of a task that is there: %t, as expected: %t, = %t, %v", ok, applies, changed, err)
		}
		if !ok {
			return err
		}
		if d := diffTask(want, task); d != "" {
			r.Fatalf("ChangeTask, compared with what should be stored: %s", d)
		}
		r.model.changeTask(task)
		return nil
	case n < 85:
		return r.start(store, tenant)
	default:
		rows := r.outcomes(tenant)
		err := store.AddOutcomes(r.Context(), rows)
		if err == nil {
			last := rows[len(rows)-1]
			r.reported[last.Task] = max(last.Seq, r.reported[last.Task])
		}
		return err
	}
}

// start starts a task that is admitted, one that is known or the next one.
func (r *randomizer) start(store activity.Store, tenant string) error {
	now, limits := r.time(), kindsOf(someKinds...)
	for i := range limits {
		limits[i].Max = r.rand.IntN(4)
	}
	err := store.InTx(r.Context(), func(tx activity.Store) error {
		task, ok := r.knownTask(tenant, anyTask)
		if ok && r.chance(50) {
			wait, err := tx.Admit(r.Context(), activity.Admission{Tenant: tenant, ID: task.ID, Max: r.rand.IntN(4), Now: now})
			if err != nil || !wait.IsZero() {
				return err
			}
		} else {
			var err error
			task, err = tx.NextTask(r.Context(), activity.NextQuery{Tenant: tenant, Kinds: limits[r.rand.IntN(2):], Now: now})
			if err != nil {
				return err
			}
		}
		started, changed, err := tx.ChangeTask(r.Context(), activity.TaskUpdate{
			Tenant: tenant, ID: task.ID, From: []activity.Status{activity.StatusQueued}, To: activity.StatusProcessing, Now: now,
		})
		if err == nil && !changed {
			r.Fatalf("a task that was admitted cannot be started: %s", task.ID)
		}
		r.model.changeTask(started)
		return err
	})
	if errors.Is(err, activity.ErrNotFound) || errors.Is(err, activity.ErrNoTask) {
		return nil // there was nothing to start
	}
	return err
}

// askTasks asks for tasks and outcomes, and compares the answers with the model's.
func (r *randomizer) askTasks(store activity.Store, n int) {
	r.Helper()
	ctx := r.Context()
	for range n {
		filter := r.filter()
		tasks, err := store.Tasks(ctx, filter)
		if err != nil {
			r.Fatalf("%s: %v", tasksOf(filter), err)
		}
		want, matching := r.model.findTasks(filter)
		if d := diffTasks(want, tasks); d != "" {
			r.Fatalf("%s, compared with all of %d tasks: %s", tasksOf(filter), len(r.model.tasks), d)
		}
		filter.Limit = 1 + r.rand.IntN(60)
		if n, err := store.CountTasks(ctx, filter); err != nil || n != min(matching, filter.Limit) {
			r.Fatalf("CountTasks of %s = %d, %v, want %d", tasksOf(filter), n, err, min(matching, filter.Limit))
		}
		if known, ok := r.knownTask(filter.Tenant, anyTask); ok {
			task, err := store.Task(ctx, filter.Tenant, known.ID)
			if d := diffTask(known, task); err != nil || d != "" {
				r.Fatalf("Task: %v %s", err, d)
			}
			store.Admit(ctx, activity.Admission{Tenant: filter.Tenant, ID: known.ID, Max: r.rand.IntN(4), Now: r.time(), Peek: true})
			store.Tally(ctx, filter.Tenant, known.ID)
		}
		store.Outcomes(ctx, r.outcomeFilter())
		kinds := someKinds[r.rand.IntN(4):]
		store.Backlog(ctx, activity.BacklogQuery{Kinds: kinds, After: pick(r, append(someTenants, "")), Limit: 1 + r.rand.IntN(3)})
		store.LostTasks(ctx, activity.LostQuery{Kinds: kinds, Now: r.time(), Limit: 1 + r.rand.IntN(20)})
	}
}
