package storetest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-activity/activity"
)

// chargeQuotaDefects has one defect for each field of a request, beside others.
func chargeQuotaDefects() []defect {
	type request = activity.QuotaRequest
	type grant = activity.QuotaGrant
	const admitted, refused, times, due, holds = "charges that are admitted", "charges that are refused", "times of charges", "units that are due", "holds of a charge"
	const waits, concurrent = "charge that waits", "concurrent charges"
	list := []defect{
		{"admits by the first window only", admitted, with(limiting(func(_ int, w []activity.Window) []activity.Window { return w[:1] }))},
		{"admits by the longest window only", admitted, with(limiting(func(_ int, w []activity.Window) []activity.Window { return w[len(w)-1:] }))},
		{"admits by the first key only", admitted, with(limiting(func(i int, w []activity.Window) []activity.Window { return unlimited(i > 0, w) }))},
		{"admits by the last key only", admitted, with(charging(func(r *request) {
			for i := range r.Charges[1:] {
				r.Charges[i].Windows = unlimited(true, slices.Clone(r.Charges[i].Windows))
			}
		}))},
		{"charges one key of two", admitted, with(charging(func(r *request) { r.Charges = r.Charges[:1] }))},
		{"admits less than the limit", admitted, with(limiting(moreBy(-1)))},
		{"admits more than the limit", admitted, with(limiting(moreBy(1)))},
		{"remembers the limits of a key", admitted, each(remembersLimits)},
		{"counts in 32 bits", admitted, with(charging(func(r *request) { r.Units = int64(int32(r.Units)) }))},
		{"frees the hour by the second", admitted, with(limiting(func(_ int, w []activity.Window) []activity.Window {
			w[0].Resolution = max(w[0].Resolution/6, w[0].Length/activity.MaxBuckets).Truncate(time.Microsecond)
			return w
		}))},
		{"charges keys one by one", admitted, with(broken{chargeQuota: chargesOneByOne})},
		{"has an error of its own for what is refused", refused, with(granting(func(_ request, g grant, err error) (grant, error) {
			if errors.Is(err, activity.ErrQuotaExceeded) {
				err = activity.ErrQuotaExceeded
			}
			return g, err
		}))},
		{"does not tell what is held from what was used", refused, with(refusing(func(e *activity.QuotaError) { e.Used, e.Held = e.Used+e.Held, 0 }))},
		{"thinks that holds never expire", refused, with(refusing(func(e *activity.QuotaError) { e.RetryAt = e.RetryAt.Add(time.Hour) }))},
		{"retries what can never be admitted", refused, with(refusing(func(e *activity.QuotaError) {
			if e.RetryAt.IsZero() {
				e.RetryAt = farFuture
			}
		}))},
		{"blames the first key and window", refused, with(broken{chargeQuota: blamesFirst})},
		{"gives back what is due when it refuses", refused, with(broken{chargeQuota: givesBackRefused})},
		{"rounds the time of a charge", times, with(charging(func(r *request) { r.Clock = rounded(r.Clock) }))},
		{"keeps the clock's face of a charge", times, with(charging(func(r *request) { clock := r.Clock; r.Clock = func() time.Time { return face(clock()) } }))},
		{"returns local times from ChargeQuota", times, with(granting(func(_ request, g grant, err error) (grant, error) { g.At = g.At.In(elsewhere); return g, err }))},
		{"lets the time of a key go back", times, with(granting(func(r request, g grant, err error) (grant, error) {
			if now := r.Clock(); !now.IsZero() && now.Before(g.At) {
				g.At = now
			}
			return g, err
		}))},
		{"gives all keys the latest time", times, each(sharesTime)},
		{"returns the latest end of a reservation", times, with(granting(func(r request, g grant, err error) (grant, error) {
			if !g.Until.IsZero() {
				g.Until = g.At.Add(r.Hold)
			}
			return g, err
		}))},
		{"takes no time for the year 1 in ChargeQuota", times, with(charging(func(r *request) { r.Clock = shifted(r.Clock, time.Microsecond) }))},
		{"tells no time in QuotaState", times, with(stating(func(s *activity.QuotaState) { s.Now = time.Time{} }))},
		{"forgets what is due", due, with(holding(func(activity.Hold, time.Time) bool { return false }))},
		{"forgets what has expired", due, with(holding(func(h activity.Hold, _ time.Time) bool { return h.Settled }))},
		{"forgets what was settled", due, with(holding(func(h activity.Hold, now time.Time) bool { return !h.Until.After(now) }))},
		{"gives back a moment late", due, with(holding(func(h activity.Hold, now time.Time) bool { return h.Due(now.Add(-time.Microsecond)) }))},
		{"gives back a moment early", due, with(givesBackBefore(time.Microsecond))},
		{"gives back what is due of all keys", due, with(givesBackBefore(0))},
		{"gives back to the present", "settlements", with(remembering(
			func(u activity.HoldUpdate, _ time.Time) any { return u.Clock() },
			func(h *activity.Hold, now any) { h.At = now.(time.Time) },
		))},
		{"gives back twice", due, each(givesBackTwice)},
		{"sorts holds by their time", "state of a key", with(stating(func(s *activity.QuotaState) {
			slices.SortStableFunc(s.Holds, func(a, b activity.Hold) int { return b.Until.Compare(a.Until) })
		}))},
		{"rounds the end of a hold up", holds, with(charging(func(r *request) { r.Hold = (r.Hold + 999).Truncate(time.Microsecond) }))},
		{"overwrites a reservation", holds, with(overwritesReservation())},
		{"takes a reservation that exists for the caller's", holds, with(broken{chargeQuota: repeatsReservation})},
		{"takes a reservation that exists for a full quota", holds, with(granting(func(_ request, g grant, err error) (grant, error) {
			if err != nil && !errors.Is(err, activity.ErrQuotaExceeded) {
				err = &activity.QuotaError{}
			}
			return g, err
		}))},
		{"has reservations by their first key", holds, with(broken{chargeQuota: reservesByFirstKey})},
		{"forgets labels of holds", holds, with(charging(func(r *request) { r.Actor.Label = "" }))},
		{"takes everybody for nobody", holds, with(charging(func(r *request) {
			if r.Actor.IsZero() {
				r.Actor = ana
			}
		}))},
		{"reads the time before it waits", waits, each(func() broken { return readsTimeEarly(true) })},
		{"takes the time of the store before it waits", waits, each(func() broken { return readsTimeEarly(false) })},
		{"charges without the transaction", waits, with(broken{inTx: noTransaction})},
		{"keeps a charge of what is rolled back", waits, with(broken{inTx: keepsOnError})},
		{"loses a concurrent charge", concurrent, each(losesCharge)},
		{"refuses what is concurrent", concurrent, each(refusesCharge)},
	}
	found := map[string]string{"Charges": admitted, "Units": admitted, "Clock": times}
	for field := range reflect.TypeFor[request]().Fields() {
		change := func(r *request) { reflect.ValueOf(r).Elem().FieldByName(field.Name).SetZero() }
		d := defect{"forgets the request's " + field.Name, holds, with(charging(change))}
		if name, ok := found[field.Name]; ok {
			d.found = name
		}
		if field.Name == "Clock" {
			d.store = with(charging(func(r *request) { r.Clock = storeClock }))
		}
		list = append(list, d)
	}
	return list
}

