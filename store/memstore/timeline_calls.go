package memstore

import (
	"context"

	"github.com/go-activity/activity"
)

// Each call of an [activity.DirectoryStore], an [activity.RelationStore] and an [activity.MarkStore] is here twice, like those
// of tasks: for the store and for a transaction.

// CountEvents implements [activity.EventStore].
func (s *Store) CountEvents(ctx context.Context, query activity.EventQuery) ([]activity.TypeCount, error) {
	return ask(ctx, s.load, func(now *state) ([]activity.TypeCount, error) { return now.countEvents(&query), nil })
}

// Index implements [activity.DirectoryStore].
func (s *Store) Index(ctx context.Context, limit int) (n int, err error) {
	err = s.InTx(ctx, func(tx activity.Store) error {
		n, err = tx.Index(ctx, limit)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// FindEntities implements [activity.DirectoryStore].
func (s *Store) FindEntities(ctx context.Context, query activity.EntityQuery) ([]activity.Entity, error) {
	return ask(ctx, s.load, func(now *state) ([]activity.Entity, error) { return now.findEntities(&query), nil })
}

// Relate implements [activity.RelationStore].
func (s *Store) Relate(ctx context.Context, tenant string, relation activity.Relation) error {
	return s.InTx(ctx, func(tx activity.Store) error { return tx.Relate(ctx, tenant, relation) })
}

// Unrelate implements [activity.RelationStore].
func (s *Store) Unrelate(ctx context.Context, tenant string, entity activity.Entity, role activity.RelationRole) error {
	return s.InTx(ctx, func(tx activity.Store) error { return tx.Unrelate(ctx, tenant, entity, role) })
}

// Relations implements [activity.RelationStore].
func (s *Store) Relations(ctx context.Context, tenant string, entity activity.Entity, limit int) ([]activity.Relation, error) {
	return ask(ctx, s.load, func(now *state) ([]activity.Relation, error) { return now.findRelations(tenant, entity, limit), nil })
}

// Relatives implements [activity.RelationStore].
func (s *Store) Relatives(ctx context.Context, query activity.RelativesQuery) ([]activity.Entity, error) {
	return ask(ctx, s.load, func(now *state) ([]activity.Entity, error) { return now.relatives(&query) })
}

// SetMark implements [activity.MarkStore].
func (s *Store) SetMark(ctx context.Context, mark activity.ReadMark) error {
	return s.InTx(ctx, func(tx activity.Store) error { return tx.SetMark(ctx, mark) })
}

// Mark implements [activity.MarkStore].
func (s *Store) Mark(ctx context.Context, tenant string, reader, feed activity.Entity) (activity.ID, error) {
	return ask(ctx, s.load, func(now *state) (activity.ID, error) { return now.mark(tenant, reader, feed), nil })
}

func (tx *transaction) CountEvents(ctx context.Context, query activity.EventQuery) ([]activity.TypeCount, error) {
	return ask(ctx, tx.current, func(now *state) ([]activity.TypeCount, error) { return now.countEvents(&query), nil })
}

func (tx *transaction) Index(ctx context.Context, limit int) (n int, err error) {
	err = tx.change(ctx, func(now *state) (next *state, err error) {
		next, n = now.index(limit)
		return next, nil
	})
	return n, err
}

func (tx *transaction) FindEntities(ctx context.Context, query activity.EntityQuery) ([]activity.Entity, error) {
	return ask(ctx, tx.current, func(now *state) ([]activity.Entity, error) { return now.findEntities(&query), nil })
}

func (tx *transaction) Relate(ctx context.Context, tenant string, relation activity.Relation) error {
	return tx.change(ctx, func(now *state) (*state, error) { return now.relate(ctx, tenant, relation) })
}

func (tx *transaction) Unrelate(ctx context.Context, tenant string, entity activity.Entity, role activity.RelationRole) error {
	return tx.change(ctx, func(now *state) (*state, error) { return now.unrelate(tenant, entity, role) })
}

func (tx *transaction) Relations(ctx context.Context, tenant string, entity activity.Entity, limit int) ([]activity.Relation, error) {
	return ask(ctx, tx.current, func(now *state) ([]activity.Relation, error) { return now.findRelations(tenant, entity, limit), nil })
}

func (tx *transaction) Relatives(ctx context.Context, query activity.RelativesQuery) ([]activity.Entity, error) {
	return ask(ctx, tx.current, func(now *state) ([]activity.Entity, error) { return now.relatives(&query) })
}

func (tx *transaction) SetMark(ctx context.Context, mark activity.ReadMark) error {
	return tx.change(ctx, func(now *state) (*state, error) { return now.setMark(mark), nil })
}

func (tx *transaction) Mark(ctx context.Context, tenant string, reader, feed activity.Entity) (activity.ID, error) {
	return ask(ctx, tx.current, func(now *state) (activity.ID, error) { return now.mark(tenant, reader, feed), nil })
}
