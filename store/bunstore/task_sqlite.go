package bunstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/go-activity/activity"
)

func (sqlite) id(id activity.ID) any { return sqliteID(id) }

func (sqlite) key(id activity.ID) any { return id[:] }

func (sqlite) time(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// sqliteNow returns a time as an argument, of this machine's clock if it is zero.
func sqliteNow(t time.Time) int64 {
	if t.IsZero() {
		t = time.Now()
	}
	return t.UnixMicro()
}

var (
	sqliteInsertTask = `
INSERT INTO activity_task (` + fixedTaskColumns + `, ` + changingTaskColumns + `)
VALUES (` + parameters("?", 1, firstInsertParam) + `)
ON CONFLICT (tenant, key) WHERE key IS NOT NULL DO NOTHING`
	sqliteInsertFacets = `
INSERT INTO activity_task_facet (facet, preview, start_at, task_id)
SELECT f.value, ?2, ?3, ?4
FROM json_each(?1) f`
	sqliteTaskByID  = `SELECT ` + taskColumns + ` FROM activity_task t WHERE t.id = ?1 AND t.tenant = ?2`
	sqliteTaskByKey = `SELECT ` + taskColumns + ` FROM activity_task t WHERE t.tenant = ?1 AND t.key = ?2`
	sqliteMoveTask  = `
UPDATE activity_task_facet
SET facet = CASE facet WHEN ?1 THEN ?2 ELSE facet END, start_at = ?3
WHERE facet IN (SELECT value FROM json_each(?4)) AND preview = ?5 AND start_at = ?6 AND task_id = ?7`
	sqliteLostTasks = `
SELECT ` + taskColumns + `
FROM activity_task t
WHERE t.status < 3 AND t.lease_until IS NOT NULL AND t.lease_until <= ?1
  AND t.kind IN (SELECT value FROM json_each(?2))
ORDER BY t.lease_until, t.id
LIMIT ?3`
)

func (sqlite) addsTaskAtOnce() bool { return false }

// sqliteUpdates are the statements that set each of updateSets. ?1 task, ?2 its revision before.
var sqliteUpdates = func() (texts []string) {
	for _, set := range updateSets {
		texts = append(texts, `
UPDATE activity_task
SET `+set.assignment("?", 3)+`
WHERE id = ?1 AND revision = ?2`)
	}
	return texts
}()

func (sqlite) exec(ctx context.Context, s *Store, text string, args ...any) (sql.Result, error) {
	stmt, err := s.bound(ctx, text)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(context.WithoutCancel(ctx), args...)
}

func (e sqlite) insertTask(ctx context.Context, s *Store, t *activity.Task) (bool, error) {
	args, err := fixedTaskArgs(e, t)
	if err != nil {
		return false, err
	}
	changing, err := changingTaskArgs(e, t)
	if err != nil {
		return false, err
	}
	result, err := e.exec(ctx, s, sqliteInsertTask, append(args, changing...)...)
	if err != nil {
		return false, err
	}
	if n, err := result.RowsAffected(); n == 0 || err != nil {
		return false, err
	}
	_, err = e.exec(ctx, s, sqliteInsertFacets, jsonList(facetsOf(t)), t.Preview, t.Start().UnixMicro(), t.ID[:])
	return err == nil, err
}

func (sqlite) taskByID(ctx context.Context, db conn, tenant string, id activity.ID) (activity.Task, time.Time, error) {
	t, err := oneTask(ctx, db, sqliteTaskByID, id[:], tenant)
	return t, time.Now(), err
}

func (sqlite) taskByKey(ctx context.Context, db conn, tenant, key string) (activity.Task, error) {
	return oneTask(ctx, db, sqliteTaskByKey, tenant, key)
}

// oneTask reads a task by a query that is prepared, unlike those of QueryRowContext.
func oneTask(ctx context.Context, db conn, query string, args ...any) (activity.Task, error) {
	found, err := tasks(ctx, db, query, args...)
	if err != nil {
		return activity.Task{}, err
	}
	if len(found) == 0 {
		return activity.Task{}, sql.ErrNoRows
	}
	return found[0], nil
}

// lockTask has nothing to lock: the transaction is the only one that writes.
func (e sqlite) lockTask(ctx context.Context, s *Store, tenant string, id activity.ID) (activity.Task, time.Time, error) {
	stmt, err := s.bound(ctx, sqliteTaskByID)
	if err != nil {
		return activity.Task{}, time.Time{}, err
	}
	t, err := scanTask(stmt.QueryRowContext(context.WithoutCancel(ctx), id[:], tenant))
	return t, time.Now(), err
}

func (sqlite) changesTaskAtOnce() bool { return false }

func (e sqlite) updateTask(ctx context.Context, s *Store, c *taskChange) (bool, error) {
	set, values, err := c.set(e)
	if err != nil {
		return false, err
	}
	result, err := e.exec(ctx, s, sqliteUpdates[set], append([]any{c.after.ID[:], c.before.Revision}, values...)...)
	if err != nil {
		return false, err
	}
	if n, err := result.RowsAffected(); n == 0 || err != nil {
		return false, err
	}
	if m := c.move(); len(m.facets) > 0 {
		_, err := e.exec(ctx, s, sqliteMoveTask, m.from, m.to, m.next.UnixMicro(), jsonList(m.facets),
			c.before.Preview, m.start.UnixMicro(), c.after.ID[:])
		if err != nil {
			return false, err
		}
	}
	if c.event != nil {
		if _, err := e.insert(ctx, s, []*activity.EventRow{c.event}); err != nil {
			return false, err
		}
	}
	return true, nil
}

func (sqlite) lostTasks(ctx context.Context, db conn, q *activity.LostQuery) ([]activity.Task, error) {
	return tasks(ctx, db, sqliteLostTasks, sqliteNow(q.Now), jsonList(q.Kinds), q.Limit)
}
