package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-activity/activity"
)

func quotaWholeDefects() []defect {
	const together, memory, tenants, times, ends = "concurrent use of quotas", "memory of quotas", "tenants of quotas", "times of quotas", "context that ends at any moment, quotas"
	const commit, once, fails = "commit of quotas", "commit of quotas at once", "error or panic after writing quotas"
	return slices.Concat([]defect{
		{"refuses a charge beside another", together, each(refusesCharge)},
		{"loses a charge beside another", together, each(losesCharge)},
		{"keeps the memory of requests", memory, each(keepsRequests)},
		{"changes the request", memory, with(broken{chargeQuota: func(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
			grant, err := in.ChargeQuota(ctx, r)
			slices.Reverse(r.Charges)
			return grant, err
		}})},
		{"changes the keys of an update", memory, with(broken{settleHolds: func(ctx context.Context, in activity.Store, u activity.HoldUpdate) (time.Time, error) {
			until, err := in.SettleHolds(ctx, u)
			slices.Reverse(u.Keys)
			return until, err
		}})},
		{"shares what QuotaState returns", memory, each(sharesStates)},
		{"shares what QuotaUse returns", memory, each(sharesUses)},
		{"ignores the tenant of quotas", tenants, with(countingBy(func(k *activity.QuotaKey) { k.Tenant = acme }))},
		{"ignores the quota's name", tenants, with(countingBy(func(k *activity.QuotaKey) { k.Quota = "calls" }))},
		{"ignores the kind of subjects", tenants, with(countingBy(func(k *activity.QuotaKey) { k.SubjectKind = "" }))},
		{"ignores the ID of subjects", tenants, with(countingBy(func(k *activity.QuotaKey) { k.SubjectID = "" }))},
		{"ignores the case of subjects", tenants, with(countingBy(func(k *activity.QuotaKey) { k.SubjectID = strings.ToLower(k.SubjectID) }))},
		{"ignores the case of tenants of quotas", tenants, with(countingBy(func(k *activity.QuotaKey) { k.Tenant = strings.ToLower(k.Tenant) }))},
		{"trims subjects", tenants, with(countingBy(func(k *activity.QuotaKey) { k.SubjectID = strings.TrimSpace(k.SubjectID) }))},
		{"joins the fields of keys", tenants, with(countingBy(func(k *activity.QuotaKey) {
			*k = activity.QuotaKey{Tenant: k.Tenant + k.Quota + k.SubjectKind + k.SubjectID}
		}))},
		{"settles reservations of any tenant", tenants, with(broken{settleHolds: func(ctx context.Context, in activity.Store, u activity.HoldUpdate) (time.Time, error) {
			u.Keys = slices.Clone(u.Keys)
			for i := range u.Keys {
				u.Keys[i].Tenant = "initech"
			}
			return in.SettleHolds(ctx, u)
		}})},
		{"releases holds of any tenant", tenants, with(broken{releaseHolds: func(ctx context.Context, in activity.Store, _ string, task activity.ID) error {
			return in.ReleaseHolds(ctx, "initech", task)
		}})},
		{"keeps milliseconds of holds", times, with(statingHolds(func(h *activity.Hold) { h.At = h.At.Truncate(time.Millisecond) }))},
		{"keeps milliseconds of their ends", times, with(settled(func(_ activity.HoldUpdate, until time.Time, err error) (time.Time, error) {
			return until.Truncate(time.Millisecond), err
		}))},
		{"returns local times of holds", times, with(statingHolds(func(h *activity.Hold) { h.Until = h.Until.In(elsewhere) }))},
		{"returns local ends of holds", times, with(settled(func(_ activity.HoldUpdate, until time.Time, err error) (time.Time, error) {
			return until.In(elsewhere), err
		}))},
		{"keeps the clock's face of a query", times, with(querying(func(q *activity.UseQuery) { q.From, q.To = face(q.From), face(q.To) }))},
		{"charges one key until the context ends", ends, with(broken{chargeQuota: func(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
			r.Charges = r.Charges[:1]
			if grant, err := in.ChargeQuota(context.WithoutCancel(ctx), r); err != nil {
				return grant, err
			}
			<-ctx.Done()
			return activity.QuotaGrant{}, ctx.Err()
		}})},
		{"charges half, whatever the context", ends, with(broken{chargeQuota: func(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
			r.Units = 1
			return in.ChargeQuota(context.WithoutCancel(ctx), r)
		}})},
		{"rolls back quotas that it should commit", commit, with(broken{inTx: rollsBack})},
		{"commits all but settlements", commit, with(insideTx(broken{settleHolds: func(context.Context, activity.Store, activity.HoldUpdate) (time.Time, error) {
			return time.Time{}, nil
		}}))},
		{"shows quotas early", commit, with(broken{inTx: noTransaction})},
		{"hides a transaction's quotas from itself", commit, with(broken{inTx: readsOutside})},
		{"reads quotas outside in a joined transaction", commit, with(broken{inTx: joinReadsOutside})},
		{"commits charges one by one", once, each(commitsCharges)},
		{"keeps quotas on an error", fails, with(broken{inTx: keepsOnError})},
		{"keeps quotas on a panic", fails, with(broken{inTx: keepsOnPanic})},
		{"keeps quotas on an error in a joined transaction", fails, with(broken{inTx: noSavepoint})},
	}, quotaContextDefects())
}

