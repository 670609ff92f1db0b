package activity

import (
	"context"
	"errors"
	"fmt"
)

// MaxRelatives is how many entities one query may stand for, with all that are merged with those it names and below them.
const MaxRelatives = 2000

// RelationEvent is the payload of the events of relations.
type RelationEvent struct {
	Of string `json:"of"` // the name of the other entity at the time
}

// The events of relations, each about both entities. The library records them with what they tell of, in the same
// transaction. Every journal knows these types, and nobody else can record them.
var (
	// ParentSet says that the first entity was put below the second one.
	ParentSet = relationType("activity.parent_set", "Put below", "put {about} under {of}", "puso {about} bajo {of}")

	// ParentRemoved says that the first entity is not below the second one any more.
	ParentRemoved = relationType("activity.parent_removed", "Taken out", "took {about} out of {of}", "sacó {about} de {of}")

	// EntityMerged says that the first entity was merged into the second one.
	EntityMerged = relationType("activity.merged", "Merged", "merged {about} into {of}", "fusionó {about} con {of}")

	// EntityUnmerged says that the first entity was taken apart from the second one.
	EntityUnmerged = relationType("activity.unmerged", "Unmerged", "separated {about} from {of}", "separó {about} de {of}")
)

var relationTypes = []EventType{ParentSet, ParentRemoved, EntityMerged, EntityUnmerged}

func relationType(name, label, english, spanish string) Type[RelationEvent] {
	return ownType[RelationEvent](name, label, "hierarchy", "tree", english, spanish)
}

// SetParent puts an entity below another one, as a contact is below its account, so that [Query.Descendants] finds its events
// there too. An entity has one parent: a new one takes the place of the one before. It is recorded as [ParentSet], by who is given
// or the context's actor; a parent that it has already is none. An entity that would come below itself is [ErrCycle].
func (t Tenant) SetParent(ctx context.Context, child, parent, by Entity) error {
	return t.relate(ctx, Relation{Role: RoleParent, Entity: child, Of: parent}, by, ParentSet)
}

// RemoveParent takes an entity out of its parent. It is recorded as [ParentRemoved]. One without a parent is [ErrNotFound].
func (t Tenant) RemoveParent(ctx context.Context, child, by Entity) error {
	return t.unrelate(ctx, child, RoleParent, by, ParentRemoved)
}

// Merge makes one history of two: a query about either entity, or about any other that is merged with them, finds the events
// of all. Nothing is rewritten: events keep saying whom they were about. It is recorded as [EntityMerged]. An entity that is merged
// already is [ErrMerged]; one that is above the other, or that the other one is merged into, is [ErrCycle].
func (t Tenant) Merge(ctx context.Context, from, into, by Entity) error {
	return t.relate(ctx, Relation{Role: RoleMerged, Entity: from, Of: into}, by, EntityMerged)
}

// Unmerge takes apart what Merge has put together, which is exact as nothing was rewritten. It is recorded as
// [EntityUnmerged]. An entity that was not merged into another one is [ErrNotFound].
func (t Tenant) Unmerge(ctx context.Context, from, by Entity) error {
	return t.unrelate(ctx, from, RoleMerged, by, EntityUnmerged)
}

// Relations are what an entity belongs to and what belongs to it. Labels are those that were given with the relation.
type Relations struct {
	Parent     Entity   `json:"parent,omitzero"`
	Children   []Entity `json:"children,omitempty"` // by kind and ID
	MergedInto Entity   `json:"merged_into,omitzero"`
	Merged     []Entity `json:"merged,omitempty"` // into it, by kind and ID
	More       bool     `json:"more,omitempty"`   // there are more than MaxListed, of which some are left out
}

