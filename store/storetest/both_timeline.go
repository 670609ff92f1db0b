package storetest

import (
	"context"

	"github.com/go-activity/activity"
)

func (b *both) CountEvents(ctx context.Context, query activity.EventQuery) ([]activity.TypeCount, error) {
	b.Helper()
	want, wantErr := b.memory.CountEvents(ctx, query)
	got, err := b.store.CountEvents(ctx, query)
	b.agree("CountEvents", diffList(want, got), wantErr, err)
	return got, err
}

func (b *both) Index(ctx context.Context, limit int) (int, error) {
	b.Helper()
	want, wantErr := b.memory.Index(ctx, limit)
	got, err := b.store.Index(ctx, limit)
	b.agree("Index", diffAny(want, got), wantErr, err)
	return got, err
}

func (b *both) FindEntities(ctx context.Context, query activity.EntityQuery) ([]activity.Entity, error) {
	b.Helper()
	want, wantErr := b.memory.FindEntities(ctx, query)
	got, err := b.store.FindEntities(ctx, query)
	b.agree("FindEntities", diffList(want, got), wantErr, err)
	return got, err
}

func (b *both) Relate(ctx context.Context, tenant string, relation activity.Relation) error {
	b.Helper()
	wantErr := b.memory.Relate(ctx, tenant, relation)
	err := b.store.Relate(ctx, tenant, relation)
	b.agree("Relate", "", wantErr, err)
	return err
}

func (b *both) Unrelate(ctx context.Context, tenant string, entity activity.Entity, role activity.RelationRole) error {
	b.Helper()
	wantErr := b.memory.Unrelate(ctx, tenant, entity, role)
	err := b.store.Unrelate(ctx, tenant, entity, role)
	b.agree("Unrelate", "", wantErr, err)
	return err
}

func (b *both) Relations(ctx context.Context, tenant string, entity activity.Entity, limit int) ([]activity.Relation, error) {
	b.Helper()
	want, wantErr := b.memory.Relations(ctx, tenant, entity, limit)
	got, err := b.store.Relations(ctx, tenant, entity, limit)
	b.agree("Relations", diffList(want, got), wantErr, err)
	return got, err
}

func (b *both) Relatives(ctx context.Context, query activity.RelativesQuery) ([]activity.Entity, error) {
	b.Helper()
	want, wantErr := b.memory.Relatives(ctx, query)
	got, err := b.store.Relatives(ctx, query)
	b.agree("Relatives", diffList(want, got), wantErr, err)
	return got, err
}

func (b *both) SetMark(ctx context.Context, mark activity.ReadMark) error {
	b.Helper()
	wantErr := b.memory.SetMark(ctx, mark)
	err := b.store.SetMark(ctx, mark)
	b.agree("SetMark", "", wantErr, err)
	return err
}

func (b *both) Mark(ctx context.Context, tenant string, reader, feed activity.Entity) (activity.ID, error) {
	b.Helper()
	want, wantErr := b.memory.Mark(ctx, tenant, reader, feed)
	got, err := b.store.Mark(ctx, tenant, reader, feed)
	b.agree("Mark", diffAny(want, got), wantErr, err)
	return got, err
}
