package storetest

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/go-activity/activity"
)

// settleHoldsDefects has one defect for each field of an update, beside others.
func settleHoldsDefects() []defect {
	type update = activity.HoldUpdate
	const settles, refused, concurrent, tasks, back = "settlements", "settlements that are refused", "concurrent settlements", "holds of a task", "giving back"
	list := []defect{
		{"gives back what was used", settles, with(settling(func(u *update) { u.Used = 0 }))},
		{"keeps what was not used", settles, with(settling(func(u *update) { u.Keep = true }))},
		{"uses what was not used", settles, with(broken{settleHolds: func(ctx context.Context, in activity.Store, u update) (time.Time, error) {
			if state, err := in.QuotaState(ctx, u.Keys[0]); err == nil && !u.Keep {
				u.Used = holdOf(state, u.ID).Units
			}
			return in.SettleHolds(ctx, u)
		}})},
		{"settles the first key only", settles, with(settling(func(u *update) { u.Keys = u.Keys[:1] }))},
		{"returns the end of the last key", settles, with(broken{settleHolds: func(ctx context.Context, in activity.Store, u update) (time.Time, error) {
			until, err := in.SettleHolds(ctx, u)
			if state, stateErr := in.QuotaState(ctx, u.Keys[len(u.Keys)-1]); stateErr == nil && err == nil && u.Keep {
				until = holdOf(state, u.ID).Until
			}
			return until, err
		}})},
		{"returns the end of what is over", settles, with(settled(func(u update, until time.Time, err error) (time.Time, error) {
			if err == nil && !u.Keep {
				until = u.Until
			}
			return until, err
		}))},
		{"extends from the end of before", settles, with(settled(func(u update, until time.Time, err error) (time.Time, error) {
			if err == nil && u.Extend > 0 {
				until = u.Until.Add(u.Extend)
			}
			return until, err
		}))},
		{"shortens a reservation", settles, with(settled(func(u update, until time.Time, err error) (time.Time, error) {
			if err == nil && u.Extend > 0 {
				until = u.Clock().Add(u.Extend)
			}
			return until, err
		}))},
		{"settles key by key", refused, with(broken{settleHolds: func(ctx context.Context, in activity.Store, u update) (until time.Time, err error) {
			keys := u.Keys
			for i := range keys {
				u.Keys = keys[i : i+1]
				if until, err = in.SettleHolds(ctx, u); err != nil {
					return time.Time{}, err
				}
			}
			return until, nil
		}})},
		{"lets a reservation be committed twice", refused, with(pardoning(activity.ErrSettled))},
		{"lets a reservation be committed after its time", refused, with(pardoning(activity.ErrHoldExpired))},
		{"commits what has expired until it is given back", refused, with(broken{settleHolds: func(ctx context.Context, in activity.Store, u update) (time.Time, error) {
			until, err := in.SettleHolds(ctx, u)
			if errors.Is(err, activity.ErrHoldExpired) {
				u.Clock = frozen(u.Until.Add(-time.Microsecond))
				return in.SettleHolds(ctx, u)
			}
			return until, err
		}})},
		{"takes what was given back for settled", refused, with(broken{settleHolds: func(ctx context.Context, in activity.Store, u update) (time.Time, error) {
			until, err := in.SettleHolds(ctx, u)
			if state, _ := in.QuotaState(ctx, u.Keys[0]); errors.Is(err, activity.ErrHoldExpired) && holdOf(state, u.ID).ID.IsZero() {
				err = activity.ErrSettled
			}
			return until, err
		}})},
		{"takes what was settled for expired", refused, with(replacing(activity.ErrSettled, activity.ErrHoldExpired))},
		{"commits as much as is held", refused, with(pardoning(activity.ErrNotHeld))},
		{"has an error of its own for what is not held", refused, with(replacing(activity.ErrNotHeld, activity.ErrInvalid))},
		{"lets two settle a reservation", concurrent, with(pardoning(activity.ErrSettled))},
		{"lets nobody settle beside another", concurrent, with(broken{settleHolds: func(ctx context.Context, in activity.Store, u update) (time.Time, error) {
			u.Used = 10
			return in.SettleHolds(ctx, u)
		}})},
		{"ignores the task in ReleaseHolds", tasks, with(broken{releaseHolds: func(ctx context.Context, in activity.Store, tenant string, _ activity.ID) error {
			err := in.ReleaseHolds(ctx, tenant, activity.ID{})
			for n := range uint64(4) {
				err = errors.Join(err, in.ReleaseHolds(ctx, tenant, newID(epoch, n)))
			}
			return err
		}})},
		{"ignores the tenant in ReleaseHolds", tasks, with(broken{releaseHolds: func(ctx context.Context, in activity.Store, _ string, task activity.ID) error {
			return errors.Join(in.ReleaseHolds(ctx, acme, task), in.ReleaseHolds(ctx, globex, task))
		}})},
		{"releases nothing", tasks, with(broken{releaseHolds: func(context.Context, activity.Store, string, activity.ID) error { return nil }})},
		{"releases the holds of one key", tasks, with(broken{releaseHolds: func(ctx context.Context, in activity.Store, _ string, task activity.ID) error {
			state, err := in.QuotaState(ctx, keyA)
			for _, h := range state.Holds {
				if h.Task == task && !h.Settled {
					in.SettleHolds(ctx, update{ID: h.ID, Keys: []activity.QuotaKey{keyA}, Clock: frozen(h.At)})
				}
			}
			return err
		}})},
		{"refuses to release nothing", tasks, with(broken{releaseHolds: func(ctx context.Context, in activity.Store, tenant string, task activity.ID) error {
			if task == newID(epoch, 9) {
				return activity.ErrNotFound
			}
			return in.ReleaseHolds(ctx, tenant, task)
		}})},
		{"ignores the limit in GiveBack", back, with(givingBack(func(q *activity.DueQuery) { q.Limit = 1000 }))},
		{"gives back one more than the limit", back, with(givingBack(func(q *activity.DueQuery) { q.Limit++ }))},
		{"gives back nothing", back, with(givingBack(func(q *activity.DueQuery) { q.Limit = 0 }))},
		{"frees holds late", back, with(givingBack(func(q *activity.DueQuery) { q.Clock = shifted(q.Clock, -time.Microsecond) }))},
		{"frees holds early", back, with(givingBack(func(q *activity.DueQuery) { q.Clock = shifted(q.Clock, time.Microsecond) }))},
		{"gives back what was settled only", back, with(givingBack(func(q *activity.DueQuery) { q.Clock = frozen(epoch) }))},
		{"gives back what has expired only", back, with(broken{giveBack: func(ctx context.Context, in activity.Store, q activity.DueQuery) (int, error) {
			if state, err := in.QuotaState(ctx, keyA); err != nil || len(state.Holds) > 0 && state.Holds[len(state.Holds)-1].Settled {
				return 0, err
			}
			return in.GiveBack(ctx, q)
		}})},
		{"does not tell how much it gives back", back, with(broken{giveBack: func(ctx context.Context, in activity.Store, q activity.DueQuery) (int, error) {
			n, err := in.GiveBack(ctx, q)
			return min(n, 1), err
		}})},
		{"ignores the time in GiveBack", back, with(givingBack(func(q *activity.DueQuery) { q.Clock = storeClock }))},
	}
	for field := range reflect.TypeFor[update]().Fields() {
		change := func(u *update) { reflect.ValueOf(u).Elem().FieldByName(field.Name).SetZero() }
		d := defect{"forgets the settlement's " + field.Name, settles, with(settling(change))}
		switch field.Name {
		case "Until":
			d.found = refused
		case "Clock":
			d.store = with(settling(func(u *update) { u.Clock = storeClock }))
		}
		list = append(list, d)
	}
	return list
}

// pardoning is a store that returns no error where it should return one.
func pardoning(wrong error) broken { return replacing(wrong, nil) }

// replacing is a store that returns one error for another.
func replacing(wrong, by error) broken {
	return settled(func(_ activity.HoldUpdate, until time.Time, err error) (time.Time, error) {
		if errors.Is(err, wrong) {
			err = by
		}
		return until, err
	})
}
