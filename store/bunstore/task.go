package bunstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// AddTask implements [activity.TaskStore].
func (s *Store) AddTask(ctx context.Context, task activity.Task) (stored activity.Task, err error) {
	if err := s.ready(ctx); err != nil {
		return activity.Task{}, err
	}
	task = asStoredTask(task)
	err = s.whole(ctx, s.engine.addsTaskAtOnce(), func(tx *Store) error {
		stored, err = tx.addTask(ctx, task)
		return err
	})
	if err != nil {
		return activity.Task{}, err
	}
	return stored, nil
}

// addTask stores a task, or returns the one that has its key.
func (s *Store) addTask(ctx context.Context, task activity.Task) (activity.Task, error) {
	for range maxRounds {
		added, err := s.engine.insertTask(ctx, s, &task)
		if err != nil {
			return activity.Task{}, s.failed(ctx, "add task", err)
		}
		if added {
			return task, nil
		}
		found, err := s.engine.taskByKey(ctx, s.writer(), task.Tenant, task.Key)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			continue // it is free again, because retention has deleted its task since
		case err != nil:
			return activity.Task{}, s.failed(ctx, "add task", err)
		case !task.Same(found):
			return activity.Task{}, &activity.KeyConflictError{Key: task.Key, ID: found.ID}
		}
		return found, nil
	}
	return activity.Task{}, fmt.Errorf("activity: add task: key %q is taken, but its task cannot be found", task.Key)
}

// asStoredTask returns a task as it will be read.
func asStoredTask(t activity.Task) activity.Task {
	t = t.Clone()
	for _, at := range []*time.Time{&t.QueuedAt, &t.StartedAt, &t.EndedAt, &t.LeaseUntil, &t.Wait.Until} {
		if !at.IsZero() {
			*at = at.UTC().Truncate(time.Microsecond)
		}
	}
	if len(t.About) == 0 {
		t.About = nil
	}
	if len(t.Attributes) == 0 {
		t.Attributes = nil
	}
	if len(t.Fields) == 0 {
		t.Fields = nil
	}
	if len(t.Extras) == 0 {
		t.Extras = nil
	}
	return t
}

// Task implements [activity.TaskStore].
func (s *Store) Task(ctx context.Context, tenant string, id activity.ID) (activity.Task, error) {
	if err := s.ready(ctx); err != nil {
		return activity.Task{}, err
	}
	db, done := s.reader()
	defer done()
	t, now, err := s.engine.taskByID(ctx, db, tenant, id)
	if err != nil {
		return activity.Task{}, s.missing(ctx, "read task", id, err)
	}
	if s.tx != nil || s.read == s.write { // a replica has a clock of its own
		s.clock.heard(now)
	}
	return t, nil
}

// missing is failed for a call on one task: without a row, there is no such task.
func (s *Store) missing(ctx context.Context, doing string, id activity.ID, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%w: task %s", activity.ErrNotFound, id)
	}
	return s.failed(ctx, doing, err)
}

// LostTasks implements [activity.TaskStore].
func (s *Store) LostTasks(ctx context.Context, q activity.LostQuery) ([]activity.Task, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	db, done := s.reader()
	defer done()
	q.Kinds = slices.Compact(slices.Sorted(slices.Values(q.Kinds)))
	tasks, err := s.engine.lostTasks(ctx, db, &q)
	if err != nil {
		return nil, s.failed(ctx, "find lost tasks", err)
	}
	return tasks, nil
}
