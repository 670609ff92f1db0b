package bunstore

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/go-activity/activity"
)

// AddOutcomes implements [activity.TaskStore].
func (s *Store) AddOutcomes(ctx context.Context, rows []activity.OutcomeRow) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	if len(rows) == 0 {
		return nil
	}
	atOnce := !s.copiesOutcomes(rows) && s.engine.addsOutcomesAtOnce(rows)
	return s.whole(ctx, atOnce, func(tx *Store) error { return tx.addOutcomes(ctx, rows) })
}

func (s *Store) addOutcomes(ctx context.Context, rows []activity.OutcomeRow) error {
	var err error
	if s.copiesOutcomes(rows) {
		err = s.copyOutcomes(ctx, rows, sums(rows))
	} else {
		err = s.engine.insertOutcomes(ctx, s, rows, sums(rows))
	}
	return s.failed(ctx, "add outcomes", err)
}

// copiesOutcomes reports whether outcomes go by COPY: where the connection is not the host's.
func (s *Store) copiesOutcomes(rows []activity.OutcomeRow) bool {
	return s.copyFrom != nil && len(rows) >= minCopy && (s.tx == nil || s.tx.conn != nil)
}

// sum is how many outcomes of one kind there are.
type sum struct {
	kind string
	n    int64
}

// sums counts rows by kind. All transactions lock the numbers of a task in the order of kinds.
func sums(rows []activity.OutcomeRow) []sum {
	byKind := map[string]int64{}
	for i := range rows {
		byKind[rows[i].Kind]++
	}
	list := make([]sum, 0, len(byKind))
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		list = append(list, sum{kind, byKind[kind]})
	}
	return list
}

// recordKey returns the key of what an outcome is about: its record, or its row if it has none. A record that was erased has
// no key.
func recordKey(r *activity.OutcomeRow) sql.NullInt64 {
	switch {
	case r.Record.IsErased():
		return sql.NullInt64{}
	case !r.Record.IsZero():
		return sql.NullInt64{Int64: feedKey(ofRecord, r.Tenant, r.Record.Kind, r.Record.ID), Valid: true}
	case r.Row != 0:
		return sql.NullInt64{Int64: rowKey(r.Tenant, r.Row), Valid: true}
	}
	return sql.NullInt64{}
}

func rowKey(tenant string, row int64) int64 {
	return feedKey(ofRow, tenant, "", strconv.FormatInt(row, 10))
}

// outcomeWalk is a filter as the engines run it: along the outcomes of some records, else along those
// of some kinds of one task, else along all between two places.
type outcomeWalk struct {
	records    []int64
	task       activity.ID // of kinds
	kinds      []string
	min        activity.OutcomePlace // inclusive
	max        activity.OutcomePlace // exclusive
	descending bool
	limit      int
}

// searchChunk is how many outcomes are read at a time to look for those that match.
const searchChunk = 1000

// Outcomes implements [activity.TaskStore].
func (s *Store) Outcomes(ctx context.Context, f activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	db, done := s.reader()
	defer done()
	rows, err := s.findOutcomes(ctx, db, &f)
	if err != nil {
		return nil, s.failed(ctx, "read outcomes", err)
	}
	return rows, nil
}

func (s *Store) findOutcomes(ctx context.Context, db conn, f *activity.OutcomeFilter) ([]activity.OutcomeRow, error) {
	w := planOutcomes(f)
	var rows []activity.OutcomeRow
	all := f.Search == "" // what was read so far matched
	for w.min.Compare(w.max) < 0 {
		w.limit = f.Limit - len(rows)
		if !all {
			w.limit = max(w.limit, searchChunk)
		}
		found, err := s.engine.outcomes(ctx, db, &w)
		if err != nil {
			return nil, err
		}
		for i := range found {
			if !f.Match(&found[i]) {
				all = false
				continue
			}
			if rows = append(rows, found[i]); len(rows) == f.Limit {
				return rows, nil
			}
		}
		if len(found) < w.limit {
			break
		}
		if last := found[len(found)-1].Place(); w.descending {
			w.max = last
		} else {
			w.min = nextPlace(last)
		}
	}
	return rows, nil
}

func planOutcomes(f *activity.OutcomeFilter) outcomeWalk {
	w := outcomeWalk{task: f.Task, descending: f.Descending, max: activity.OutcomePlace{Task: lastID}}
	if !f.Task.IsZero() {
		w.min, w.max = activity.OutcomePlace{Task: f.Task}, activity.OutcomePlace{Task: f.Task.Next()}
	}
	switch {
	case f.After == nil:
	case f.Descending && f.After.Compare(w.max) < 0:
		w.max = *f.After
	case !f.Descending && f.After.Compare(w.min) >= 0:
		w.min = nextPlace(*f.After)
	}
	switch {
	case len(f.Records) > 0:
		w.records = alternatives(f.Records, func(e activity.Entity) int64 { return feedKey(ofRecord, f.Tenant, e.Kind, e.ID) })
	case len(f.Rows) > 0 && !slices.Contains(f.Rows, 0): // no row has no key
		w.records = alternatives(f.Rows, func(row int64) int64 { return rowKey(f.Tenant, row) })
	case len(f.Kinds) > 0 && !f.Task.IsZero():
		w.kinds = slices.Compact(slices.Sorted(slices.Values(f.Kinds)))
	}
	return w
}

// nextPlace returns the first place after another.
func nextPlace(p activity.OutcomePlace) activity.OutcomePlace {
	if p.Seq == math.MaxInt64 {
		return activity.OutcomePlace{Task: p.Task.Next()}
	}
	return activity.OutcomePlace{Task: p.Task, Seq: p.Seq + 1}
}

// seqs returns the bounds of a walk within its task.
func (w *outcomeWalk) seqs() (low, high int64) {
	return w.min.Seq, cmp.Or(w.max.Seq, math.MaxInt64)
}

// outcomeColumns are the columns that scanOutcomes reads, of a table called o.
const outcomeColumns = `o.task_id, o.seq, o.tenant, o.kind, o.record_kind, o.record_id, o.record_label, o.row,
	o.message, o.link, o.before, o.after, o.extra, o.preview, o.at`

// scanOutcomes reads the outcomes that a query returns.
func scanOutcomes(ctx context.Context, db conn, query string, args ...any) ([]activity.OutcomeRow, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []activity.OutcomeRow
	for rows.Next() {
		var r activity.OutcomeRow
		var before, after, extra []byte
		err := rows.Scan(&r.Task, &r.Seq, &r.Tenant, &r.Kind, &r.Record.Kind, &r.Record.ID, &r.Record.Label, &r.Row,
			&r.Message, &r.Link, &before, &after, &extra, &r.Preview, instant{&r.At})
		if err != nil {
			return nil, err
		}
		r.Before, r.After, r.Extra = before, after, extra
		found = append(found, r)
	}
	return found, rows.Err()
}

// Tally implements [activity.TaskStore].
func (s *Store) Tally(ctx context.Context, tenant string, task activity.ID) (map[string]int64, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	db, done := s.reader()
	defer done()
	numbers := map[string]int64{}
	rows, err := s.engine.tally(ctx, db, tenant, task)
	if err != nil {
		return nil, s.failed(ctx, "read tally", err)
	}
	defer rows.Close()
	for rows.Next() {
		var kind string
		var n int64
		if err := rows.Scan(&kind, &n); err != nil {
			return nil, s.failed(ctx, "read tally", fmt.Errorf("task %s: %w", task, err))
		}
		numbers[kind] = n
	}
	if err := rows.Err(); err != nil {
		return nil, s.failed(ctx, "read tally", err)
	}
	return numbers, nil
}