// quotaContextDefects has a store for each call that ignores the context.
func quotaContextDefects() []defect {
	return ignoringContext(map[string]broken{
		"ChargeQuota": {chargeQuota: func(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
			return in.ChargeQuota(context.WithoutCancel(ctx), r)
		}},
		"SettleHolds": {settleHolds: func(ctx context.Context, in activity.Store, u activity.HoldUpdate) (time.Time, error) {
			return in.SettleHolds(context.WithoutCancel(ctx), u)
		}},
		"ReleaseHolds": {releaseHolds: func(ctx context.Context, in activity.Store, tenant string, task activity.ID) error {
			return in.ReleaseHolds(context.WithoutCancel(ctx), tenant, task)
		}},
		"GiveBack": {giveBack: func(ctx context.Context, in activity.Store, q activity.DueQuery) (int, error) {
			return in.GiveBack(context.WithoutCancel(ctx), q)
		}},
		"QuotaState": {quotaState: func(ctx context.Context, in activity.Store, key activity.QuotaKey) (activity.QuotaState, error) {
			return in.QuotaState(context.WithoutCancel(ctx), key)
		}},
		"QuotaUse": {quotaUse: func(ctx context.Context, in activity.Store, q activity.UseQuery) ([]activity.QuotaUse, error) {
			return in.QuotaUse(context.WithoutCancel(ctx), q)
		}},
		"ForgetUse": {forgetUse: func(ctx context.Context, in activity.Store, q activity.ForgetQuery) (int, error) {
			return in.ForgetUse(context.WithoutCancel(ctx), q)
		}},
	})
}

// keepsRequests keeps the list of a request's charges, and takes the keys of holds from it.
func keepsRequests() broken {
	var kept sync.Map
	b := statingHolds(func(h *activity.Hold) {
		if charges, ok := kept.Load(h.ID); ok && charges.([]activity.QuotaCharge)[0].Key != keyA {
			h.Key = charges.([]activity.QuotaCharge)[0].Key
		}
	})
	b.chargeQuota = func(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
		kept.Store(r.ID, r.Charges)
		return in.ChargeQuota(ctx, r)
	}
	return b
}

// sharesStates returns a state that it has returned before, as long as it is right.
func sharesStates() broken {
	var kept sync.Map
	return broken{quotaState: func(ctx context.Context, in activity.Store, key activity.QuotaKey) (activity.QuotaState, error) {
		state, err := in.QuotaState(ctx, key)
		known, _ := kept.LoadOrStore(fmt.Sprint(key, binaryOf(state.Counter), state.Holds), state.Holds)
		state.Holds = known.([]activity.Hold)
		return state, err
	}}
}

func sharesUses() broken {
	var kept sync.Map
	return broken{quotaUse: func(ctx context.Context, in activity.Store, q activity.UseQuery) ([]activity.QuotaUse, error) {
		uses, err := in.QuotaUse(ctx, q)
		known, _ := kept.LoadOrStore(fmt.Sprint(q.Key, q.Step, uses), uses)
		return known.([]activity.QuotaUse), err
	}}
}

// countingBy is a store that takes keys for others.
func countingBy(change func(key *activity.QuotaKey)) broken {
	b := charging(func(r *activity.QuotaRequest) {
		for i := range r.Charges {
			change(&r.Charges[i].Key)
		}
	})
	b.quotaState = func(ctx context.Context, in activity.Store, key activity.QuotaKey) (activity.QuotaState, error) {
		change(&key)
		return in.QuotaState(ctx, key)
	}
	return b
}

// commitsCharges commits each charge by itself, and goes on after the first when somebody has looked at it.
func commitsCharges() broken {
	var once atomic.Bool
	seen := make(chan struct{})
	see := sync.OnceFunc(func() { close(seen) })
	return broken{
		quotaState: func(ctx context.Context, in activity.Store, key activity.QuotaKey) (activity.QuotaState, error) {
			state, err := in.QuotaState(ctx, key)
			if len(state.Holds) == 1 {
				see()
			}
			return state, err
		},
		inTx: func(_ context.Context, in activity.Store, fn func(activity.Store) error) error {
			return fn(&brokenStore{in: in, defect: &broken{
				chargeQuota: func(ctx context.Context, in activity.Store, r activity.QuotaRequest) (activity.QuotaGrant, error) {
					grant, err := in.ChargeQuota(ctx, r)
					if !once.Swap(true) {
						<-seen
					}
					return grant, err
				},
			}})
		},
	}
}
