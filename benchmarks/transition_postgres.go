package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/go-activity/activity"
)

// One statement changes the task if it is as expected, and if so, moves it in its lists and stores the
// event: $1 task, $2 tenant, $3 time, $4 attempt before, $5 lease; $6 lists, $7 and $8 that of the status
// before and after, $9 preview, $10 and $11 start before and after; $12 event, $13 to $21 what else it
// has, $22 feeds, $23 leaf, $24 salts.
const (
	pgStart = `
WITH task AS (
  UPDATE activity_task
  SET revision = revision + 1, status = 2, start_at = $11::timestamptz, started_at = $3::timestamptz, attempt = attempt + 1, lease_until = $5::timestamptz,
    wait_for = 0, wait_task = NULL, wait_until = NULL
  WHERE id = $1::uuid AND tenant = $2::text AND status = 1 AND attempt = $4::integer
  RETURNING id
)` + pgMoveAndTell
	pgComplete = `
WITH task AS (
  UPDATE activity_task
  SET revision = revision + 1, status = 3, ended_at = $3::timestamptz, lease_until = $5::timestamptz, wait_for = 0, wait_task = NULL, wait_until = NULL
  WHERE id = $1::uuid AND tenant = $2::text AND status = 2 AND attempt = $4::integer
    AND children_open + children_failed + children_cancelled = 0
  RETURNING id
)` + pgMoveAndTell
	pgMoveAndTell = `, facet AS (
  UPDATE activity_task_facet f
  SET facet = CASE f.facet WHEN $7::bigint THEN $8::bigint ELSE f.facet END, start_at = $11::timestamptz
  FROM task
  WHERE f.facet = ANY($6::bigint[]) AND f.preview = $9::boolean AND f.start_at = $10::timestamptz AND f.task_id = task.id
), event AS (
  INSERT INTO activity_event (` + eventColumns + `)
  SELECT $12::uuid, $2, $13::text, $14::integer, $15::text, $16::text, $17::text, $18::json,
    task.id, $19::smallint, $3, $20::timestamptz, $21::json, $24::bytea
  FROM task
), feed AS (
  INSERT INTO activity_feed (` + feedColumns + `)
  SELECT f.feed, $13, $19, $12
  FROM task, unnest($22::bigint[]) AS f (feed)
)
INSERT INTO activity_pending (` + pendingColumns + `)
SELECT $12, $2, $20, $23::bytea
FROM task`
)

// pgTransitionValues are the arguments of these statements.
func pgTransitionValues(t transition) []any {
	e := &t.event
	var feeds []int64
	for _, f := range feedRows([]activity.EventRow{*e}) {
		feeds = append(feeds, f.feed)
	}
	leaf := e.Leaf()
	return []any{[16]byte(t.after.ID), t.after.Tenant, t.update.Now, int32(t.before.Attempt), pgDialect.timeOrNull(t.after.LeaseUntil),
		movedFacets(t), statusFacet(&t.before), statusFacet(&t.after), t.before.Preview, t.before.Start(), t.after.Start(),
		[16]byte(e.ID), e.Type, int32(e.Version), e.Actor.Kind, e.Actor.ID, e.Actor.Label, encodeAbout(e.About),
		int16(e.Source), e.RecordedAt, string(e.Payload), feeds, leaf[:], e.Salts}
}

// pgTransition makes a transition in one transaction.
func pgTransition(ctx context.Context, conn *pgx.Conn, statement string, values []any) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		result, err := tx.Exec(ctx, statement, values...)
		if err == nil && result.RowsAffected() != 1 {
			err = fmt.Errorf("%s: the task is not as expected", statement)
		}
		return err
	})
}

// newPgTaskFloor prepares what tasks live by.
func newPgTaskFloor(ctx context.Context, conn *pgx.Conn) (taskFloor[[]any], error) {
	for name, text := range map[string]string{"start": pgStart, "complete": pgComplete} {
		if _, err := conn.Prepare(ctx, name, text); err != nil {
			return taskFloor[[]any]{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return taskFloor[[]any]{
		queue: func(tasks []activity.Task, events []activity.EventRow) error {
			if err := pgCopyTasks(ctx, conn, tasks); err != nil {
				return err
			}
			return newPgCopyRows(events).copy(ctx, conn)
		},
		rows:     pgTransitionValues,
		start:    func(values []any) error { return pgTransition(ctx, conn, "start", values) },
		complete: func(values []any) error { return pgTransition(ctx, conn, "complete", values) },
	}, nil
}

// postgresTransitions compares starting and completing tasks with doing so by hand, each in a database
// of its own.
func (b *bench) postgresTransitions() error {
	b.progress("PostgreSQL, transitions")
	ours, err := b.openPostgres("transition_store")
	if err != nil {
		return err
	}
	defer ours.close()
	floor, err := b.openPostgres("transition_floor")
	if err != nil {
		return err
	}
	defer floor.close()
	byHand, err := newPgTaskFloor(b.ctx, floor.conn)
	if err != nil {
		return err
	}
	for _, d := range []*pgDatabase{ours, floor} {
		err := b.fillTasks("PostgreSQL", newTaskWorkload(taskSeed, b.size.small), func(tasks []activity.Task) error {
			return pgCopyTasks(b.ctx, d.conn, tasks)
		})
		if err != nil {
			return err
		}
		if err := d.settle(b.ctx); err != nil {
			return err
		}
	}
	return b.compareTransitions("transition_vs_floor",
		floorSide(b, byHand, newTaskWorkload(1, 0)), transitionSide(b, ours.store, newTaskWorkload(1, 0)))
}
