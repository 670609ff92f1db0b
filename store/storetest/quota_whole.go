package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-activity/activity"
)

// quotaWholeCases are about a store as a whole, as far as it counts what is limited.
var quotaWholeCases = []testCase{
	{"concurrent use of quotas", "A store is safe for concurrent use.", checkConcurrentQuotas},
	{"memory of quotas", memoryRule, checkMemoryOfQuotas},
	{"tenants of quotas", "A store keeps the data of each tenant apart: no call returns what belongs to another tenant.", checkTenantsOfQuotas},
	{"times of quotas", "Times are kept to the microsecond and come back in UTC.", checkQuotaTimes},
	{"context that ends at any moment, quotas", "When its context has ended, a call returns the context's error and stores nothing.", checkQuotaEndingAnytime},
}

// checkConcurrentQuotas uses two keys in all ways, at one time, so that the order does not count.
func checkConcurrentQuotas(s subject) {
	const writers, readers, rounds = 6, 2, 4
	clock := withClock(frozen(epoch))
	request := func(n uint64) activity.QuotaRequest {
		all := perHourAndDay(1000, 1000)
		return newCharge(int64(n), limited(keyA, all...), limited(keyB, all...), held(n), ofTask(n), clock)
	}
	update := func(n uint64) activity.HoldUpdate {
		u := settlement(n, int64(n)/2, keyA, keyB)
		u.Clock, u.Keep = frozen(epoch), n%2 == 1
		return u
	}
	together(writers+readers, func(i int) {
		for round := range rounds {
			if i >= writers {
				_, backErr := s.store.GiveBack(s.Context(), activity.DueQuery{Clock: frozen(epoch), Limit: 2})
				_, forgetErr := s.store.ForgetUse(s.Context(), activity.ForgetQuery{Quota: "calls", Clock: frozen(epoch), Limit: 2})
				_, stateErr := s.store.QuotaState(s.Context(), keyA)
				_, useErr := s.store.QuotaUse(s.Context(), activity.UseQuery{Key: keyB, From: epoch, To: farFuture, Clock: frozen(epoch)})
				if err := errors.Join(backErr, forgetErr, stateErr, useErr); err != nil {
					s.Errorf("reading and giving back beside others: %v", err)
				}
				continue
			}
			n := uint64(1 + i*rounds + round)
			charge := func(store activity.Store) error {
				_, err := store.ChargeQuota(s.Context(), request(n))
				return err
			}
			settle := func(store activity.Store) error {
				_, err := store.SettleHolds(s.Context(), update(n))
				if err == nil && n%2 == 1 {
					err = store.ReleaseHolds(s.Context(), acme, newID(epoch, n))
				}
				return err
			}
			var err error
			switch n % 3 {
			case 0:
				err = cmp.Or(charge(s.store), settle(s.store))
			case 1:
				err = cmp.Or(charge(s.store), s.store.InTx(s.Context(), settle))
			default:
				err = s.store.InTx(s.Context(), func(tx activity.Store) error { return cmp.Or(charge(tx), settle(tx)) })
			}
			if err != nil {
				s.Errorf("charging and settling beside others: %v", err)
			}
		}
	})
	t := newTeller(s)
	for n := range uint64(writers * rounds) {
		r, u := request(n+1), update(n+1)
		if _, err := t.model.charge(&r, epoch); err != nil {
			t.Fatalf("%v", err)
		}
		if _, err := t.model.settle(&u, epoch); err != nil {
			t.Fatalf("%v", err)
		}
		t.model.release(acme, r.Task)
	}
	t.model.giveBack(*t.now)
	if _, err := s.store.GiveBack(s.Context(), activity.DueQuery{Clock: t.clock, Limit: 1000}); err != nil {
		t.Fatalf("GiveBack: %v", err) // readers may have given back a part
	}
	t.keeps()
	t.charge(1, limited(keyA, perHourAndDay(1000, 1000)...), limited(keyB, perHourAndDay(1000, 1000)...))
}

func checkMemoryOfQuotas(s subject) {
	t := newTeller(s)
	use := func(t *teller) {
		t.Helper()
		n := uint64(len(t.model.charges))
		// What is passed in. Windows are the one thing that stores may share.
		r := newCharge(1, ofKeys(keyA, keyB), held(n), withClock(t.clock))
		before := fmt.Sprintf("%+v", r.Charges)
		want, _ := t.model.charge(&r, *t.now)
		if grant := t.charges(r); grant != want {
			t.Errorf("ChargeQuota = %v, want %v", grant, want)
		}
		if after := fmt.Sprintf("%+v", r.Charges); after != before {
			t.Errorf("ChargeQuota changed the request from %s to %s", before, after)
		}
		u := settlement(n, 0, keyA, keyB)
		u.Keep, u.Clock = true, t.clock
		if _, err := t.store.SettleHolds(t.Context(), u); err != nil {
			t.Fatalf("SettleHolds: %v", err)
		}
		if u.Keys[0] != keyA || u.Keys[1] != keyB {
			t.Errorf("SettleHolds changed the keys of the update")
		}
		for i := range r.Charges {
			r.Charges[i] = activity.QuotaCharge{Key: activity.QuotaKey{Tenant: "!"}}
			u.Keys[i] = activity.QuotaKey{Tenant: "!"}
		}
		t.keeps()
		// What is handed out.
		state := t.quotaState(keyA)
		for i := range state.Holds {
			state.Counter.GiveBack(&state.Holds[i])
			state.Holds[i] = activity.Hold{Units: 100}
		}
		_ = append(state.Holds, activity.Hold{Units: 100})
		more := newCharge(3, held(100))
		more.Admit([]*activity.QuotaCounter{&state.Counter}, *t.now)
		t.keeps()
		q := activity.UseQuery{Key: keyA, From: epoch, To: farFuture, ByActor: true, Step: time.Minute}
		for range 2 {
			uses := t.uses(q)
			for i := range uses {
				uses[i] = activity.QuotaUse{Units: 100}
			}
		}
		t.keeps()
	}
	use(t)
	use(t)
	s.tx(func(tx subject) {
		use(t.in(tx.store))
		use(t.in(tx.store))
	})
	t.keeps()
}

