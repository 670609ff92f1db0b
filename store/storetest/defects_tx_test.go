package storetest

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"github.com/go-activity/activity"
)

func txDefects() []defect {
	return []defect{
		{"takes writes after the transaction", "the store of a transaction", with(broken{append: takesLateWrites})},
		{"rolls back what it should commit", "commit", with(broken{inTx: rollsBack})},
		{"commits the first append only", "commit", with(broken{inTx: commitsFirst})},
		{"commits in two steps", "commit at once", each(commitsInSteps)},
		{"keeps a part of what it refused", "commit after a refusal", with(broken{append: oneByOne})},
		{"keeps writes on an error", "error", with(broken{inTx: keepsOnError})},
		{"swallows the error", "error", with(broken{inTx: swallowsError})},
		{"keeps writes on a panic", "panic", with(broken{inTx: keepsOnPanic})},
		{"swallows the panic", "panic", with(broken{inTx: swallowsPanic})},
		{"shows writes early", "others do not see", with(broken{inTx: noTransaction})},
		{"hides a transaction's writes from itself", "fn's store sees", with(broken{inTx: readsOutside})},
		{"reads outside in a joined transaction", "joined commit", with(broken{inTx: joinReadsOutside})},
		{"commits a joined transaction on its own", "joined, then an error outside", with(broken{inTx: commitsJoined})},
		{"joins once only", "joined twice", with(broken{inTx: joinsOnce})},
		{"keeps writes on an error in a joined transaction", "joined error", with(broken{inTx: noSavepoint})},
		{"keeps writes on a panic in a joined transaction", "joined panic", with(broken{inTx: noSavepoint})},
	}
}

func takesLateWrites(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	events, err := in.AppendEvents(ctx, rows)
	if errors.Is(err, sql.ErrTxDone) {
		return make([]activity.Event, len(rows)), nil
	}
	return events, err
}

func rollsBack(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
	err := in.InTx(ctx, func(tx activity.Store) error { return errors.Join(fn(tx), errBusy) })
	if err.Error() == errBusy.Error() {
		return nil
	}
	return err
}

func commitsFirst(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
	n := 0
	return in.InTx(ctx, func(tx activity.Store) error {
		return fn(&brokenStore{in: tx, defect: &broken{
			append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
				if n++; n > 1 {
					return make([]activity.Event, len(rows)), nil
				}
				return in.AppendEvents(ctx, rows)
			},
		}})
	})
}

// commitsInSteps commits each append by itself, and goes on after the first when a Feed has seen it.
func commitsInSteps() broken {
	seen := make(chan struct{})
	see := sync.OnceFunc(func() { close(seen) })
	return broken{
		feed: func(ctx context.Context, in activity.Store, query activity.EventQuery) ([]activity.Event, error) {
			events, err := in.Feed(ctx, query)
			if len(events) > 0 {
				see()
			}
			return events, err
		},
		inTx: func(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
			return fn(&brokenStore{in: in, defect: &broken{
				append: func(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
					events, err := in.AppendEvents(ctx, rows)
					<-seen
					return events, err
				},
			}})
		},
	}
}

// oneByOne stores rows one by one, so that those before a bad one are kept.
func oneByOne(ctx context.Context, in activity.Store, rows []activity.EventRow) ([]activity.Event, error) {
	var events []activity.Event
	for i := range rows {
		stored, err := in.AppendEvents(ctx, rows[i:i+1])
		if err != nil {
			return nil, err
		}
		events = append(events, stored...)
	}
	return events, nil
}

func keepsOnError(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
	var failed error
	err := in.InTx(ctx, func(tx activity.Store) error {
		failed = fn(tx)
		return nil
	})
	return errors.Join(failed, err)
}

func swallowsError(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
	var failed error
	err := in.InTx(ctx, func(tx activity.Store) error {
		failed = fn(tx)
		return failed
	})
	if failed != nil {
		return nil
	}
	return err
}

func keepsOnPanic(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
	var panicked any
	err := in.InTx(ctx, func(tx activity.Store) error {
		defer func() { panicked = recover() }()
		return fn(tx)
	})
	if panicked != nil {
		panic(panicked)
	}
	return err
}

func swallowsPanic(ctx context.Context, in activity.Store, fn func(activity.Store) error) (err error) {
	defer func() {
		if recover() != nil {
			err = errBusy
		}
	}()
	return in.InTx(ctx, fn)
}

