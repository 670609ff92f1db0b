package storetest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/go-activity/activity"
)

// charging is a store that understands a request in another way.
func charging(change func(r *activity.QuotaRequest)) broken {
	return broken{chargeQuota: func(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
		r.Charges = slices.Clone(r.Charges)
		change(&r)
		return in.ChargeQuota(ctx, r)
	}}
}

// limiting is a store that takes the windows of a key, the i-th of a request, for others.
func limiting(change func(i int, windows []activity.Window) []activity.Window) broken {
	return charging(func(r *activity.QuotaRequest) {
		for i := range r.Charges {
			r.Charges[i].Windows = change(i, slices.Clone(r.Charges[i].Windows))
		}
	})
}

// granting is a store that answers a charge in another way.
func granting(answer func(r activity.QuotaRequest, g activity.QuotaGrant, err error) (activity.QuotaGrant, error)) broken {
	return broken{chargeQuota: func(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
		g, err := in.ChargeQuota(ctx, r)
		return answer(r, g, err)
	}}
}

// settling is a store that understands an update in another way.
func settling(change func(u *activity.HoldUpdate)) broken {
	return broken{settleHolds: func(ctx context.Context, in activity.Store, u activity.HoldUpdate) (time.Time, error) {
		change(&u)
		return in.SettleHolds(ctx, u)
	}}
}

// settled is a store that answers an update in another way.
func settled(answer func(u activity.HoldUpdate, until time.Time, err error) (time.Time, error)) broken {
	return broken{settleHolds: func(ctx context.Context, in activity.Store, u activity.HoldUpdate) (time.Time, error) {
		until, err := in.SettleHolds(ctx, u)
		return answer(u, until, err)
	}}
}

// givingBack is a store that understands in another way what is due.
func givingBack(change func(q *activity.DueQuery)) broken {
	return broken{giveBack: func(ctx context.Context, in activity.Store, q activity.DueQuery) (int, error) {
		change(&q)
		return in.GiveBack(ctx, q)
	}}
}

// stating is a store that returns another state.
func stating(change func(state *activity.QuotaState)) broken {
	return broken{quotaState: func(ctx context.Context, in activity.Store, key activity.QuotaKey) (activity.QuotaState, error) {
		state, err := in.QuotaState(ctx, key)
		change(&state)
		return state, err
	}}
}

// statingHolds is a store that returns other holds.
func statingHolds(change func(h *activity.Hold)) broken {
	return stating(func(state *activity.QuotaState) {
		for i := range state.Holds {
			change(&state.Holds[i])
		}
	})
}

// querying is a store that understands a query for what was used in another way.
func querying(change func(q *activity.UseQuery)) broken {
	return broken{quotaUse: func(ctx context.Context, in activity.Store, q activity.UseQuery) ([]activity.QuotaUse, error) {
		change(&q)
		return in.QuotaUse(ctx, q)
	}}
}

// listingUse is a store that answers with other entries.
func listingUse(answer func(q activity.UseQuery, uses []activity.QuotaUse) []activity.QuotaUse) broken {
	return broken{quotaUse: func(ctx context.Context, in activity.Store, q activity.UseQuery) ([]activity.QuotaUse, error) {
		uses, err := in.QuotaUse(ctx, q)
		return answer(q, uses), err
	}}
}

// forgetting is a store that understands in another way what is to be forgotten.
func forgetting(change func(q *activity.ForgetQuery)) broken {
	return broken{forgetUse: func(ctx context.Context, in activity.Store, q activity.ForgetQuery) (int, error) {
		change(&q)
		return in.ForgetUse(ctx, q)
	}}
}

// shifted is a clock that goes before or after another.
func shifted(clock func() time.Time, by time.Duration) func() time.Time {
	return func() time.Time { return clock().Add(by) }
}

// statesOf returns what a store keeps of the keys of a request.
func statesOf(ctx context.Context, in activity.Store, r *activity.QuotaRequest) []activity.QuotaState {
	states := make([]activity.QuotaState, len(r.Charges))
	for i, c := range r.Charges {
		states[i], _ = in.QuotaState(ctx, c.Key)
	}
	return states
}

// admits reports whether states have room for a request, and what would be granted then.
func admits(r *activity.QuotaRequest, states []activity.QuotaState, now time.Time) (activity.QuotaGrant, bool) {
	counters := make([]*activity.QuotaCounter, len(states))
	for i := range states {
		counter := states[i].Counter.Clone()
		counters[i] = &counter
	}
	if !r.Admit(counters, now) {
		return activity.QuotaGrant{}, false
	}
	return r.Grant(counters), true
}

// holding is a store that admits only what has room beside all holds that it does not take for due.
func holding(due func(h activity.Hold, now time.Time) bool) broken {
	return broken{chargeQuota: func(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
		states, now := statesOf(ctx, in, &r), r.Clock()
		for i := range states {
			for _, h := range states[i].Holds {
				if due(h, now) {
					states[i].Counter.GiveBack(&h)
				}
			}
		}
		if _, ok := admits(&r, states, now); !ok {
			return activity.QuotaGrant{}, &activity.QuotaError{Quota: r.Charges[0].Key.Quota, RetryAt: farFuture}
		}
		return in.ChargeQuota(ctx, r)
	}}
}

// remembering is a store that notes something of each settlement, and returns other holds for it.
func remembering(note func(u activity.HoldUpdate, until time.Time) any, change func(h *activity.Hold, noted any)) broken {
	var noted sync.Map
	b := statingHolds(func(h *activity.Hold) {
		if v, ok := noted.Load(h.ID); ok {
			change(h, v)
		}
	})
	b.settleHolds = func(ctx context.Context, in activity.Store, u activity.HoldUpdate) (time.Time, error) {
		until, err := in.SettleHolds(ctx, u)
		if err == nil {
			noted.Store(u.ID, note(u, until))
		}
		return until, err
	}
	return b
}
