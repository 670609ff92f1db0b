package memstore

import (
	"context"

	"github.com/go-activity/activity"
)

// Each call of an [activity.LedgerStore] is here twice, like those of tasks: for the store and for a transaction.

// Seal implements [activity.LedgerStore]. When nothing waits, neither does it.
func (s *Store) Seal(ctx context.Context, limit int) (n int, err error) {
	state, err := s.load(ctx)
	if err != nil || len(state.waiting.items) == 0 {
		return 0, err
	}
	err = s.InTx(ctx, func(tx activity.Store) error {
		n, err = tx.Seal(ctx, limit)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// Unsealed implements [activity.LedgerStore].
func (s *Store) Unsealed(ctx context.Context) (activity.Unsealed, error) {
	return ask(ctx, s.load, func(now *state) (activity.Unsealed, error) { return now.unsealed(), nil })
}

// Entries implements [activity.LedgerStore].
func (s *Store) Entries(ctx context.Context, query activity.EntryQuery) ([]activity.EntryRow, error) {
	return ask(ctx, s.load, func(now *state) ([]activity.EntryRow, error) { return now.findEntries(&query), nil })
}

// Entry implements [activity.LedgerStore].
func (s *Store) Entry(ctx context.Context, tenant string, id activity.ID) (activity.EntryRow, error) {
	return ask(ctx, s.load, func(now *state) (activity.EntryRow, error) { return now.entry(tenant, id) })
}

// Head implements [activity.LedgerStore].
func (s *Store) Head(ctx context.Context, tenant string) (activity.TreeHead, error) {
	return ask(ctx, s.load, func(now *state) (activity.TreeHead, error) { return now.head(tenant), nil })
}

// Tiles implements [activity.LedgerStore].
func (s *Store) Tiles(ctx context.Context, tenant string, tiles []activity.TileID) ([][]byte, error) {
	return ask(ctx, s.load, func(now *state) ([][]byte, error) { return now.tiles(tenant, tiles), nil })
}

// Strays implements [activity.LedgerStore].
func (s *Store) Strays(ctx context.Context, tenant string, after activity.ID, limit int) ([]activity.ID, error) {
	return ask(ctx, s.load, func(now *state) ([]activity.ID, error) { return now.strays(tenant, after, limit), nil })
}

// Ledgers implements [activity.LedgerStore].
func (s *Store) Ledgers(ctx context.Context, after string, limit int) ([]string, error) {
	return ask(ctx, s.load, func(now *state) ([]string, error) { return now.ledgers(after, limit), nil })
}

// TakeConsumer implements [activity.ConsumerStore].
func (s *Store) TakeConsumer(ctx context.Context, take activity.ConsumerTake) (consumer activity.ConsumerState, err error) {
	err = s.InTx(ctx, func(tx activity.Store) error {
		consumer, err = tx.TakeConsumer(ctx, take)
		return err
	})
	if err != nil {
		return activity.ConsumerState{}, err
	}
	return consumer, nil
}

// MoveConsumer implements [activity.ConsumerStore].
func (s *Store) MoveConsumer(ctx context.Context, move activity.ConsumerMove) error {
	return s.InTx(ctx, func(tx activity.Store) error { return tx.MoveConsumer(ctx, move) })
}

// ResetConsumer implements [activity.ConsumerStore].
func (s *Store) ResetConsumer(ctx context.Context, reset activity.ConsumerReset) error {
	return s.InTx(ctx, func(tx activity.Store) error { return tx.ResetConsumer(ctx, reset) })
}

// Consumers implements [activity.ConsumerStore].
func (s *Store) Consumers(ctx context.Context) ([]activity.ConsumerState, error) {
	return ask(ctx, s.load, func(now *state) ([]activity.ConsumerState, error) { return now.listConsumers(), nil })
}

// Parked implements [activity.ConsumerStore].
func (s *Store) Parked(ctx context.Context, name string, after activity.Position, limit int) ([]activity.Parked, error) {
	return ask(ctx, s.load, func(now *state) ([]activity.Parked, error) { return now.parked(name, after, limit), nil })
}

// Unpark implements [activity.ConsumerStore].
func (s *Store) Unpark(ctx context.Context, name string, position activity.Position) error {
	return s.InTx(ctx, func(tx activity.Store) error { return tx.Unpark(ctx, name, position) })
}

func (tx *transaction) Seal(ctx context.Context, limit int) (n int, err error) {
	err = tx.change(ctx, func(now *state) (next *state, err error) {
		next, n = now.seal(limit)
		return next, nil
	})
	return n, err
}

func (tx *transaction) Unsealed(ctx context.Context) (activity.Unsealed, error) {
	return ask(ctx, tx.current, func(now *state) (activity.Unsealed, error) { return now.unsealed(), nil })
}

func (tx *transaction) Entries(ctx context.Context, query activity.EntryQuery) ([]activity.EntryRow, error) {
	return ask(ctx, tx.current, func(now *state) ([]activity.EntryRow, error) { return now.findEntries(&query), nil })
}

func (tx *transaction) Entry(ctx context.Context, tenant string, id activity.ID) (activity.EntryRow, error) {
	return ask(ctx, tx.current, func(now *state) (activity.EntryRow, error) { return now.entry(tenant, id) })
}

func (tx *transaction) Head(ctx context.Context, tenant string) (activity.TreeHead, error) {
	return ask(ctx, tx.current, func(now *state) (activity.TreeHead, error) { return now.head(tenant), nil })
}

func (tx *transaction) Tiles(ctx context.Context, tenant string, tiles []activity.TileID) ([][]byte, error) {
	return ask(ctx, tx.current, func(now *state) ([][]byte, error) { return now.tiles(tenant, tiles), nil })
}

func (tx *transaction) Strays(ctx context.Context, tenant string, after activity.ID, limit int) ([]activity.ID, error) {
	return ask(ctx, tx.current, func(now *state) ([]activity.ID, error) { return now.strays(tenant, after, limit), nil })
}

func (tx *transaction) Ledgers(ctx context.Context, after string, limit int) ([]string, error) {
	return ask(ctx, tx.current, func(now *state) ([]string, error) { return now.ledgers(after, limit), nil })
}

func (tx *transaction) TakeConsumer(ctx context.Context, take activity.ConsumerTake) (consumer activity.ConsumerState, err error) {
	err = tx.change(ctx, func(now *state) (next *state, err error) {
		next, consumer = now.takeConsumer(take)
		return next, nil
	})
	return consumer, err
}

func (tx *transaction) MoveConsumer(ctx context.Context, move activity.ConsumerMove) error {
	return tx.change(ctx, func(now *state) (*state, error) { return now.moveConsumer(move) })
}

func (tx *transaction) ResetConsumer(ctx context.Context, reset activity.ConsumerReset) error {
	return tx.change(ctx, func(now *state) (*state, error) { return now.resetConsumer(reset) })
}

func (tx *transaction) Consumers(ctx context.Context) ([]activity.ConsumerState, error) {
	return ask(ctx, tx.current, func(now *state) ([]activity.ConsumerState, error) { return now.listConsumers(), nil })
}

func (tx *transaction) Parked(ctx context.Context, name string, after activity.Position, limit int) ([]activity.Parked, error) {
	return ask(ctx, tx.current, func(now *state) ([]activity.Parked, error) { return now.parked(name, after, limit), nil })
}

func (tx *transaction) Unpark(ctx context.Context, name string, position activity.Position) error {
	return tx.change(ctx, func(now *state) (*state, error) { return now.unpark(name, position) })
}
