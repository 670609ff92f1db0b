package bunstore

import (
	"context"
	"database/sql"
	"io"
	"slices"
	"strings"

	"github.com/go-activity/activity"
)

const (
	pgInsertTally = `
INSERT INTO activity_tally AS y (task_id, kind, tenant, n)
SELECT $1::uuid, k.kind, $2::text, k.n
FROM unnest($3::text[], $4::bigint[]) AS k (kind, n)
ON CONFLICT (task_id, kind) DO UPDATE SET n = y.n + excluded.n`
	pgInsertOutcomes = `
WITH outcome AS (
  INSERT INTO activity_outcome (task_id, seq, tenant, kind, record_kind, record_id, record_label, row,
    message, link, before, after, extra, preview, at, record)
  SELECT *
  FROM unnest($5::uuid[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bigint[],
    $13::text[], $14::text[], $15::json[], $16::json[], $17::json[], $18::boolean[], $19::timestamptz[], $20::bigint[])
)` + pgInsertTally
	pgCopyOutcomes = `
COPY activity_outcome (task_id, seq, tenant, kind, record_kind, record_id, record_label, row,
  message, link, before, after, extra, preview, at, record)
FROM STDIN BINARY`
	pgTally = `SELECT y.kind, y.n FROM activity_tally y WHERE y.task_id = $1::uuid AND y.tenant = $2::text`
)

func (postgres) addsOutcomesAtOnce(rows []activity.OutcomeRow) bool { return len(rows) <= maxInsert }

func (postgres) insertOutcomes(ctx context.Context, s *Store, rows []activity.OutcomeRow, sums []sum) error {
	for batch := range slices.Chunk(rows, maxInsert) {
		if _, err := s.writer().ExecContext(ctx, pgInsertOutcomes, pgOutcomeColumns(batch, sums)...); err != nil {
			return err
		}
		sums = nil // once is enough
	}
	return nil
}

func pgTallyArgs(row *activity.OutcomeRow, sums []sum) []any {
	var kinds, numbers pgArray
	for _, s := range sums {
		kinds.text(s.kind)
		numbers.int(s.n)
	}
	return []any{row.Task.String(), row.Tenant, kinds.String(), numbers.String()}
}

func pgOutcomeColumns(rows []activity.OutcomeRow, sums []sum) []any {
	buffers := pgBuffers.Get().(*[20]pgArray)
	defer pgBuffers.Put(buffers)
	c := buffers[:16]
	for i := range c {
		c[i].b = c[i].b[:0]
	}
	for i := range rows {
		r := &rows[i]
		c[0].id(r.Task)
		c[1].int(r.Seq)
		c[2].text(r.Tenant)
		c[3].text(r.Kind)
		c[4].text(r.Record.Kind)
		c[5].text(r.Record.ID)
		c[6].text(r.Record.Label)
		c[7].int(r.Row)
		c[8].text(r.Message)
		c[9].text(r.Link)
		for n, data := range [][]byte{r.Before, r.After, r.Extra} {
			if data == nil {
				c[10+n].null()
			} else {
				c[10+n].text(string(data))
			}
		}
		c[13].bool(r.Preview)
		c[14].time(r.At)
		if key := recordKey(r); key.Valid {
			c[15].int(key.Int64)
		} else {
			c[15].null()
		}
	}
	args := pgTallyArgs(&rows[0], sums)
	for i := range c {
		args = append(args, c[i].String())
	}
	return args
}

// copyOutcomes stores outcomes by COPY, in a transaction that the store began.
func (s *Store) copyOutcomes(ctx context.Context, rows []activity.OutcomeRow, sums []sum) error {
	if _, err := s.tx.ExecContext(ctx, pgInsertTally, pgTallyArgs(&rows[0], sums)...); err != nil {
		return err
	}
	return s.tx.conn.Raw(func(driverConn any) error {
		return s.copyFrom(ctx, driverConn, pgCopyOutcomes, &outcomeReader{rows: rows})
	})
}

// outcomeReader makes the rows of activity_outcome as they are read.
type outcomeReader struct {
	rows  []activity.OutcomeRow
	begun bool
	ended bool
	data  copyData
	left  []byte // of data
}

