package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/go-activity/activity"
)

// sqliteFacets and sqliteFeeds are how many lists a queued task of the workload is in, and its event.
const (
	sqliteFacets = 10
	sqliteFeeds  = 4
)

// ?1 task, ?2 tenant, ?3 time, ?4 attempt before, ?5 lease.
const (
	sqliteStart = `
UPDATE activity_task
SET revision = revision + 1, status = 2, start_at = ?3, started_at = ?3, attempt = attempt + 1, lease_until = ?5, wait_for = 0, wait_task = NULL, wait_until = NULL
WHERE id = ?1 AND tenant = ?2 AND status = 1 AND attempt = ?4`
	sqliteComplete = `
UPDATE activity_task
SET revision = revision + 1, status = 3, ended_at = ?3, lease_until = ?5, wait_for = 0, wait_task = NULL, wait_until = NULL
WHERE id = ?1 AND tenant = ?2 AND status = 2 AND attempt = ?4
  AND children_open + children_failed + children_cancelled = 0`
)

// sqliteMove moves a task in so many lists: ?1 task, ?2 preview, ?3 and ?4 start before and after, ?5 and
// ?6 the list of the status before and after, and then the lists.
func sqliteMove(facets int) string {
	return `
UPDATE activity_task_facet
SET facet = CASE facet WHEN ?5 THEN ?6 ELSE facet END, start_at = ?4
WHERE facet IN (?7` + strings.Repeat(", ?", facets-1) + `) AND preview = ?2 AND start_at = ?3 AND task_id = ?1`
}

// sqliteMover makes transitions by statements that are prepared once.
type sqliteMover struct {
	conn                                                    *sql.Conn
	start, complete, moveAll, moveOne, event, feed, pending *sql.Stmt
}

func newSQLiteMover(ctx context.Context, conn *sql.Conn) (*sqliteMover, error) {
	s := &sqliteMover{conn: conn}
	for _, p := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&s.start, sqliteStart},
		{&s.complete, sqliteComplete},
		{&s.moveAll, sqliteMove(sqliteFacets)},
		{&s.moveOne, sqliteMove(1)},
		{&s.event, sqliteInsert("activity_event", eventColumns, 1)},
		{&s.feed, sqliteInsert("activity_feed", feedColumns, sqliteFeeds)},
		{&s.pending, sqliteInsert("activity_pending", pendingColumns, 1)},
	} {
		stmt, err := conn.PrepareContext(ctx, p.text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.text, err)
		}
		*p.stmt = stmt
	}
	return s, nil
}

// sqliteTransition is a transition as the statements take it.
type sqliteTransition struct {
	task, move []any
	event      *sqliteRows
	feeds      []any
}

func newSQLiteTransition(t transition) sqliteTransition {
	s := sqliteTransition{
		task: []any{t.after.ID[:], t.after.Tenant, t.update.Now.UnixMicro(), int64(t.before.Attempt), sqliteDialect.timeOrNull(t.after.LeaseUntil)},
		move: []any{t.after.ID[:], t.before.Preview, t.before.Start().UnixMicro(), t.after.Start().UnixMicro(),
			statusFacet(&t.before), statusFacet(&t.after)},
		event: newSQLiteRows([]activity.EventRow{t.event}),
	}
	for _, facet := range movedFacets(t) {
		s.move = append(s.move, facet)
	}
	for _, f := range s.event.feed {
		s.feeds = append(s.feeds, f...)
	}
	return s
}

// make makes a transition in one transaction.
func (s *sqliteMover) make(update, move *sql.Stmt, t sqliteTransition) error {
	ctx := context.Background()
	return sqliteInTx(s.conn, func() error {
		result, err := update.ExecContext(ctx, t.task...)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); n != 1 || err != nil {
			return errors.Join(errors.New("the task is not as expected"), err)
		}
		for _, statement := range []struct {
			stmt   *sql.Stmt
			values []any
		}{{move, t.move}, {s.event, t.event.event[0]}, {s.feed, t.feeds}, {s.pending, t.event.pending[0]}} {
			if _, err := statement.stmt.ExecContext(ctx, statement.values...); err != nil {
				return err
			}
		}
		return nil
	})
}

// newSQLiteTaskFloor prepares what tasks live by.
func newSQLiteTaskFloor(ctx context.Context, conn *sql.Conn) (taskFloor[sqliteTransition], error) {
	mover, err := newSQLiteMover(ctx, conn)
	if err != nil {
		return taskFloor[sqliteTransition]{}, err
	}
	inserter, err := newSQLiteInserter(ctx, conn)
	if err != nil {
		return taskFloor[sqliteTransition]{}, err
	}
	return taskFloor[sqliteTransition]{
		queue: func(tasks []activity.Task, events []activity.EventRow) error {
			if err := sqliteStoreTasks(ctx, conn, tasks); err != nil {
				return err
			}
			return inserter.store(newSQLiteRows(events))
		},
		rows:     newSQLiteTransition,
		start:    func(t sqliteTransition) error { return mover.make(mover.start, mover.moveAll, t) },
		complete: func(t sqliteTransition) error { return mover.make(mover.complete, mover.moveOne, t) },
	}, nil
}

// sqliteTransitions compares starting and completing tasks with doing so by hand, each in a file of
// its own.
func (b *bench) sqliteTransitions() error {
	b.progress("SQLite, transitions")
	ours, _, err := b.openSQLite("transition_store.db")
	if err != nil {
		return err
	}
	defer ours.Close()
	floor, done, err := b.openSQLiteFloor("transition_floor.db")
	if err != nil {
		return err
	}
	defer done()
	filler, doneFilling, err := openSQLiteByHand(b.ctx, filepath.Join(b.dir, "transition_store.db"))
	if err != nil {
		return err
	}
	defer doneFilling()
	for _, conn := range []*sql.Conn{filler, floor} {
		err = b.fillTasks("SQLite", newTaskWorkload(taskSeed, b.size.small), func(tasks []activity.Task) error {
			return sqliteStoreTasks(b.ctx, conn, tasks)
		})
		if err != nil {
			return err
		}
	}
	byHand, err := newSQLiteTaskFloor(b.ctx, floor)
	if err != nil {
		return err
	}
	return b.compareTransitions("sqlite_transition_vs_floor",
		floorSide(b, byHand, newTaskWorkload(1, 0)), transitionSide(b, ours, newTaskWorkload(1, 0)))
}
