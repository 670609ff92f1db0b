package storetest

import (
	"errors"
	"time"

	"github.com/go-activity/activity"
)

// giveBackCases are about ReleaseHolds and GiveBack.
var giveBackCases = []testCase{
	{"holds of a task", "All that is held for the task is given back, and nothing that is held for others.", checkReleaseHolds},
	{"giving back", "At most Limit holds are given back at a time, and the number of them comes back. A hold is given back when it is settled or its time has come.", checkGiveBack},
}

func checkReleaseHolds(s subject) {
	t := newTeller(s)
	elsewhere := activity.QuotaKey{Tenant: globex, Quota: "calls"}
	mails := activity.QuotaKey{Tenant: acme, Quota: "mails"}
	t.charge(1, held(1), ofTask(1), ofKeys(keyA))
	t.charge(2, held(2), ofTask(1), ofKeys(keyA, keyB, mails))
	t.charge(3, held(3), ofTask(2), ofKeys(keyA, keyB))
	t.charge(1, held(4), ofKeys(keyA)) // of no task
	t.charge(5, held(5), ofTask(1), ofKeys(elsewhere))
	t.charge(1, held(6), ofTask(1), ofKeys(keyA))
	t.settles(settlement(6, 1))
	used := settlement(2, 1, keyA, keyB, mails)
	used.Keep = true
	t.settles(used)
	t.release(acme, newID(epoch, 9))
	t.has(2, keyA)
	t.release(acme, newID(epoch, 1))
	t.has(4, keyA)
	t.has(6, keyB)
	t.has(9, mails)
	t.has(5, elsewhere)
	if _, err := t.settle(settlement(1, 0)); !errors.Is(err, activity.ErrSettled) {
		t.Errorf("SettleHolds of what was released = %v, want ErrSettled", err)
	}
	t.release(acme, newID(epoch, 1)) // once more
	t.charge(1, held(7), ofTask(1), ofKeys(keyA))
	t.settles(settlement(3, 2, keyA, keyB)) // goes on as if nothing had been
	t.giveBack()
	t.release(acme, newID(epoch, 1))
	t.release(globex, newID(epoch, 1))
	t.has(10, elsewhere)
	t.goTo(15 * time.Minute)
	t.charge(1, held(8), ofTask(3))
	t.goTo(60 * time.Minute)
	t.release(acme, newID(epoch, 3)) // after its time
	t.has(6, keyA)
}

func checkGiveBack(s subject) {
	t := newTeller(s)
	back := func(want int) {
		t.Helper()
		if n := t.giveBack(); n != want {
			t.Errorf("GiveBack after %v = %d, want %d", t.now.Sub(epoch), n, want)
		}
	}
	back(0)
	t.charge(2, held(1), ofKeys(keyA, keyB))
	t.charge(1, held(2), heldFor(time.Minute), ofKeys(keyA, activity.QuotaKey{Tenant: globex, Quota: "mails"}))
	t.charge(3, held(3))
	t.charge(1)
	back(0)
	t.goTo(time.Minute - time.Microsecond)
	back(0)
	t.goTo(time.Minute)
	back(2)
	back(0)
	t.has(4, keyA)
	t.settles(settlement(3, 1))
	back(1)
	t.has(6, keyA)
	t.charge(2, held(4))
	t.settles(settlement(4, 2)) // there is nothing to give back
	back(0)
	t.goTo(15 * time.Minute)
	back(2)
	t.has(6, keyA)
	t.has(10, keyB)
	// What left its window before is given back for nothing.
	t.charge(1, held(5), heldFor(2*time.Hour))
	t.goTo(2*time.Hour + 15*time.Minute)
	back(1)
	t.has(10, keyA)

	// In several steps, of which nobody says what comes first.
	t.goTo(100 * time.Hour)
	const holds, limit = 7, 3
	for n := range uint64(holds) {
		key := []activity.QuotaKey{keyA, keyB, keyC}[n%3]
		t.charge(1, held(10+n), ofKeys(key))
	}
	t.charge(1, held(20), heldFor(time.Hour))
	t.goTo(100*time.Hour + 15*time.Minute)
	for left := holds; left >= 0; left -= limit {
		n, err := s.store.GiveBack(s.Context(), activity.DueQuery{Clock: t.clock, Limit: limit})
		if err != nil || n != min(limit, left) {
			t.Errorf("GiveBack of at most %d of %d holds = %d, %v", limit, left, n, err)
		}
		kept := 0
		for _, key := range []activity.QuotaKey{keyA, keyB, keyC} {
			kept += len(s.quotaState(key).Holds)
		}
		if want := 1 + max(0, left-limit); kept != want {
			t.Errorf("after GiveBack of at most %d of %d holds, %d are kept, want %d", limit, left, kept, want)
		}
	}
	t.model.giveBack(*t.now)
	t.keeps()
}