func (r *outcomeReader) Read(p []byte) (int, error) {
	for len(r.left) == 0 {
		if r.ended {
			return 0, io.EOF
		}
		r.data.b = r.data.b[:0]
		if !r.begun {
			r.data.begin(64 << 10)
			r.begun = true
		}
		for len(r.data.b) < 32<<10 && len(r.rows) > 0 {
			r.data.outcome(&r.rows[0])
			r.rows = r.rows[1:]
		}
		if len(r.rows) == 0 {
			r.data.trailer()
			r.ended = true
		}
		r.left = r.data.b
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

func (c *copyData) outcome(r *activity.OutcomeRow) {
	c.row(16)
	c.field(r.Task[:])
	c.int8(r.Seq)
	c.text(r.Tenant)
	c.text(r.Kind)
	c.text(r.Record.Kind)
	c.text(r.Record.ID)
	c.text(r.Record.Label)
	c.int8(r.Row)
	c.text(r.Message)
	c.text(r.Link)
	for _, data := range [...][]byte{r.Before, r.After, r.Extra} {
		if data == nil {
			c.null()
		} else {
			c.field(data)
		}
	}
	c.bool(r.Preview)
	c.time(r.At)
	if key := recordKey(r); key.Valid {
		c.int8(key.Int64)
	} else {
		c.null()
	}
}

func (postgres) tally(ctx context.Context, db conn, tenant string, task activity.ID) (*sql.Rows, error) {
	return db.QueryContext(ctx, pgTally, task.String(), tenant)
}

// $1 limit, then the bounds and what is walked. The columns of the indexes are compared as one, and
// with values that the planner does not know: see pgOfList.
const (
	pgOutcomes = `
SELECT ` + outcomeColumns + `
FROM unnest(ARRAY[$2::uuid], ARRAY[$4::uuid]) AS w (low, high)
CROSS JOIN LATERAL (
  SELECT *
  FROM activity_outcome f
  WHERE (f.task_id, f.seq) >= (w.low, $3::bigint) AND (f.task_id, f.seq) < (w.high, $5::bigint)
  ORDER BY f.task_id ASC, f.seq ASC
  LIMIT $1::integer
) o
ORDER BY o.task_id ASC, o.seq ASC`
	pgOutcomesOfRecords = `
SELECT ` + outcomeColumns + `
FROM unnest($6::bigint[]) AS w (record)
CROSS JOIN LATERAL (
  SELECT *
  FROM activity_outcome f
  WHERE (f.record, f.task_id, f.seq) >= (w.record, $2::uuid, $3::bigint)
    AND (f.record, f.task_id, f.seq) < (w.record, $4::uuid, $5::bigint) AND f.record IS NOT NULL
  ORDER BY f.record ASC, f.task_id ASC, f.seq ASC
  LIMIT $1::integer
) o
ORDER BY o.task_id ASC, o.seq ASC
LIMIT $1::integer`
	pgOutcomesOfKinds = `
SELECT ` + outcomeColumns + `
FROM unnest(ARRAY[$2::uuid]) AS w (task_id)
CROSS JOIN unnest($5::text[]) AS k (kind)
CROSS JOIN LATERAL (
  SELECT *
  FROM activity_outcome f
  WHERE /*RANGE*/
  ORDER BY f.task_id ASC, f.kind ASC, f.seq ASC
  LIMIT $1::integer
) o
WHERE o.kind = k.kind AND o.seq >= $3::bigint AND o.seq < $4::bigint
ORDER BY o.seq ASC
LIMIT $1::integer`
	pgFromStartOfKind = `f.task_id <= w.task_id AND (f.task_id, f.kind, f.seq) >= (w.task_id, k.kind, $3::bigint)`
	pgFromEndOfKind   = `f.task_id >= w.task_id AND (f.task_id, f.kind, f.seq) < (w.task_id, k.kind, $4::bigint)`
)

func pgOutcomeText(w *outcomeWalk) string {
	text := pgOutcomes
	switch {
	case w.records != nil:
		text = pgOutcomesOfRecords
	case w.kinds != nil:
		text = pgOutcomesOfKinds
	}
	if w.descending {
		return strings.NewReplacer(" ASC", " DESC", "/*RANGE*/", pgFromEndOfKind).Replace(text)
	}
	return strings.ReplaceAll(text, "/*RANGE*/", pgFromStartOfKind)
}

func pgOutcomeArgs(w *outcomeWalk) []any {
	if w.records == nil && w.kinds != nil {
		low, high := w.seqs()
		return []any{w.limit, w.task.String(), low, high, pgTexts(w.kinds)}
	}
	args := []any{w.limit, w.min.Task.String(), w.min.Seq, w.max.Task.String(), w.max.Seq}
	if w.records != nil {
		args = append(args, pgInts(w.records))
	}
	return args
}

func (postgres) outcomes(ctx context.Context, db conn, w *outcomeWalk) ([]activity.OutcomeRow, error) {
	return scanOutcomes(ctx, db, pgOutcomeText(w), pgOutcomeArgs(w)...)
}
