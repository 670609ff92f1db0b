package bunstore

import (
	"context"

	"github.com/go-activity/activity"
)

// CountEvents implements [activity.EventStore]. It counts entries of feeds, and looks at events only for conditions of many feeds.
func (s *Store) CountEvents(ctx context.Context, q activity.EventQuery) ([]activity.TypeCount, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	db, done := s.reader()
	defer done()
	w, err := s.plan(ctx, db, &q)
	if err != nil {
		return nil, s.failed(ctx, "count events", err)
	}
	w.limit = q.Limit
	counts, err := s.engine.countTypes(ctx, db, &w)
	if err != nil {
		return nil, s.failed(ctx, "count events", err)
	}
	return counts, nil
}

// typeCounts reads types and their numbers.
func typeCounts(ctx context.Context, db conn, query string, args ...any) ([]activity.TypeCount, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var counts []activity.TypeCount
	for rows.Next() {
		var c activity.TypeCount
		if err := rows.Scan(&c.Type, &c.N); err != nil {
			return nil, err
		}
		if c.N > 0 {
			counts = append(counts, c)
		}
	}
	return counts, rows.Err()
}
