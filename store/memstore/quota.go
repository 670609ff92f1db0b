package memstore

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-activity/activity"
)

// quotas is what is counted. Charging is to be fast, so that outside of transactions meters are changed in
// place; they are no part of the states. Only who has the right to write changes them, with mu locked against readers.
type quotas struct {
	mu     sync.RWMutex
	meters map[activity.QuotaKey]*meter
}

// meter is what is kept of a key.
type meter struct {
	counter activity.QuotaCounter
	holds   map[activity.ID]activity.Hold
	due     time.Time // before it, no hold is due
	uses    []use     // by minute
	gone    bool      // its subject was erased, in this transaction
}

// use is what an actor used in a minute, or what was given back of it.
type use struct {
	minute int64 // microseconds since 1970
	actor  activity.Entity
	units  int64
}

// book is where a call finds the meters: those of the store, behind those that its transaction has changed.
type book struct {
	quotas *quotas
	staged map[activity.QuotaKey]*meter
	inTx   bool
}

// get returns a meter to read, nil if there is none.
func (b *book) get(key activity.QuotaKey) *meter {
	if m := b.staged[key]; m != nil {
		return m
	}
	return b.quotas.meters[key]
}

// edit returns a meter to change: a copy, in a transaction. What is used is copied only if it is to change.
func (b *book) edit(key activity.QuotaKey, uses bool) *meter {
	m := b.get(key)
	if m == nil {
		m = &meter{}
	} else if b.inTx {
		c := meter{counter: m.counter.Clone(), holds: maps.Clone(m.holds), due: m.due, uses: m.uses}
		if uses {
			c.uses = slices.Clone(m.uses)
		}
		m = &c
	}
	b.put(key, m)
	return m
}

func (b *book) put(key activity.QuotaKey, m *meter) {
	if !b.inTx {
		b.quotas.meters[key] = m
		return
	}
	b.staged = maps.Clone(b.staged) // a savepoint may go back to the one before
	if b.staged == nil {
		b.staged = map[activity.QuotaKey]*meter{}
	}
	b.staged[key] = m
}

// keys returns the keys of all meters, in order.
func (b *book) keys() []activity.QuotaKey {
	all := slices.Collect(maps.Keys(b.quotas.meters))
	for key := range b.staged {
		if b.quotas.meters[key] == nil {
			all = append(all, key)
		}
	}
	slices.SortFunc(all, activity.QuotaKey.Compare)
	return all
}

// charge charges the keys of a request, or changes nothing.
func (b *book) charge(r *activity.QuotaRequest) (activity.QuotaGrant, error) {
	now := now(r.Clock())
	var fewCounters [4]*activity.QuotaCounter
	var fewMeters [4]*meter
	counters, meters := fewCounters[:0], fewMeters[:0]
	due := false
	for i := range r.Charges {
		m := b.get(r.Charges[i].Key)
		meters = append(meters, m)
		if m == nil {
			counters = append(counters, &activity.QuotaCounter{})
			continue
		}
		if _, used := m.holds[r.ID]; used && !r.ID.IsZero() {
			return activity.QuotaGrant{}, fmt.Errorf("memstore: there is a reservation %s already", r.ID)
		}
		counter := &m.counter
		if at := counter.Time(now); b.inTx || len(m.holds) > 0 && !m.due.After(at) {
			c := counter.Clone()
			counter, due = &c, true
			for _, h := range m.holds {
				if h.Due(at) {
					counter.GiveBack(&h)
				}
			}
		}
		counters = append(counters, counter)
	}
	if !r.Admit(counters, now) {
		states := make([]activity.QuotaState, len(r.Charges))
		for i := range r.Charges {
			states[i] = b.state(r.Charges[i].Key)
		}
		return activity.QuotaGrant{}, r.Refusal(states, now)
	}
	holds := r.Holds(counters)
	for i, counter := range counters {
		m := meters[i]
		if m == nil || due {
			m = b.edit(r.Charges[i].Key, true)
			m.counter = *counter
			m.forget(counter.Time(now))
		}
		m.used(counter.Time(now), r.Actor, r.Units)
		if holds != nil {
			m.hold(holds[i])
		}
	}
	return r.Grant(counters), nil
}

// forget forgets the holds that are due, whose units the counter has got back, and returns how many there were.
func (m *meter) forget(at time.Time) int {
	n := len(m.holds)
	for id, h := range m.holds {
		if h.Due(at) {
			m.used(h.At, h.Actor, -h.Units)
			delete(m.holds, id)
		}
	}
	m.due = time.Time{}
	for _, h := range m.holds {
		if m.due.IsZero() || h.Until.Before(m.due) {
			m.due = h.Until
		}
	}
	return n - len(m.holds)
}

// hold adds or changes a hold.
func (m *meter) hold(h activity.Hold) {
	if m.holds == nil {
		m.holds = map[activity.ID]activity.Hold{}
	}
	switch {
	case h.Settled && h.Units == 0:
		delete(m.holds, h.ID)
		return
	case h.Settled:
		m.due = time.Time{}
	case len(m.holds) == 0 || h.Until.Before(m.due):
		m.due = h.Until
	}
	m.holds[h.ID] = h
}

