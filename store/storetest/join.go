package storetest

import (
	"errors"

	"github.com/go-activity/activity"
)

// joinCases are about InTx of a store that is in a transaction.
var joinCases = []testCase{
	{"joined commit", "InTx of a store that is in a transaction already joins it.", checkJoined},
	{"joined, then an error outside", "InTx of a store that is in a transaction already joins it.", checkJoinedThenError},
	{"joined twice", "InTx of a store that is in a transaction already joins it.", checkJoinedTwice},
	{"joined error", "When fn returns an error or panics, nothing of it is kept, and InTx passes that on.", checkJoinedError},
	{"joined panic", "When fn returns an error or panics, nothing of it is kept, and InTx passes that on.", checkJoinedPanic},
}

func checkJoined(s subject) {
	s.tx(func(outer subject) {
		outer.append(newRow(1))
		outer.tx(func(inner subject) {
			inner.holds(acme, newRow(1))
			inner.append(newRow(2))
			inner.holds(acme, newRows(1, 3)...)
		})
		outer.holds(acme, newRows(1, 3)...)
		s.holds(acme) // joined is not kept yet
		outer.append(newRow(3))
	})
	s.holds(acme, newRows(1, 4)...)
}

func checkJoinedThenError(s subject) {
	err := s.store.InTx(s.Context(), func(outer activity.Store) error {
		s.in(outer).append(newRow(1))
		s.in(outer).tx(func(inner subject) { inner.append(newRow(2)) })
		return errOfFn
	})
	if !errors.Is(err, errOfFn) {
		s.Errorf("InTx = %v, want the error of fn", err)
	}
	s.holds(acme)
}

func checkJoinedTwice(s subject) {
	s.tx(func(outer subject) {
		outer.append(newRow(1))
		for n := 2; n < 6; n += 2 {
			outer.tx(func(inner subject) {
				inner.append(newRow(n))
				inner.tx(func(innermost subject) {
					innermost.append(newRow(n + 1))
					innermost.holds(acme, newRows(1, n+2)...)
				})
			})
		}
		s.holds(acme)
	})
	s.holds(acme, newRows(1, 6)...)
}

// When the outer function goes on after the inner one has failed, nothing of the inner one may be
// kept. A store may have to give up the whole transaction then, but must say so.
func checkJoinedError(s subject) {
	err := s.store.InTx(s.Context(), func(outer activity.Store) error {
		s.in(outer).append(newRow(1))
		err := outer.InTx(s.Context(), func(inner activity.Store) error {
			s.in(inner).append(newRow(2))
			return errOfFn
		})
		if !errors.Is(err, errOfFn) {
			s.Errorf("InTx in a transaction = %v, want the error of fn", err)
		}
		return nil
	})
	checkOuterOnly(s, err)
}

func checkJoinedPanic(s subject) {
	err := s.store.InTx(s.Context(), func(outer activity.Store) error {
		s.in(outer).append(newRow(1))
		defer func() {
			if v := recover(); v != any(errOfFn) {
				s.Errorf("InTx in a transaction panicked with %v, want what fn panicked with", v)
			}
		}()
		return outer.InTx(s.Context(), func(inner activity.Store) error {
			s.in(inner).append(newRow(2))
			panic(errOfFn)
		})
	})
	checkOuterOnly(s, err)
}

// checkOuterOnly checks that the first row, which the outer function wrote, is kept unless the
// transaction failed, and the second one is not.
func checkOuterOnly(s subject, err error) {
	s.Helper()
	if err == nil {
		s.holds(acme, newRow(1))
	} else {
		s.holds(acme)
	}
}
