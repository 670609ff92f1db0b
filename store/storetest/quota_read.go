package storetest

import (
	"slices"
	"time"

	"github.com/go-activity/activity"
)

const (
	entryRule  = "There is one entry for each step, or for each actor, that is not zero."
	orderRule  = "Entries come by ascending start, then by the bytes of the actor's kind and ID."
	stepRule   = "Steps are counted from the year 1970 on, and without a step all is one that starts at From."
	labelRule  = "An actor comes with the label of the last charge."
	forgetRule = "At most Limit entries are deleted, and the number of them comes back. Counters and holds stay as they are."
)

// readQuotaCases are about QuotaState, QuotaUse and ForgetUse.
var readQuotaCases = []testCase{
	{"state of a key", "The counter and the holds come back as the last call left them.", checkQuotaState},
	{"use by steps", entryRule + " " + orderRule + " " + stepRule, checkUseBySteps},
	{"use by actors", entryRule + " " + orderRule + " " + labelRule, checkUseByActors},
	{"use that is forgotten", forgetRule, checkForgetUse},
}

func checkQuotaState(s subject) {
	t := newTeller(s)
	for _, key := range []activity.QuotaKey{keyA, {Tenant: acme, Quota: "calls"}, {}} {
		s.keeps(key, activity.QuotaState{})
	}
	for _, at := range []time.Time{time.Unix(0, 0).UTC(), epoch, time.Date(9998, 12, 31, 23, 59, 59, 999_999_000, time.UTC)} {
		*t.now = at
		windows := []activity.Window{
			{Length: time.Millisecond, Limit: 1 << 40, Resolution: 3 * time.Microsecond},
			{Length: 3660 * 24 * time.Hour, Limit: 1 << 41, Resolution: 11 * 24 * time.Hour},
		}
		t.charge(1<<39, limited(keyB, windows...), held(uint64(at.Unix())), heldFor(24*time.Hour))
		t.charge(1<<39, limited(keyB, windows...))
		*t.now = at.Add(2*time.Millisecond + time.Microsecond)
		t.charge(1, limited(keyB, windows[1]))
	}
	*t.now = epoch
	t.charge(1, ofKeys(keyA, keyC), held(3))
	t.charge(2, ofKeys(keyA, keyC), held(1))
	t.charge(3, ofKeys(keyA, keyC), held(2))
	u := settlement(2, 1, keyA, keyC)
	u.Keep, u.Extend = true, time.Hour
	t.settles(u)
	t.settles(settlement(1, 1, keyA, keyC))
	var ids []activity.ID
	for _, h := range s.quotaState(keyA).Holds {
		ids = append(ids, h.ID)
	}
	if want := []activity.ID{newID(epoch, 1), newID(epoch, 2), newID(epoch, 3)}; !slices.Equal(ids, want) {
		t.Errorf("the holds of a key come as %v, want %v", ids, want)
	}
	s.tx(func(tx subject) {
		in := t.in(tx.store)
		in.keeps()
		in.charge(1, ofKeys(keyC))
		in.release(acme, activity.ID{9})
		in.goTo(15 * time.Minute)
		in.charge(1, ofKeys(keyA))
	})
	t.keeps()
	t.giveBack()
}

// entries checks what a query finds, as units in the order of the entries.
func (t *teller) entries(q activity.UseQuery, want ...int64) []activity.QuotaUse {
	t.Helper()
	uses := t.uses(q)
	var units []int64
	for _, u := range uses {
		units = append(units, u.Units)
	}
	if !slices.Equal(units, want) {
		t.Errorf("QuotaUse from %v to %v by %v has %d units, want %d", q.From, q.To, q.Step, units, want)
	}
	return uses
}