// used notes that an actor used units at a time, or that they are given back.
func (m *meter) used(at time.Time, actor activity.Entity, units int64) {
	minute := minuteOf(at)
	i := len(m.uses)
	for i > 0 && m.uses[i-1].minute > minute {
		i--
	}
	place := i
	for ; i > 0 && m.uses[i-1].minute == minute; i-- {
		if u := &m.uses[i-1]; u.actor.Is(actor) {
			u.units += units
			if units > 0 {
				u.actor.Label = actor.Label
			}
			return
		}
	}
	if units > 0 { // else it was forgotten
		m.uses = slices.Insert(m.uses, place, use{minute, actor, units})
	}
}

// minuteOf returns when the minute of a time began, as uses have it.
func minuteOf(at time.Time) int64 {
	return at.UnixMicro() / time.Minute.Microseconds() * time.Minute.Microseconds()
}

// settle changes all holds of a reservation, or none.
func (b *book) settle(u *activity.HoldUpdate) (until time.Time, err error) {
	now := now(u.Clock())
	holds := make([]activity.Hold, len(u.Keys))
	for i, key := range u.Keys {
		m := b.get(key)
		if m == nil {
			return time.Time{}, u.Missing(now)
		}
		h, ok := m.holds[u.ID]
		if !ok {
			return time.Time{}, u.Missing(now)
		}
		if err := u.Apply(&h, now); err != nil {
			return time.Time{}, err
		}
		if holds[i] = h; i == 0 || h.Until.Before(until) {
			until = h.Until
		}
	}
	for _, h := range holds {
		b.edit(h.Key, false).hold(h)
	}
	if !u.Keep {
		return time.Time{}, nil
	}
	return until, nil
}

// release gives back what is held for a task.
func (b *book) release(tenant string, task activity.ID) {
	for _, key := range b.keys() {
		if key.Tenant != tenant {
			continue
		}
		for _, h := range b.get(key).holds {
			if h.Task == task && !h.Settled {
				h.Settled = true
				b.edit(key, false).hold(h)
			}
		}
	}
}

// giveBack gives back what is due, up to some number of holds.
func (b *book) giveBack(q activity.DueQuery) int {
	n, now := 0, now(q.Clock())
	for _, key := range b.keys() {
		m := b.get(key)
		at := m.counter.Time(now)
		if len(m.holds) == 0 || m.due.After(at) {
			continue
		}
		m = b.edit(key, true)
		kept := map[activity.ID]activity.Hold{} // those above the limit
		for id, h := range m.holds {
			if !h.Due(at) {
				continue
			}
			if n == q.Limit {
				kept[id] = h
				delete(m.holds, id)
				continue
			}
			n++
			m.counter.GiveBack(&h)
		}
		m.forget(at)
		for _, h := range kept {
			m.hold(h)
		}
	}
	return n
}

// state returns what is kept of a key.
func (b *book) state(key activity.QuotaKey) activity.QuotaState {
	state := activity.QuotaState{Now: now(time.Time{})}
	if m := b.get(key); m != nil {
		state.Counter = m.counter.Clone()
		state.Holds = slices.SortedFunc(maps.Values(m.holds), func(a, b activity.Hold) int { return a.ID.Compare(b.ID) })
	}
	return state
}

// used returns how much of a key was charged.
func (b *book) used(q *activity.UseQuery) []activity.QuotaUse {
	m := b.get(q.Key)
	if m == nil {
		return nil
	}
	uses, now := slices.Clone(m.uses), now(q.Clock())
	for _, h := range m.holds {
		if h.Due(now) {
			uses = append(uses, use{h.At.Truncate(time.Minute).UnixMicro(), h.Actor, -h.Units})
		}
	}
	type entry struct {
		start       int64
		kind, actor string
	}
	sums, labels := map[entry]int64{}, map[entry]string{}
	for _, u := range uses {
		if u.minute < q.From.UnixMicro() || u.minute >= q.To.UnixMicro() {
			continue
		}
		e := entry{start: q.From.UnixMicro()}
		if q.Step > 0 {
			e.start = u.minute - u.minute%q.Step.Microseconds()
		}
		if q.ByActor {
			e.kind, e.actor = u.actor.Kind, u.actor.ID
			if u.units > 0 {
				labels[e] = u.actor.Label
			}
		}
		sums[e] += u.units
	}
	var found []activity.QuotaUse
	for e, units := range sums {
		if units != 0 {
			actor := activity.Entity{Kind: e.kind, ID: e.actor, Label: labels[e]}
			found = append(found, activity.QuotaUse{Start: time.UnixMicro(e.start).UTC(), Actor: actor, Units: units})
		}
	}
	slices.SortFunc(found, func(a, b activity.QuotaUse) int {
		return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.Actor.Kind, b.Actor.Kind), strings.Compare(a.Actor.ID, b.Actor.ID))
	})
	return found
}

// forgetUse deletes what was used of a quota long ago, up to some number of entries.
func (b *book) forgetUse(q activity.ForgetQuery) int {
	n, before := 0, now(q.Clock()).Add(-q.Age).UnixMicro()
	for _, key := range b.keys() {
		if key.Quota != q.Quota || n == q.Limit {
			continue
		}
		old := func(u use) bool { return u.minute < before }
		if uses := b.get(key).uses; len(uses) > 0 && old(uses[0]) {
			m := b.edit(key, true)
			k := 0
			for k < len(m.uses) && n < q.Limit && old(m.uses[k]) {
				k, n = k+1, n+1
			}
			m.uses = slices.Delete(m.uses, 0, k)
		}
	}
	return n
}
