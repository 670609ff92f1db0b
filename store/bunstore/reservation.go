package bunstore

import (
	"context"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// SettleHolds implements [activity.QuotaStore].
func (s *Store) SettleHolds(ctx context.Context, u activity.HoldUpdate) (until time.Time, err error) {
	if err := s.ready(ctx); err != nil {
		return time.Time{}, err
	}
	if s.tx == nil && len(u.Keys) == 1 && !u.Keep {
		done, err := s.engine.settleHold(ctx, s, &u)
		if done || err != nil {
			return time.Time{}, s.failed(ctx, "settle reservation", err)
		}
	}
	err = s.whole(ctx, s.engine.settlesAtOnce(), func(tx *Store) error {
		until, err = tx.settleHolds(ctx, &u)
		return err
	})
	if err != nil {
		return time.Time{}, err
	}
	return until, nil
}

// settleHolds changes the holds of a reservation within a transaction.
func (s *Store) settleHolds(ctx context.Context, u *activity.HoldUpdate) (until time.Time, err error) {
	holds, now, err := s.engine.lockHolds(ctx, s, u)
	if err != nil {
		return time.Time{}, s.failed(ctx, "settle reservation", err)
	}
	now = given(u.Clock, now)
	for i, h := range holds {
		if h.ID.IsZero() {
			return time.Time{}, u.Missing(now)
		}
		if err := u.Apply(&h, now); err != nil {
			return time.Time{}, err
		}
		if holds[i] = h; i == 0 || h.Until.Before(until) {
			until = h.Until
		}
	}
	if err := s.engine.updateHolds(ctx, s, u, holds); err != nil {
		return time.Time{}, s.failed(ctx, "settle reservation", err)
	}
	if !u.Keep {
		return time.Time{}, nil
	}
	return until, nil
}

// ReleaseHolds implements [activity.QuotaStore].
func (s *Store) ReleaseHolds(ctx context.Context, tenant string, task activity.ID) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	return s.whole(ctx, s.engine.settlesAtOnce(), func(tx *Store) error {
		return tx.failed(ctx, "release what a task holds", tx.engine.releaseHolds(ctx, tx, tenant, task))
	})
}

// GiveBack implements [activity.QuotaStore].
func (s *Store) GiveBack(ctx context.Context, q activity.DueQuery) (int, error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	keys, err := s.dueKeys(ctx, &q)
	if err != nil {
		return 0, s.failed(ctx, "give back", err)
	}
	total := 0
	for some := range slices.Chunk(keys, activity.MaxMeters) { // each in a transaction of its own, which is short
		if total == q.Limit {
			break
		}
		n := 0
		err := s.whole(ctx, false, func(tx *Store) error {
			n, err = tx.giveBack(ctx, some, q.Clock, q.Limit-total)
			return tx.failed(ctx, "give back", err)
		})
		switch {
		case err == nil:
			total += n
		case total > 0:
			return total, nil // which is kept; the next call hears what is wrong
		default:
			return 0, err
		}
	}
	return total, nil
}

// dueKeys returns the keys of which something is due, in order.
func (s *Store) dueKeys(ctx context.Context, q *activity.DueQuery) ([]activity.QuotaKey, error) {
	db, done := s.reader()
	defer done()
	keys, err := s.engine.dueKeys(ctx, db, q.Clock(), q.Limit)
	slices.SortFunc(keys, activity.QuotaKey.Compare)
	return slices.Compact(keys), err
}

// giveBack gives back what is due of some keys within a transaction.
func (s *Store) giveBack(ctx context.Context, keys []activity.QuotaKey, clock func() time.Time, limit int) (int, error) {
	meters, now, err := s.lockMeters(ctx, keys, clock)
	if err != nil {
		return 0, err
	}
	holds, err := s.take(ctx, meters, slices.Repeat([]time.Time{now}, len(keys)), limit)
	if err != nil || len(holds) == 0 {
		return 0, err
	}
	return len(holds), s.engine.setMeters(ctx, s, meters)
}