func checkUseBySteps(s subject) {
	t := newTeller(s)
	all := perHourAndDay(1000, 1000)
	for i, after := range []time.Duration{0, time.Minute - time.Microsecond, time.Minute, 10*time.Minute + 30*time.Second, time.Hour, 25 * time.Hour} {
		t.goTo(after)
		t.charge(1<<i, limited(keyA, all...))
		t.charge(100, limited(meterOf("other"), all...))
	}
	minute := func(n int) time.Time { return epoch.Add(time.Duration(n) * time.Minute) }
	q := activity.UseQuery{Key: keyA, From: minute(0), To: minute(2000)}
	t.entries(q, 63)
	q.Step = time.Minute
	t.entries(q, 3, 4, 8, 16, 32)
	q.Step = 15 * time.Minute
	t.entries(q, 15, 16, 32)
	q.Step = 24 * time.Hour // from midnight on, though the query starts at noon
	if uses := t.entries(q, 31, 32); len(uses) == 2 && !sameValue(epoch.Add(-12*time.Hour), uses[0].Start) {
		t.Errorf("the day of %v starts at %v", q.From, uses[0].Start)
	}
	// From is inclusive, To exclusive; a step that they cut has the rest.
	for _, test := range []struct {
		from, to int
		step     time.Duration
		want     []int64
	}{
		{1, 10, 0, []int64{4}}, {1, 11, 0, []int64{12}}, {2, 60, 0, []int64{8}}, {2, 61, 0, []int64{24}}, {2, 10, 0, nil}, {-100, 0, 0, nil}, {1501, 3000, 0, nil},
		{1, 61, time.Hour, []int64{12, 16}}, {1, 60, time.Hour, []int64{12}}, {0, 1, time.Minute, []int64{3}},
	} {
		uses := t.entries(activity.UseQuery{Key: keyA, From: minute(test.from), To: minute(test.to), Step: test.step}, test.want...)
		if test.step == 0 && len(uses) == 1 && !sameValue(minute(test.from), uses[0].Start) {
			t.Errorf("all from %v on starts at %v", minute(test.from), uses[0].Start)
		}
	}
	// What is given back is taken off when it was charged, whether or not it has been given back.
	t.goTo(30 * time.Hour)
	t.charge(5, limited(keyA, all...), held(1))
	t.charge(7, limited(keyA, all...), held(2))
	day := activity.UseQuery{Key: keyA, From: minute(29 * 60), To: minute(40 * 60), Step: time.Hour}
	t.entries(day, 12)
	t.goTo(30*time.Hour + 10*time.Minute)
	t.settles(expiring(settlement(1, 2), epoch.Add(30*time.Hour+15*time.Minute)))
	t.entries(day, 9)
	t.goTo(30*time.Hour + 15*time.Minute)
	t.entries(day, 2)
	t.giveBack()
	t.entries(day, 2)
	t.goTo(31 * time.Hour)
	t.charge(3, limited(keyA, all...), held(3))
	t.entries(day, 2, 3)
	t.settles(expiring(settlement(3, 0), epoch.Add(32*time.Hour)))
	t.entries(day, 2)
	t.charge(1, limited(keyB, all...))
	t.giveBack()
	t.entries(day, 2)
	t.entries(activity.UseQuery{Key: meterOf("nobody"), From: minute(0), To: minute(9)})
}

