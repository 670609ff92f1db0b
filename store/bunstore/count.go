package bunstore

import (
	"context"

	"github.com/go-activity/activity"
)

// CountEvents implements [activity.EventStore]. It counts entries of feeds, and reads events only to look for them in too many feeds.
func (s *Store) CountEvents(ctx context.Context, q activity.EventQuery) ([]activity.TypeCount, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	db, done := s.reader()
	defer done()
	counts, err := s.countTypes(ctx, db, &q)
	if err != nil {
		return nil, s.failed(ctx, "count events", err)
	}
	return counts, nil
}

func (s *Store) countTypes(ctx context.Context, db conn, q *activity.EventQuery) ([]activity.TypeCount, error) {
	w, err := s.plan(ctx, db, q, true)
	if err != nil {
		return nil, err
	}
	w.limit = q.Limit
	counts, err := s.engine.countTypes(ctx, db, &w)
	if err != nil || !w.checked {
		return counts, err
	}
	// So many at most: how many there are, the events tell.
	var matching []activity.TypeCount
	for _, c := range counts {
		one, ofType := *q, w
		one.Types = []string{c.Type}
		ofType.types = one.Types
		events, err := s.follow(ctx, db, &one, ofType)
		if err != nil {
			return nil, err
		}
		if c.N = len(events); c.N > 0 {
			matching = append(matching, c)
		}
	}
	return matching, nil
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
