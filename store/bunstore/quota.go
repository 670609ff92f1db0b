package bunstore

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/go-activity/activity"
)

// No two calls wait for each other in a circle. Rows are locked in this order: keys, by
// activity.QuotaKey.Compare; then holds, by reservation and key. Charging and giving back lock keys, and
// pass over holds that are locked. Settling locks holds only. What was used is changed by who has locked its key;
// forgetting it passes over what is locked.

// meter is what is kept of a key that is locked.
type meter struct {
	key     activity.QuotaKey
	counter activity.QuotaCounter
	due     time.Time // before it, none of its holds expires; zero: none will
	settled bool      // some of its holds are settled
	recount bool      // the engine has to look for what is due next: due knows only of holds that are new
}

// isDue reports whether some of its holds may be due.
func (m *meter) isDue(at time.Time) bool {
	return m.settled || !m.due.IsZero() && !m.due.After(at)
}

// charged returns the time of the last charge.
func (m *meter) charged() time.Time { return m.counter.Time(time.Time{}) }

// ChargeQuota implements [activity.QuotaStore].
func (s *Store) ChargeQuota(ctx context.Context, request activity.QuotaRequest) (grant activity.QuotaGrant, err error) {
	if err := s.ready(ctx); err != nil {
		return activity.QuotaGrant{}, err
	}
	const atOnce = false // what is refused leaves no key locked
	err = s.whole(ctx, atOnce, func(tx *Store) error {
		grant, err = tx.charge(ctx, &request)
		return err
	})
	if err != nil {
		return activity.QuotaGrant{}, err
	}
	return grant, nil
}

// charge charges the keys of a request within a transaction.
func (s *Store) charge(ctx context.Context, r *activity.QuotaRequest) (activity.QuotaGrant, error) {
	keys := make([]activity.QuotaKey, len(r.Charges))
	for i := range keys {
		keys[i] = r.Charges[i].Key
	}
	meters, now, err := s.lockMeters(ctx, keys, r.Clock)
	if err != nil {
		return activity.QuotaGrant{}, s.failed(ctx, "charge quota", err)
	}
	counters := make([]*activity.QuotaCounter, len(keys))
	due := false
	for i := range meters {
		m := &meters[i]
		counters[i] = &m.counter
		due = due || m.isDue(m.counter.Time(now))
	}
	for taken := false; ; taken = true {
		if due {
			if err := s.takeAll(ctx, r, meters, now); err != nil {
				return activity.QuotaGrant{}, err
			}
		}
		if r.Admit(counters, now) {
			break
		}
		refusal, err := s.refusal(ctx, r, meters, now, due)
		switch {
		case err != nil:
			return activity.QuotaGrant{}, err
		case refusal != nil:
			return activity.QuotaGrant{}, refusal
		case taken:
			return activity.QuotaGrant{}, fmt.Errorf("activity: charge quota %s: no room, and nothing that takes it", keys[0].Quota)
		}
		due = true // something was settled since the lock was waited for
	}
	holds := r.Holds(counters)
	for i, h := range holds {
		if m := &meters[i]; m.due.IsZero() || h.Until.Before(m.due) {
			m.due = h.Until
		}
	}
	if err := s.engine.charge(ctx, s, r, meters, holds); err != nil {
		return activity.QuotaGrant{}, s.failed(ctx, "charge quota", err)
	}
	return r.Grant(counters), nil
}

// lockMeters locks keys in their order, and asks for the time then.
func (s *Store) lockMeters(ctx context.Context, keys []activity.QuotaKey, clock func() time.Time) ([]meter, time.Time, error) {
	for range maxRounds {
		meters, now, err := s.engine.lockMeters(ctx, s, keys)
		if err != nil {
			return nil, time.Time{}, err
		}
		if meters != nil {
			return meters, given(clock, now), nil
		}
		if err := s.engine.addMeters(ctx, s, keys); err != nil {
			return nil, time.Time{}, err
		}
	}
	return nil, time.Time{}, fmt.Errorf("the keys from %v on were added, but cannot be found", keys[0])
}

// given returns the time of a clock, or that of the store if the clock has none.
func given(clock func() time.Time, now time.Time) time.Time {
	if at := clock(); !at.IsZero() {
		return at
	}
	return now
}

// takeAll gives back what is due of the keys of a request.
func (s *Store) takeAll(ctx context.Context, r *activity.QuotaRequest, meters []meter, now time.Time) error {
	times := make([]time.Time, len(meters))
	for i := range meters {
		times[i] = meters[i].counter.Time(now)
	}
	holds, err := s.take(ctx, meters, times, math.MaxInt32)
	if err != nil {
		return s.failed(ctx, "charge quota", err)
	}
	return reserved(r, holds)
}

// reserved returns an error if the reservation of a request has a hold already.
func reserved(r *activity.QuotaRequest, holds []activity.Hold) error {
	if !r.ID.IsZero() && slices.ContainsFunc(holds, func(h activity.Hold) bool { return h.ID == r.ID }) {
		return fmt.Errorf("activity: charge quota: there is a reservation %s already", r.ID)
	}
	return nil
}

// take takes what is due at a time, which each meter has its own of, off the counters, and forgets these holds.
func (s *Store) take(ctx context.Context, meters []meter, times []time.Time, limit int) ([]activity.Hold, error) {
	holds, err := s.engine.takeDue(ctx, s, meters, times, limit)
	if err != nil {
		return nil, err
	}
	for i := range holds {
		m := slices.IndexFunc(meters, func(m meter) bool { return m.key == holds[i].Key })
		meters[m].counter.GiveBack(&holds[i])
	}
	for i := range meters {
		meters[i].due, meters[i].recount = time.Time{}, true
	}
	return holds, nil
}

// refusal returns why there is no room. If what is due was taken, what is due still is about to be settled by
// another transaction: it is held until that ends, which should not take long.
func (s *Store) refusal(ctx context.Context, r *activity.QuotaRequest, meters []meter, now time.Time, taken bool) (*activity.QuotaError, error) {
	states := make([]activity.QuotaState, len(meters))
	for i := range meters {
		state, err := s.engine.quotaState(ctx, s.tx, meters[i].key)
		if err != nil {
			return nil, s.failed(ctx, "charge quota", err)
		}
		if err := reserved(r, state.Holds); err != nil {
			return nil, err
		}
		state.Counter = meters[i].counter
		at := state.Counter.Time(now)
		for j := range state.Holds {
			if h := &state.Holds[j]; taken && h.Due(at) {
				h.Settled, h.Until = false, at.Add(time.Second)
			}
		}
		states[i] = state
	}
	return r.Refusal(states, now), nil
}
