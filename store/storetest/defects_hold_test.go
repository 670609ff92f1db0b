package storetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-activity/activity"
)

func holdDefects() []defect {
	type query = activity.EraseQuery
	type gone = activity.Erased
	type hold = activity.LegalHold
	const refused, beside, list, replace, lift = "erasing what is under a legal hold", "erasing beside a legal hold", "legal holds", "replacing a legal hold", "lifting a legal hold"
	return []defect{
		{"erases what is under a legal hold", refused, with(erasingBy(func(ctx context.Context, in activity.Store, q query) (e gone, err error) {
			err = withoutHolds(ctx, in, q.Tenant, func() error { e, err = in.Erase(ctx, q); return err })
			return e, err
		}))},
		{"erases what is under a legal hold, and says that it did not", refused, with(erasingBy(func(ctx context.Context, in activity.Store, q query) (gone, error) {
			e, err := in.Erase(ctx, q)
			if errors.Is(err, activity.ErrLegalHold) {
				withoutHolds(ctx, in, q.Tenant, func() error { _, err := in.Erase(ctx, q); return err })
			}
			return e, err
		}))},
		{"erases nothing that is under a legal hold of any tenant", refused, with(erasingBy(func(ctx context.Context, in activity.Store, q query) (gone, error) {
			if holds, _ := in.LegalHolds(ctx, acme); slices.ContainsFunc(holds, func(h hold) bool { return h.Entity.Is(q.Entity) }) {
				return gone{}, activity.ErrLegalHold
			}
			return in.Erase(ctx, q)
		}))},
		{"knows legal holds by their labels", refused, with(erasingBy(func(ctx context.Context, in activity.Store, q query) (e gone, err error) {
			holds, err := in.LegalHolds(ctx, q.Tenant)
			if err != nil || slices.ContainsFunc(holds, func(h hold) bool { return h.Entity == q.Entity }) {
				return in.Erase(ctx, q)
			}
			err = withoutHolds(ctx, in, q.Tenant, func() error { e, err = in.Erase(ctx, q); return err })
			return e, err
		}))},
		{"erases what is also of another under a legal hold", beside, with(erasingBy(func(ctx context.Context, in activity.Store, q query) (e gone, err error) {
			err = withoutHolds(ctx, in, q.Tenant, func() error { e, err = in.Erase(ctx, q); return err })
			return e, err
		}))},
		{"does not count what is held", beside, with(erasedAs(func(_ query, e gone) gone { e.Held = 0; return e }))},
		{"looks for legal holds of other tenants", beside, with(erasingBy(func(ctx context.Context, in activity.Store, q query) (gone, error) {
			holds, err := in.LegalHolds(ctx, globex)
			for _, h := range holds {
				in.SetLegalHold(ctx, q.Tenant, h)
			}
			if err != nil {
				return gone{}, err
			}
			return in.Erase(ctx, q)
		}))},
		{"lists legal holds by their IDs", list, with(listingHolds(func(list []hold) {
			slices.SortFunc(list, func(a, b hold) int { return strings.Compare(a.Entity.ID, b.Entity.ID) })
		}))},
		{"forgets the labels of legal holds", list, with(listingHolds(func(list []hold) { eachHold(list, func(h *hold) { h.Entity.Label = "" }) }))},
		{"forgets the reasons of legal holds", list, with(listingHolds(func(list []hold) { eachHold(list, func(h *hold) { h.Reason = "" }) }))},
		{"forgets who set a legal hold", list, with(listingHolds(func(list []hold) { eachHold(list, func(h *hold) { h.By.Label = "" }) }))},
		{"keeps milliseconds of legal holds", list, with(listingHolds(func(list []hold) { eachHold(list, func(h *hold) { h.At = h.At.Truncate(time.Millisecond) }) }))},
		{"returns local times of legal holds", list, with(listingHolds(func(list []hold) { eachHold(list, func(h *hold) { h.At = h.At.In(elsewhere) }) }))},
		{"ignores the case of tenants of legal holds", list, with(broken{brokenErase: brokenErase{legalHolds: func(ctx context.Context, in activity.Store, tenant string) ([]hold, error) {
			return in.LegalHolds(ctx, strings.ToLower(tenant))
		}}})},
		{"keeps the first legal hold", replace, with(broken{brokenErase: brokenErase{setLegalHold: func(ctx context.Context, in activity.Store, tenant string, h hold) error {
			holds, err := in.LegalHolds(ctx, tenant)
			if err != nil || slices.ContainsFunc(holds, func(known hold) bool { return known.Entity.Is(h.Entity) }) {
				return err
			}
			return in.SetLegalHold(ctx, tenant, h)
		}}})},
		{"counts legal holds", replace, each(countsHolds)},
		{"lifts nothing without an error", lift, with(broken{brokenErase: brokenErase{liftLegalHold: func(ctx context.Context, in activity.Store, tenant string, entity activity.Entity) error {
			in.LiftLegalHold(ctx, tenant, entity)
			return nil
		}}})},
		{"lifts legal holds of any kind of entity", lift, with(broken{brokenErase: brokenErase{liftLegalHold: func(ctx context.Context, in activity.Store, tenant string, entity activity.Entity) error {
			entity.Kind = eve.Kind
			return in.LiftLegalHold(ctx, tenant, entity)
		}}})},
		{"lifts legal holds of any tenant", lift, with(broken{brokenErase: brokenErase{liftLegalHold: func(ctx context.Context, in activity.Store, _ string, entity activity.Entity) error {
			return in.LiftLegalHold(ctx, acme, entity)
		}}})},
		{"lifts legal holds of that label", lift, with(broken{brokenErase: brokenErase{liftLegalHold: func(ctx context.Context, in activity.Store, tenant string, entity activity.Entity) error {
			if entity.Label != eve.Label {
				return activity.ErrNotFound
			}
			return in.LiftLegalHold(ctx, tenant, entity)
		}}})},
	}
}

func erasingBy(fn func(ctx context.Context, in activity.Store, q activity.EraseQuery) (activity.Erased, error)) broken {
	return broken{brokenErase: brokenErase{erase: fn}}
}

func listingHolds(change func(list []activity.LegalHold)) broken {
	return broken{brokenErase: brokenErase{legalHolds: func(ctx context.Context, in activity.Store, tenant string) ([]activity.LegalHold, error) {
		list, err := in.LegalHolds(ctx, tenant)
		change(list)
		return list, err
	}}}
}

func eachHold(list []activity.LegalHold, change func(h *activity.LegalHold)) {
	for i := range list {
		change(&list[i])
	}
}

// countsHolds wants a legal hold to be lifted as often as it was set.
func countsHolds() broken {
	var mu sync.Mutex
	sets := map[string]int{}
	return broken{brokenErase: brokenErase{
		setLegalHold: func(ctx context.Context, in activity.Store, tenant string, h activity.LegalHold) error {
			mu.Lock()
			defer mu.Unlock()
			sets[tenant+h.Entity.ID]++
			return in.SetLegalHold(ctx, tenant, h)
		},
		liftLegalHold: func(ctx context.Context, in activity.Store, tenant string, entity activity.Entity) error {
			mu.Lock()
			defer mu.Unlock()
			if sets[tenant+entity.ID]--; sets[tenant+entity.ID] > 0 {
				return nil
			}
			return in.LiftLegalHold(ctx, tenant, entity)
		},
	}}
}