func checkUseByActors(s subject) {
	t := newTeller(s)
	actors := []activity.Entity{
		{}, {Kind: "identity", ID: "z"}, {Kind: "user", ID: "Z", Label: "Zoë"}, {Kind: "user", ID: "a", Label: "A"}, {Kind: "user", ID: "a ", Label: "'"}, {Kind: "user", ID: "ab"}, {Kind: "user", ID: "ä"}, {Kind: "user2", ID: "a"},
	}
	all := perHourAndDay(1000, 1000)
	for i, n := range []int{7, 2, 5, 0, 3, 6, 1, 4} {
		t.goTo(time.Duration(i) * time.Second)
		t.charge(1<<n, limited(keyA, all...), usedBy(actors[n]))
	}
	q := activity.UseQuery{Key: keyA, From: epoch, To: epoch.Add(24 * time.Hour), ByActor: true}
	uses := t.entries(q, 1, 2, 4, 8, 16, 32, 64, 128)
	for i := range uses {
		if uses[i].Actor != actors[i] {
			t.Errorf("entry %d is of %v, want %v", i+1, uses[i].Actor, actors[i])
		}
	}
	q.ByActor = false
	if uses := t.entries(q, 255); len(uses) == 1 && !uses[0].Actor.IsZero() {
		t.Errorf("an entry of all actors is of %v", uses[0].Actor)
	}
	// By step and actor, with the label of the last charge.
	t.goTo(time.Minute)
	t.charge(1, limited(keyA, all...), usedBy(activity.User("a", "in the next minute")))
	t.goTo(time.Hour)
	t.charge(3, limited(keyA, all...), usedBy(activity.User("a", "in the next hour")), held(1))
	t.charge(2, limited(keyA, all...), usedBy(activity.User("a", "with a new name")))
	t.charge(4, limited(keyA, all...), held(2), usedBy(activity.User("Z", "Zoë")))
	q.ByActor = true
	for _, u := range t.entries(q, 1, 2, 8, 14, 16, 32, 64, 128) {
		if u.Actor.ID == "a" && u.Actor.Kind == "user" && u.Actor.Label != "with a new name" {
			t.Errorf("the actor comes with the label %q", u.Actor.Label)
		}
	}
	q.Step = time.Hour
	for i, u := range t.entries(q, 1, 2, 4, 9, 16, 32, 64, 128, 4, 5) {
		if i == 3 && u.Actor.Label != "in the next minute" {
			t.Errorf("the actor of the first step comes with the label %q", u.Actor.Label)
		}
	}
	// What is given back is the actor's who had reserved it.
	t.settles(expiring(settlement(1, 1), epoch.Add(75*time.Minute)))
	t.entries(q, 1, 2, 4, 9, 16, 32, 64, 128, 4, 3)
	t.goTo(80 * time.Minute)
	t.entries(q, 1, 2, 4, 9, 16, 32, 64, 128, 3)
	t.giveBack()
	t.entries(q, 1, 2, 4, 9, 16, 32, 64, 128, 3)
}

func checkForgetUse(s subject) {
	t := newTeller(s)
	abroad := activity.QuotaKey{Tenant: globex, Quota: "calls"}
	mails := activity.QuotaKey{Tenant: acme, Quota: "mails"}
	for n := range 4 {
		t.goTo(time.Duration(n)*time.Minute + 30*time.Second)
		t.charge(1, ofKeys(keyA))
		t.charge(1, ofKeys(keyA), usedBy(ben))
		t.charge(2, ofKeys(abroad))
		t.charge(1, ofKeys(mails))
	}
	t.charge(1, held(1))
	forget := func(q activity.ForgetQuery, want int) {
		t.Helper()
		q.Clock = t.clock
		n, err := s.store.ForgetUse(s.Context(), q)
		if n != want || err != nil {
			t.Errorf("ForgetUse of %d entries older than %v = %d, %v, want %d", q.Limit, q.Age, n, err, want)
		}
	}
	calls := activity.ForgetQuery{Quota: "calls", Age: 4 * time.Minute, Limit: 100}
	t.goTo(4 * time.Minute)
	forget(calls, 0) // minute 0 began 4 minutes ago, and not longer
	t.keeps()
	forget(activity.ForgetQuery{Quota: "call", Limit: 100}, 0)
	t.keeps()
	t.goTo(4*time.Minute + time.Microsecond)
	forget(calls, 3)
	t.model.forget(calls, *t.now)
	t.keeps()
	forget(calls, 0)
	// In several steps, of which nobody says what comes first.
	t.goTo(7 * time.Minute)
	forget(activity.ForgetQuery{Quota: "calls", Age: 4 * time.Minute, Limit: 2}, 2)
	forget(activity.ForgetQuery{Quota: "calls", Age: 4 * time.Minute, Limit: 3}, 3)
	forget(activity.ForgetQuery{Quota: "calls", Age: 4 * time.Minute, Limit: 4}, 1)
	t.model.forget(calls, *t.now)
	t.keeps()
	t.has(1, keyA) // 9 are used or held
	t.has(2, abroad)
	t.charge(1)
	t.goTo(15 * time.Minute)
	forget(activity.ForgetQuery{Quota: "calls", Limit: 100}, 4) // of acme: ana and ben in minute 3, ana in minute 7; of globex: minute 3
	t.model.forget(activity.ForgetQuery{Quota: "calls"}, *t.now)
	t.keeps()
	t.goTo(19 * time.Minute)
	t.giveBack() // what was forgotten stays so
	t.has(1, keyA)
}
