package storetest

import (
	"context"

	"github.com/go-activity/activity"
)

// brokenErase is the part of a broken that erases and removes.
type brokenErase struct {
	erase          func(ctx context.Context, in activity.Store, erase activity.EraseQuery) (activity.Erased, error)
	removeEvents   func(ctx context.Context, in activity.Store, tenant string, ids []activity.ID) ([]activity.ID, error)
	reports        func(ctx context.Context, in activity.Store, query activity.ReportsQuery) ([]activity.ReportRef, error)
	removeOutcomes func(ctx context.Context, in activity.Store, tenant string, task activity.ID, limit int) (int, error)
	setLegalHold   func(ctx context.Context, in activity.Store, tenant string, hold activity.LegalHold) error
	liftLegalHold  func(ctx context.Context, in activity.Store, tenant string, entity activity.Entity) error
	legalHolds     func(ctx context.Context, in activity.Store, tenant string) ([]activity.LegalHold, error)
}

func (b *brokenStore) Erase(ctx context.Context, erase activity.EraseQuery) (activity.Erased, error) {
	if b.defect.erase != nil {
		return b.defect.erase(ctx, b.in, erase)
	}
	return b.in.Erase(ctx, erase)
}

func (b *brokenStore) RemoveEvents(ctx context.Context, tenant string, ids []activity.ID) ([]activity.ID, error) {
	if b.defect.removeEvents != nil {
		return b.defect.removeEvents(ctx, b.in, tenant, ids)
	}
	return b.in.RemoveEvents(ctx, tenant, ids)
}

func (b *brokenStore) Reports(ctx context.Context, query activity.ReportsQuery) ([]activity.ReportRef, error) {
	if b.defect.reports != nil {
		return b.defect.reports(ctx, b.in, query)
	}
	return b.in.Reports(ctx, query)
}

func (b *brokenStore) RemoveOutcomes(ctx context.Context, tenant string, task activity.ID, limit int) (int, error) {
	if b.defect.removeOutcomes != nil {
		return b.defect.removeOutcomes(ctx, b.in, tenant, task, limit)
	}
	return b.in.RemoveOutcomes(ctx, tenant, task, limit)
}

func (b *brokenStore) SetLegalHold(ctx context.Context, tenant string, hold activity.LegalHold) error {
	if b.defect.setLegalHold != nil {
		return b.defect.setLegalHold(ctx, b.in, tenant, hold)
	}
	return b.in.SetLegalHold(ctx, tenant, hold)
}

func (b *brokenStore) LiftLegalHold(ctx context.Context, tenant string, entity activity.Entity) error {
	if b.defect.liftLegalHold != nil {
		return b.defect.liftLegalHold(ctx, b.in, tenant, entity)
	}
	return b.in.LiftLegalHold(ctx, tenant, entity)
}

func (b *brokenStore) LegalHolds(ctx context.Context, tenant string) ([]activity.LegalHold, error) {
	if b.defect.legalHolds != nil {
		return b.defect.legalHolds(ctx, b.in, tenant)
	}
	return b.in.LegalHolds(ctx, tenant)
}
