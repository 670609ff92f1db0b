package bunstore

import (
	"context"
	"slices"

	"github.com/go-activity/activity"
)

const (
	maxProbed  = 1000 // events, as far as feeds are counted to find the shortest
	maxProbes  = 16   // feeds of a condition: with more, it takes less to read the event
	maxChecked = 1000 // events that are read at once to be looked at
)

// walk is a query as the engines run it: along the streams of some feeds, probing others. A stream
// is what one feed has of one type and source, in the order of IDs.
type walk struct {
	feeds   []int64   // walked
	others  [][]int64 // an event must be in one feed of each
	checked bool      // there are conditions with so many feeds that the events are looked at instead
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
	w, err := s.plan(ctx, db, q, false)
	if err != nil {
		return nil, err
	}
	return s.follow(ctx, db, q, w)
}

// follow returns the events that match a query along its walk.
func (s *Store) follow(ctx context.Context, db conn, q *activity.EventQuery, w walk) ([]activity.Event, error) {
	events := make([]activity.Event, 0, min(q.Limit, activity.MaxLimit))
	for ahead := 1; ; ahead *= 2 {
		w.limit = round(q.Limit-len(events), ahead, w.checked)
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
func round(wanted, ahead int, checked bool) int {
	if !checked {
		return wanted
	}
	return max(wanted, min(wanted*ahead, maxChecked))
}

// plan chooses the feeds to walk: those of the condition with the fewest events. The others are
// probed for each event on the way, or left to looking at it.
func (s *Store) plan(ctx context.Context, db conn, q *activity.EventQuery, counting bool) (walk, error) {
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
	shortest, err := s.shortest(ctx, db, conditions, w.types, counting)
	if err != nil {
		return walk{}, err
	}
	w.feeds = conditions[shortest]
	w.others, w.checked = probed(slices.Delete(conditions, shortest, shortest+1))
	return w, nil
}

// probed returns those conditions that are few feeds, and whether there are others.
func probed(conditions [][]int64) (short [][]int64, others bool) {
	n := len(conditions)
	short = slices.DeleteFunc(conditions, func(feeds []int64) bool { return len(feeds) > maxProbes })
	return short, len(short) < n
}

// shortest returns the condition whose feeds have the fewest events.
func (s *Store) shortest(ctx context.Context, db conn, conditions [][]int64, types []string, counting bool) (int, error) {
	return fewest(conditions, counting, func(feeds []int64, limit int) (int, error) {
		return s.engine.count(ctx, db, feeds, types, limit)
	})
}

// fewest returns the condition whose feeds have the fewest entries, as far as they are counted. If all have more, it is
// the first one, unless some are too many feeds to be probed: a page rather walks another and looks at its events, of which
// it needs few, and what counts rather walks those, and probes.
func fewest(conditions [][]int64, counting bool, count func(feeds []int64, limit int) (int, error)) (int, error) {
	best, least := 0, maxProbed+1
	if len(conditions) == 1 {
		return 0, nil
	}
	for i, feeds := range conditions {
		n, err := count(feeds, least)
		if err != nil {
			return 0, err
		}
		better := n < least
		if long, was := len(feeds) > maxProbes, len(conditions[best]) > maxProbes; n > maxProbed && long != was {
			better = long == counting
		}
		if better {
			best, least = i, min(n, least)
		}
	}
	return best, nil
}

// lastID is greater than every event's ID.
var lastID = activity.ID{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
