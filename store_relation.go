package activity

import (
	"context"
	"slices"
)

// RelationStore is the part of a [Store] that keeps which entities belong together.
type RelationStore interface {
	// Relate stores a relation of an entity.
	//
	//   - An entity has one relation of a role: a new parent takes the place of the one before.
	//   - An entity that is merged already is ErrMerged, whatever it is merged into, and nothing changes.
	//   - A relation that Relation.Check refuses is its error, and nothing changes; also of calls that run at once, one of which
	//     would refuse what the other one stores.
	Relate(ctx context.Context, tenant string, relation Relation) error

	// Unrelate takes away the relation that an entity has in a role.
	//
	//   - An entity without one is ErrNotFound.
	Unrelate(ctx context.Context, tenant string, entity Entity, role RelationRole) error

	// Relations returns the relations that an entity has, and those that others have to it.
	//
	//   - Exactly the relations of which the entity is one side come back: first those that it has, by ascending role, then those
	//     that others have to it, by ascending role, then kind and ID of these.
	//   - When there are more than limit, the first limit of that order come back.
	//   - Labels come back as they were stored.
	Relations(ctx context.Context, tenant string, entity Entity, limit int) ([]Relation, error)

	// Relatives returns the entities that stand for some entities on timelines.
	//
	//   - Exactly these come back: the entities asked for, and all that are merged with one that comes back, in either direction.
	//   - With Descendants, so do all whose parent comes back.
	//   - Each comes back once, without a label, by ascending kind and ID.
	//   - More than Limit are ErrTooBroad.
	Relatives(ctx context.Context, query RelativesQuery) ([]Entity, error)
}

// RelationRole says how an entity belongs to another one.
type RelationRole uint8

// The roles of relations.
const (
	RoleParent RelationRole = 1 // it is below the other one
	RoleMerged RelationRole = 2 // it is the same as the other one
)

// Relation says that an entity belongs to another one.
type Relation struct {
	Role   RelationRole
	Entity Entity
	Of     Entity // its parent, or what it is merged into
}

// RelativesQuery says whose relatives are wanted.
type RelativesQuery struct {
	Tenant      string
	Entities    []Entity // no two are the same
	Descendants bool
	Limit       int // at least 1
}

// Check reports whether a relation may be added, as [ErrCycle] if an entity would come below itself. What is merged counts
// as one entity. The function it gets returns, of some entities, the relations that they have, and the RoleMerged relations that
// others have to them.
func (r *Relation) Check(ctx context.Context, related func(context.Context, []Entity) ([]Relation, error)) error {
	above, err := reaches(ctx, r.Of, r.Entity, related)
	if err == nil && !above && r.Role == RoleMerged {
		above, err = reaches(ctx, r.Entity, r.Of, related)
	}
	if err == nil && above {
		err = ErrCycle
	}
	return err
}

// reaches reports whether an entity is the same as another one, or above it.
func reaches(ctx context.Context, from, to Entity, related func(context.Context, []Entity) ([]Relation, error)) (bool, error) {
	seen := map[Entity]bool{}
	next := []Entity{unlabelled(from)}
	for len(next) > 0 {
		for _, e := range next {
			if e.Is(to) {
				return true, nil
			}
			seen[e] = true
		}
		relations, err := related(ctx, next)
		if err != nil {
			return false, err
		}
		next = nil
		for _, r := range relations {
			for _, e := range r.upward() {
				if e = unlabelled(e); !seen[e] && !slices.Contains(next, e) {
					next = append(next, e)
				}
			}
		}
	}
	return false, nil
}

// upward returns those sides of a relation that are as high as the others or higher.
func (r *Relation) upward() []Entity {
	if r.Role == RoleMerged {
		return []Entity{r.Entity, r.Of}
	}
	return []Entity{r.Of}
}

func unlabelled(e Entity) Entity { return Entity{Kind: e.Kind, ID: e.ID} }
