package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-activity/activity"
)

// quotaModel holds what should be kept of quotas. It lets the rules of the root compute, as a store does; but it
// remembers every charge, and tells what was used from these.
type quotaModel struct {
	states  map[activity.QuotaKey]*activity.QuotaState
	charges []modelCharge
}

// modelCharge is a charge of one key.
type modelCharge struct {
	key       activity.QuotaKey
	id        activity.ID // of the reservation, if it is one
	at        time.Time
	actor     activity.Entity
	units     int64 // less what was given back
	windows   []activity.Window
	forgotten bool
}

func newQuotaModel() *quotaModel {
	return &quotaModel{states: map[activity.QuotaKey]*activity.QuotaState{}}
}

// clone returns a copy, to go back to.
func (m *quotaModel) clone() *quotaModel {
	c := newQuotaModel()
	for key, state := range m.states {
		c.states[key] = &activity.QuotaState{Counter: state.Counter.Clone(), Holds: slices.Clone(state.Holds)}
	}
	c.charges = slices.Clone(m.charges)
	return c
}

func (m *quotaModel) state(key activity.QuotaKey) *activity.QuotaState {
	if m.states[key] == nil {
		m.states[key] = &activity.QuotaState{}
	}
	return m.states[key]
}

// hold returns what a reservation holds of a key, if it does.
func (m *quotaModel) hold(key activity.QuotaKey, id activity.ID) *activity.Hold {
	state := m.state(key)
	for i := range state.Holds {
		if state.Holds[i].ID == id {
			return &state.Holds[i]
		}
	}
	return nil
}

func (m *quotaModel) charge(r *activity.QuotaRequest, now time.Time) (activity.QuotaGrant, error) {
	states, counters := make([]activity.QuotaState, len(r.Charges)), make([]*activity.QuotaCounter, len(r.Charges))
	for i, c := range r.Charges {
		if !r.ID.IsZero() && m.hold(c.Key, r.ID) != nil {
			return activity.QuotaGrant{}, fmt.Errorf("there is a reservation %s already", r.ID)
		}
		states[i] = *m.state(c.Key)
		counter := states[i].Counter.Clone()
		for _, h := range states[i].Holds {
			if h.Due(counter.Time(now)) {
				counter.GiveBack(&h)
			}
		}
		counters[i] = &counter
	}
	if !r.Admit(counters, now) {
		return activity.QuotaGrant{}, r.Refusal(states, now)
	}
	holds := r.Holds(counters)
	for i, c := range r.Charges {
		state, at := m.state(c.Key), counters[i].Time(now)
		m.drop(c.Key, at)
		state.Counter = *counters[i]
		m.charges = append(m.charges, modelCharge{c.Key, r.ID, at, r.Actor, r.Units, c.Windows, false})
		if holds != nil {
			state.Holds = append(state.Holds, holds[i])
			slices.SortFunc(state.Holds, func(a, b activity.Hold) int { return a.ID.Compare(b.ID) })
		}
	}
	return r.Grant(counters), nil
}

// drop forgets the holds of a key that are due, and returns them.
func (m *quotaModel) drop(key activity.QuotaKey, at time.Time) []activity.Hold {
	var due []activity.Hold
	state := m.state(key)
	state.Holds = slices.DeleteFunc(state.Holds, func(h activity.Hold) bool {
		if h.Due(at) {
			due = append(due, h)
		}
		return h.Due(at)
	})
	for _, h := range due {
		for i := range m.charges {
			if c := &m.charges[i]; c.key == key && c.id == h.ID {
				c.units -= h.Units
			}
		}
	}
	return due
}

func (m *quotaModel) settle(u *activity.HoldUpdate, now time.Time) (time.Time, error) {
	var holds []activity.Hold
	for _, key := range u.Keys {
		h := m.hold(key, u.ID)
		if h == nil {
			return time.Time{}, u.Missing(now)
		}
		changed := *h
		if err := u.Apply(&changed, now); err != nil {
			return time.Time{}, err
		}
		holds = append(holds, changed)
	}
	until := holds[0].Until
	for _, h := range holds {
		m.put(h)
		if h.Until.Before(until) {
			until = h.Until
		}
	}
	if !u.Keep {
		return time.Time{}, nil
	}
	return until, nil
}

// put stores a hold that has changed.
func (m *quotaModel) put(h activity.Hold) {
	*m.hold(h.Key, h.ID) = h
	state := m.state(h.Key)
	state.Holds = slices.DeleteFunc(state.Holds, func(h activity.Hold) bool { return h.Settled && h.Units == 0 })
}

func (m *quotaModel) release(tenant string, task activity.ID) {
	for key, state := range m.states {
		for _, h := range slices.Clone(state.Holds) {
			if key.Tenant == tenant && h.Task == task && !h.Settled {
				h.Settled = true
				m.put(h)
			}
		}
	}
}

func (m *quotaModel) giveBack(now time.Time) int {
	n := 0
	for key, state := range m.states {
		due := m.drop(key, now)
		for _, h := range due {
			state.Counter.GiveBack(&h)
		}
		n += len(due)
	}
	return n
}

func (m *quotaModel) used(q activity.UseQuery, now time.Time) []activity.QuotaUse {
	var found []activity.QuotaUse
	for _, c := range m.charges {
		minute := c.at.Truncate(time.Minute)
		if c.key != q.Key || c.forgotten || minute.Before(q.From) || !minute.Before(q.To) {
			continue
		}
		if h := m.hold(c.key, c.id); h != nil && h.Due(now) {
			c.units -= h.Units
		}
		use := activity.QuotaUse{Start: q.From, Units: c.units}
		if q.Step > 0 {
			us := minute.UnixMicro()
			use.Start = time.UnixMicro(us - us%q.Step.Microseconds()).UTC()
		}
		if q.ByActor {
			use.Actor = c.actor
		}
		i := slices.IndexFunc(found, func(f activity.QuotaUse) bool { return f.Start.Equal(use.Start) && f.Actor.Is(use.Actor) })
		if i < 0 {
			found = append(found, use)
			continue
		}
		found[i].Units += use.Units
		found[i].Actor.Label = use.Actor.Label
	}
	found = slices.DeleteFunc(found, func(u activity.QuotaUse) bool { return u.Units == 0 })
	slices.SortFunc(found, func(a, b activity.QuotaUse) int {
		return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.Actor.Kind, b.Actor.Kind), strings.Compare(a.Actor.ID, b.Actor.ID))
	})
	return found
}

func (m *quotaModel) forget(q activity.ForgetQuery, now time.Time) {
	for i := range m.charges {
		c := &m.charges[i]
		c.forgotten = c.forgotten || c.key.Quota == q.Quota && c.at.Truncate(time.Minute).Before(now.Add(-q.Age))
	}
}
