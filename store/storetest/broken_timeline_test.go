package storetest

import (
	"context"

	"github.com/go-activity/activity"
)

// brokenTimeline is the part of a broken that counts events and keeps the directory, relations and marks.
type brokenTimeline struct {
	countEvents  func(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.TypeCount, error)
	index        func(ctx context.Context, in activity.Store, limit int) (int, error)
	findEntities func(ctx context.Context, in activity.Store, query activity.EntityQuery) ([]activity.Entity, error)
	relate       func(ctx context.Context, in activity.Store, tenant string, relation activity.Relation) error
	unrelate     func(ctx context.Context, in activity.Store, tenant string, entity activity.Entity, role activity.RelationRole) error
	relations    func(ctx context.Context, in activity.Store, tenant string, entity activity.Entity, limit int) ([]activity.Relation, error)
	relatives    func(ctx context.Context, in activity.Store, query activity.RelativesQuery) ([]activity.Entity, error)
	setMark      func(ctx context.Context, in activity.Store, mark activity.ReadMark) error
	mark         func(ctx context.Context, in activity.Store, tenant string, reader, feed activity.Entity) (activity.ID, error)
}

func (b *brokenStore) CountEvents(ctx context.Context, query activity.EventQuery) ([]activity.TypeCount, error) {
	if b.defect.countEvents != nil {
		return b.defect.countEvents(ctx, b.in, query)
	}
	return b.in.CountEvents(ctx, query)
}

func (b *brokenStore) Index(ctx context.Context, limit int) (int, error) {
	if b.defect.index != nil {
		return b.defect.index(ctx, b.in, limit)
	}
	return b.in.Index(ctx, limit)
}

func (b *brokenStore) FindEntities(ctx context.Context, query activity.EntityQuery) ([]activity.Entity, error) {
	if b.defect.findEntities != nil {
		return b.defect.findEntities(ctx, b.in, query)
	}
	return b.in.FindEntities(ctx, query)
}

func (b *brokenStore) Relate(ctx context.Context, tenant string, relation activity.Relation) error {
	if b.defect.relate != nil {
		return b.defect.relate(ctx, b.in, tenant, relation)
	}
	return b.in.Relate(ctx, tenant, relation)
}

func (b *brokenStore) Unrelate(ctx context.Context, tenant string, entity activity.Entity, role activity.RelationRole) error {
	if b.defect.unrelate != nil {
		return b.defect.unrelate(ctx, b.in, tenant, entity, role)
	}
	return b.in.Unrelate(ctx, tenant, entity, role)
}

func (b *brokenStore) Relations(ctx context.Context, tenant string, entity activity.Entity, limit int) ([]activity.Relation, error) {
	if b.defect.relations != nil {
		return b.defect.relations(ctx, b.in, tenant, entity, limit)
	}
	return b.in.Relations(ctx, tenant, entity, limit)
}

func (b *brokenStore) Relatives(ctx context.Context, query activity.RelativesQuery) ([]activity.Entity, error) {
	if b.defect.relatives != nil {
		return b.defect.relatives(ctx, b.in, query)
	}
	return b.in.Relatives(ctx, query)
}

func (b *brokenStore) SetMark(ctx context.Context, mark activity.ReadMark) error {
	if b.defect.setMark != nil {
		return b.defect.setMark(ctx, b.in, mark)
	}
	return b.in.SetMark(ctx, mark)
}

func (b *brokenStore) Mark(ctx context.Context, tenant string, reader, feed activity.Entity) (activity.ID, error) {
	if b.defect.mark != nil {
		return b.defect.mark(ctx, b.in, tenant, reader, feed)
	}
	return b.in.Mark(ctx, tenant, reader, feed)
}
