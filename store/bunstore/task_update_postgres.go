package bunstore

import (
	"context"
	"fmt"
)

// pgUpdate says which parts a statement has that changes a task.
type pgUpdate struct {
	set          int // of updateSets
	moves, tells bool
	table        int // of pending events, as turns.index
}

// pgUpdates are the statements that change a task, all at once.
var pgUpdates = func() map[pgUpdate]string {
	texts := map[pgUpdate]string{}
	for set := range updateSets {
		for _, moves := range []bool{false, true} {
			for _, tells := range []bool{false, true} {
				for table, text := range ofBoth(pgUpdate{set, moves, tells, 0}.text()) {
					texts[pgUpdate{set, moves, tells, table}] = text
				}
			}
		}
	}
	return texts
}()

// text writes the statement: $1 task, $2 its revision before, then what moves it, the event, and the
// columns.
func (u pgUpdate) text() string {
	param := 3
	params := func(n int) []any {
		list := make([]any, n)
		for i := range list {
			list[i] = fmt.Sprint("$", param)
			param++
		}
		return list
	}
	var more string
	if u.moves {
		more += fmt.Sprintf(`, facet AS (
  UPDATE activity_task_facet f
  SET facet = CASE f.facet WHEN %s::bigint THEN %s::bigint ELSE f.facet END, start_at = %s::timestamptz
  FROM task
  WHERE f.facet = ANY(%s::bigint[]) AND f.preview = %s::boolean AND f.start_at = %s::timestamptz AND f.task_id = task.id
)`, params(pgMoveArgs)...)
	}
	if u.tells {
		more += fmt.Sprintf(`, event AS (
  INSERT INTO activity_event (id, tenant, type, version, actor_kind, actor_id, actor_label, about,
    task, source, occurred_at, recorded_at, payload, salts, key)
  SELECT %s::uuid, %s::text, %s::text, %s::integer, %s::text, %s::text, %s::text, %s::json,
    %s::uuid, %s::smallint, %s::timestamptz, %s::timestamptz, %s::json, %s::bytea, %s::text
  FROM task
  RETURNING id, tenant, type, source, recorded_at
), feed AS (
  INSERT INTO activity_feed (feed, type, source, event_id)
  SELECT f.feed, event.type, event.source, event.id
  FROM event, unnest(%s::bigint[]) AS f (feed)
), pending AS (
  INSERT INTO activity_pending (event_id, tenant, recorded_at, leaf)
  SELECT id, tenant, recorded_at, %s::bytea
  FROM event
)`, params(pgEventArgs)...)
	}
	return `
WITH task AS (
  UPDATE activity_task
  SET ` + updateSets[u.set].assignment("$", param) + `
  WHERE id = $1::uuid AND revision = $2::bigint
  RETURNING id
)` + more + `
SELECT id FROM task`
}

// pgMoveArgs is how many arguments a move takes.
const pgMoveArgs = 6

func (postgres) changesTaskAtOnce() bool { return true }

func (postgres) updateTask(ctx context.Context, s *Store, c *taskChange) (bool, error) {
	if err := s.turns.ask(ctx, s.writer()); err != nil {
		return false, err
	}
	text, args, err := pgUpdateTask(c, s.turns.index())
	if err != nil {
		return false, err
	}
	result, err := s.writer().ExecContext(ctx, text, args...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// pgUpdateTask returns the statement for a change, and its arguments.
func pgUpdateTask(c *taskChange, table int) (string, []any, error) {
	set, values, err := c.set(postgres{})
	if err != nil {
		return "", nil, err
	}
	args := []any{c.after.ID.String(), c.before.Revision}
	m := c.move()
	if len(m.facets) > 0 {
		args = append(args, m.from, m.to, m.next, pgInts(m.facets), c.before.Preview, m.start)
	}
	if c.event != nil {
		event, err := pgEvent(c.event)
		if err != nil {
			return "", nil, err
		}
		args = append(args, event...)
	}
	return pgUpdates[pgUpdate{set, len(m.facets) > 0, c.event != nil, table}], append(args, values...), nil
}
