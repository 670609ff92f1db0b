package memstore

import (
	"cmp"
	"slices"
	"strings"

	"github.com/go-activity/activity"
)

// holds reports whether one of some entities is under a legal hold.
func (t tenant) holds(entities ...activity.Entity) bool {
	return slices.ContainsFunc(t.legalHolds, func(h activity.LegalHold) bool {
		return slices.ContainsFunc(entities, h.Entity.Is)
	})
}

// searchHold returns the place of an entity's legal hold, and whether there is one.
func (t tenant) searchHold(entity activity.Entity) (int, bool) {
	return slices.BinarySearchFunc(t.legalHolds, entity, func(h activity.LegalHold, e activity.Entity) int {
		return cmp.Or(strings.Compare(h.Entity.Kind, e.Kind), strings.Compare(h.Entity.ID, e.ID))
	})
}

// setLegalHold returns the state with a legal hold.
func (s *state) setLegalHold(tenant string, hold activity.LegalHold) *state {
	hold.At = stored(hold.At)
	t := s.tenants[tenant]
	i, ok := t.searchHold(hold.Entity)
	t.legalHolds = slices.Clone(t.legalHolds)
	if ok {
		t.legalHolds[i] = hold
	} else {
		t.legalHolds = slices.Insert(t.legalHolds, i, hold)
	}
	return s.with(tenant, t)
}

// liftLegalHold returns the state without the legal hold of an entity.
func (s *state) liftLegalHold(tenant string, entity activity.Entity) (*state, error) {
	t := s.tenants[tenant]
	i, ok := t.searchHold(entity)
	if !ok {
		return nil, activity.ErrNotFound
	}
	t.legalHolds = slices.Delete(slices.Clone(t.legalHolds), i, i+1)
	return s.with(tenant, t), nil
}

func (s *state) listHolds(tenant string) []activity.LegalHold {
	return slices.Clone(s.tenants[tenant].legalHolds)
}
