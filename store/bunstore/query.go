package bunstore

import (
	"context"
	"slices"

	"github.com/go-activity/activity"
)

// maxProbed is how far feeds are counted to find the shortest.
const maxProbed = 1000

// walk is a query as the engines run it: along the streams of some feeds, probing others. A stream
// is what one feed has of one type and source, in the order of IDs.
type walk struct {
	feeds   []int64   // walked
	others  [][]int64 // an event must be in one feed of each
	types   []string  // nil: all that the feeds have
	sources []int64
	min     activity.ID // inclusive
	max     activity.ID // exclusive
	oldest  bool
	limit   int
}

// Feed implements [activity.Store].
func (s *Store) Feed(ctx context.Context, q activity.EventQuery) ([]activity.Event, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	db, done := s.reader()
	defer done()
	events, err := s.walk(ctx, db, &q)
	if err != nil {
		return nil, s.failed(ctx, "read timeline", err)
	}
	return events, nil
}

func (s *Store) walk(ctx context.Context, db conn, q *activity.EventQuery) ([]activity.Event, error) {
	w, err := s.plan(ctx, db, q)
	if err != nil {
		return nil, err
	}
	events := make([]activity.Event, 0, min(q.Limit, activity.MaxLimit))
	for {
		w.limit = q.Limit - len(events)
		found, err := s.engine.feed(ctx, db, &w)
		if err != nil {
			return nil, err
		}
		for i := range found {
			e := &found[i]
			if i > 0 && e.ID == found[i-1].ID || !q.Match(e) {
				continue
			}
			if events = append(events, *e); len(events) == q.Limit {
				return events, nil
			}
		}
		if len(found) < w.limit {
			return events, nil
		}
		if last := found[len(found)-1].ID; w.oldest {
			w.min = last.Next()
		} else {
			w.max = last
		}
	}
}

// plan chooses the feeds to walk: those of the condition with the fewest events. The others are
// probed for each event on the way.
func (s *Store) plan(ctx context.Context, db conn, q *activity.EventQuery) (walk, error) {
	w := walk{min: q.Min, max: q.Max, oldest: q.Oldest}
	if len(q.Types) > 0 {
		w.types = q.Types
	}
	w.sources = []int64{int64(activity.Automatic), int64(activity.Manual)}
	if q.Source != 0 {
		w.sources = []int64{int64(q.Source)}
	}
	if w.max.IsZero() {
		w.max = lastID
	}
	conditions := conditions(q)
	shortest := 0
	if len(conditions) > 1 {
		var err error
		if shortest, err = s.shortest(ctx, db, conditions, w.types); err != nil {
			return walk{}, err
		}
	}
	w.feeds = conditions[shortest]
	w.others = slices.Delete(conditions, shortest, shortest+1)
	return w, nil
}

// shortest returns the condition whose feeds have the fewest events, as far as it looks.
func (s *Store) shortest(ctx context.Context, db conn, conditions [][]int64, types []string) (int, error) {
	best, fewest := 0, maxProbed+1
	for i, feeds := range conditions {
		n, err := s.engine.count(ctx, db, feeds, types, fewest)
		if err != nil {
			return 0, err
		}
		if n < fewest {
			best, fewest = i, n
		}
	}
	return best, nil
}

// lastID is greater than every event's ID.
var lastID = activity.ID{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