// unlimited takes limits off windows, if so.
func unlimited(so bool, windows []activity.Window) []activity.Window {
	for i := range windows {
		if so {
			windows[i].Limit = activity.Unlimited
		}
	}
	return windows
}

// moreBy changes limits.
func moreBy(n int64) func(int, []activity.Window) []activity.Window {
	return func(_ int, windows []activity.Window) []activity.Window {
		for i := range windows {
			if windows[i].Limit < activity.Unlimited {
				windows[i].Limit += n
			}
		}
		return windows
	}
}

func remembersLimits() broken {
	var known sync.Map
	return charging(func(r *activity.QuotaRequest) {
		for i := range r.Charges {
			windows, _ := known.LoadOrStore(r.Charges[i].Key, r.Charges[i].Windows)
			r.Charges[i].Windows = windows.([]activity.Window)
		}
	})
}

func chargesOneByOne(ctx context.Context, in activity.Store, r activity.QuotaRequest) (grant activity.QuotaGrant, err error) {
	charges := r.Charges
	for i := range charges {
		r.Charges = charges[i : i+1]
		if grant, err = in.ChargeQuota(ctx, r); err != nil {
			return activity.QuotaGrant{}, err
		}
	}
	return grant, nil
}

// refusing is a store that says something else when it refuses.
func refusing(change func(e *activity.QuotaError)) broken {
	return granting(func(_ activity.QuotaRequest, g activity.QuotaGrant, err error) (activity.QuotaGrant, error) {
		if e, ok := errors.AsType[*activity.QuotaError](err); ok {
			change(e)
		}
		return g, err
	})
}

