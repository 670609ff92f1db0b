package storetest

import (
	"slices"
	"strings"

	"github.com/go-activity/activity"
)

// model holds what should be stored. It knows nothing of how stores answer queries: it takes
// EventQuery and TaskFilter by their comments, and not by their Match.
type model struct {
	events []activity.Event
	tasks  []activity.Task
}

// add adds the events of rows that were stored.
func (m *model) add(rows []activity.EventRow) {
	for _, row := range rows {
		if _, ok := m.key(row.Tenant, row.Key); !ok {
			m.events = append(m.events, row.Event.Clone())
		}
	}
}

// addNew adds an event unless it is there.
func (m *model) addNew(e activity.Event) {
	if !slices.ContainsFunc(m.events, func(known activity.Event) bool { return known.ID == e.ID }) {
		m.events = append(m.events, e)
	}
}

// key returns the event that has a key.
func (m *model) key(tenant, key string) (activity.Event, bool) {
	if key == "" {
		return activity.Event{}, false
	}
	for i := range m.events {
		if e := &m.events[i]; e.Key == key && e.Tenant == tenant {
			return e.Clone(), true
		}
	}
	return activity.Event{}, false
}

// find returns what Feed should.
func (m *model) find(q activity.EventQuery) []activity.Event {
	var found []activity.Event
	for i := range m.events {
		e := &m.events[i]
		if e.Tenant != q.Tenant {
			continue
		}
		if q.Actor.Kind != "" && (e.Actor.Kind != q.Actor.Kind || e.Actor.ID != q.Actor.ID) {
			continue
		}
		if q.Task != (activity.ID{}) && e.Task != q.Task {
			continue
		}
		if q.Source != 0 && e.Source != q.Source {
			continue
		}
		if string(e.ID[:]) < string(q.Min[:]) {
			continue
		}
		if q.Max != (activity.ID{}) && string(e.ID[:]) >= string(q.Max[:]) {
			continue
		}
		if len(q.Types) > 0 {
			ok := false
			for _, name := range q.Types {
				ok = ok || e.Type == name
			}
			if !ok {
				continue
			}
		}
		if len(q.About) > 0 {
			ok := false
			for _, wanted := range q.About {
				for _, entity := range e.About {
					ok = ok || entity.Kind == wanted.Kind && entity.ID == wanted.ID
				}
			}
			if !ok {
				continue
			}
		}
		if len(q.Named) > 0 {
			ok := false
			for _, wanted := range q.Named {
				for _, entity := range append([]activity.Entity{e.Actor}, e.About...) {
					ok = ok || entity.Kind == wanted.Kind && entity.ID == wanted.ID
				}
			}
			if !ok {
				continue
			}
		}
		found = append(found, *e)
	}
	slices.SortFunc(found, func(a, b activity.Event) int {
		if q.Oldest {
			a, b = b, a
		}
		switch {
		case string(a.ID[:]) > string(b.ID[:]):
			return -1
		case string(a.ID[:]) < string(b.ID[:]):
			return 1
		}
		return 0
	})
	return found[:min(len(found), q.Limit)]
}

// count returns what CountEvents should.
func (m *model) count(q activity.EventQuery) []activity.TypeCount {
	limit := q.Limit
	q.Limit = len(m.events)
	numbers := map[string]int{}
	for _, e := range m.find(q) {
		numbers[e.Type]++
	}
	var counts []activity.TypeCount
	for name, n := range numbers {
		counts = append(counts, activity.TypeCount{Type: name, N: min(n, limit)})
	}
	slices.SortFunc(counts, func(a, b activity.TypeCount) int { return strings.Compare(a.Type, b.Type) })
	return counts
}
