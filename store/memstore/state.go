package memstore

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// state is all that is stored at one moment. It is never changed: append makes another one, which
// shares with it what is the same.
type state struct {
	tenants   map[string]tenant
	waiting   list[*waiting] // events without a position
	entries   list[*entry]   // by position
	indexed   int            // entries that the directory has
	consumers map[string]consumer
	quotas    *quotas                      // the same for all states of a store
	meters    map[activity.QuotaKey]*meter // in place of those in quotas: what a transaction has changed
}

// tenant is what is stored of one tenant.
type tenant struct {
	rows []*activity.EventRow          // sorted by ID
	keys map[string]*activity.EventRow // those that have a key

	tasks    []*activity.Task // sorted by ID
	taskKeys map[string]activity.ID
	outcomes map[activity.ID]*batch

	chain chain

	names     map[subject]*name
	relations []activity.Relation // by role, then the kind and the ID of the entity
	marks     map[bookmark]activity.ID

	legalHolds []activity.LegalHold // by the kind and the ID of their entities
}

// fork returns another state, to be changed, whose map of tenants is its own.
func (s *state) fork() *state {
	next := *s
	next.tenants = maps.Clone(s.tenants)
	if next.tenants == nil {
		next.tenants = map[string]tenant{}
	}
	return &next
}

// append returns the state with the rows added, and their events; or an error and no state.
func (s *state) append(rows []activity.EventRow) (*state, []activity.Event, error) {
	next := s.fork()
	copied := map[string]bool{} // the tenants whose lists are next's own
	events := make([]activity.Event, len(rows))
	for i := range rows {
		row := clone(&rows[i])
		t := next.tenants[row.Tenant]
		if known := t.keys[row.Key]; known != nil {
			if !row.Same(known.Event) {
				return nil, nil, &activity.KeyConflictError{Key: row.Key, ID: known.ID}
			}
			events[i] = known.Event.Clone()
			continue
		}
		if next.has(row.ID) {
			return nil, nil, fmt.Errorf("memstore: there is an event %s already", row.ID)
		}
		if !copied[row.Tenant] {
			t.rows, t.keys = slices.Clone(t.rows), maps.Clone(t.keys)
			copied[row.Tenant] = true
		}
		t.insert(row)
		next.tenants[row.Tenant] = t
		next.waiting = next.waiting.add(&waiting{row.Tenant, row.ID, row.RecordedAt, row.Leaf()})
		events[i] = row.Event.Clone()
	}
	return next, events, nil
}

// insert puts a row with a new ID and a new key into its place.
func (t *tenant) insert(row *activity.EventRow) {
	i, _ := t.search(row.ID)
	t.rows = slices.Insert(t.rows, i, row)
	if row.Key == "" {
		return
	}
	if t.keys == nil {
		t.keys = map[string]*activity.EventRow{}
	}
	t.keys[row.Key] = row
}

// search returns the place of an ID, and whether a row is there.
func (t tenant) search(id activity.ID) (int, bool) {
	return slices.BinarySearchFunc(t.rows, id, func(row *activity.EventRow, id activity.ID) int {
		return row.ID.Compare(id)
	})
}

// has reports whether any tenant has an event with the ID.
func (s *state) has(id activity.ID) bool {
	for _, t := range s.tenants {
		if _, ok := t.search(id); ok {
			return true
		}
	}
	return false
}

func (s *state) event(tenant string, id activity.ID) (activity.Event, error) {
	t := s.tenants[tenant]
	i, ok := t.search(id)
	if !ok {
		return activity.Event{}, activity.ErrNotFound
	}
	return t.rows[i].Event.Clone(), nil
}

func (s *state) feed(query *activity.EventQuery) []activity.Event {
	rows := slices.Backward(s.tenants[query.Tenant].rows)
	if query.Oldest {
		rows = slices.All(s.tenants[query.Tenant].rows)
	}
	var events []activity.Event
	for _, row := range rows {
		if len(events) == query.Limit {
			break
		}
		if query.Match(&row.Event) {
			events = append(events, row.Event.Clone())
		}
	}
	return events
}

func (s *state) countEvents(query *activity.EventQuery) []activity.TypeCount {
	counts := map[string]int{}
	for _, row := range s.tenants[query.Tenant].rows {
		if query.Match(&row.Event) {
			counts[row.Type] = min(counts[row.Type]+1, query.Limit)
		}
	}
	var found []activity.TypeCount
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		found = append(found, activity.TypeCount{Type: name, N: counts[name]})
	}
	return found
}

// clone returns a copy of a row that shares no memory with it, its times as a store keeps them.
func clone(row *activity.EventRow) *activity.EventRow {
	c := *row
	c.Event = row.Event.Clone()
	c.Salts = slices.Clone(row.Salts)
	c.OccurredAt = row.OccurredAt.UTC().Truncate(time.Microsecond)
	c.RecordedAt = row.RecordedAt.UTC().Truncate(time.Microsecond)
	return &c
}
