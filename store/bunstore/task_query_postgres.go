package bunstore

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/go-activity/activity"
)

// $1 previews, $2 lowest start, $3 and its ID, $4 highest start, $5 and its ID, $6 limit, then what
// is walked: $7 facets, or $7 tenant, $8 lowest ID, $9 highest ID. Then the probes, and the place.
const (
	// The columns of the index are compared as one. With equations, the planner takes each list for
	// one of average length, which it would rather read as a whole and sort. But a scan stops at the
	// end of such a range only if the first column tells; so without probes it has no end but the
	// facet's, and what it reads beyond the list, no more than a page, is cut off.
	pgOfList = `(f.facet, f.preview, f.start_at, f.task_id) >= (w.facet, p.preview, $2::timestamptz, $3::uuid)
      AND (f.facet, f.preview, f.start_at, f.task_id) < (w.facet, p.preview, $4::timestamptz, $5::uuid)`
	pgFromEndOfList = `f.facet >= w.facet
      AND (f.facet, f.preview, f.start_at, f.task_id) < (w.facet, p.preview, $4::timestamptz, $5::uuid)`
	pgFromStartOfList = `f.facet <= w.facet
      AND (f.facet, f.preview, f.start_at, f.task_id) >= (w.facet, p.preview, $2::timestamptz, $3::uuid)`
	pgCutList = `
  WHERE top.preview = p.preview
    AND (top.start_at, top.task_id) >= ($2::timestamptz, $3::uuid) AND (top.start_at, top.task_id) < ($4::timestamptz, $5::uuid)`
	// The first of each list, merged.
	pgWalkTasks = `
FROM (
  SELECT top.start_at, top.task_id
  FROM unnest($7::bigint[]) AS w (facet)
  CROSS JOIN unnest($1::boolean[]) AS p (preview)
  CROSS JOIN LATERAL (
    SELECT f.preview, f.start_at, f.task_id
    FROM activity_task_facet f
    WHERE /*RANGE*//*PROBES*/
    ORDER BY f.facet DESC, f.preview DESC, f.start_at DESC, f.task_id DESC
    LIMIT $6::integer
  ) top` + pgCutList + `
  ORDER BY top.start_at DESC, top.task_id DESC
  LIMIT $6::integer
) page
CROSS JOIN LATERAL (
  SELECT *
  FROM activity_task
  WHERE id = page.task_id
  LIMIT 1
) t
ORDER BY page.start_at DESC, page.task_id DESC`
	// All that the lists have, sorted. The limit, which is none, keeps the planner from joining whole
	// tables.
	pgSortTasks = `
FROM (
  SELECT DISTINCT f.task_id
  FROM unnest($7::bigint[]) AS w (facet)
  CROSS JOIN unnest($1::boolean[]) AS p (preview)
  CROSS JOIN LATERAL (
    SELECT f.task_id
    FROM activity_task_facet f
    WHERE ` + pgOfList + `/*PROBES*/
    ORDER BY f.facet, f.preview, f.start_at, f.task_id
    LIMIT 9223372036854775807
  ) f
) list
CROSS JOIN LATERAL (
  SELECT *
  FROM activity_task
  WHERE id = list.task_id
  LIMIT 1
) t
WHERE true`
	// The planner does not see the range: if it did, it would take the plan for these IDs to be better than
	// one for any, and plan each time, which takes longer than the query.
	pgRangeOfIDs     = `unnest(ARRAY[$8::uuid], ARRAY[$9::uuid]) AS ids (first, behind)`
	pgSortTasksOfIDs = `
FROM ` + pgRangeOfIDs + `
CROSS JOIN LATERAL (
  SELECT *
  FROM activity_task f
  WHERE f.id >= ids.first AND f.id < ids.behind AND f.tenant = $7::text AND f.preview = ANY($1::boolean[])
    AND (f.start_at, f.id) >= ($2::timestamptz, $3::uuid) AND (f.start_at, f.id) < ($4::timestamptz, $5::uuid)/*PROBES*/
  ORDER BY f.id
  LIMIT 9223372036854775807
) t
WHERE true`
	pgTaskProbe = `
      AND (SELECT true FROM activity_task_facet o WHERE o.facet = ANY($N::bigint[]) AND o.preview = f.preview AND o.start_at = f.start_at AND o.task_id = f./*ID*/ LIMIT 1)`
	// Each task once; see pgEachOnce.
	pgCountTasks = `
WITH RECURSIVE found (task_id) AS (
  SELECT top.task_id
  FROM unnest($7::bigint[]) AS w (facet)
  CROSS JOIN unnest($1::boolean[]) AS p (preview)
  CROSS JOIN LATERAL (
    SELECT f.preview, f.start_at, f.task_id
    FROM activity_task_facet f
    WHERE /*RANGE*//*PROBES*/
    ORDER BY f.facet DESC, f.preview DESC, f.start_at DESC, f.task_id DESC
    LIMIT $6::integer
  ) top` + pgCutList + `
  UNION
  SELECT task_id
  FROM found
  WHERE false
)
SELECT count(*)
FROM (SELECT 1 FROM found LIMIT $6::integer) AS counted`
	pgCountTasksOfIDs = `
SELECT count(*)
FROM ` + pgRangeOfIDs + `
CROSS JOIN LATERAL (
  SELECT 1
  FROM activity_task f
  WHERE f.id >= ids.first AND f.id < ids.behind AND f.tenant = $7::text AND f.preview = ANY($1::boolean[])
    AND (f.start_at, f.id) >= ($2::timestamptz, $3::uuid) AND (f.start_at, f.id) < ($4::timestamptz, $5::uuid)/*PROBES*/
  ORDER BY f.id
  LIMIT $6::integer
) AS counted`
)

