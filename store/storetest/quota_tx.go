package storetest

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/go-activity/activity"
)

// quotaTxCases are about transactions, as far as they charge and settle.
var quotaTxCases = []testCase{
	{
		"commit of quotas",
		"When fn returns nil, all that was written through its store is kept, at once. Until then only fn's store sees what was written through it. " +
			"InTx of a store that is in a transaction already joins it.",
		checkQuotaCommit,
	},
	{"commit of quotas at once", "When fn returns nil, all that was written through its store is kept, at once.", checkQuotaCommitAtOnce},
	{"error or panic after writing quotas", "When fn returns an error or panics, nothing of it is kept, and InTx passes that on.", checkQuotaTxError},
}

// prepares makes what writes changes.
func (t *teller) prepares() {
	t.Helper()
	t.charge(5, held(1), ofKeys(keyA, keyB))
	t.charge(2, held(2), ofTask(1), ofKeys(keyA, keyB))
	t.charge(1, held(3), heldFor(time.Minute), ofKeys(keyA, keyB))
	t.charge(1)
}

// writes charges, settles, releases, gives back and forgets.
func (t *teller) writes() {
	t.Helper()
	t.keeps()
	t.charge(1, held(4), ofKeys(keyA, keyC))
	t.settles(settlement(1, 2, keyA, keyB))
	t.release(acme, newID(epoch, 1))
	t.goTo(2 * time.Minute)
	t.giveBack()
	t.charge(2, ofKeys(keyA, keyB, keyC), usedBy(ben))
	u := settlement(4, 0, keyA, keyC)
	u.Keep, u.Extend = true, time.Hour
	t.settles(u)
	forget := activity.ForgetQuery{Quota: "calls", Age: time.Minute, Clock: t.clock, Limit: 100}
	if _, err := t.store.ForgetUse(t.Context(), forget); err != nil {
		t.Fatalf("ForgetUse: %v", err)
	}
	t.model.forget(forget, *t.now)
	t.keeps()
}

// before returns a teller who knows what there is now, and goes on knowing that.
func (t *teller) before() *teller {
	now := *t.now
	return &teller{t.subject, t.model.clone(), &now}
}

func checkQuotaCommit(s subject) {
	t := newTeller(s)
	t.model.state(keyC) // which is to be looked at, too
	before := t.before()
	s.tx(func(tx subject) {
		t.in(tx.store).prepares()
		before.keeps()
	})
	t.keeps()
	before = t.before()
	s.tx(func(outer subject) {
		outer.tx(func(inner subject) { t.in(inner.store).writes() })
		t.in(outer.store).keeps()
		before.keeps() // joined is not kept yet
		t.in(outer.store).charge(1, ofKeys(keyC))
		before.keeps()
	})
	t.keeps()
	t.charge(1, ofKeys(keyA, keyC))
}

func checkQuotaCommitAtOnce(s subject) {
	const transactions, size = 5, 3
	var done atomic.Bool
	id := uint64(0)
	together(2, func(i int) {
		if i == 0 {
			defer done.Store(true)
			for range transactions {
				err := s.store.InTx(s.Context(), func(tx activity.Store) error {
					for range size {
						id++
						r := newCharge(1, limited(keyA, perHourAndDay(100, 100)...), held(id), withClock(frozen(epoch)))
						if _, err := tx.ChargeQuota(s.Context(), r); err != nil {
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
			state, err := s.store.QuotaState(s.Context(), keyA)
			if err != nil {
				s.Errorf("QuotaState during a commit: %v", err)
				return
			}
			// The counter has what the holds have, of the same moment.
			n := len(state.Holds)
			r := newCharge(101, limited(keyA, perHourAndDay(100, 100)...))
			if e := r.Refusal([]activity.QuotaState{state}, epoch); n%size != 0 || e.Used != 0 || e.Held != int64(n) {
				s.Errorf("QuotaState during a commit has %d holds, and a counter of %d used and %d held; want a multiple of %d held", n, e.Used, e.Held, size)
				return
			}
		}
	})
	if n := len(s.quotaState(keyA).Holds); n != transactions*size {
		s.Errorf("after all, there are %d holds, want %d", n, transactions*size)
	}
}

func checkQuotaTxError(s subject) {
	t := newTeller(s)
	t.model.state(keyC)
	t.prepares()
	start := *t.now
	again := func() {
		t.Helper()
		*t.now = start
		t.keeps()
	}
	fails := func(fn func(store activity.Store, tx *teller) error) (err error) {
		t.Helper()
		before := t.before()
		defer func() {
			*t.model = *before.model
			if v := recover(); v != nil {
				if err = errOfFn; v != any(errOfFn) {
					t.Errorf("InTx panicked with %v, want what fn panicked with", v)
				}
			}
			again()
		}()
		return s.store.InTx(s.Context(), func(store activity.Store) error { return fn(store, t.in(store)) })
	}
	for what, fn := range map[string]func(activity.Store, *teller) error{
		"an error": func(_ activity.Store, tx *teller) error { tx.writes(); return errOfFn },
		"a panic":  func(_ activity.Store, tx *teller) error { tx.writes(); panic(errOfFn) },
		"an error after what joined": func(store activity.Store, tx *teller) error {
			tx.in(store).tx(func(inner subject) { tx.in(inner.store).writes() })
			return errOfFn
		},
	} {
		if err := fails(fn); !errors.Is(err, errOfFn) {
			t.Errorf("InTx of %s = %v, want the error of fn", what, err)
		}
	}

	// When the outer function goes on after the inner one has failed, nothing of the inner one may be kept. A store
	// may have to give up the whole transaction then, but must say so.
	outer, before := newCharge(1, ofKeys(keyB, keyC)), t.model.clone()
	err := s.store.InTx(s.Context(), func(store activity.Store) error {
		tx := t.in(store)
		if _, err := tx.try(outer); err != nil {
			return err
		}
		kept := t.model.clone()
		err := store.InTx(s.Context(), func(inner activity.Store) error {
			t.in(inner).writes()
			return errOfFn
		})
		if !errors.Is(err, errOfFn) {
			t.Errorf("InTx in a transaction = %v, want the error of fn", err)
		}
		*t.model = *kept
		return nil
	})
	if err != nil {
		*t.model = *before
	}
	again()
	t.writes() // the reservation's ID is free
}
