package bunstore

import (
	"context"
	"time"

	"github.com/go-activity/activity"
)

func (postgres) id(id activity.ID) any { return id }

func (postgres) key(id activity.ID) any { return id.String() }

func (postgres) time(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

var (
	// A task whose key exists is left out of both tables. ON CONFLICT waits for a transaction that is
	// about to store the same key.
	pgInsertTask = `
WITH task AS (
  INSERT INTO activity_task (` + fixedTaskColumns + `, ` + changingTaskColumns + `)
  VALUES (` + parameters("$", 1, firstInsertParam) + `)
  ON CONFLICT (tenant, key) WHERE key IS NOT NULL DO NOTHING
  RETURNING id, preview, start_at
), facet AS (
  INSERT INTO activity_task_facet (facet, preview, start_at, task_id)
  SELECT f.facet, task.preview, task.start_at, task.id
  FROM task, unnest(` + parameters("$", firstInsertParam, firstInsertParam+1) + `::bigint[]) AS f (facet)
)
SELECT id FROM task`
	pgTaskByID  = `SELECT ` + taskColumns + `, clock_timestamp() FROM activity_task t WHERE t.id = $1::uuid AND t.tenant = $2::text`
	pgTaskByKey = `SELECT ` + taskColumns + ` FROM activity_task t WHERE t.tenant = $1::text AND t.key = $2::text`
	// The clock is read once the row is locked: the time must not be before that of a change which
	// this one waited for.
	pgLockTask = `
WITH t AS MATERIALIZED (
  SELECT *
  FROM activity_task
  WHERE id = $1::uuid AND tenant = $2::text
  FOR UPDATE
)
SELECT ` + taskColumns + `, clock_timestamp()
FROM t`
	pgLostTasks = `
SELECT ` + taskColumns + `
FROM activity_task t
WHERE t.status < 3 AND t.lease_until IS NOT NULL AND t.lease_until <= COALESCE($1::timestamptz, statement_timestamp())
  AND t.kind = ANY($2::text[])
ORDER BY t.lease_until, t.id
LIMIT $3::integer`
)

func (postgres) addsTaskAtOnce() bool { return true }

func (e postgres) insertTask(ctx context.Context, s *Store, t *activity.Task) (bool, error) {
	args, err := fixedTaskArgs(e, t)
	if err != nil {
		return false, err
	}
	changing, err := changingTaskArgs(e, t)
	if err != nil {
		return false, err
	}
	args = append(append(args, changing...), pgInts(facetsOf(t)))
	result, err := s.writer().ExecContext(ctx, pgInsertTask, args...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

func (postgres) taskByID(ctx context.Context, db conn, tenant string, id activity.ID) (t activity.Task, now time.Time, err error) {
	t, err = scanTask(db.QueryRowContext(ctx, pgTaskByID, id.String(), tenant), instant{&now})
	return t, now, err
}

func (postgres) taskByKey(ctx context.Context, db conn, tenant, key string) (activity.Task, error) {
	return scanTask(db.QueryRowContext(ctx, pgTaskByKey, tenant, key))
}

func (postgres) lockTask(ctx context.Context, s *Store, tenant string, id activity.ID) (t activity.Task, now time.Time, err error) {
	t, err = scanTask(s.tx.QueryRowContext(ctx, pgLockTask, id.String(), tenant), instant{&now})
	return t, now, err
}

func (e postgres) lostTasks(ctx context.Context, db conn, q *activity.LostQuery) ([]activity.Task, error) {
	return tasks(ctx, db, pgLostTasks, e.time(q.Now), pgTexts(q.Kinds), q.Limit)
}