// pgTaskText completes a statement, whose texts are few.
func pgTaskText(w *taskWalk, ofFacets, ofIDs string) string {
	text, id, params := ofFacets, "task_id", 7
	if w.facets == nil {
		text, id, params = ofIDs, "id", 9
	}
	bounds := pgOfList
	switch {
	case len(w.others)+len(w.looks) > 0:
	case w.descending:
		bounds = pgFromEndOfList
	default:
		bounds = pgFromStartOfList
		text = strings.ReplaceAll(text, " DESC", " ASC")
	}
	return strings.NewReplacer("/*RANGE*/", bounds, "/*PROBES*/", taskProbes(w, pgTaskProbe, "$", id, params)+
		looks(w.looks, pgLook, pgLookActor, "$", params+len(w.others), "activity_task", id)).Replace(text)
}

// taskProbes writes the probes of a walk, whose parameters follow others.
func taskProbes(w *taskWalk, probe, mark, id string, params int) string {
	var probes strings.Builder
	for i := range w.others {
		probes.WriteString(strings.NewReplacer(mark+"N", mark+strconv.Itoa(params+1+i), "/*ID*/", id).Replace(probe))
	}
	return probes.String()
}

func pgTaskArgs(w *taskWalk) []any {
	var previews pgArray
	for _, p := range w.previews {
		previews.bool(p)
	}
	args := []any{previews.String(), w.min.at, w.min.id.String(), w.max.at, w.max.id.String(), w.limit}
	if w.facets != nil {
		args = append(args, pgInts(w.facets))
	} else {
		args = append(args, w.tenant, w.minID.String(), w.maxID.String())
	}
	for _, facets := range w.others {
		args = append(args, pgInts(facets))
	}
	return append(args, pgLookArgs(w.looks)...)
}

// pgTasks returns the statement that lists tasks, with its arguments.
func pgTasks(w *taskWalk) (text string, args []any) {
	args = pgTaskArgs(w)
	head := "SELECT " + taskColumns
	if w.byStart() {
		text = pgTaskText(w, pgWalkTasks, "")
		if !w.descending {
			text = strings.ReplaceAll(text, " DESC", " ASC")
		}
		return head + text, args
	}
	column := pgSortColumn(w.sort)
	text = pgTaskText(w, pgSortTasks, pgSortTasksOfIDs)
	direction, beyond := "ASC", ">"
	if w.descending {
		direction, beyond = "DESC", "<"
	}
	if w.after != nil {
		n := len(args) + 1
		text += "\n  AND (" + column.expression + ", t.id) " + beyond + " ($" + strconv.Itoa(n) + "::" + column.typ + ", $" + strconv.Itoa(n+1) + "::uuid)"
		args = append(args, column.value(postgres{}, w.after), w.after.ID.String())
	}
	return head + text + "\nORDER BY " + column.expression + " " + direction + ", t.id " + direction + "\nLIMIT $6::integer", args
}

func (postgres) listTasks(ctx context.Context, db conn, w *taskWalk) (list []activity.Task, err error) {
	text, args := pgTasks(w)
	if w.byStart() {
		return tasks(ctx, db, text, args...)
	}
	err = pgUncompiled(ctx, db, func(db conn) (err error) {
		list, err = tasks(ctx, db, text, args...)
		return err
	})
	return list, err
}

const (
	pgCompileNothing  = `SELECT current_setting('jit'), set_config('jit', 'off', true)`
	pgCompileAsBefore = `SELECT set_config('jit', $1::text, true)`
)

// pgUncompiled reads with a statement that the planner takes for so dear, because it does not know how long lists are, that it would have
// it compiled: which takes a hundred times as long as to run it. The setting lasts as long as a transaction, and in
// one of the host's it is put back.
func pgUncompiled(ctx context.Context, db conn, read func(conn) error) error {
	pool, ok := db.(interface {
		BeginTx(ctx context.Context, options *sql.TxOptions) (*sql.Tx, error)
	})
	if ok {
		tx, err := pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // there is nothing to commit
		db = tx
	}
	var before, off string
	if err := db.QueryRowContext(ctx, pgCompileNothing).Scan(&before, &off); err != nil {
		return err
	}
	if err := read(db); err != nil || ok {
		return err
	}
	return db.QueryRowContext(ctx, pgCompileAsBefore, before).Scan(&before)
}

func (postgres) countTasks(ctx context.Context, db conn, w *taskWalk) (n int, err error) {
	err = db.QueryRowContext(ctx, pgTaskText(w, pgCountTasks, pgCountTasksOfIDs), pgTaskArgs(w)...).Scan(&n)
	return n, err
}