func noTransaction(_ context.Context, in activity.Store, fn func(activity.Store) error) error {
	return fn(in)
}

// readsOutside gives fn a store that writes into the transaction and reads outside of it.
func readsOutside(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
	return in.InTx(ctx, func(tx activity.Store) error { return fn(&twoStores{Store: in, writes: tx}) })
}

// twoStores writes into one store and reads from another.
type twoStores struct {
	activity.Store
	writes activity.Store
}

func (s *twoStores) AppendEvents(ctx context.Context, rows []activity.EventRow) ([]activity.Event, error) {
	return s.writes.AppendEvents(ctx, rows)
}

func (s *twoStores) AddTask(ctx context.Context, task activity.Task) (activity.Task, error) {
	return s.writes.AddTask(ctx, task)
}

func (s *twoStores) ChangeTask(ctx context.Context, update activity.TaskUpdate) (activity.Task, bool, error) {
	return s.writes.ChangeTask(ctx, update)
}

func (s *twoStores) AddOutcomes(ctx context.Context, rows []activity.OutcomeRow) error {
	return s.writes.AddOutcomes(ctx, rows)
}

func (s *twoStores) ChargeQuota(ctx context.Context, request activity.QuotaRequest) (activity.QuotaGrant, error) {
	return s.writes.ChargeQuota(ctx, request)
}

func (s *twoStores) SettleHolds(ctx context.Context, update activity.HoldUpdate) (time.Time, error) {
	return s.writes.SettleHolds(ctx, update)
}

func (s *twoStores) ReleaseHolds(ctx context.Context, tenant string, task activity.ID) error {
	return s.writes.ReleaseHolds(ctx, tenant, task)
}

func (s *twoStores) GiveBack(ctx context.Context, query activity.DueQuery) (int, error) {
	return s.writes.GiveBack(ctx, query)
}

func (s *twoStores) ForgetUse(ctx context.Context, query activity.ForgetQuery) (int, error) {
	return s.writes.ForgetUse(ctx, query)
}

func (s *twoStores) InTx(ctx context.Context, fn func(activity.Store) error) error {
	return s.writes.InTx(ctx, func(tx activity.Store) error { return fn(&twoStores{Store: s.Store, writes: tx}) })
}

// joinReadsOutside gives a joined fn a store that reads outside of the transaction.
func joinReadsOutside(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
	return in.InTx(ctx, func(tx activity.Store) error {
		return fn(&joining{Store: tx, join: func(fn func(activity.Store) error) error {
			return fn(&twoStores{Store: in, writes: tx})
		}})
	})
}

// joining is the store of a transaction with another InTx.
type joining struct {
	activity.Store
	join func(fn func(activity.Store) error) error
}

func (j *joining) InTx(_ context.Context, fn func(activity.Store) error) error { return j.join(fn) }

// commitsJoined keeps what a joined fn wrote even if the outer one fails.
func commitsJoined(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
	var rows []activity.EventRow
	remember := &broken{append: func(ctx context.Context, in activity.Store, more []activity.EventRow) ([]activity.Event, error) {
		rows = append(rows, more...)
		return in.AppendEvents(ctx, more)
	}}
	err := in.InTx(ctx, func(tx activity.Store) error {
		return fn(&joining{Store: tx, join: func(fn func(activity.Store) error) error {
			return fn(&brokenStore{in: tx, defect: remember})
		}})
	})
	if err != nil && len(rows) > 0 {
		_, keepErr := in.AppendEvents(ctx, rows)
		return errors.Join(err, keepErr)
	}
	return err
}

func joinsOnce(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
	return in.InTx(ctx, func(tx activity.Store) error {
		return fn(&joining{Store: tx, join: func(fn func(activity.Store) error) error {
			return fn(&joining{Store: tx, join: func(func(activity.Store) error) error { return errBusy }})
		}})
	})
}

// noSavepoint calls a joined fn with the store of the transaction, and that is all.
func noSavepoint(ctx context.Context, in activity.Store, fn func(activity.Store) error) error {
	return in.InTx(ctx, func(tx activity.Store) error {
		return fn(&joining{Store: tx, join: func(fn func(activity.Store) error) error { return fn(tx) }})
	})
}