func blamesFirst(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
	grant, err := in.ChargeQuota(ctx, r)
	if errors.Is(err, activity.ErrQuotaExceeded) {
		states := statesOf(ctx, in, &r)
		for _, w := range r.Charges[0].Windows {
			first := activity.QuotaRequest{Charges: []activity.QuotaCharge{{Key: r.Charges[0].Key, Windows: []activity.Window{w}}}, Units: r.Units}
			if e := first.Refusal(states[:1], r.Clock()); e != nil {
				return grant, e
			}
		}
	}
	return grant, err
}

func givesBackRefused(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
	grant, err := in.ChargeQuota(ctx, r)
	if errors.Is(err, activity.ErrQuotaExceeded) {
		in.GiveBack(ctx, activity.DueQuery{Clock: r.Clock, Limit: 100})
	}
	return grant, err
}

func rounded(clock func() time.Time) func() time.Time {
	return func() time.Time { return clock().Round(time.Microsecond) }
}

// readsTimeEarly takes the time of a charge when it is asked for, by the request's clock or by the store's alone.
// Each second charge in a transaction waits until another has come, and the clock has gone on.
func readsTimeEarly(byRequest bool) broken {
	var inside atomic.Int64
	asked := make(chan time.Time, 1)
	return broken{chargeQuota: func(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
		if isRoot(in) {
			if byRequest {
				r.Clock()
			}
			now, clock := time.Now(), r.Clock
			r.Clock = func() time.Time {
				if byRequest || clock().IsZero() {
					return now
				}
				return clock()
			}
			asked <- now
		} else if inside.Add(1)%2 == 0 {
			for at := <-asked; time.Since(at) < 10*time.Microsecond; {
			}
		}
		return in.ChargeQuota(ctx, r)
	}}
}

// losesCharge lets two see the counters as they were before both, and writes what the first makes of them.
func losesCharge() broken {
	var calls atomic.Int64
	second := make(chan struct{})
	return broken{chargeQuota: func(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
		switch calls.Add(1) {
		case 1:
			<-second
		case 2:
			grant, _ := admits(&r, statesOf(ctx, in, &r), r.Clock())
			close(second)
			return grant, nil
		}
		return in.ChargeQuota(ctx, r)
	}}
}

// refusesCharge holds the second charge until the third one is there, and refuses that.
func refusesCharge() broken {
	var calls atomic.Int64
	third := make(chan struct{})
	return broken{chargeQuota: func(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
		switch calls.Add(1) {
		case 2:
			<-third
		case 3:
			close(third)
			return activity.QuotaGrant{}, errBusy
		}
		return in.ChargeQuota(ctx, r)
	}}
}
