package memstore

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/go-activity/activity"
)

// subject is an entity without its label, as a key.
type subject struct{ kind, id string }

func subjectOf(e activity.Entity) subject { return subject{e.Kind, e.ID} }

func (s subject) entity() activity.Entity { return activity.Entity{Kind: s.kind, ID: s.id} }

func (s subject) compare(o subject) int {
	return cmp.Or(strings.Compare(s.kind, o.kind), strings.Compare(s.id, o.id))
}

// name is what the directory has of an entity. It never changes.
type name struct {
	label string
	words []string // of all names that it has or had
}

// index returns the state with the first entries taken into the directory of which that was not done, and their number.
func (s *state) index(limit int) (*state, int) {
	entries := s.entries.items[s.indexed:]
	entries = entries[:min(len(entries), limit)]
	if len(entries) == 0 {
		return s, 0
	}
	next := s.fork()
	next.indexed += len(entries)
	copied := map[string]bool{} // the tenants whose directories are next's own
	for _, entry := range entries {
		t := next.tenants[entry.tenant]
		i, ok := t.search(entry.id)
		if !ok {
			continue // removed
		}
		if !copied[entry.tenant] {
			copied[entry.tenant] = true
			if t.names = maps.Clone(t.names); t.names == nil {
				t.names = map[subject]*name{}
			}
			next.tenants[entry.tenant] = t
		}
		e := &t.rows[i].Event
		for _, entity := range append([]activity.Entity{e.Actor}, e.About...) {
			if !entity.IsErased() && entity.Kind != activity.EventKind {
				t.names[subjectOf(entity)] = t.names[subjectOf(entity)].with(entity)
			}
		}
	}
	return next, len(entries)
}

// with returns the name with those of one more entry.
func (n *name) with(e activity.Entity) *name {
	next := &name{label: e.Label}
	if n != nil {
		next.label = cmp.Or(e.Label, n.label)
		next.words = slices.Clone(n.words)
	}
	for _, word := range activity.NameWords(e.Name()) {
		if !slices.Contains(next.words, word) {
			next.words = append(next.words, word)
		}
	}
	return next
}

func (s *state) findEntities(q *activity.EntityQuery) []activity.Entity {
	var found []activity.Entity
	for of, name := range s.tenants[q.Tenant].names {
		if q.Match(of.kind, name.words) {
			found = append(found, activity.Entity{Kind: of.kind, ID: of.id, Label: name.label})
		}
	}
	slices.SortFunc(found, func(a, b activity.Entity) int {
		return cmp.Or(strings.Compare(a.Name(), b.Name()), subjectOf(a).compare(subjectOf(b)))
	})
	return found[:min(len(found), q.Limit)]
}
