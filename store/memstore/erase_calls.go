package memstore

import (
	"context"

	"github.com/go-activity/activity"
)

// Each call of an [activity.EraseStore] is here twice, like those of tasks: for the store and for a transaction.

// Erase implements [activity.EraseStore].
func (s *Store) Erase(ctx context.Context, query activity.EraseQuery) (erased activity.Erased, err error) {
	err = s.InTx(ctx, func(tx activity.Store) error {
		erased, err = tx.Erase(ctx, query)
		return err
	})
	if err != nil {
		return activity.Erased{}, err
	}
	return erased, nil
}

// RemoveEvents implements [activity.EraseStore].
func (s *Store) RemoveEvents(ctx context.Context, tenant string, ids []activity.ID) (removed []activity.ID, err error) {
	err = s.InTx(ctx, func(tx activity.Store) error {
		removed, err = tx.RemoveEvents(ctx, tenant, ids)
		return err
	})
	if err != nil {
		return nil, err
	}
	return removed, nil
}

// Reports implements [activity.EraseStore].
func (s *Store) Reports(ctx context.Context, query activity.ReportsQuery) ([]activity.ReportRef, error) {
	return ask(ctx, s.load, func(now *state) ([]activity.ReportRef, error) { return now.reports(&query), nil })
}

// RemoveOutcomes implements [activity.EraseStore].
func (s *Store) RemoveOutcomes(ctx context.Context, tenant string, task activity.ID, limit int) (n int, err error) {
	err = s.InTx(ctx, func(tx activity.Store) error {
		n, err = tx.RemoveOutcomes(ctx, tenant, task, limit)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// SetLegalHold implements [activity.EraseStore].
func (s *Store) SetLegalHold(ctx context.Context, tenant string, hold activity.LegalHold) error {
	return s.InTx(ctx, func(tx activity.Store) error { return tx.SetLegalHold(ctx, tenant, hold) })
}

// LiftLegalHold implements [activity.EraseStore].
func (s *Store) LiftLegalHold(ctx context.Context, tenant string, entity activity.Entity) error {
	return s.InTx(ctx, func(tx activity.Store) error { return tx.LiftLegalHold(ctx, tenant, entity) })
}

// LegalHolds implements [activity.EraseStore].
func (s *Store) LegalHolds(ctx context.Context, tenant string) ([]activity.LegalHold, error) {
	return ask(ctx, s.load, func(now *state) ([]activity.LegalHold, error) { return now.listHolds(tenant), nil })
}

// Erase changes meters too: those of the transaction, which are copies.
func (tx *transaction) Erase(ctx context.Context, query activity.EraseQuery) (erased activity.Erased, err error) {
	err = tx.change(ctx, func(now *state) (next *state, err error) {
		next, erased, err = now.erase(&query)
		return next, err
	})
	return erased, err
}

func (tx *transaction) RemoveEvents(ctx context.Context, tenant string, ids []activity.ID) (removed []activity.ID, err error) {
	err = tx.change(ctx, func(now *state) (next *state, err error) {
		next, removed = now.removeEvents(tenant, ids)
		return next, nil
	})
	return removed, err
}

func (tx *transaction) Reports(ctx context.Context, query activity.ReportsQuery) ([]activity.ReportRef, error) {
	return ask(ctx, tx.current, func(now *state) ([]activity.ReportRef, error) { return now.reports(&query), nil })
}

func (tx *transaction) RemoveOutcomes(ctx context.Context, tenant string, task activity.ID, limit int) (n int, err error) {
	err = tx.change(ctx, func(now *state) (next *state, err error) {
		next, n = now.removeOutcomes(tenant, task, limit)
		return next, nil
	})
	return n, err
}

func (tx *transaction) SetLegalHold(ctx context.Context, tenant string, hold activity.LegalHold) error {
	return tx.change(ctx, func(now *state) (*state, error) { return now.setLegalHold(tenant, hold), nil })
}

func (tx *transaction) LiftLegalHold(ctx context.Context, tenant string, entity activity.Entity) error {
	return tx.change(ctx, func(now *state) (*state, error) { return now.liftLegalHold(tenant, entity) })
}

func (tx *transaction) LegalHolds(ctx context.Context, tenant string) ([]activity.LegalHold, error) {
	return ask(ctx, tx.current, func(now *state) ([]activity.LegalHold, error) { return now.listHolds(tenant), nil })
}
