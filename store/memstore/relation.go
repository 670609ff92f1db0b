package memstore

import (
	"cmp"
	"context"
	"slices"

	"github.com/go-activity/activity"
)

// relate returns the state with a relation.
func (s *state) relate(ctx context.Context, tenant string, r activity.Relation) (*state, error) {
	t := s.tenants[tenant]
	i, has := t.searchRelation(subjectOf(r.Entity), r.Role)
	if has && r.Role == activity.RoleMerged {
		return nil, activity.ErrMerged
	}
	err := r.Check(ctx, func(_ context.Context, of []activity.Entity) ([]activity.Relation, error) {
		return t.upward(of), nil
	})
	if err != nil {
		return nil, err
	}
	t.relations = slices.Clone(t.relations)
	if has {
		t.relations[i] = r
	} else {
		t.relations = slices.Insert(t.relations, i, r)
	}
	return s.with(tenant, t), nil
}

// unrelate returns the state without a relation.
func (s *state) unrelate(tenant string, entity activity.Entity, role activity.RelationRole) (*state, error) {
	t := s.tenants[tenant]
	i, has := t.searchRelation(subjectOf(entity), role)
	if !has {
		return nil, activity.ErrNotFound
	}
	t.relations = slices.Delete(slices.Clone(t.relations), i, i+1)
	return s.with(tenant, t), nil
}

// searchRelation returns the place of a relation, and whether it is there. They are sorted by role, then by entity.
func (t tenant) searchRelation(of subject, role activity.RelationRole) (int, bool) {
	return slices.BinarySearchFunc(t.relations, of, func(r activity.Relation, of subject) int {
		return cmp.Or(cmp.Compare(r.Role, role), subjectOf(r.Entity).compare(of))
	})
}

// upward returns the relations that entities have, and those that make others the same.
func (t tenant) upward(entities []activity.Entity) []activity.Relation {
	var found []activity.Relation
	for _, r := range t.relations {
		if slices.ContainsFunc(entities, r.Entity.Is) || r.Role == activity.RoleMerged && slices.ContainsFunc(entities, r.Of.Is) {
			found = append(found, r)
		}
	}
	return found
}

func (s *state) findRelations(tenant string, entity activity.Entity, limit int) []activity.Relation {
	var own, others []activity.Relation
	for _, r := range s.tenants[tenant].relations {
		switch {
		case r.Entity.Is(entity):
			own = append(own, r)
		case r.Of.Is(entity):
			others = append(others, r)
		}
	}
	found := append(own, others...)
	return found[:min(len(found), limit)]
}

func (s *state) relatives(q *activity.RelativesQuery) ([]activity.Entity, error) {
	relations := s.tenants[q.Tenant].relations
	found := map[subject]bool{}
	var next []subject
	add := func(e activity.Entity) {
		if of := subjectOf(e); !found[of] {
			found[of] = true
			next = append(next, of)
		}
	}
	for _, e := range q.Entities {
		add(e)
	}
	for len(next) > 0 {
		e := next[0].entity()
		next = next[1:]
		for _, r := range relations {
			switch {
			case r.Of.Is(e) && (r.Role == activity.RoleMerged || q.Descendants):
				add(r.Entity)
			case r.Entity.Is(e) && r.Role == activity.RoleMerged:
				add(r.Of)
			}
		}
	}
	if len(found) > q.Limit {
		return nil, activity.ErrTooBroad
	}
	entities := make([]activity.Entity, 0, len(found))
	for of := range found {
		entities = append(entities, of.entity())
	}
	slices.SortFunc(entities, func(a, b activity.Entity) int { return subjectOf(a).compare(subjectOf(b)) })
	return entities, nil
}
