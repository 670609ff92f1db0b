package memstore

import (
	"context"
	"time"

	"github.com/go-activity/activity"
)

// Each call of an [activity.QuotaStore] is here twice, like those of tasks: for the store, which
// changes meters in place, and for a transaction, which changes copies.

// ChargeQuota implements [activity.QuotaStore].
func (s *Store) ChargeQuota(ctx context.Context, request activity.QuotaRequest) (activity.QuotaGrant, error) {
	return write(ctx, s, func(b *book) (activity.QuotaGrant, error) { return b.charge(&request) })
}

// SettleHolds implements [activity.QuotaStore].
func (s *Store) SettleHolds(ctx context.Context, update activity.HoldUpdate) (time.Time, error) {
	return write(ctx, s, func(b *book) (time.Time, error) { return b.settle(&update) })
}

// ReleaseHolds implements [activity.QuotaStore].
func (s *Store) ReleaseHolds(ctx context.Context, tenant string, task activity.ID) error {
	_, err := write(ctx, s, func(b *book) (any, error) { b.release(tenant, task); return nil, nil })
	return err
}

// GiveBack implements [activity.QuotaStore].
func (s *Store) GiveBack(ctx context.Context, query activity.DueQuery) (int, error) {
	return write(ctx, s, func(b *book) (int, error) { return b.giveBack(query), nil })
}

// ForgetUse implements [activity.QuotaStore].
func (s *Store) ForgetUse(ctx context.Context, query activity.ForgetQuery) (int, error) {
	return write(ctx, s, func(b *book) (int, error) { return b.forgetUse(query), nil })
}

// QuotaState implements [activity.QuotaStore].
func (s *Store) QuotaState(ctx context.Context, key activity.QuotaKey) (activity.QuotaState, error) {
	return read(ctx, s.load, func(b *book) activity.QuotaState { return b.state(key) })
}

// QuotaUse implements [activity.QuotaStore].
func (s *Store) QuotaUse(ctx context.Context, query activity.UseQuery) ([]activity.QuotaUse, error) {
	return read(ctx, s.load, func(b *book) []activity.QuotaUse { return b.used(&query) })
}

func (tx *transaction) ChargeQuota(ctx context.Context, request activity.QuotaRequest) (activity.QuotaGrant, error) {
	return stage(ctx, tx, func(b *book) (activity.QuotaGrant, error) { return b.charge(&request) })
}

func (tx *transaction) SettleHolds(ctx context.Context, update activity.HoldUpdate) (time.Time, error) {
	return stage(ctx, tx, func(b *book) (time.Time, error) { return b.settle(&update) })
}

func (tx *transaction) ReleaseHolds(ctx context.Context, tenant string, task activity.ID) error {
	_, err := stage(ctx, tx, func(b *book) (any, error) { b.release(tenant, task); return nil, nil })
	return err
}

func (tx *transaction) GiveBack(ctx context.Context, query activity.DueQuery) (int, error) {
	return stage(ctx, tx, func(b *book) (int, error) { return b.giveBack(query), nil })
}

func (tx *transaction) ForgetUse(ctx context.Context, query activity.ForgetQuery) (int, error) {
	return stage(ctx, tx, func(b *book) (int, error) { return b.forgetUse(query), nil })
}

func (tx *transaction) QuotaState(ctx context.Context, key activity.QuotaKey) (activity.QuotaState, error) {
	return read(ctx, tx.current, func(b *book) activity.QuotaState { return b.state(key) })
}

func (tx *transaction) QuotaUse(ctx context.Context, query activity.UseQuery) ([]activity.QuotaUse, error) {
	return read(ctx, tx.current, func(b *book) []activity.QuotaUse { return b.used(&query) })
}

// write changes meters of the store in place. What do does must not fail halfway.
func write[T any](ctx context.Context, s *Store, do func(*book) (T, error)) (result T, err error) {
	if err := s.lock(ctx); err != nil {
		return result, err
	}
	defer s.unlock()
	state, err := s.load(ctx)
	if err != nil {
		return result, err
	}
	state.quotas.mu.Lock()
	defer state.quotas.mu.Unlock()
	return do(&book{quotas: state.quotas})
}

// stage changes copies of meters in a transaction. The meters behind them stay as they are meanwhile, because only the
// transaction may write.
func stage[T any](ctx context.Context, tx *transaction, do func(*book) (T, error)) (result T, err error) {
	err = tx.change(ctx, func(before *state) (*state, error) {
		b := &book{quotas: before.quotas, staged: before.meters, inTx: true}
		if result, err = do(b); err != nil {
			return nil, err
		}
		next := *before
		next.meters = b.staged
		return &next, nil
	})
	return result, err
}

// read looks at the meters of a state.
func read[T any](ctx context.Context, load func(context.Context) (*state, error), look func(*book) T) (result T, err error) {
	state, err := load(ctx)
	if err != nil {
		return result, err
	}
	state.quotas.mu.RLock()
	defer state.quotas.mu.RUnlock()
	return look(&book{quotas: state.quotas, staged: state.meters, inTx: state.meters != nil}), nil
}