// Relations returns the relations of an entity, at most [MaxListed].
func (t Tenant) Relations(ctx context.Context, entity Entity) (Relations, error) {
	if err := checkTenant(t.name); err != nil {
		return Relations{}, err
	}
	if err := checkEntity("Entity", entity); err != nil {
		return Relations{}, err
	}
	rows, err := t.journal.store.Relations(ctx, t.name, entity, MaxListed+1)
	if err != nil {
		return Relations{}, err
	}
	found := Relations{More: len(rows) > MaxListed}
	for _, r := range rows[:min(len(rows), MaxListed)] {
		switch of := r.Entity.Is(entity); {
		case of && r.Role == RoleParent:
			found.Parent = r.Of
		case of:
			found.MergedInto = r.Of
		case r.Role == RoleParent:
			found.Children = append(found.Children, r.Entity)
		default:
			found.Merged = append(found.Merged, r.Entity)
		}
	}
	return found, nil
}

// MergedWith returns an entity and all that have one history with it, because they were merged, without labels. What nobody has merged
// is by itself.
func (t Tenant) MergedWith(ctx context.Context, entity Entity) ([]Entity, error) {
	if err := checkTenant(t.name); err != nil {
		return nil, err
	}
	if err := checkEntity("Entity", entity); err != nil {
		return nil, err
	}
	return t.relatives(ctx, []Entity{entity}, false)
}

func (t Tenant) relate(ctx context.Context, r Relation, by Entity, typ Type[RelationEvent]) error {
	by, err := t.checkRelation(ctx, r.Entity, by)
	if err != nil {
		return err
	}
	if err := checkEntity("Of", r.Of); err != nil {
		return err
	}
	return t.journal.store.InTx(ctx, func(tx Store) error {
		had, err := relationOf(ctx, tx, t.name, r.Entity, r.Role)
		if err != nil && !isNotFound(err) {
			return err
		}
		if err == nil && r.Role == RoleParent && had.Of.Is(r.Of) {
			return nil
		}
		err = tx.Relate(ctx, t.name, r)
		if errors.Is(err, ErrCycle) || errors.Is(err, ErrMerged) {
			err = fmt.Errorf("%w: %s %q, to belong to %s %q", err, r.Entity.Kind, r.Entity.ID, r.Of.Kind, r.Of.ID)
		}
		if err != nil {
			return err
		}
		return t.record(ctx, tx, typ.New(RelationEvent{Of: r.Of.Name()}).By(by).About(r.Entity, r.Of))
	})
}

func (t Tenant) unrelate(ctx context.Context, entity Entity, role RelationRole, by Entity, typ Type[RelationEvent]) error {
	by, err := t.checkRelation(ctx, entity, by)
	if err != nil {
		return err
	}
	return t.journal.store.InTx(ctx, func(tx Store) error {
		had, err := relationOf(ctx, tx, t.name, entity, role)
		if err != nil {
			return err
		}
		if err := tx.Unrelate(ctx, t.name, entity, role); err != nil {
			return err
		}
		if entity.Label == "" {
			entity = had.Entity
		}
		return t.record(ctx, tx, typ.New(RelationEvent{Of: had.Of.Name()}).By(by).About(entity, had.Of))
	})
}

func (t Tenant) checkRelation(ctx context.Context, entity, by Entity) (Entity, error) {
	if err := checkTenant(t.name); err != nil {
		return by, err
	}
	if err := checkEntity("Entity", entity); err != nil {
		return by, err
	}
	return actor(ctx, "By", by)
}

// relationOf returns the relation that an entity has in a role, or ErrNotFound.
func relationOf(ctx context.Context, store Store, tenant string, entity Entity, role RelationRole) (Relation, error) {
	own, err := store.Relations(ctx, tenant, entity, 2) // its own come first
	if err != nil {
		return Relation{}, err
	}
	for _, r := range own {
		if r.Role == role && r.Entity.Is(entity) {
			return r, nil
		}
	}
	return Relation{}, ErrNotFound
}

// relatives returns the entities that stand for some entities: what is merged with them, and what is below them if asked for.
func (t Tenant) relatives(ctx context.Context, entities []Entity, descendants bool) ([]Entity, error) {
	return t.journal.store.Relatives(ctx, RelativesQuery{
		Tenant: t.name, Entities: distinct(entities, unlabelled), Descendants: descendants, Limit: max(MaxRelatives, len(entities)),
	})
}
