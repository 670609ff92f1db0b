package storetest

import (
	"maps"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// gambler is what a randomizer knows of quotas.
type gambler struct {
	model        *quotaModel
	now, latest  time.Time // by a clock that goes back now and then
	reservations []reservation
}

// reservation is one that was granted.
type reservation struct {
	id    activity.ID
	keys  []activity.QuotaKey
	until time.Time
}

func (g *gambler) clone() *gambler {
	return &gambler{g.model.clone(), g.now, g.latest, slices.Clone(g.reservations)}
}

var someMeters = []activity.QuotaKey{{Tenant: acme, Quota: "calls"}, keyA, keyB, {Tenant: globex, Quota: "calls", SubjectKind: "user", SubjectID: "a"}}

// quotas makes operations on quotas. In the end, an oracle that knows nothing of counters judges what was charged.
func (r *randomizer) quotas() {
	r.quota = &gambler{model: newQuotaModel(), now: epoch, latest: epoch}
	for range 250 {
		if r.chance(40) {
			r.quotaTransaction()
		} else {
			r.operateQuotas(r.both)
		}
		r.askQuotas(r.both)
	}
	var oracle QuotaOracle
	for _, c := range r.quota.model.charges {
		oracle.Charge(c.key, QuotaCharged{ID: c.id, At: c.at, Units: c.units, Windows: c.windows})
	}
	if err := oracle.Check(); err != nil {
		r.Fatalf("a window is over its limit: %v", err)
	}
}

// quotaTransaction makes a few operations in a transaction, and perhaps gives up in the end.
func (r *randomizer) quotaTransaction() {
	before := r.quota.clone()
	err := r.both.InTx(r.Context(), func(tx activity.Store) error {
		for range 1 + r.rand.IntN(6) {
			if err := r.operateQuotas(tx); err != nil {
				return err // not every store can go on
			}
			r.askQuotas(tx)
		}
		if r.chance(10) {
			return errOfFn
		}
		return nil
	})
	if err != nil {
		before.now, before.latest = r.quota.now, r.quota.latest
		r.quota = before
	}
}

// operateQuotas lets some time pass, and makes one operation. It returns the error of one that failed.
func (r *randomizer) operateQuotas(store activity.Store) error {
	g := r.quota
	pass := func(most time.Duration) time.Duration {
		return time.Duration(r.rand.Int64N(most.Microseconds())) * time.Microsecond
	}
	switch n := r.rand.IntN(100); {
	case n < 35:
		g.now = g.now.Add(pass(6 * time.Minute))
	case n < 38:
		g.now = g.now.Add(pass(2 * time.Hour))
	case n < 52:
		g.now = g.now.Add(-pass(10 * time.Minute))
	}
	if g.now.After(g.latest) {
		g.latest = g.now
	}
	switch n := r.rand.IntN(100); {
	case n < 55:
		return r.chargeQuota(store)
	case n < 85:
		return r.settleHolds(store)
	case n < 89:
		tenant, task := pick(r, someTenants), pick(r, someTasks[2:])
		err := store.ReleaseHolds(r.Context(), tenant, task)
		if err == nil {
			g.model.release(tenant, task)
		}
		return err
	case n < 96:
		g.now = g.latest // so that no key is ahead of what is asked for
		want := g.model.giveBack(g.now)
		got, err := store.GiveBack(r.Context(), activity.DueQuery{Clock: frozen(g.now), Limit: 1000})
		return r.counted("GiveBack", diffAny(want, got), nil, err)
	default:
		return r.forgetUse(store)
	}
}

// counted checks an answer, and returns the error.
func (r *randomizer) counted(call, difference string, wantErr, err error) error {
	r.Helper()
	if !sameError(wantErr, err) || err == nil && difference != "" {
		r.Fatalf("%s at %v, compared with what should be kept: %s, %v, want %v", call, r.quota.now, difference, err, wantErr)
	}
	return err
}

func (r *randomizer) chargeQuota(store activity.Store) error {
	g := r.quota
	tenant := pick(r, someMeters).Tenant
	request := activity.QuotaRequest{Units: 1 + r.rand.Int64N(3), Actor: pick(r, append(someActors, activity.Entity{})), Clock: frozen(g.now)}
	windows := perHourAndDay(7+r.rand.Int64N(14), 30+r.rand.Int64N(40))
	windows[0].Resolution *= time.Duration(1 + r.rand.IntN(2))
	for _, key := range someMeters {
		if key.Tenant == tenant && (r.chance(60) || tenant == globex) {
			limited(key, windows...)(&request)
		}
	}
	if request.Charges == nil {
		limited(keyA, windows...)(&request)
	}
	if r.chance(70) {
		r.n++
		request.ID, request.Hold = newID(epoch, uint64(r.n)), time.Duration(5+r.rand.IntN(40))*time.Minute
		request.Task = pick(r, someTasks)
		if h, ok := r.aliveHold(request.Charges[len(request.Charges)-1].Key); ok && r.chance(15) { // a reservation that exists, whatever the limits
			request.ID = h.ID
			for i := range windows {
				windows[i].Limit = activity.Unlimited
			}
		}
	}
	want, wantErr := g.model.charge(&request, g.now)
	got, err := store.ChargeQuota(r.Context(), request)
	if err == nil && !request.ID.IsZero() {
		known := reservation{id: request.ID, until: got.Until}
		for _, c := range request.Charges {
			known.keys = append(known.keys, c.Key)
		}
		g.reservations = append(g.reservations, known)
	}
	return r.counted("ChargeQuota", diffFields(reflect.ValueOf(want), reflect.ValueOf(got)), wantErr, err)
}

// aliveHold returns a hold of a key that is not due at any time so far, if there is one.
func (r *randomizer) aliveHold(key activity.QuotaKey) (activity.Hold, bool) {
	for _, h := range r.quota.model.state(key).Holds {
		if !h.Due(r.quota.latest) {
			return h, true
		}
	}
	return activity.Hold{}, false
}

// settleHolds settles a reservation of late, in part or more than there is.
func (r *randomizer) settleHolds(store activity.Store) error {
	g := r.quota
	if len(g.reservations) == 0 {
		return nil
	}
	recent := g.reservations[max(0, len(g.reservations)-8):]
	i := r.rand.IntN(len(recent))
	known := &recent[i]
	update := activity.HoldUpdate{ID: known.id, Keys: known.keys, Until: known.until, Clock: frozen(g.now)}
	holds, over, units := 0, false, int64(math.MaxInt64)
	for _, key := range known.keys {
		if h := g.model.hold(key, known.id); h != nil {
			holds, over, units = holds+1, over || h.Settled || h.Due(g.now), min(units, h.Units)
		}
	}
	if over && holds < len(known.keys) || holds == 0 && r.chance(50) {
		return nil // there is more than one reason to refuse it, or it is too late as so often
	}
	if holds > 0 {
		update.Used = r.rand.Int64N(units + 1)
		if !over && holds == len(known.keys) && r.chance(20) {
			update.Used = units + 1
		}
	}
	if update.Keep = r.chance(40); update.Keep && r.chance(60) {
		update.Extend = time.Duration(r.rand.IntN(30)) * time.Minute
	}
	want, wantErr := g.model.settle(&update, g.now)
	got, err := store.SettleHolds(r.Context(), update)
	if err == nil && update.Keep {
		known.until = got
	}
	return r.counted("SettleHolds", diffAny(want, got), wantErr, err)
}

// forgetUse forgets nothing that is held, or may be due.
func (r *randomizer) forgetUse(store activity.Store) error {
	g := r.quota
	g.now = g.latest
	age := 30 * time.Minute
	for _, state := range g.model.states {
		for _, h := range state.Holds {
			age = max(age, g.now.Sub(h.At)+time.Minute)
		}
	}
	q := activity.ForgetQuery{Quota: "calls", Age: age, Clock: frozen(g.now), Limit: 10_000}
	g.model.forget(q, g.now)
	_, err := store.ForgetUse(r.Context(), q)
	return r.counted("ForgetUse", "", nil, err)
}

// askQuotas asks for what is kept of a key, and compares the answers with the model's.
func (r *randomizer) askQuotas(store activity.Store) {
	r.Helper()
	g := r.quota
	keys := slices.SortedFunc(maps.Keys(g.model.states), activity.QuotaKey.Compare)
	if len(keys) == 0 {
		return
	}
	key := pick(r, keys)
	state, err := store.QuotaState(r.Context(), key)
	if d := diffState(*g.model.states[key], state); err != nil || d != "" {
		r.Fatalf("QuotaState of %v at %v, compared with what should be kept: %v %s", key, g.now, err, d)
	}
	q := activity.UseQuery{Key: key, From: epoch.Add(-time.Hour), To: farFuture, ByActor: r.chance(50), Clock: frozen(g.now)}
	if r.chance(50) {
		q.From = epoch.Add(time.Duration(r.rand.IntN(int(g.latest.Sub(epoch).Minutes())+1)) * time.Minute)
		q.To = q.From.Add(time.Duration(1+r.rand.IntN(600)) * time.Minute)
	}
	q.Step = pick(r, []time.Duration{0, time.Minute, 15 * time.Minute, time.Hour, 24 * time.Hour})
	uses, err := store.QuotaUse(r.Context(), q)
	if d := diffList(g.model.used(q, g.now), uses); err != nil || d != "" {
		r.Fatalf("QuotaUse of %v at %v from %v to %v by %v, compared with what should be kept: %v %s", key, g.now, q.From, q.To, q.Step, err, d)
	}
}
