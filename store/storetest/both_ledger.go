package storetest

import (
	"context"
	"reflect"

	"github.com/go-activity/activity"
)

func (b *both) Seal(ctx context.Context, limit int) (int, error) {
	b.Helper()
	want, wantErr := b.memory.Seal(ctx, limit)
	got, err := b.store.Seal(ctx, limit)
	b.agree("Seal", diffAny(want, got), wantErr, err)
	return got, err
}

func (b *both) Unsealed(ctx context.Context) (activity.Unsealed, error) {
	b.Helper()
	want, wantErr := b.memory.Unsealed(ctx)
	got, err := b.store.Unsealed(ctx)
	b.agree("Unsealed", diffFields(reflect.ValueOf(want), reflect.ValueOf(got)), wantErr, err)
	return got, err
}

func (b *both) Entries(ctx context.Context, query activity.EntryQuery) ([]activity.EntryRow, error) {
	b.Helper()
	want, wantErr := b.memory.Entries(ctx, query)
	got, err := b.store.Entries(ctx, query)
	b.agree("Entries", diffEntries(want, got), wantErr, err)
	return got, err
}

func (b *both) Entry(ctx context.Context, tenant string, id activity.ID) (activity.EntryRow, error) {
	b.Helper()
	want, wantErr := b.memory.Entry(ctx, tenant, id)
	got, err := b.store.Entry(ctx, tenant, id)
	b.agree("Entry", diffEntry(want, got), wantErr, err)
	return got, err
}

func (b *both) Head(ctx context.Context, tenant string) (activity.TreeHead, error) {
	b.Helper()
	want, wantErr := b.memory.Head(ctx, tenant)
	got, err := b.store.Head(ctx, tenant)
	b.agree("Head", diffHead(want, got), wantErr, err)
	return got, err
}

func (b *both) Tiles(ctx context.Context, tenant string, tiles []activity.TileID) ([][]byte, error) {
	b.Helper()
	want, wantErr := b.memory.Tiles(ctx, tenant, tiles)
	got, err := b.store.Tiles(ctx, tenant, tiles)
	b.agree("Tiles", diffAny(want, got), wantErr, err)
	return got, err
}

func (b *both) Strays(ctx context.Context, tenant string, after activity.ID, limit int) ([]activity.ID, error) {
	b.Helper()
	want, wantErr := b.memory.Strays(ctx, tenant, after, limit)
	got, err := b.store.Strays(ctx, tenant, after, limit)
	b.agree("Strays", diffAny(want, got), wantErr, err)
	return got, err
}

func (b *both) Ledgers(ctx context.Context, after string, limit int) ([]string, error) {
	b.Helper()
	want, wantErr := b.memory.Ledgers(ctx, after, limit)
	got, err := b.store.Ledgers(ctx, after, limit)
	b.agree("Ledgers", diffAny(want, got), wantErr, err)
	return got, err
}

func (b *both) TakeConsumer(ctx context.Context, take activity.ConsumerTake) (activity.ConsumerState, error) {
	b.Helper()
	want, wantErr := b.memory.TakeConsumer(ctx, take)
	got, err := b.store.TakeConsumer(ctx, take)
	b.agree("TakeConsumer", diffFields(reflect.ValueOf(want), reflect.ValueOf(got)), wantErr, err)
	return got, err
}

func (b *both) MoveConsumer(ctx context.Context, move activity.ConsumerMove) error {
	b.Helper()
	wantErr := b.memory.MoveConsumer(ctx, move)
	err := b.store.MoveConsumer(ctx, move)
	b.agree("MoveConsumer", "", wantErr, err)
	return err
}

func (b *both) ResetConsumer(ctx context.Context, reset activity.ConsumerReset) error {
	b.Helper()
	wantErr := b.memory.ResetConsumer(ctx, reset)
	err := b.store.ResetConsumer(ctx, reset)
	b.agree("ResetConsumer", "", wantErr, err)
	return err
}

func (b *both) Consumers(ctx context.Context) ([]activity.ConsumerState, error) {
	b.Helper()
	want, wantErr := b.memory.Consumers(ctx)
	got, err := b.store.Consumers(ctx)
	b.agree("Consumers", diffList(want, got), wantErr, err)
	return got, err
}

func (b *both) Parked(ctx context.Context, name string, after activity.Position, limit int) ([]activity.Parked, error) {
	b.Helper()
	want, wantErr := b.memory.Parked(ctx, name, after, limit)
	got, err := b.store.Parked(ctx, name, after, limit)
	b.agree("Parked", diffList(want, got), wantErr, err)
	return got, err
}

func (b *both) Unpark(ctx context.Context, name string, position activity.Position) error {
	b.Helper()
	wantErr := b.memory.Unpark(ctx, name, position)
	err := b.store.Unpark(ctx, name, position)
	b.agree("Unpark", "", wantErr, err)
	return err
}
