package memstore

import (
	"maps"

	"github.com/go-activity/activity"
)

// bookmark names the mark of a reader in a feed.
type bookmark struct{ reader, feed subject }

// setMark returns the state with a mark moved.
func (s *state) setMark(m activity.ReadMark) *state {
	t := s.tenants[m.Tenant]
	of := bookmark{subjectOf(m.Reader), subjectOf(m.Feed)}
	if !m.Back && m.Through.Compare(t.marks[of]) <= 0 {
		return s
	}
	if t.marks = maps.Clone(t.marks); t.marks == nil {
		t.marks = map[bookmark]activity.ID{}
	}
	t.marks[of] = m.Through
	if m.Through.IsZero() {
		delete(t.marks, of)
	}
	return s.with(m.Tenant, t)
}

func (s *state) mark(tenant string, reader, feed activity.Entity) activity.ID {
	return s.tenants[tenant].marks[bookmark{subjectOf(reader), subjectOf(feed)}]
}
