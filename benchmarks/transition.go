package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-activity/activity"
)

// rehearsal is a store of one queued task. A run on it shows what is stored when the task is started
// and completed: what a hand-written program has to store.
type rehearsal struct {
	activity.Store
	task  activity.Task
	steps []transition
}

// transition is one of a task's: how it is before and after, and the event.
type transition struct {
	update        activity.TaskUpdate
	before, after activity.Task
	event         activity.EventRow
}

func (r *rehearsal) InTx(_ context.Context, fn func(activity.Store) error) error { return fn(r) }

func (r *rehearsal) Task(context.Context, string, activity.ID) (activity.Task, error) {
	return r.task.Clone(), nil
}

func (r *rehearsal) ChangeTask(_ context.Context, u activity.TaskUpdate) (activity.Task, bool, error) {
	u.Now = time.Now().UTC().Truncate(time.Microsecond)
	step := transition{update: u, before: r.task.Clone()}
	if !u.Apply(&r.task, u.Now) {
		return r.task.Clone(), false, nil
	}
	step.after = r.task.Clone()
	r.steps = append(r.steps, step)
	return r.task.Clone(), true, nil
}

func (r *rehearsal) AppendEvents(_ context.Context, rows []activity.EventRow) ([]activity.Event, error) {
	if len(rows) != 1 || len(r.steps) == 0 {
		return nil, errors.New("a transition has not one event")
	}
	r.steps[len(r.steps)-1].event = rows[0]
	return []activity.Event{rows[0].Event}, nil
}

// transitionsOf returns the start and the end of a queued task.
func transitionsOf(ctx context.Context, journal *activity.Journal, task activity.Task) (start, end transition, err error) {
	r := rehearsal{task: task}
	run, err := journal.With(&r).Tenant(task.Tenant).Start(ctx, task.ID)
	if err != nil {
		return start, end, err
	}
	if err := run.Complete(ctx); err != nil {
		return start, end, err
	}
	if len(r.steps) != 2 || r.task.Status != activity.StatusCompleted {
		return start, end, fmt.Errorf("a run takes %d changes of its task, which is %v", len(r.steps), r.task.Status)
	}
	return r.steps[0], r.steps[1], nil
}

// movedFacets are the lists in which a transition moves its task: all when it gets a new start, else
// that of its status.
func movedFacets(t transition) []int64 {
	if t.after.Start().Equal(t.before.Start()) {
		return []int64{statusFacet(&t.before)}
	}
	return facetsOf(&t.before)
}

// queueTasks queues so many tasks in one transaction.
func (b *bench) queueTasks(store activity.Store, w *taskWorkload, n int) ([]activity.Task, error) {
	tasks := make([]activity.Task, n)
	err := store.InTx(b.ctx, func(tx activity.Store) (err error) {
		t := b.journal.With(tx).Tenant(tenant)
		for i := range tasks {
			if tasks[i], err = t.Enqueue(b.ctx, w.spec()); err != nil {
				return err
			}
		}
		return nil
	})
	return tasks, err
}

// transitionSide starts and completes tasks.
func (b *bench) transitionSide(store activity.Store, w *taskWorkload) side {
	var tasks []activity.Task
	t := b.journal.With(store).Tenant(tenant)
	return side{
		name: "Start and Complete",
		prepare: func(n int) (err error) {
			tasks, err = b.queueTasks(store, w, n)
			return err
		},
		run: func(n int) error {
			for i := range tasks {
				run, err := t.Start(b.ctx, tasks[i].ID)
				if err != nil {
					return err
				}
				if err := run.Complete(b.ctx); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// transitionFloor makes the same transitions by hand. All that is to be stored is there before.
func transitionFloor[R any](b *bench, store activity.Store, w *taskWorkload, rows func(transition) R, start, end func(R) error) side {
	var all [][2]R
	return side{
		name: "by hand",
		prepare: func(n int) error {
			tasks, err := b.queueTasks(store, w, n)
			if err != nil {
				return err
			}
			all = all[:0]
			for _, task := range tasks {
				started, ended, err := transitionsOf(b.ctx, b.journal, task)
				if err != nil {
					return err
				}
				all = append(all, [2]R{rows(started), rows(ended)})
			}
			return nil
		},
		run: func(n int) error {
			for i := range all {
				if err := start(all[i][0]); err != nil {
					return err
				}
				if err := end(all[i][1]); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// compareTransitions compares Start and Complete with a floor.
func (b *bench) compareTransitions(name string, floor, ours side) error {
	c, err := compare(b.size.rounds, b.size.slice, floor, ours)
	if err != nil {
		return err
	}
	b.tell(name, c)
	b.report(name, c.ratio(), atLeast(0.7))
	return nil
}