func checkTenantsOfQuotas(s subject) {
	t := newTeller(s)
	subjects := []activity.QuotaKey{ // no two are the same
		{Tenant: globex, Quota: "calls", SubjectKind: "user", SubjectID: "a"},
		{Tenant: globex, Quota: "calls", SubjectKind: "user", SubjectID: "A"},
		{Tenant: globex, Quota: "calls", SubjectKind: "user", SubjectID: "a "},
		{Tenant: globex, Quota: "calls", SubjectKind: "usera"},
		{Tenant: globex, Quota: "calls", SubjectID: "usera"},
		{Tenant: globex, Quota: "callsuser", SubjectKind: "a"},
		{Tenant: globex, Quota: "calls"},
		{Tenant: globex, Quota: "mails"},
		{Tenant: "globexcalls"},
		keyA,
		{Tenant: "GLOBEX", Quota: "calls", SubjectKind: "user", SubjectID: "a"},
		{Tenant: "globex ", Quota: "calls", SubjectKind: "user", SubjectID: "a"},
		{Tenant: "glob_x", Quota: "calls", SubjectKind: "us%r", SubjectID: "a'\"\\"},
	}
	for i, key := range subjects {
		s.keeps(key, activity.QuotaState{})
		t.charge(int64(i%10)+1, ofKeys(key))
	}
	t.has(9, subjects[0])
	t.has(0, keyA)
	// What one tenant holds is not for another to settle or to release.
	abroad := activity.QuotaKey{Tenant: "initech", Quota: "calls", SubjectKind: "user", SubjectID: "a"}
	t.charge(5, ofKeys(abroad), held(1), ofTask(1))
	if _, err := t.settle(settlement(1, 2, keyA)); !errors.Is(err, activity.ErrSettled) {
		t.Errorf("SettleHolds of another tenant's reservation = %v, want ErrSettled", err)
	}
	t.release(acme, newID(epoch, 1))
	t.release("INITECH", newID(epoch, 1))
	t.has(5, abroad)
	t.settles(settlement(1, 2, abroad))
	t.has(8, abroad)
}

func checkQuotaTimes(s subject) {
	t := newTeller(s)
	zone := time.FixedZone("IST", 5*3600+1800)
	for i, at := range []time.Time{
		time.Unix(0, 1000).UTC(),
		epoch.Add(1 * time.Microsecond),
		epoch.Add(999_999 * time.Microsecond),
		time.Date(9999, 12, 31, 23, 44, 59, 999_999_000, time.UTC),
	} {
		key, n := meterOf(fmt.Sprint(i)), uint64(i)
		*t.now = at.Add(999).In(zone)
		t.charge(1, ofKeys(key), held(n), heldFor(15*time.Minute+999))
		u := expiring(settlement(n, 0, key), at.Add(15*time.Minute).In(zone))
		u.Keep, u.Extend = true, 15*time.Minute
		if until := t.settles(u); !sameValue(at.Add(15*time.Minute), until) {
			t.Errorf("a reservation of %v lasts until %v", at, until)
		}
		hold := t.quotaState(key).Holds[0]
		if !sameValue(at, hold.At) || !sameValue(at.Add(15*time.Minute), hold.Until) {
			t.Errorf("the hold of a charge at %v is from %v until %v", at, hold.At, hold.Until)
		}
		minute := at.Truncate(time.Minute)
		for _, step := range []time.Duration{0, time.Minute} {
			q := activity.UseQuery{Key: key, From: minute.In(zone), To: minute.Add(time.Minute).In(zone), Step: step, Clock: frozen(at.In(zone))}
			uses, err := s.store.QuotaUse(s.Context(), q)
			if err != nil || len(uses) != 1 || !sameValue(minute, uses[0].Start) || uses[0].Units != 1 {
				t.Errorf("QuotaUse of the minute of %v = %v, %v", at, uses, err)
			}
		}
	}
}

// checkQuotaEndingAnytime is checkEndingAnytime for quotas. What was charged or settled must be so for all keys.
func checkQuotaEndingAnytime(s subject) {
	t := newTeller(s)
	for n := range uint64(10) {
		all := perHourAndDay(1000, 1000)
		r := newCharge(3, limited(keyA, all...), limited(keyB, all...), held(n), withClock(t.clock))
		err := s.cutOff(func(ctx context.Context) error {
			_, err := s.store.ChargeQuota(ctx, r)
			return err
		})
		if before := len(t.model.state(keyA).Holds); err == nil || len(s.quotaState(keyA).Holds) > before {
			t.model.charge(&r, *t.now)
			t.keeps()
			u := settlement(n, 1, keyA, keyB)
			u.Clock, u.Keep = t.clock, true
			err = s.cutOff(func(ctx context.Context) error {
				_, err := s.store.SettleHolds(ctx, u)
				return err
			})
			if err == nil || holdOf(s.quotaState(keyA), r.ID).Units != 3 {
				t.model.settle(&u, *t.now)
			}
		}
		t.keeps()
	}
}

// holdOf returns the hold of a reservation.
func holdOf(state activity.QuotaState, id activity.ID) activity.Hold {
	for _, h := range state.Holds {
		if h.ID == id {
			return h
		}
	}
	return activity.Hold{}
}
