package storetest

import (
	"context"
	"errors"

	"github.com/go-activity/activity"
)

// endCases are about contexts that end and stores that are closed.
var endCases = []testCase{
	{"ended context", "When its context has ended, a call returns the context's error and stores nothing.", checkEnded},
	{"ended context in a transaction", "When its context has ended, a call returns the context's error and stores nothing.", checkEndedInTx},
	{"context that ends in a transaction", "When its context has ended, a call returns the context's error and stores nothing.", checkEndingInTx},
	{"context that ends at any moment", "When its context has ended, a call returns the context's error and stores nothing.", checkEndingAnytime},
	{"calls after Close", "After Close, every call returns ErrClosed.", checkClosed},
	{"closing twice", "Closing twice is no error.", checkClosingTwice},
}

// calls are all that can be asked of a store, each with its error only. AppendEvents and InTx store
// a row each.
func calls(ctx context.Context, store activity.Store, n int) map[string]error {
	errs := map[string]error{}
	_, errs["AppendEvents"] = store.AppendEvents(ctx, newRows(n, n+1))
	_, errs["Event"] = store.Event(ctx, acme, newRow(n).ID)
	_, errs["Feed"] = store.Feed(ctx, activity.EventQuery{Tenant: acme, Limit: 10})
	errs["InTx"] = store.InTx(ctx, func(tx activity.Store) error {
		// Were fn called, its error would not be for the caller to see.
		tx.AppendEvents(context.WithoutCancel(ctx), newRows(n+1, n+2))
		return nil
	})
	return errs
}

func checkEnded(s subject) {
	row := newRow(1)
	s.append(row)
	for want, ctx := range ended(s.Context()) {
		for call, err := range calls(ctx, s.store, 2) {
			if !errors.Is(err, want) {
				s.Errorf("%s = %v, want %v", call, err, want)
			}
		}
	}
	s.holds(acme, row)
}

func checkEndedInTx(s subject) {
	row := newRow(1)
	err := s.store.InTx(s.Context(), func(tx activity.Store) error {
		s.in(tx).append(row)
		for want, ctx := range ended(s.Context()) {
			for call, err := range calls(ctx, tx, 2) {
				if !errors.Is(err, want) {
					s.Errorf("%s of a transaction = %v, want %v", call, err, want)
				}
			}
		}
		return nil
	})
	// Whether the transaction survives that is the store's choice.
	if err == nil {
		s.holds(acme, row)
	} else {
		s.holds(acme)
	}
}

func checkEndingInTx(s subject) {
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	err := s.store.InTx(ctx, func(tx activity.Store) error {
		s.in(tx).append(newRow(1))
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		s.Errorf("InTx whose context ended before fn returned = %v, want %v", err, context.Canceled)
	}
	s.holds(acme)
}

// A context may end while the store already keeps the rows, so here an error leaves open whether
// they are stored; but not whether one of them is.
func checkEndingAnytime(s subject) {
	var stored []activity.EventRow
	for n := 0; n < 40; n += 2 {
		rows := newRows(n, n+2)
		ctx, cancel := context.WithCancel(s.Context())
		var err error
		together(2, func(i int) {
			if i == 0 {
				cancel()
				return
			}
			_, err = s.store.AppendEvents(ctx, rows)
		})
		if err != nil && !errors.Is(err, context.Canceled) {
			s.Errorf("AppendEvents whose context ends = %v, want nil or %v", err, context.Canceled)
		}
		_, missing := s.store.Event(s.Context(), acme, rows[0].ID)
		if err == nil || missing == nil {
			stored = append(stored, rows...)
		}
	}
	s.holds(acme, stored...)
}

func checkClosed(s subject) {
	s.append(newRow(1))
	if err := s.store.Close(); err != nil {
		s.Fatalf("Close: %v", err)
	}
	for call, err := range calls(s.Context(), s.store, 1) {
		if !errors.Is(err, activity.ErrClosed) {
			s.Errorf("%s after Close = %v, want ErrClosed", call, err)
		}
	}
}

func checkClosingTwice(s subject) {
	for range 3 {
		if err := s.store.Close(); err != nil {
			s.Errorf("Close: %v", err)
		}
	}
}
