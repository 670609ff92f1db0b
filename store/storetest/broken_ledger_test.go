package storetest

import (
	"context"

	"github.com/go-activity/activity"
)

// brokenLedger is the part of a broken that keeps the ledger and its consumers.
type brokenLedger struct {
	seal          func(ctx context.Context, in activity.Store, limit int) (int, error)
	unsealed      func(ctx context.Context, in activity.Store) (activity.Unsealed, error)
	entries       func(ctx context.Context, in activity.Store, query activity.EntryQuery) ([]activity.EntryRow, error)
	entry         func(ctx context.Context, in activity.Store, tenant string, id activity.ID) (activity.EntryRow, error)
	head          func(ctx context.Context, in activity.Store, tenant string) (activity.TreeHead, error)
	tiles         func(ctx context.Context, in activity.Store, tenant string, tiles []activity.TileID) ([][]byte, error)
	strays        func(ctx context.Context, in activity.Store, tenant string, after activity.ID, limit int) ([]activity.ID, error)
	ledgers       func(ctx context.Context, in activity.Store, after string, limit int) ([]string, error)
	takeConsumer  func(ctx context.Context, in activity.Store, take activity.ConsumerTake) (activity.ConsumerState, error)
	moveConsumer  func(ctx context.Context, in activity.Store, move activity.ConsumerMove) error
	resetConsumer func(ctx context.Context, in activity.Store, reset activity.ConsumerReset) error
	consumers     func(ctx context.Context, in activity.Store) ([]activity.ConsumerState, error)
	parked        func(ctx context.Context, in activity.Store, name string, after activity.Position, limit int) ([]activity.Parked, error)
	unpark        func(ctx context.Context, in activity.Store, name string, position activity.Position) error
}

func (b *brokenStore) Seal(ctx context.Context, limit int) (int, error) {
	if b.defect.seal != nil {
		return b.defect.seal(ctx, b.in, limit)
	}
	return b.in.Seal(ctx, limit)
}

func (b *brokenStore) Unsealed(ctx context.Context) (activity.Unsealed, error) {
	if b.defect.unsealed != nil {
		return b.defect.unsealed(ctx, b.in)
	}
	return b.in.Unsealed(ctx)
}

func (b *brokenStore) Entries(ctx context.Context, query activity.EntryQuery) ([]activity.EntryRow, error) {
	if b.defect.entries != nil {
		return b.defect.entries(ctx, b.in, query)
	}
	return b.in.Entries(ctx, query)
}

func (b *brokenStore) Entry(ctx context.Context, tenant string, id activity.ID) (activity.EntryRow, error) {
	if b.defect.entry != nil {
		return b.defect.entry(ctx, b.in, tenant, id)
	}
	return b.in.Entry(ctx, tenant, id)
}

func (b *brokenStore) Head(ctx context.Context, tenant string) (activity.TreeHead, error) {
	if b.defect.head != nil {
		return b.defect.head(ctx, b.in, tenant)
	}
	return b.in.Head(ctx, tenant)
}

func (b *brokenStore) Tiles(ctx context.Context, tenant string, tiles []activity.TileID) ([][]byte, error) {
	if b.defect.tiles != nil {
		return b.defect.tiles(ctx, b.in, tenant, tiles)
	}
	return b.in.Tiles(ctx, tenant, tiles)
}

func (b *brokenStore) Strays(ctx context.Context, tenant string, after activity.ID, limit int) ([]activity.ID, error) {
	if b.defect.strays != nil {
		return b.defect.strays(ctx, b.in, tenant, after, limit)
	}
	return b.in.Strays(ctx, tenant, after, limit)
}

func (b *brokenStore) Ledgers(ctx context.Context, after string, limit int) ([]string, error) {
	if b.defect.ledgers != nil {
		return b.defect.ledgers(ctx, b.in, after, limit)
	}
	return b.in.Ledgers(ctx, after, limit)
}

func (b *brokenStore) TakeConsumer(ctx context.Context, take activity.ConsumerTake) (activity.ConsumerState, error) {
	if b.defect.takeConsumer != nil {
		return b.defect.takeConsumer(ctx, b.in, take)
	}
	return b.in.TakeConsumer(ctx, take)
}

func (b *brokenStore) MoveConsumer(ctx context.Context, move activity.ConsumerMove) error {
	if b.defect.moveConsumer != nil {
		return b.defect.moveConsumer(ctx, b.in, move)
	}
	return b.in.MoveConsumer(ctx, move)
}

func (b *brokenStore) ResetConsumer(ctx context.Context, reset activity.ConsumerReset) error {
	if b.defect.resetConsumer != nil {
		return b.defect.resetConsumer(ctx, b.in, reset)
	}
	return b.in.ResetConsumer(ctx, reset)
}

func (b *brokenStore) Consumers(ctx context.Context) ([]activity.ConsumerState, error) {
	if b.defect.consumers != nil {
		return b.defect.consumers(ctx, b.in)
	}
	return b.in.Consumers(ctx)
}

func (b *brokenStore) Parked(ctx context.Context, name string, after activity.Position, limit int) ([]activity.Parked, error) {
	if b.defect.parked != nil {
		return b.defect.parked(ctx, b.in, name, after, limit)
	}
	return b.in.Parked(ctx, name, after, limit)
}

func (b *brokenStore) Unpark(ctx context.Context, name string, position activity.Position) error {
	if b.defect.unpark != nil {
		return b.defect.unpark(ctx, b.in, name, position)
	}
	return b.in.Unpark(ctx, name, position)
}
