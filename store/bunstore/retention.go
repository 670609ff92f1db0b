package bunstore

import (
	"context"
	"slices"

	"github.com/go-activity/activity"
)

// RemoveEvents implements [activity.EraseStore].
func (s *Store) RemoveEvents(ctx context.Context, tenant string, ids []activity.ID) (removed []activity.ID, err error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, nil
	}
	err = s.whole(ctx, false, func(tx *Store) error {
		removed, err = tx.removeEvents(ctx, tenant, ids)
		return tx.failed(ctx, "remove events", err)
	})
	if err != nil {
		return nil, err
	}
	return removed, nil
}

func (s *Store) removeEvents(ctx context.Context, tenant string, ids []activity.ID) ([]activity.ID, error) {
	held, err := s.lockHeld(ctx, tenant)
	if err != nil {
		return nil, err
	}
	rows, err := s.engine.lockEvents(ctx, s, ids)
	if err != nil {
		return nil, err
	}
	positions, err := s.engine.positions(ctx, s.tx, ids)
	if err != nil {
		return nil, err
	}
	var removed []activity.ID
	var gone []*activity.EventRow
	for i := range rows {
		row := &rows[i]
		_, placed := positions[row.ID]
		if row.Tenant == tenant && placed && !held.has(append(slices.Clone(row.About), row.Actor)...) {
			removed, gone = append(removed, row.ID), append(gone, row)
		}
	}
	if len(removed) == 0 {
		return nil, nil
	}
	return removed, s.asStep(ctx, "retention", func() error {
		if err := s.engine.leaveFeeds(ctx, s, feedRows(gone)); err != nil {
			return err
		}
		return s.engine.deleteEvents(ctx, s, removed)
	})
}

// Reports implements [activity.EraseStore].
func (s *Store) Reports(ctx context.Context, q activity.ReportsQuery) ([]activity.ReportRef, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	db, done := s.reader()
	defer done()
	rows, err := db.QueryContext(ctx, s.engine.eraseTexts().reports, s.engine.key(q.After), s.engine.key(q.Before), q.Limit)
	if err != nil {
		return nil, s.failed(ctx, "list reports", err)
	}
	defer rows.Close()
	var found []activity.ReportRef
	for rows.Next() {
		var ref activity.ReportRef
		if err := rows.Scan(&ref.Tenant, &ref.Task); err != nil {
			return nil, s.failed(ctx, "list reports", err)
		}
		found = append(found, ref)
	}
	return found, s.failed(ctx, "list reports", rows.Err())
}

// RemoveOutcomes implements [activity.EraseStore].
func (s *Store) RemoveOutcomes(ctx context.Context, tenant string, task activity.ID, limit int) (n int, err error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	err = s.whole(ctx, false, func(tx *Store) error {
		n, err = tx.removeOutcomes(ctx, tenant, task, limit)
		return tx.failed(ctx, "remove outcomes", err)
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

func (s *Store) removeOutcomes(ctx context.Context, tenant string, task activity.ID, limit int) (int, error) {
	held, err := s.lockHeld(ctx, tenant)
	if err != nil {
		return 0, err
	}
	about, err := s.aboutOf(ctx, tenant, task)
	if err != nil || held.has(about...) {
		return 0, err
	}
	var seqs []int64
	f := activity.OutcomeFilter{Tenant: tenant, Task: task}
	for len(seqs) < limit {
		f.Limit = limit - len(seqs)
		found, err := s.findOutcomes(ctx, s.tx, &f)
		if err != nil {
			return 0, err
		}
		for i := range found {
			if !held.has(found[i].Record) {
				seqs = append(seqs, found[i].Seq)
			}
		}
		if len(found) < f.Limit {
			break
		}
		place := found[len(found)-1].Place()
		f.After = &place
	}
	if len(seqs) == 0 {
		return 0, nil
	}
	return len(seqs), s.asStep(ctx, "retention", func() error { return s.engine.deleteOutcomes(ctx, s, task, seqs) })
}
