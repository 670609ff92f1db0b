package storetest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/go-activity/activity"
)

// checkChargeWaits charges keys in a transaction while others, who charge them too, wait for it.
func checkChargeWaits(s subject) {
	for _, commits := range []bool{true, false} {
		key := func(name string) activity.QuotaKey { return meterOf(fmt.Sprint(name, commits)) }
		var over atomic.Bool
		early := func() time.Time {
			if !over.Load() {
				s.Errorf("a charge asked for the time before the transaction that had charged its key was over")
			}
			return storeClock()
		}
		asks, late := make(chan struct{}), make(chan error, 1)
		var last activity.QuotaGrant
		err := s.store.InTx(s.Context(), func(store activity.Store) error {
			tx := s.in(store)
			tx.charges(newCharge(6, ofKeys(key("a")), withClock(storeClock)))
			go func() {
				close(asks)
				_, err := s.store.ChargeQuota(s.Context(), newCharge(6, ofKeys(key("a"), key("b")), held(1), withClock(early)))
				late <- err
			}()
			<-asks
			for range 10 {
				s.keeps(key("a"), activity.QuotaState{}) // gives the other one time to get stuck
			}
			last = tx.charges(newCharge(1, ofKeys(key("c")), withClock(storeClock)))
			over.Store(true)
			if !commits {
				return errOfFn
			}
			return nil
		})
		if (err == nil) != commits {
			s.Fatalf("InTx = %v", err)
		}
		err, state := <-late, s.quotaState(key("b"))
		switch {
		case commits && !errors.Is(err, activity.ErrQuotaExceeded):
			s.Errorf("a charge that waited for a transaction which took the room = %v, want ErrQuotaExceeded", err)
		case commits:
			s.keeps(key("b"), activity.QuotaState{})
		case err != nil || len(state.Holds) != 1:
			s.Errorf("a charge that waited for a transaction which was rolled back = %v, and holds %v", err, state.Holds)
		case state.Holds[0].At.Before(last.At):
			s.Errorf("a charge that waited for another counts from %v before it", last.At.Sub(state.Holds[0].At))
		}
		if !commits {
			s.keeps(key("c"), activity.QuotaState{})
		}
	}
}

// charges charges, which must succeed.
func (s subject) charges(r activity.QuotaRequest) activity.QuotaGrant {
	s.Helper()
	grant, err := s.store.ChargeQuota(s.Context(), r)
	if err != nil {
		s.Fatalf("ChargeQuota: %v", err)
	}
	return grant
}

// checkConcurrentCharges lets many charge keys, each two of three, until there is no room.
func checkConcurrentCharges(s subject) {
	const goroutines = 8
	pairs := [][]activity.QuotaKey{{keyA, keyB}, {keyB, keyC}, {keyA, keyC}}
	var ids atomic.Uint64
	var oracle QuotaOracle
	var admitted [3]atomic.Int64
	together(goroutines, func(i int) {
		for n := i; ; n++ {
			r := newCharge(1, ofKeys(pairs[n%3]...), withClock(frozen(epoch)), held(ids.Add(1)))
			for i := range r.Charges {
				r.Charges[i].Windows = perHourAndDay(20, 30)
			}
			charge := func(store activity.Store) error {
				_, err := store.ChargeQuota(s.Context(), r)
				return err
			}
			var err error
			if n%2 == 0 {
				err = charge(s.store)
			} else {
				err = s.store.InTx(s.Context(), charge)
			}
			if full, ok := errors.AsType[*activity.QuotaError](err); ok {
				if full.Held != 20 || full.Used != 0 {
					s.Errorf("a charge beside others was refused when %d units were used and %d held, of 20", full.Used, full.Held)
				}
				return
			}
			if err != nil {
				s.Errorf("ChargeQuota beside others: %v", err)
				return
			}
			admitted[n%3].Add(1)
			for _, c := range r.Charges {
				oracle.Charge(c.Key, QuotaCharged{ID: r.ID, At: epoch, Units: 1, Windows: c.Windows})
			}
		}
	})
	if err := oracle.Check(); err != nil {
		s.Errorf("concurrent charges: %v", err)
	}
	full := 0
	for i, key := range []activity.QuotaKey{keyA, keyB, keyC} {
		want := int64(0)
		for n, pair := range pairs {
			if pair[0] == key || pair[1] == key {
				want += admitted[n].Load()
			}
		}
		state := s.quotaState(key)
		r := activity.QuotaRequest{Charges: []activity.QuotaCharge{{Key: key, Windows: perHourAndDay(20, 30)}}, Units: 21}
		if e := r.Refusal([]activity.QuotaState{state}, epoch); e == nil || e.Held != want || len(state.Holds) != int(want) {
			s.Errorf("after %d concurrent charges of key %d, %d units are held by %d holds", want, i+1, e.Held, len(state.Holds))
		}
		if want == 20 {
			full++
		}
	}
	if full == 0 {
		s.Errorf("many charged three keys until there was no room, and no key is full")
	}
}
