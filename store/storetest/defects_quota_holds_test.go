package storetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-activity/activity"
)

// sharesTime gives the holds of all keys of a reservation the time of the latest.
func sharesTime() broken {
	var times sync.Map
	b := statingHolds(func(h *activity.Hold) {
		if at, ok := times.Load(h.ID); ok {
			h.At = at.(time.Time)
		}
	})
	b.chargeQuota = func(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
		grant, err := in.ChargeQuota(ctx, r)
		if err == nil {
			times.Store(r.ID, grant.At)
		}
		return grant, err
	}
	return b
}

// givesBackBefore gives back what is due of any key before it charges one, some time early.
func givesBackBefore(early time.Duration) broken {
	return broken{chargeQuota: func(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
		in.GiveBack(ctx, activity.DueQuery{Clock: shifted(r.Clock, early), Limit: 100})
		return in.ChargeQuota(ctx, r)
	}}
}

// givesBackTwice takes what a charge has given back off the counter once more.
func givesBackTwice() broken {
	var mu sync.Mutex
	twice := map[activity.QuotaKey][]activity.Hold{}
	return broken{
		chargeQuota: func(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
			before := statesOf(ctx, in, &r)
			grant, err := in.ChargeQuota(ctx, r)
			mu.Lock()
			defer mu.Unlock()
			for i, after := range statesOf(ctx, in, &r) {
				for _, h := range before[i].Holds {
					if holdOf(after, h.ID).ID.IsZero() {
						twice[h.Key] = append(twice[h.Key], h)
					}
				}
			}
			return grant, err
		},
		quotaState: func(ctx context.Context, in activity.Store, key activity.QuotaKey) (activity.QuotaState, error) {
			mu.Lock()
			defer mu.Unlock()
			state, err := in.QuotaState(ctx, key)
			for _, h := range twice[key] {
				state.Counter.GiveBack(&h)
			}
			return state, err
		},
	}
}

// overwritesReservation makes a reservation that exists another one.
func overwritesReservation() broken {
	return broken{chargeQuota: func(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
		for i, state := range statesOf(ctx, in, &r) {
			if !r.ID.IsZero() && !holdOf(state, r.ID).ID.IsZero() {
				in.SettleHolds(ctx, activity.HoldUpdate{ID: r.ID, Keys: []activity.QuotaKey{r.Charges[i].Key}, Clock: r.Clock})
				in.GiveBack(ctx, activity.DueQuery{Clock: r.Clock, Limit: 100})
			}
		}
		return in.ChargeQuota(ctx, r)
	}}
}

func repeatsReservation(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
	for _, state := range statesOf(ctx, in, &r) {
		if h := holdOf(state, r.ID); !h.ID.IsZero() {
			return activity.QuotaGrant{At: h.At, Until: h.Until}, nil
		}
	}
	return in.ChargeQuota(ctx, r)
}

func reservesByFirstKey(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
	states := statesOf(ctx, in, &r)
	grant, err := in.ChargeQuota(ctx, r)
	if err != nil && !errors.Is(err, activity.ErrQuotaExceeded) && holdOf(states[0], r.ID).ID.IsZero() {
		return activity.QuotaGrant{At: r.Clock(), Until: r.Clock().Add(r.Hold)}, nil
	}
	return grant, err
}
