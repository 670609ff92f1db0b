package bunstore

import (
	"context"
	"slices"

	"github.com/go-activity/activity"
)

const (
	maxProbed = 1000 // events, as far as feeds are counted to find the shortest
	maxProbes = 16   // feeds of a condition: with more, it takes less to look at the event
	maxLooked = 1000 // events that are read at once to be looked at
)

// walk is a query as the engines run it: along the streams of some feeds, probing others. A stream
// is what one feed has of one type and source, in the order of IDs.
type walk struct {
	feeds   []int64     // walked
	others  [][]int64   // an event must be in one feed of each
	looks   []condition // so many feeds that the event is looked at instead
	types   []string    // nil: all that the feeds have
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
	for ahead := 1; ; ahead *= 2 {
		w.limit = round(q.Limit-len(events), ahead, len(w.looks) > 0)
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

// round returns how many to read for so many that are wanted. Where they are looked at, few may match.
func round(wanted, ahead int, looked bool) int {
	if !looked {
		return wanted
	}
	return max(wanted, min(wanted*ahead, maxLooked))
}

// plan chooses the feeds to walk: those of the condition with the fewest events. The others are
// probed for each event on the way, or left to looking at it.
func (s *Store) plan(ctx context.Context, db conn, q *activity.EventQuery) (walk, error) {
	w := walk{min: q.Min, max: q.Max, oldest: q.Oldest}
	if len(q.Types) > 0 {
		w.types = slices.Compact(slices.Sorted(slices.Values(q.Types)))
	}
	w.sources = []int64{int64(activity.Automatic), int64(activity.Manual)}
	if q.Source != 0 {
		w.sources = []int64{int64(q.Source)}
	}
	if w.max.IsZero() {
		w.max = lastID
	}
	conditions := conditions(q)
	shortest, err := shortest(conditions, func(feeds []int64, limit int) (int, error) {
		return s.engine.count(ctx, db, feeds, w.types, limit)
	})
	if err != nil {
		return walk{}, err
	}
	w.feeds = conditions[shortest].feeds
	w.others, w.looks = divide(slices.Delete(conditions, shortest, shortest+1))
	return w, nil
}

// divide returns the feeds of conditions that are probed, and the conditions that are looked at.
func divide(conditions []condition) (probed [][]int64, looks []condition) {
	for _, c := range conditions {
		if len(c.feeds) > maxProbes && len(c.entities) > 0 {
			looks = append(looks, c)
		} else {
			probed = append(probed, c.feeds)
		}
	}
	return probed, looks
}

// shortest returns the condition whose feeds have the fewest entries, as far as they are counted. If all have more, it is
// the first one of few feeds: the more feeds, the more entries.
func shortest(conditions []condition, count func(feeds []int64, limit int) (int, error)) (int, error) {
	if len(conditions) == 1 {
		return 0, nil
	}
	best, fewest := 0, maxProbed+1
	for i, c := range conditions {
		n, err := count(c.feeds, fewest)
		if err != nil {
			return 0, err
		}
		if n < fewest || n > maxProbed && len(c.feeds) <= maxProbes && len(conditions[best].feeds) > maxProbes {
			best, fewest = i, n
		}
	}
	return best, nil
}

// lastID is greater than every event's ID.
var lastID = activity.ID{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
