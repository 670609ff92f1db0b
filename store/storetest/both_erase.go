package storetest

import (
	"context"
	"fmt"

	"github.com/go-activity/activity"
)

func (b *both) Erase(ctx context.Context, erase activity.EraseQuery) (activity.Erased, error) {
	b.Helper()
	want, wantErr := b.memory.Erase(ctx, erase)
	got, err := b.store.Erase(ctx, erase)
	b.agree("Erase", diffErased(want, got), wantErr, err)
	return got, err
}

func (b *both) RemoveEvents(ctx context.Context, tenant string, ids []activity.ID) ([]activity.ID, error) {
	b.Helper()
	want, wantErr := b.memory.RemoveEvents(ctx, tenant, ids)
	got, err := b.store.RemoveEvents(ctx, tenant, ids)
	b.agree("RemoveEvents", diffAny(want, got), wantErr, err)
	return got, err
}

func (b *both) Reports(ctx context.Context, query activity.ReportsQuery) ([]activity.ReportRef, error) {
	b.Helper()
	want, wantErr := b.memory.Reports(ctx, query)
	got, err := b.store.Reports(ctx, query)
	b.agree("Reports", diffList(want, got), wantErr, err)
	return got, err
}

func (b *both) RemoveOutcomes(ctx context.Context, tenant string, task activity.ID, limit int) (int, error) {
	b.Helper()
	want, wantErr := b.memory.RemoveOutcomes(ctx, tenant, task, limit)
	got, err := b.store.RemoveOutcomes(ctx, tenant, task, limit)
	b.agree("RemoveOutcomes", diffAny(want, got), wantErr, err)
	return got, err
}

func (b *both) SetLegalHold(ctx context.Context, tenant string, hold activity.LegalHold) error {
	b.Helper()
	wantErr := b.memory.SetLegalHold(ctx, tenant, hold)
	err := b.store.SetLegalHold(ctx, tenant, hold)
	b.agree("SetLegalHold", "", wantErr, err)
	return err
}

func (b *both) LiftLegalHold(ctx context.Context, tenant string, entity activity.Entity) error {
	b.Helper()
	wantErr := b.memory.LiftLegalHold(ctx, tenant, entity)
	err := b.store.LiftLegalHold(ctx, tenant, entity)
	b.agree("LiftLegalHold", "", wantErr, err)
	return err
}

func (b *both) LegalHolds(ctx context.Context, tenant string) ([]activity.LegalHold, error) {
	b.Helper()
	want, wantErr := b.memory.LegalHolds(ctx, tenant)
	got, err := b.store.LegalHolds(ctx, tenant)
	b.agree("LegalHolds", diffList(want, got), wantErr, err)
	return got, err
}

// diffErased returns what is wrong with what was erased, or nothing. How many rows of quotas there were is for the store to
// say.
func diffErased(want, got activity.Erased) string {
	if !sameValue(want.Events, got.Events) || !sameValue(want.Tasks, got.Tasks) || want.Outcomes != got.Outcomes || want.Names != got.Names || (want.Uses > 0) != (got.Uses > 0) {
		return fmt.Sprintf("it is %v, want %v", got, want)
	}
	return ""
}
