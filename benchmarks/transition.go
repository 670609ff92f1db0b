package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-activity/activity"
)

// rehearsal is a store of one task. Its life there shows what is stored of it: what a hand-written
// program has to store.
type rehearsal struct {
	activity.Store
	task  activity.Task
	steps []transition
}

// transition is one of a task's, or its beginning: how it is before and after, and the event.
type transition struct {
	update        activity.TaskUpdate
	before, after activity.Task
	event         activity.EventRow
}

func (r *rehearsal) InTx(_ context.Context, fn func(activity.Store) error) error { return fn(r) }

func (r *rehearsal) AddTask(_ context.Context, task activity.Task) (activity.Task, error) {
	r.task = task.Clone()
	r.steps = append(r.steps, transition{after: task.Clone()})
	return task, nil
}

func (r *rehearsal) Task(context.Context, string, activity.ID) (activity.Task, error) {
	return r.task.Clone(), nil
}

func (r *rehearsal) ChangeTask(_ context.Context, u activity.TaskUpdate) (activity.Task, bool, error) {
	u.Now = time.Now().UTC().Truncate(time.Microsecond)
	step := transition{update: u, before: r.task.Clone()}
	event, changed, err := u.Change(&r.task, u.Now)
	if !changed || err != nil {
		return r.task.Clone(), false, err
	}
	if event == nil {
		return activity.Task{}, false, errors.New("a transition has no event")
	}
	step.after, step.event = r.task.Clone(), *event
	step.update.Event = func(activity.Task, time.Time) (activity.EventRow, error) { return *event, nil }
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

// life is what becomes of a task.
type life struct{ queued, started, completed transition }

// lifeOf queues, starts and completes a task.
func lifeOf(ctx context.Context, journal *activity.Journal, spec activity.TaskSpec) (life, error) {
	var r rehearsal
	run, err := startTask(ctx, journal.With(&r).Tenant(tenant), spec)
	if err != nil {
		return life{}, err
	}
	if err := run.Complete(ctx); err != nil {
		return life{}, err
	}
	if len(r.steps) != 3 || r.task.Status != activity.StatusCompleted {
		return life{}, fmt.Errorf("a task takes %d steps and is %v", len(r.steps), r.task.Status)
	}
	return life{r.steps[0], r.steps[1], r.steps[2]}, nil
}

// movedFacets are the lists in which a transition moves its task: all when it gets a new start, else
// that of its status.
func movedFacets(t transition) []int64 {
	if t.after.Start().Equal(t.before.Start()) {
		return []int64{statusFacet(&t.before)}
	}
	return facetsOf(&t.before)
}

// transitionSide starts and completes tasks.
func transitionSide(b *bench, store activity.Store, w *taskWorkload) side {
	var tasks []activity.Task
	return side{
		name: "Start and Complete",
		prepare: func(n int) error {
			tasks = tasks[:0]
			return store.InTx(b.ctx, func(tx activity.Store) error {
				t := b.journal.With(tx).Tenant(tenant)
				for range n {
					task, err := t.Enqueue(b.ctx, w.spec())
					if err != nil {
						return err
					}
					tasks = append(tasks, task)
				}
				return nil
			})
		},
		run: func(n int) error {
			t := b.journal.With(store).Tenant(tenant)
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

// taskFloor is a database in which tasks live by hand. It takes transitions in a form R, which has all
// that is to be stored.
type taskFloor[R any] struct {
	queue           func(tasks []activity.Task, events []activity.EventRow) error
	rows            func(transition) R
	start, complete func(R) error
}

// floorSide makes the transitions of transitionSide by hand.
func floorSide[R any](b *bench, s taskFloor[R], w *taskWorkload) side {
	var all [][2]R
	return side{
		name: "by hand",
		prepare: func(n int) error {
			all = all[:0]
			var tasks []activity.Task
			var events []activity.EventRow
			for range n {
				life, err := lifeOf(b.ctx, b.journal, w.spec())
				if err != nil {
					return err
				}
				tasks, events = append(tasks, life.queued.after), append(events, life.queued.event)
				all = append(all, [2]R{s.rows(life.started), s.rows(life.completed)})
			}
			return s.queue(tasks, events)
		},
		run: func(n int) error {
			for i := range all {
				if err := s.start(all[i][0]); err != nil {
					return err
				}
				if err := s.complete(all[i][1]); err != nil {
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
