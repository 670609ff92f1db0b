package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-activity/activity"
)

const (
	usedRule      = "Units that were used stay charged."
	backRule      = "Units that are not used and not kept are given back, to when they were charged."
	untilRule     = "The time at which the reservation expires comes back, the earliest of its holds, or the zero time once it is settled."
	settleAllRule = "Either all holds of the reservation change or none."
	settledRule   = "A reservation that was settled, or does not have all its holds any more, is ErrSettled, or ErrHoldExpired if its time has come."
	expiredRule   = "A hold whose time has come is ErrHoldExpired, whether or not its units were given back already."
	notHeldRule   = "More units than are held is ErrNotHeld."
)

// settleHoldsCases are about SettleHolds.
var settleHoldsCases = []testCase{
	{"settlements", usedRule + " " + backRule + " " + untilRule, checkSettlements},
	{"settlements that are refused", settleAllRule + " " + settledRule + " " + expiredRule + " " + notHeldRule, checkSettlementsRefused},
	{"concurrent settlements", "Of concurrent settlements of a reservation, one succeeds.", checkConcurrentSettlements},
}

// settles settles, which must succeed.
func (t *teller) settles(u activity.HoldUpdate) time.Time {
	t.Helper()
	until, err := t.settle(u)
	if err != nil {
		t.Fatalf("SettleHolds after %v: %v", t.now.Sub(epoch), err)
	}
	return until
}

// has checks how many units of 10 an hour and 20 a day a key has left.
func (t *teller) has(left int64, key activity.QuotaKey) {
	t.Helper()
	if left > 0 {
		t.rollsBack(func(tx *teller) { tx.charge(left, ofKeys(key)) })
	}
	t.refuses(left+1, ofKeys(key))
}

// rollsBack does something in a transaction of which nothing is kept.
func (t *teller) rollsBack(fn func(tx *teller)) {
	t.Helper()
	before := t.model.clone()
	err := t.store.InTx(t.Context(), func(tx activity.Store) error {
		fn(t.in(tx))
		return errOfFn
	})
	*t.model = *before
	if !errors.Is(err, errOfFn) {
		t.Errorf("InTx = %v, want the error of fn", err)
	}
	t.keeps()
}

func checkSettlements(s subject) {
	t := newTeller(s)
	until := func(what string, got time.Time, want time.Time) {
		t.Helper()
		if !sameValue(want, got) {
			t.Errorf("the end of a reservation %s is %v, want %v", what, got, want)
		}
	}
	keep := func(u activity.HoldUpdate, extend time.Duration) activity.HoldUpdate {
		u.Keep, u.Extend = true, extend
		return u
	}
	// Used altogether, in part, and not at all.
	for n, used := range []int64{3, 1, 0} {
		t.charge(3, held(uint64(n)))
		until("that was settled", t.settles(settlement(uint64(n), used)), time.Time{})
	}
	t.has(6, keyA)
	// Bit by bit, and for longer.
	t.charge(5, held(10), ofKeys(keyA, keyB))
	t.goTo(time.Minute)
	until("of which some was used", t.settles(keep(settlement(10, 2, keyA, keyB), 0)), epoch.Add(15*time.Minute))
	until("that was extended by less than it has", t.settles(keep(settlement(10, 0, keyA, keyB), time.Minute)), epoch.Add(15*time.Minute))
	zone := time.FixedZone("IST", 5*3600+1800)
	longer := keep(settlement(10, 1, keyA, keyB), 20*time.Minute)
	longer.Clock = frozen(epoch.Add(time.Minute + 999).In(zone))
	until("that was extended", t.settles(longer), epoch.Add(21*time.Minute))
	t.has(1, keyA)
	t.has(5, keyB)
	t.goTo(16 * time.Minute)
	t.has(1, keyA)
	until("of which all was used", t.settles(keep(settlement(10, 2, keyA, keyB), 0)), epoch.Add(21*time.Minute))
	until("that was settled when nothing was left", t.settles(settlement(10, 0, keyA, keyB)), time.Time{})
	t.has(1, keyA)
	t.has(5, keyB)
	// Holds of one reservation may expire at different times: the first counts.
	t.charge(1, ofKeys(keyC))
	t.goTo(10 * time.Minute)
	grant := t.charge(1, held(11), ofKeys(keyB, keyC)) // keyB was charged after 0 minutes, keyC after 16
	until("of two keys", t.settles(keep(settlement(11, 0, keyB, keyC), 0)), grant.Until)
	if want := epoch.Add(25 * time.Minute); !grant.Until.Equal(want) {
		t.Errorf("a reservation of two keys lasts until %v, want %v", grant.Until, want)
	}
	until("of two keys that was extended", t.settles(keep(settlement(11, 0, keyB, keyC), 17*time.Minute)), epoch.Add(27*time.Minute))

	// What is given back was charged at its time, and leaves with it.
	t.goTo(100 * time.Hour)
	t.charge(6, held(12))
	t.goTo(100*time.Hour + 10*time.Minute)
	t.charge(4)
	t.settles(keep(expiring(settlement(12, 0), epoch.Add(100*time.Hour+15*time.Minute)), 2*time.Hour))
	t.goTo(100*time.Hour + 30*time.Minute)
	t.settles(expiring(settlement(12, 2), epoch.Add(102*time.Hour)))
	t.has(4, keyA)
	t.charge(4)
	t.goTo(101*time.Hour + time.Minute) // the 2 of minute 0 leave, no more
	t.has(2, keyA)
	t.goTo(101*time.Hour + 11*time.Minute)
	t.has(6, keyA)
}

