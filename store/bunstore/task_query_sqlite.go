package bunstore

import (
	"context"
	"strconv"
	"strings"

	"github.com/go-activity/activity"
)

// ?1 previews, ?2 lowest start, ?3 and its ID, ?4 highest start, ?5 and its ID, ?6 limit, then what
// is walked: ?7 facets, or ?7 tenant, ?8 lowest ID, ?9 highest ID. Then the probes, and the place.
const (
	sqliteWalkList = `
FROM (
  SELECT f.start_at, f.task_id
  FROM activity_task_facet f
  WHERE f.facet = json_extract(?7, '$[0]') AND f.preview = json_extract(?1, '$[0]')
    AND (f.start_at, f.task_id) >= (?2, ?3) AND (f.start_at, f.task_id) < (?4, ?5)/*PROBES*/
  ORDER BY f.start_at DESC, f.task_id DESC
  LIMIT ?6
) page
CROSS JOIN activity_task t ON t.id = page.task_id
ORDER BY page.start_at DESC, page.task_id DESC`
	// Several lists are merged as the streams of a feed are. A place has two columns, and a subquery
	// in an expression returns one, so there are two of each.
	sqliteWalkLists = `
FROM (
  WITH RECURSIVE merged (facet, preview, start_at, task_id) AS (
    SELECT w.value, p.value, (
      SELECT f.start_at` + sqliteFirstOfList + `
    ), (
      SELECT f.task_id` + sqliteFirstOfList + `
    )
    FROM json_each(?7) w
    CROSS JOIN json_each(?1) p
    UNION ALL
    SELECT m.facet, m.preview, (
      SELECT f.start_at` + sqliteNextOfList + `
    ), (
      SELECT f.task_id` + sqliteNextOfList + `
    )
    FROM merged m
    WHERE m.start_at IS NOT NULL
    ORDER BY 3 DESC NULLS LAST, 4 DESC NULLS LAST
    LIMIT ?6
  )
  SELECT start_at, task_id
  FROM merged
  WHERE start_at IS NOT NULL
) page
CROSS JOIN activity_task t ON t.id = page.task_id
ORDER BY page.start_at DESC, page.task_id DESC`
	sqliteFirstOfList = `
      FROM activity_task_facet f
      WHERE f.facet = w.value AND f.preview = p.value
        AND (f.start_at, f.task_id) >= (?2, ?3) AND (f.start_at, f.task_id) < (?4, ?5)/*PROBES*/
      ORDER BY f.start_at DESC, f.task_id DESC
      LIMIT 1`
	sqliteNextOfList = `
      FROM activity_task_facet f
      WHERE f.facet = m.facet AND f.preview = m.preview
        AND (f.start_at, f.task_id) >= /*MIN*/ AND (f.start_at, f.task_id) < /*MAX*//*PROBES*/
      ORDER BY f.start_at DESC, f.task_id DESC
      LIMIT 1`
	// All that the lists have, sorted.
	sqliteSortTasks = `
FROM (
  SELECT DISTINCT f.task_id
  FROM json_each(?7) w
  CROSS JOIN json_each(?1) p
  CROSS JOIN activity_task_facet f ON f.facet = w.value AND f.preview = p.value
  WHERE (f.start_at, f.task_id) >= (?2, ?3) AND (f.start_at, f.task_id) < (?4, ?5)/*PROBES*/
) list
CROSS JOIN activity_task t ON t.id = list.task_id
WHERE true`
	sqliteSortTasksOfIDs = `
FROM (
  SELECT f.id` + sqliteTasksOfIDs + `
) list
CROSS JOIN activity_task t ON t.id = list.id
WHERE true`
	sqliteTasksOfIDs = `
  FROM activity_task f
  WHERE f.id >= ?8 AND f.id < ?9 AND f.tenant = ?7 AND f.preview IN (SELECT value FROM json_each(?1))
    AND (f.start_at, f.id) >= (?2, ?3) AND (f.start_at, f.id) < (?4, ?5)/*PROBES*/`
	sqliteTaskProbe = `
        AND EXISTS (SELECT 1 FROM json_each(?N) n CROSS JOIN activity_task_facet o ON o.facet = n.value AND o.preview = f.preview AND o.start_at = f.start_at AND o.task_id = f./*ID*/)`
	sqliteCountTasks = `
SELECT count(*)
FROM (
  SELECT DISTINCT f.task_id
  FROM json_each(?7) w
  CROSS JOIN json_each(?1) p
  CROSS JOIN activity_task_facet f ON f.facet = w.value AND f.preview = p.value
  WHERE (f.start_at, f.task_id) >= (?2, ?3) AND (f.start_at, f.task_id) < (?4, ?5)/*PROBES*/
  LIMIT ?6
)`
	sqliteCountTasksOfIDs = `
SELECT count(*)
FROM (
  SELECT 1` + sqliteTasksOfIDs + `
  LIMIT ?6
)`
)

