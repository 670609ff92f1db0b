package storetest

import (
	"errors"
	"sync/atomic"

	"github.com/go-activity/activity"
)

// txCases are about transactions.
var txCases = []testCase{
	{"the store of a transaction", "The store that fn gets is good until fn returns.", checkTxStore},
	{"commit", "When fn returns nil, all that was written through its store is kept, at once.", checkCommit},
	{"commit at once", "When fn returns nil, all that was written through its store is kept, at once.", checkCommitAtOnce},
	{"commit after a refusal", "When fn returns nil, all that was written through its store is kept, at once.", checkCommitAfterRefusal},
	{"error", "When fn returns an error or panics, nothing of it is kept, and InTx passes that on.", checkTxError},
	{"panic", "When fn returns an error or panics, nothing of it is kept, and InTx passes that on.", checkTxPanic},
	{"others do not see", "Until then only fn's store sees what was written through it.", checkOthersDoNotSee},
	{"fn's store sees", "Until then only fn's store sees what was written through it.", checkOwnStoreSees},
}

var errOfFn = errors.New("the error of fn")

// tx runs fn in a transaction, which must succeed.
func (s subject) tx(fn func(tx subject)) {
	s.Helper()
	err := s.store.InTx(s.Context(), func(tx activity.Store) error {
		fn(s.in(tx))
		return nil
	})
	if err != nil {
		s.Fatalf("InTx: %v", err)
	}
}

func checkTxStore(s subject) {
	var ended activity.Store
	s.tx(func(tx subject) {
		tx.append(newRow(1))
		tx.holds(acme, newRow(1))
		ended = tx.store
	})
	for call, err := range calls(s.Context(), ended, 2) {
		if err == nil {
			s.Errorf("%s of a transaction's store gave no error after the transaction", call)
		}
	}
	s.holds(acme, newRow(1))
}

func checkCommit(s subject) {
	s.append(newRow(1))
	s.tx(func(tx subject) {
		tx.append(newRows(2, 5)...)
		tx.append(newRow(5, of(globex)))
		tx.append(newRow(6, key("k")))
	})
	s.holds(acme, append(newRows(1, 5), newRow(6, key("k")))...)
	s.holds(globex, newRow(5, of(globex)))
	s.tx(func(subject) {}) // nothing to keep
}

func checkCommitAtOnce(s subject) {
	const transactions, appends, size = 10, 3, 4
	var done atomic.Bool
	together(2, func(i int) {
		if i == 0 {
			defer done.Store(true)
			for n := range transactions {
				err := s.store.InTx(s.Context(), func(tx activity.Store) error {
					for a := range appends {
						first := (n*appends + a) * size
						if _, err := tx.AppendEvents(s.Context(), newRows(first, first+size)); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					s.Errorf("InTx: %v", err)
				}
			}
			return
		}
		for !done.Load() {
			events, err := s.store.Feed(s.Context(), activity.EventQuery{Tenant: acme, Limit: 500})
			if err != nil || len(events)%(appends*size) != 0 {
				s.Errorf("Feed during a commit found %d events, %v; want a multiple of %d", len(events), err, appends*size)
				return
			}
		}
	})
	s.holds(acme, newRows(0, transactions*appends*size)...)
}

// A refused append leaves nothing behind. A store may have to give up the transaction then, but
// must say so.
func checkCommitAfterRefusal(s subject) {
	keyed := newRow(0, key("k"))
	s.append(keyed)
	stored := []activity.EventRow{keyed}
	for i, refused := range []activity.EventRow{
		again(keyed, 1, payload(`{"other":true}`)),
		newRow(2, id(keyed.ID)),
	} {
		n := 10 * (i + 1)
		err := s.store.InTx(s.Context(), func(tx activity.Store) error {
			s.in(tx).append(newRow(n))
			s.in(tx).refuses(newRow(n+1), refused, newRow(n+2))
			return nil
		})
		if err == nil {
			stored = append(stored, newRow(n))
		}
		s.holds(acme, stored...)
	}
}

func checkTxError(s subject) {
	s.append(newRow(1))
	err := s.store.InTx(s.Context(), func(tx activity.Store) error {
		s.in(tx).append(newRow(2), newRow(3, key("k")))
		return errOfFn
	})
	if !errors.Is(err, errOfFn) {
		s.Errorf("InTx = %v, want the error of fn", err)
	}
	s.holds(acme, newRow(1))
	// The ID and the key are free.
	s.append(newRow(2), newRow(4, key("k")))
	s.holds(acme, newRow(1), newRow(2), newRow(4, key("k")))
}

func checkTxPanic(s subject) {
	s.append(newRow(1))
	panicked := func(fn func()) (v any) {
		defer func() { v = recover() }()
		fn()
		return nil
	}
	v := panicked(func() {
		err := s.store.InTx(s.Context(), func(tx activity.Store) error {
			s.in(tx).append(newRow(2), newRow(3, key("k")))
			panic(errOfFn)
		})
		s.Errorf("InTx returned %v when fn panicked", err)
	})
	if v != any(errOfFn) {
		s.Errorf("InTx panicked with %v, want what fn panicked with", v)
	}
	s.holds(acme, newRow(1))
	// The ID and the key are free, and so is the store.
	s.tx(func(tx subject) { tx.append(newRow(2), newRow(4, key("k"))) })
	s.holds(acme, newRow(1), newRow(2), newRow(4, key("k")))
}

func checkOthersDoNotSee(s subject) {
	s.append(newRow(1))
	s.tx(func(tx subject) {
		tx.append(newRow(2))
		tx.append(newRow(3))
		s.holds(acme, newRow(1))
		if _, err := s.store.Event(s.Context(), acme, newRow(2).ID); !errors.Is(err, activity.ErrNotFound) {
			s.Errorf("Event beside the transaction that wrote it = %v, want ErrNotFound", err)
		}
	})
	s.holds(acme, newRows(1, 4)...)
}

func checkOwnStoreSees(s subject) {
	keyed := newRow(2, key("k"))
	s.append(newRow(1))
	s.tx(func(tx subject) {
		tx.holds(acme, newRow(1))
		tx.append(keyed)
		tx.holds(acme, newRow(1), keyed)
		tx.finds(activity.EventQuery{Tenant: acme, About: []activity.Entity{deal}}, newRow(1), keyed)
		if d := diff(keyed.Event, tx.append(again(keyed, 3))[0]); d != "" {
			s.Errorf("AppendEvents of a key that the transaction has used returned: %s", d)
		}
		tx.append(newRow(4))
		tx.holds(acme, newRow(1), keyed, newRow(4))
	})
	s.holds(acme, newRow(1), keyed, newRow(4))
}
