package storetest

import (
	"context"

	"github.com/go-activity/activity"
)

func (s *twoStores) Index(ctx context.Context, limit int) (int, error) {
	return s.writes.Index(ctx, limit)
}

func (s *twoStores) Relate(ctx context.Context, tenant string, relation activity.Relation) error {
	return s.writes.Relate(ctx, tenant, relation)
}

func (s *twoStores) Unrelate(ctx context.Context, tenant string, entity activity.Entity, role activity.RelationRole) error {
	return s.writes.Unrelate(ctx, tenant, entity, role)
}

func (s *twoStores) SetMark(ctx context.Context, mark activity.ReadMark) error {
	return s.writes.SetMark(ctx, mark)
}

func (s *twoStores) Seal(ctx context.Context, limit int) (int, error) {
	return s.writes.Seal(ctx, limit)
}

func (s *twoStores) TakeConsumer(ctx context.Context, take activity.ConsumerTake) (activity.ConsumerState, error) {
	return s.writes.TakeConsumer(ctx, take)
}

func (s *twoStores) MoveConsumer(ctx context.Context, move activity.ConsumerMove) error {
	return s.writes.MoveConsumer(ctx, move)
}

func (s *twoStores) ResetConsumer(ctx context.Context, reset activity.ConsumerReset) error {
	return s.writes.ResetConsumer(ctx, reset)
}

func (s *twoStores) Unpark(ctx context.Context, name string, position activity.Position) error {
	return s.writes.Unpark(ctx, name, position)
}

func (s *twoStores) Erase(ctx context.Context, erase activity.EraseQuery) (activity.Erased, error) {
	return s.writes.Erase(ctx, erase)
}

func (s *twoStores) RemoveEvents(ctx context.Context, tenant string, ids []activity.ID) ([]activity.ID, error) {
	return s.writes.RemoveEvents(ctx, tenant, ids)
}

func (s *twoStores) RemoveOutcomes(ctx context.Context, tenant string, task activity.ID, limit int) (int, error) {
	return s.writes.RemoveOutcomes(ctx, tenant, task, limit)
}

func (s *twoStores) SetLegalHold(ctx context.Context, tenant string, hold activity.LegalHold) error {
	return s.writes.SetLegalHold(ctx, tenant, hold)
}

func (s *twoStores) LiftLegalHold(ctx context.Context, tenant string, entity activity.Entity) error {
	return s.writes.LiftLegalHold(ctx, tenant, entity)
}