func checkSettlementsRefused(s subject) {
	t := newTeller(s)
	refused := func(what string, want error, u activity.HoldUpdate) {
		t.Helper()
		for _, u := range []activity.HoldUpdate{u, {ID: u.ID, Keys: u.Keys, Until: u.Until, Used: u.Used, Keep: true, Extend: time.Hour}} {
			if _, err := t.settle(u); !errors.Is(err, want) {
				t.Errorf("SettleHolds of %s = %v, want %v", what, err, want)
			}
		}
		t.rollsBack(func(tx *teller) {
			if _, err := tx.settle(u); !errors.Is(err, want) {
				t.Errorf("SettleHolds of %s in a transaction = %v, want %v", what, err, want)
			}
		})
	}
	for n := range uint64(4) {
		t.charge(2, held(n), ofKeys(keyA, keyB))
	}
	refused("more than is held", activity.ErrNotHeld, settlement(0, 3, keyA, keyB))
	t.settles(settlement(0, 1, keyA, keyB))
	refused("what was settled, and not given back", activity.ErrSettled, settlement(0, 0, keyA, keyB))
	t.giveBack()
	refused("what was settled, and given back", activity.ErrSettled, settlement(0, 1, keyA, keyB))
	t.settles(settlement(1, 2, keyA, keyB))
	refused("what was used", activity.ErrSettled, settlement(1, 0, keyA, keyB))
	refused("a reservation that never was", activity.ErrSettled, settlement(9, 1, keyA, keyB))
	refused("a reservation of more keys", activity.ErrSettled, settlement(2, 1, keyA, keyB, keyC))
	refused("a reservation of more keys", activity.ErrSettled, settlement(2, 1, keyA, meterOf("ab"), keyB))

	t.goTo(15*time.Minute - time.Microsecond)
	t.settles(activity.HoldUpdate{ID: newID(epoch, 3), Keys: []activity.QuotaKey{keyA, keyB}, Used: 1, Keep: true, Until: epoch.Add(15 * time.Minute)})
	t.goTo(15 * time.Minute)
	refused("what has expired", activity.ErrHoldExpired, settlement(2, 1, keyA, keyB))
	t.charge(1) // gives back what is due of one of the keys
	refused("what has expired, and was given back in part", activity.ErrHoldExpired, settlement(2, 1, keyA, keyB))
	t.giveBack()
	refused("what has expired, and was given back", activity.ErrHoldExpired, settlement(2, 1, keyA, keyB))
	refused("what was settled before it expired", activity.ErrHoldExpired, settlement(1, 0, keyA, keyB))
	// The time of one hold has come, and that of the other has not.
	t.goTo(20 * time.Minute)
	t.charge(1, ofKeys(keyB))
	t.goTo(16 * time.Minute)
	t.charge(1, held(5), ofKeys(keyA, keyB)) // holds of keyA expire after 31 minutes, of keyB after 35
	t.goTo(33 * time.Minute)
	refused("what has expired of one key", activity.ErrHoldExpired, expiring(settlement(5, 1, keyA, keyB), epoch.Add(31*time.Minute)))
	t.charge(1)
	refused("what was given back of one key", activity.ErrHoldExpired, expiring(settlement(5, 0, keyA, keyB), epoch.Add(31*time.Minute)))
	// A clock that went back: what was given back is not there any more, though its time has not come.
	t.goTo(30 * time.Minute)
	refused("what was given back before its time", activity.ErrSettled, expiring(settlement(5, 0, keyA, keyB), epoch.Add(31*time.Minute)))
}

// expiring gives an update another end of the reservation.
func expiring(u activity.HoldUpdate, until time.Time) activity.HoldUpdate {
	u.Until = until
	return u
}

// checkConcurrentSettlements lets many settle a reservation, each in its way.
func checkConcurrentSettlements(s subject) {
	const goroutines = 8
	for round := range uint64(3) {
		key, other := meterOf(fmt.Sprint("a", round)), meterOf(fmt.Sprint("b", round))
		s.charges(newCharge(9, ofKeys(key, other), held(round), withClock(frozen(epoch))))
		errs := make([]error, goroutines)
		together(goroutines, func(i int) {
			settle := func(store activity.Store) error {
				u := settlement(round, int64(i), key, other)
				u.Clock = frozen(epoch.Add(time.Minute))
				_, err := store.SettleHolds(s.Context(), u)
				return err
			}
			if i%2 == 0 {
				errs[i] = settle(s.store)
			} else {
				errs[i] = s.store.InTx(s.Context(), settle)
			}
		})
		won := []int{}
		for i, err := range errs {
			if err == nil {
				won = append(won, i)
			} else if !errors.Is(err, activity.ErrSettled) {
				s.Errorf("SettleHolds beside others = %v, want nil or ErrSettled", err)
			}
		}
		if len(won) != 1 {
			s.Errorf("%d of %d settled one reservation", len(won), goroutines)
			continue
		}
		for _, key := range []activity.QuotaKey{key, other} {
			t := newTeller(s)
			r := newCharge(9, ofKeys(key), held(round))
			if _, err := t.model.charge(&r, epoch); err != nil {
				t.Fatalf("%v", err)
			}
			u := settlement(round, int64(won[0]), key)
			if _, err := t.model.settle(&u, epoch); err != nil {
				t.Fatalf("%v", err)
			}
			t.keeps()
			t.has(int64(10-won[0]), key)
		}
	}
}
