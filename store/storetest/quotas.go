package storetest

import (
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// meterOf is the key of acme's calls by a user.
func meterOf(user string) activity.QuotaKey {
	return activity.QuotaKey{Tenant: acme, Quota: "calls", SubjectKind: "user", SubjectID: user}
}

// keyA, keyB and keyC are in the order in which they are locked.
var keyA, keyB, keyC = meterOf("a"), meterOf("b"), meterOf("c")

// perHourAndDay are two windows.
func perHourAndDay(hour, day int64) []activity.Window {
	return []activity.Window{
		{Length: time.Hour, Limit: hour, Resolution: time.Minute},
		{Length: 24 * time.Hour, Limit: day, Resolution: 15 * time.Minute},
	}
}

// requestChange makes a request another one.
type requestChange = func(*activity.QuotaRequest)

// newCharge asks for units of a key, of which there are 10 an hour and 20 a day.
func newCharge(units int64, changes ...requestChange) activity.QuotaRequest {
	r := activity.QuotaRequest{Units: units, Actor: ana}
	for _, change := range changes {
		change(&r)
	}
	if r.Charges == nil {
		ofKeys(keyA)(&r)
	}
	return r
}

func ofKeys(keys ...activity.QuotaKey) requestChange {
	return func(r *activity.QuotaRequest) {
		for _, key := range keys {
			r.Charges = append(r.Charges, activity.QuotaCharge{Key: key, Windows: perHourAndDay(10, 20)})
		}
	}
}

// limited charges a key besides, with some limits.
func limited(key activity.QuotaKey, windows ...activity.Window) requestChange {
	return func(r *activity.QuotaRequest) {
		r.Charges = append(r.Charges, activity.QuotaCharge{Key: key, Windows: windows})
	}
}

// held makes the request reservation number n, for a quarter of an hour.
func held(n uint64) requestChange {
	return func(r *activity.QuotaRequest) { r.ID, r.Hold = newID(epoch, n), 15*time.Minute }
}

func heldFor(d time.Duration) requestChange { return func(r *activity.QuotaRequest) { r.Hold = d } }
func ofTask(n uint64) requestChange {
	return func(r *activity.QuotaRequest) { r.Task = newID(epoch, n) }
}
func usedBy(actor activity.Entity) requestChange {
	return func(r *activity.QuotaRequest) { r.Actor = actor }
}
func withClock(clock func() time.Time) requestChange {
	return func(r *activity.QuotaRequest) { r.Clock = clock }
}

// frozen is a clock that stands still, and storeClock one that leaves the time to the store.
func frozen(at time.Time) func() time.Time { return func() time.Time { return at } }
func storeClock() time.Time                { return time.Time{} }

// settlement settles reservation number n, as it was made by the request.
func settlement(n uint64, used int64, keys ...activity.QuotaKey) activity.HoldUpdate {
	if keys == nil {
		keys = []activity.QuotaKey{keyA}
	}
	return activity.HoldUpdate{ID: newID(epoch, n), Keys: keys, Until: epoch.Add(15 * time.Minute), Used: used}
}

// teller uses the quotas of a store at a time that it says, and knows what has to come of it: after each call, it
// looks at all keys.
type teller struct {
	subject
	model *quotaModel
	now   *time.Time
}

func newTeller(s subject) *teller {
	now := epoch
	return &teller{s, newQuotaModel(), &now}
}

// in returns the teller with the store of a transaction.
func (t *teller) in(store activity.Store) *teller {
	return &teller{t.subject.in(store), t.model, t.now}
}

func (t *teller) clock() time.Time { return *t.now }

// goTo sets the clock to a time after the epoch.
func (t *teller) goTo(after time.Duration) { *t.now = epoch.Add(after) }

// expects checks an answer and what it left behind.
func (t *teller) expects(call, difference string, wantErr, err error) {
	t.Helper()
	if !sameError(wantErr, err) {
		t.Fatalf("%s after %v: the error is %v, want %v", call, t.now.Sub(epoch), err, wantErr)
	}
	if err == nil && difference != "" {
		t.Errorf("%s after %v: %s", call, t.now.Sub(epoch), difference)
	}
	t.keeps()
}

// keeps checks what is kept of all keys.
func (t *teller) keeps() {
	t.Helper()
	for _, key := range slices.SortedFunc(maps.Keys(t.model.states), activity.QuotaKey.Compare) {
		t.subject.keeps(key, *t.model.states[key])
		t.uses(activity.UseQuery{Key: key, From: time.Unix(0, 0).UTC(), To: farFuture, ByActor: true})
	}
}

var farFuture = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// keeps checks what is kept of a key.
func (s subject) keeps(key activity.QuotaKey, want activity.QuotaState) {
	s.Helper()
	if d := diffState(want, s.quotaState(key)); d != "" {
		s.Errorf("QuotaState of %v: %s", key, d)
	}
}

func (s subject) quotaState(key activity.QuotaKey) activity.QuotaState {
	s.Helper()
	state, err := s.store.QuotaState(s.Context(), key)
	if err != nil {
		s.Fatalf("QuotaState of %v: %v", key, err)
	}
	return state
}

// uses checks the answer to a query, and returns it.
func (t *teller) uses(q activity.UseQuery) []activity.QuotaUse {
	t.Helper()
	if q.Clock == nil {
		q.Clock = t.clock
	}
	got, err := t.store.QuotaUse(t.Context(), q)
	if err != nil {
		t.Fatalf("QuotaUse: %v", err)
	}
	if d := diffList(t.model.used(q, *t.now), got); d != "" {
		t.Errorf("QuotaUse of %v after %v, by %v, by actor: %t: %s", q.Key, t.now.Sub(epoch), q.Step, q.ByActor, d)
	}
	return got
}

// try charges, and returns why not if it cannot be.
func (t *teller) try(r activity.QuotaRequest) (activity.QuotaGrant, error) {
	t.Helper()
	if r.Clock == nil {
		r.Clock = t.clock
	}
	want, wantErr := t.model.charge(&r, r.Clock())
	got, err := t.store.ChargeQuota(t.Context(), r)
	t.expects("ChargeQuota", diffFields(reflect.ValueOf(want), reflect.ValueOf(got)), wantErr, err)
	return got, err
}

// charge charges, which must succeed.
func (t *teller) charge(units int64, changes ...requestChange) activity.QuotaGrant {
	t.Helper()
	grant, err := t.try(newCharge(units, changes...))
	if err != nil {
		t.Fatalf("ChargeQuota of %d units after %v: %v", units, t.now.Sub(epoch), err)
	}
	return grant
}

// refuses charges, which must not succeed.
func (t *teller) refuses(units int64, changes ...requestChange) error {
	t.Helper()
	_, err := t.try(newCharge(units, changes...))
	if err == nil {
		t.Fatalf("ChargeQuota admitted %d units after %v", units, t.now.Sub(epoch))
	}
	return err
}

func (t *teller) settle(u activity.HoldUpdate) (time.Time, error) {
	t.Helper()
	if u.Clock == nil {
		u.Clock = t.clock
	}
	want, wantErr := t.model.settle(&u, u.Clock())
	got, err := t.store.SettleHolds(t.Context(), u)
	t.expects("SettleHolds", diffAny(want, got), wantErr, err)
	return got, err
}

func (t *teller) release(tenant string, task activity.ID) {
	t.Helper()
	t.model.release(tenant, task)
	t.expects("ReleaseHolds", "", nil, t.store.ReleaseHolds(t.Context(), tenant, task))
}

func (t *teller) giveBack() int {
	t.Helper()
	want := t.model.giveBack(*t.now)
	got, err := t.store.GiveBack(t.Context(), activity.DueQuery{Clock: t.clock, Limit: 1000})
	t.expects("GiveBack", diffAny(want, got), nil, err)
	return got
}
