package bunstore

import (
	"context"
	"errors"
	"slices"
	"strings"

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

func scanAdmission(row scanner) (known admission, err error) {
	err = row.Scan(&known.wait.For, &known.wait.Task, &known.wait.Quota, &known.wait.Units, instant{&known.wait.Until}, &known.early, &known.exclusive, &known.ahead, &known.full)
	return known, err
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

// Both engines ask the same of a task; what differs is how they write it.
//
// $1 task, $2 tenant, $3 now, $4 places.
var (
	admissionText = `
SELECT t.wait_for, t.wait_task, t.wait_quota, t.wait_units, t.wait_until, COALESCE(t.wait_until > /*NOW*/, false), t.exclusive <> '',
  ` + aheadOf("t") + `,
  NOT t.recipe AND $4::bigint > 0 AND (
    SELECT count(*)
    FROM (
      SELECT 1
      FROM activity_task p
      WHERE p.tenant = t.tenant AND p.kind = t.kind AND p.status < 3 AND p.status = 2 AND NOT p.recipe
      LIMIT $4::bigint
    ) AS processing
  ) + (
    SELECT count(*)
    FROM (
      SELECT 1
      FROM activity_task q
      WHERE q.tenant = t.tenant AND q.kind = t.kind AND q.status < 3 AND q.status = 1 AND NOT q.recipe AND q.id < t.id` + eligible + `
      LIMIT $4::bigint
    ) AS before
  ) >= $4::bigint
FROM activity_task t
WHERE t.id = $1 AND t.tenant = $2 AND t.status = 1`

	// eligible is true of a queued task called q that waits for nothing but a place.
	eligible = `
        AND (q.wait_until IS NULL OR q.wait_until <= /*NOW*/)
        AND (q.exclusive = '' OR ` + aheadOf("q") + ` IS NULL)`
)

// aheadOf writes a query for the task that has the exclusive key of another one, or will have it
// before that: the one that is processing with it, or else the oldest queued one before it.
func aheadOf(task string) string {
	return strings.ReplaceAll(`COALESCE((
    SELECT e.id
    FROM activity_task e
    WHERE e.tenant = TASK.tenant AND e.exclusive = TASK.exclusive AND e.exclusive <> '' AND e.status < 3 AND e.status = 2
    LIMIT 1
  ), (
    SELECT e.id
    FROM activity_task e
    WHERE e.tenant = TASK.tenant AND e.exclusive = TASK.exclusive AND e.exclusive <> '' AND e.status < 3 AND e.status = 1 AND e.id < TASK.id
    ORDER BY e.id
    LIMIT 1
  ))`, "TASK", task)
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

// names reads the texts that a query returns.
func names(ctx context.Context, db conn, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		found = append(found, name)
	}
	return found, rows.Err()
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
