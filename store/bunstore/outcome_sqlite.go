package bunstore

import (
	"context"
	"database/sql"
	"strings"

	"github.com/go-activity/activity"
)

const (
	sqliteInsertOutcome = `
INSERT INTO activity_outcome (task_id, seq, tenant, kind, record_kind, record_id, record_label, row,
  message, link, before, after, extra, preview, at, record)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	sqliteInsertTally = `
INSERT INTO activity_tally (task_id, kind, tenant, n)
VALUES (?, ?, ?, ?)
ON CONFLICT (task_id, kind) DO UPDATE SET n = n + excluded.n`
	sqliteTally = `SELECT y.kind, y.n FROM activity_tally y WHERE y.task_id = ?1 AND y.tenant = ?2`
)

func (sqlite) addsOutcomesAtOnce([]activity.OutcomeRow) bool { return false }

func (e sqlite) insertOutcomes(ctx context.Context, s *Store, rows []activity.OutcomeRow, sums []sum) error {
	stmt, err := s.bound(ctx, sqliteInsertOutcome)
	if err != nil {
		return err
	}
	inner := context.WithoutCancel(ctx)
	for i := range rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := &rows[i]
		_, err := stmt.ExecContext(inner, r.Task[:], r.Seq, r.Tenant, r.Kind, r.Record.Kind, r.Record.ID, r.Record.Label, r.Row,
			r.Message, r.Link, rawJSON(r.Before), rawJSON(r.After), rawJSON(r.Extra), r.Preview, r.At.UnixMicro(), recordKey(r))
		if err != nil {
			return err
		}
	}
	for _, sum := range sums {
		if _, err := e.exec(ctx, s, sqliteInsertTally, rows[0].Task[:], sum.kind, rows[0].Tenant, sum.n); err != nil {
			return err
		}
	}
	return nil
}

func (sqlite) tally(ctx context.Context, db conn, tenant string, task activity.ID) (*sql.Rows, error) {
	return db.QueryContext(ctx, sqliteTally, task[:], tenant)
}

// ?1 limit, then the bounds and what is walked.
const (
	sqliteOutcomes = `
SELECT ` + outcomeColumns + `
FROM activity_outcome o
WHERE (o.task_id, o.seq) >= (?2, ?3) AND (o.task_id, o.seq) < (?4, ?5)
ORDER BY o.task_id ASC, o.seq ASC
LIMIT ?1`
	sqliteOutcomesOfRecord = `
SELECT ` + outcomeColumns + `
FROM activity_outcome o
WHERE o.record = json_extract(?6, '$[0]')
  AND (o.task_id, o.seq) >= (?2, ?3) AND (o.task_id, o.seq) < (?4, ?5)
ORDER BY o.task_id ASC, o.seq ASC
LIMIT ?1`
	// What there is of many records is sorted; it is little, as each has few outcomes.
	sqliteOutcomesOfRecords = `
SELECT ` + outcomeColumns + `
FROM json_each(?6) w
CROSS JOIN activity_outcome o ON o.record = w.value
  AND (o.task_id, o.seq) >= (?2, ?3) AND (o.task_id, o.seq) < (?4, ?5)
ORDER BY o.task_id ASC, o.seq ASC
LIMIT ?1`
	// The kinds are merged as the streams of a feed are.
	sqliteOutcomesOfKinds = `
WITH RECURSIVE merged (kind, seq) AS (
  SELECT w.value, (
    SELECT f.seq
    FROM activity_outcome f
    WHERE f.task_id = ?2 AND f.kind = w.value AND f.seq >= ?3 AND f.seq < ?4
    ORDER BY f.seq ASC
    LIMIT 1
  )
  FROM json_each(?5) w
  UNION ALL
  SELECT m.kind, (
    SELECT f.seq
    FROM activity_outcome f
    WHERE f.task_id = ?2 AND f.kind = m.kind AND f.seq >= /*MIN*/ AND f.seq < /*MAX*/
    ORDER BY f.seq ASC
    LIMIT 1
  )
  FROM merged m
  WHERE m.seq IS NOT NULL
  ORDER BY 2 ASC NULLS LAST
  LIMIT ?1
)
SELECT ` + outcomeColumns + `
FROM merged m
CROSS JOIN activity_outcome o ON o.task_id = ?2 AND o.seq = m.seq
ORDER BY m.seq ASC`
)

func sqliteOutcomeText(w *outcomeWalk) string {
	var text string
	switch {
	case len(w.records) == 1:
		text = sqliteOutcomesOfRecord
	case w.records != nil:
		text = sqliteOutcomesOfRecords
	case w.kinds != nil:
		text = sqliteOutcomesOfKinds
	default:
		text = sqliteOutcomes
	}
	if w.descending {
		return strings.NewReplacer(" ASC", " DESC", "/*MIN*/", "?3", "/*MAX*/", "m.seq").Replace(text)
	}
	return strings.NewReplacer(">= /*MIN*/", "> m.seq", "/*MAX*/", "?4").Replace(text)
}

func sqliteOutcomeArgs(w *outcomeWalk) []any {
	if w.records == nil && w.kinds != nil {
		low, high := w.seqs()
		return []any{w.limit, w.task[:], low, high, jsonList(w.kinds)}
	}
	args := []any{w.limit, w.min.Task[:], w.min.Seq, w.max.Task[:], w.max.Seq}
	if w.records != nil {
		args = append(args, jsonList(w.records))
	}
	return args
}

func (sqlite) outcomes(ctx context.Context, db conn, w *outcomeWalk) ([]activity.OutcomeRow, error) {
	return scanOutcomes(ctx, db, sqliteOutcomeText(w), sqliteOutcomeArgs(w)...)
}
