package storetest

import (
	"errors"
	"math"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

const (
	admittedRule = "A request is admitted if each window of each key has room for its units, as QuotaRequest.Admit says; all its keys are charged then."
	chargedRule  = "A charge counts from the time at which its keys were locked, which is never earlier than that of the charge of the key before."
	chargeTxRule = "In a transaction, a charge is kept or undone with it, and others who charge the key wait for its end."
)

// chargeQuotaCases are about ChargeQuota.
var chargeQuotaCases = []testCase{
	{"charges that are admitted", admittedRule, checkAdmitted},
	{"charges that are refused", "A request that is not admitted is the QuotaError that QuotaRequest.Refusal returns, and changes nothing.", checkRefused},
	{"times of charges", chargedRule, checkChargeTimes},
	{"units that are due", "What a settled or expired hold gives back is free for the next charge of its key.", checkDueUnits},
	{"holds of a charge", "A request with a reservation adds a hold for each key. A reservation that exists is an error, never an overwrite.", checkHolds},
	{"charge that waits", chargedRule + " " + chargeTxRule, checkChargeWaits},
	{"concurrent charges", "Of concurrent charges of a key, each sees what the one before left.", checkConcurrentCharges},
}

func checkAdmitted(s subject) {
	t := newTeller(s)
	t.charge(4)
	t.charge(6)
	t.refuses(1)
	// The hour frees its units with the minute in which they were charged; the day has had 10 of its 20.
	t.goTo(61*time.Minute - time.Microsecond)
	t.refuses(1)
	t.goTo(61 * time.Minute)
	t.charge(10)
	t.goTo(3 * time.Hour)
	t.refuses(1)
	t.goTo(24*time.Hour + 15*time.Minute)
	t.charge(10)
	t.refuses(1)

	// Any key and any window may be the one without room; then nothing is charged.
	t.goTo(100 * time.Hour)
	for _, full := range []activity.QuotaKey{keyA, keyB, keyC} {
		t.charge(8, ofKeys(full))
		t.refuses(3, ofKeys(keyA, keyB, keyC))
		t.charge(2, ofKeys(keyA, keyB, keyC))
		t.goTo(t.now.Sub(epoch) + 100*time.Hour)
	}
	windows := []activity.Window{{Length: time.Second, Limit: 9, Resolution: 10 * time.Millisecond}, {Length: time.Minute, Limit: 9, Resolution: time.Second}, {Length: time.Hour, Limit: 9, Resolution: time.Minute}}
	for i := range windows {
		tight := slices.Clone(windows)
		tight[i].Limit = 5
		t.refuses(6, limited(keyA, windows...), limited(keyB, tight...))
		t.refuses(6, limited(keyA, tight...), limited(keyB, windows...))
	}

	// Limits are those of the request, in whatever order its windows come; new windows are made of the old ones.
	key := meterOf("limits")
	t.charge(5, limited(key, perHourAndDay(5, 5)...))
	t.refuses(1, limited(key, perHourAndDay(5, 10)...))
	t.refuses(1, limited(key, perHourAndDay(10, 5)...))
	t.charge(1, limited(key, perHourAndDay(6, 10)...))
	t.refuses(1, limited(key, perHourAndDay(2, 2)...))
	day, hour := perHourAndDay(7, 10)[1], perHourAndDay(7, 10)[0]
	t.charge(1, limited(key, day, hour))
	t.refuses(1, limited(key, hour))
	t.charge(2, limited(key, day, activity.Window{Length: 10 * time.Hour, Limit: 9, Resolution: 5 * time.Minute}))
	t.refuses(1, limited(key, activity.Window{Length: 10 * time.Hour, Limit: 9, Resolution: 7 * time.Minute}))

	// The largest that there can be.
	var all []requestChange
	for n := range activity.MaxMeters {
		var many []activity.Window
		for i := range activity.MaxWindows {
			length := time.Duration(i+1) * 360 * time.Hour
			many = append(many, activity.Window{Length: length, Limit: activity.Unlimited, Resolution: length / activity.MaxBuckets})
		}
		all = append(all, limited(meterOf("many"+string(rune('A'+n))), many...))
	}
	for range 3 {
		t.charge(math.MaxInt64/4, all...)
		t.goTo(t.now.Sub(epoch) + 90*time.Minute)
	}
	t.charge(math.MaxInt64/4+3, all...)
	t.refuses(1, all...)
}

func checkRefused(s subject) {
	t := newTeller(s)
	t.charge(2)
	t.charge(3, held(1))
	t.charge(4, held(2), heldFor(5*time.Minute))
	t.goTo(time.Minute)
	t.charge(1, ofKeys(keyB), held(3))
	refused := func(what string, want activity.QuotaError, changes ...requestChange) {
		t.Helper()
		want.Quota, want.Subject = "calls", keyA.Subject()
		if err := t.refuses(want.Requested, changes...); !sameError(&want, err) {
			t.Errorf("ChargeQuota %s: the error is %#v, want %#v", what, err, want)
		}
	}
	refused("beside holds", activity.QuotaError{Window: time.Hour, Limit: 10, Used: 2, Held: 7, Requested: 2, RetryAt: epoch.Add(5 * time.Minute)})
	refused("of two keys", activity.QuotaError{Window: time.Hour, Limit: 10, Used: 2, Held: 7, Requested: 6, RetryAt: epoch.Add(15 * time.Minute)}, ofKeys(keyA, keyB), held(4))
	refused("of more than the limit", activity.QuotaError{Window: time.Hour, Limit: 10, Used: 2, Held: 7, Requested: 11}, ofKeys(keyA, keyB))
	refused("of more than the limit of a day", activity.QuotaError{Window: 24 * time.Hour, Limit: 7, Used: 2, Held: 7, Requested: 8}, limited(keyA, perHourAndDay(10, 7)...))
	// What is due stays where it is: nothing changes.
	t.goTo(10 * time.Minute)
	refused("beside a hold that is due", activity.QuotaError{Window: time.Hour, Limit: 10, Used: 2, Held: 3, Requested: 6, RetryAt: epoch.Add(15 * time.Minute)}, usedBy(ben))
	if n := len(t.quotaState(keyA).Holds); n != 2 {
		t.Errorf("after a charge that was refused, the key has %d holds, want 2", n)
	}
	t.refuses(11, ofKeys(meterOf("new")), held(5))

	// A store may have to give up the transaction in which it refused, but must say so.
	before := t.model.clone()
	err := s.store.InTx(s.Context(), func(tx activity.Store) error {
		t.in(tx).charge(1, ofKeys(keyC))
		t.in(tx).refuses(6)
		return nil
	})
	if err != nil {
		t.model = before
	}
	t.keeps()
}

func checkChargeTimes(s subject) {
	t := newTeller(s)
	is := func(what string, got, want time.Time) {
		t.Helper()
		if !sameValue(want, got) {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	is("the time of the first charge", t.charge(1).At, epoch)
	at := epoch.Add(time.Hour + 123_456_789*time.Nanosecond)
	clock := withClock(frozen(at.In(time.FixedZone("IST", 5*3600+1800))))
	is("a time with nanoseconds in another zone", t.charge(1, clock).At, at.Truncate(time.Microsecond))
	// A clock that goes back does not take the key with it.
	is("the time of a charge by a clock that went back", t.charge(1, held(1)).At, at.Truncate(time.Microsecond))
	// Each key has its own time.
	grant := t.charge(1, ofKeys(keyA, keyB), held(2))
	is("the time of the later key", grant.At, at.Truncate(time.Microsecond))
	is("the end of the hold of the earlier key", grant.Until, epoch.Add(15*time.Minute))
	is("the time of the earlier key", t.quotaState(keyB).Holds[0].At, epoch)
	t.goTo(24 * time.Hour)
	is("the time of both", t.charge(1, ofKeys(keyA, keyB), held(3)).At, epoch.Add(24*time.Hour))

	// The store's own clock, which may not agree with that of the test.
	near := func(what string, got time.Time) {
		t.Helper()
		if away := time.Since(got).Abs(); away > 24*time.Hour || got.Location() != time.UTC || got.Nanosecond()%1000 != 0 {
			t.Errorf("%s without a time is %v, want the present in microseconds and UTC", what, got)
		}
	}
	request := newCharge(1, ofKeys(keyC), held(4), withClock(storeClock))
	grant, err := s.store.ChargeQuota(s.Context(), request)
	if err != nil {
		t.Fatalf("ChargeQuota without a time: %v", err)
	}
	near("a charge", grant.At)
	is("the end of a hold by the store's clock", grant.Until, grant.At.Add(15*time.Minute))
	state := s.quotaState(keyC)
	near("QuotaState", state.Now)
	is("the hold's time", state.Holds[0].At, grant.At)
	update := settlement(4, 0, keyC)
	update.Until, update.Keep, update.Extend, update.Clock = grant.Until, true, time.Hour, storeClock
	until, err := s.store.SettleHolds(s.Context(), update)
	if err != nil {
		t.Fatalf("SettleHolds without a time: %v", err)
	}
	near("an extension", until.Add(-time.Hour))
	if n, err := s.store.GiveBack(s.Context(), activity.DueQuery{Clock: storeClock, Limit: 10}); n > 3 || err != nil || len(s.quotaState(keyC).Holds) != 1 {
		t.Errorf("GiveBack without a time = %d, %v, and a hold of an hour is not there any more", n, err)
	}
}

func checkDueUnits(s subject) {
	t := newTeller(s)
	t.charge(4, held(1))
	t.goTo(10 * time.Minute)
	t.charge(5)
	t.goTo(15*time.Minute - time.Microsecond)
	t.refuses(2)
	t.goTo(15 * time.Minute) // reservation 1 has expired, and 5 are used
	t.charge(5, held(2))
	t.refuses(1)
	if _, err := t.settle(settlement(2, 3)); err != nil {
		t.Fatalf("SettleHolds: %v", err)
	}
	t.charge(2, ofKeys(keyA, keyB), held(3))
	t.refuses(1)
	t.goTo(20 * time.Minute)
	t.release(acme, activity.ID{1}) // nothing is held for it
	t.refuses(1)
	// What is given back leaves when it was charged, and no other unit does: those of minute 10 are used until
	// minute 71, and those of minute 15 until 76.
	t.goTo(30 * time.Minute) // reservation 3 has expired
	t.charge(2)
	t.goTo(71*time.Minute - time.Microsecond)
	t.refuses(1)
	t.goTo(71 * time.Minute)
	t.charge(5)
	t.refuses(1)
	t.goTo(76 * time.Minute)
	t.charge(3, ofKeys(keyA, keyB))
	t.refuses(1)
	// Units that left their windows are not given back once more.
	t.goTo(200 * time.Hour)
	t.charge(10, held(4), heldFor(2*time.Hour))
	t.goTo(201*time.Hour + time.Minute)
	t.charge(9)
	t.goTo(203 * time.Hour)
	t.charge(10)
	t.refuses(1)
}

func checkHolds(s subject) {
	t := newTeller(s)
	ben := activity.Entity{Kind: "user", ID: "ben\"'%\\_\n", Label: "Ben, ü"}
	t.charge(3, ofKeys(keyA, keyC), held(7), ofTask(1), usedBy(ben), heldFor(time.Hour+1999*time.Nanosecond))
	t.goTo(time.Minute)
	t.charge(2, ofKeys(keyA, keyB, keyC), held(2))
	t.goTo(2 * time.Minute)
	t.charge(1, held(5), ofTask(2), usedBy(activity.Entity{}))
	t.charge(1) // holds nothing
	hold := activity.Hold{ID: newID(epoch, 7), Key: keyC, Task: newID(epoch, 1), Actor: ben, Units: 3, At: epoch, Until: epoch.Add(time.Hour + time.Microsecond)}
	if d := diffList([]activity.Hold{{
		ID: newID(epoch, 2), Key: keyC, Actor: ana, Units: 2, At: epoch.Add(time.Minute), Until: epoch.Add(16 * time.Minute),
	}, hold}, t.quotaState(keyC).Holds); d != "" {
		t.Errorf("holds of a key: %s", d)
	}
	for _, keys := range [][]activity.QuotaKey{{keyA, keyC}, {keyB, keyC}, {keyC}} {
		err := t.refuses(1, ofKeys(keys...), held(7), usedBy(ana))
		if errors.Is(err, activity.ErrQuotaExceeded) || errors.Is(err, activity.ErrInvalid) {
			t.Errorf("ChargeQuota of a reservation that exists: %v", err)
		}
	}
	t.charge(1, ofKeys(keyA, keyB), held(8))
}