func sqliteTaskText(w *taskWalk, ofFacets, ofIDs string) string {
	text, id, params := ofFacets, "task_id", 7
	if w.facets == nil {
		text, id, params = ofIDs, "id", 9
	}
	return strings.ReplaceAll(text, "/*PROBES*/", taskProbes(w, sqliteTaskProbe, "?", id, params)+
		looks(w.looks, sqliteLook, sqliteLookActor, "?", params+len(w.others), "activity_task", id))
}

func sqliteTaskArgs(w *taskWalk) []any {
	previews := make([]int64, len(w.previews))
	for i, p := range w.previews {
		if p {
			previews[i] = 1
		}
	}
	args := []any{jsonList(previews), w.min.at.UnixMicro(), w.min.id[:], w.max.at.UnixMicro(), w.max.id[:], w.limit}
	if w.facets != nil {
		args = append(args, jsonList(w.facets))
	} else {
		args = append(args, w.tenant, w.minID[:], w.maxID[:])
	}
	for _, facets := range w.others {
		args = append(args, jsonList(facets))
	}
	return append(args, sqliteLookArgs(w.looks)...)
}

// sqliteTasks returns the statement that lists tasks, with its arguments.
func sqliteTasks(w *taskWalk) (text string, args []any) {
	args = sqliteTaskArgs(w)
	head := "SELECT " + taskColumns
	if w.byStart() {
		lists := sqliteWalkLists
		if len(w.facets)*len(w.previews) == 1 {
			lists = sqliteWalkList
		}
		text = sqliteTaskText(w, lists, "")
		if w.descending {
			text = strings.NewReplacer("/*MIN*/", "(?2, ?3)", "/*MAX*/", "(m.start_at, m.task_id)").Replace(text)
		} else {
			text = strings.NewReplacer(" DESC", " ASC", ">= /*MIN*/", "> (m.start_at, m.task_id)", "/*MAX*/", "(?4, ?5)").Replace(text)
		}
		return head + text, args
	}
	column := sqliteSortColumn(w.sort)
	text = sqliteTaskText(w, sqliteSortTasks, sqliteSortTasksOfIDs)
	direction, beyond := "ASC", ">"
	if w.descending {
		direction, beyond = "DESC", "<"
	}
	if w.after != nil {
		n := len(args) + 1
		text += "\n  AND (" + column.expression + ", t.id) " + beyond + " (?" + strconv.Itoa(n) + ", ?" + strconv.Itoa(n+1) + ")"
		args = append(args, column.value(sqlite{}, w.after), w.after.ID[:])
	}
	return head + text + "\nORDER BY " + column.expression + " " + direction + ", t.id " + direction + "\nLIMIT ?6", args
}

func (sqlite) listTasks(ctx context.Context, db conn, w *taskWalk) ([]activity.Task, error) {
	text, args := sqliteTasks(w)
	return tasks(ctx, db, text, args...)
}

func (sqlite) countTasks(ctx context.Context, db conn, w *taskWalk) (int, error) {
	var n int
	rows, err := db.QueryContext(ctx, sqliteTaskText(w, sqliteCountTasks, sqliteCountTasksOfIDs), sqliteTaskArgs(w)...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			return 0, err
		}
	}
	return n, rows.Err()
}
