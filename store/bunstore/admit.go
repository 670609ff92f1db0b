package bunstore

import (
	"context"
	"errors"
	"slices"

	"github.com/go-activity/activity"
)

// admission is what there is to know of a queued task, to say what it waits for.
type admission struct {
	wait      activity.Wait // as stored
	early     bool          // its time has not come
	exclusive bool          // it has an exclusive key
	ahead     activity.ID   // the task that has the key, or will have it first
	full      bool          // there is no place for it
}

func (a *admission) answer() activity.Wait {
	switch {
	case a.early:
		return a.wait
	case !a.ahead.IsZero():
		return activity.Wait{For: activity.WaitExclusive, Task: a.ahead}
	case a.full:
		return activity.Wait{For: activity.WaitPlace}
	}
	return activity.Wait{}
}

// Admit implements [activity.TaskStore].
func (s *Store) Admit(ctx context.Context, a activity.Admission) (activity.Wait, error) {
	if err := s.ready(ctx); err != nil {
		return activity.Wait{}, err
	}
	db, done := s.reader()
	defer done()
	// Outside of a transaction there is nothing for the answer to hold until.
	holds := s.tx != nil && !a.Peek
	locked := holds && a.Max > 0
	if locked {
		if err := s.engine.lockAdmission(ctx, s, a.Tenant); err != nil {
			return activity.Wait{}, s.failed(ctx, "admit task", err)
		}
	}
	known, err := s.engine.admission(ctx, db, &a)
	if err == nil && holds && !locked && known.exclusive {
		if err = s.engine.lockAdmission(ctx, s, a.Tenant); err == nil {
			known, err = s.engine.admission(ctx, db, &a) // what was decided before the lock may not hold
		}
	}
	if err != nil {
		return activity.Wait{}, s.missing(ctx, "admit task", a.ID, err)
	}
	return known.answer(), nil
}

// Backlog implements [activity.TaskStore].
func (s *Store) Backlog(ctx context.Context, q activity.BacklogQuery) ([]string, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	db, done := s.reader()
	defer done()
	names, err := s.engine.backlog(ctx, db, &q)
	if err != nil {
		return nil, s.failed(ctx, "read backlog", err)
	}
	return names, nil
}

// candidate is a task for workers that may be started.
type candidate struct {
	id    activity.ID
	locks bool // only under the lock of its tenant
}

// fewCandidates is how many tasks NextTask tries at first. Each that it cannot have is being taken by
// another worker.
const fewCandidates = 16

// NextTask implements [activity.TaskStore].
func (s *Store) NextTask(ctx context.Context, q activity.NextQuery) (t activity.Task, err error) {
	if err := s.ready(ctx); err != nil {
		return activity.Task{}, err
	}
	if s.tx == nil { // a look: nothing keeps others from the task
		err = s.inTx(ctx, func(tx *Store) error {
			t, err = tx.nextTask(ctx, &q)
			return err
		})
	} else {
		s.tx.mu.Lock()
		defer s.tx.mu.Unlock()
		t, err = s.nextTask(ctx, &q)
	}
	switch {
	case err == nil:
		return t, nil
	case errors.Is(err, activity.ErrNoTask):
		return activity.Task{}, activity.ErrNoTask
	}
	return activity.Task{}, s.failed(ctx, "next task", err)
}

// nextTask looks without a lock first. The lock of the tenant is taken before any of its tasks, and
// only when the oldest candidate needs it.
func (s *Store) nextTask(ctx context.Context, q *activity.NextQuery) (activity.Task, error) {
	locked := false
	for limit := fewCandidates; ; limit *= 4 {
		found, err := s.engine.candidates(ctx, s, q, limit)
		if err != nil {
			return activity.Task{}, err
		}
		free := found
		if n := slices.IndexFunc(found, func(c candidate) bool { return c.locks }); n >= 0 && !locked {
			free = found[:n]
		}
		if len(free) > 0 {
			ids := make([]activity.ID, len(free))
			for i, c := range free {
				ids[i] = c.id
			}
			t, err := s.engine.take(ctx, s, q, ids)
			if err != activity.ErrNoTask {
				return t, err
			}
		}
		switch {
		case len(free) < len(found):
			if err := s.engine.lockAdmission(ctx, s, q.Tenant); err != nil {
				return activity.Task{}, err
			}
			locked, limit = true, fewCandidates/4
		case len(found) < limit:
			return activity.Task{}, activity.ErrNoTask
		}
	}
}
