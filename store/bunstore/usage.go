package bunstore

import (
	"context"

	"github.com/go-activity/activity"
)

// QuotaState implements [activity.QuotaStore].
func (s *Store) QuotaState(ctx context.Context, key activity.QuotaKey) (activity.QuotaState, error) {
	if err := s.ready(ctx); err != nil {
		return activity.QuotaState{}, err
	}
	db, done := s.reader()
	defer done()
	state, err := s.engine.quotaState(ctx, db, key)
	if err != nil {
		return activity.QuotaState{}, s.failed(ctx, "read quota", err)
	}
	return state, nil
}

// QuotaUse implements [activity.QuotaStore].
func (s *Store) QuotaUse(ctx context.Context, q activity.UseQuery) ([]activity.QuotaUse, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	db, done := s.reader()
	defer done()
	uses, err := s.engine.quotaUse(ctx, db, &q)
	if err != nil {
		return nil, s.failed(ctx, "read use of quota", err)
	}
	return uses, nil
}

// ForgetUse implements [activity.QuotaStore].
func (s *Store) ForgetUse(ctx context.Context, q activity.ForgetQuery) (n int, err error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	const atOnce = true
	err = s.whole(ctx, atOnce, func(tx *Store) error {
		n, err = tx.engine.forgetUse(ctx, tx, &q)
		return tx.failed(ctx, "forget use of quota", err)
	})
	return n, err
}
