package activity

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Usage is how much of a quota a subject has used and may use, at one moment.
type Usage struct {
	Quota   string
	Subject Entity
	At      time.Time
	Windows []WindowUsage // as the quota has them
}

// WindowUsage is how much of one window is used. Window.Limit is the limit that is in force.
type WindowUsage struct {
	Window
	Used  int64   // what was used for good
	Held  int64   // what reservations hold besides
	Free  int64   // what is left; 0 if the limit was lowered below what is used
	Frees []Freed // what becomes free, and when, if nothing else happens; by ascending time
}

// Freed is how many units become free at a time.
type Freed struct {
	At    time.Time `json:"at"`
	Units int64     `json:"units"`
}

// When returns the time from which n units are admitted if nothing else happens but that time passes,
// units leave their windows and reservations expire: Usage.At if there is room now. It is false if
// n is more than a limit, which no time can change.
func (u Usage) When(n int64) (time.Time, bool) {
	at := u.At
	for i := range u.Windows {
		when, ever := u.Windows[i].when(n, u.At)
		if !ever {
			return time.Time{}, false
		}
		at = latest(at, when)
	}
	return at, true
}

// when is When for one window.
func (w *WindowUsage) when(n int64, now time.Time) (time.Time, bool) {
	if n > w.Limit {
		return time.Time{}, false
	}
	free := w.Limit - w.Used - w.Held
	for i := 0; n > free; i++ {
		free += w.Frees[i].Units // all that is used becomes free, and so there is enough in the end
		now = w.Frees[i].At
	}
	return now, true
}

// usage returns how much of the i-th window is used.
func (s *QuotaState) usage(i int, w Window, now time.Time) WindowUsage {
	c := s.Counter.Clone()
	for i := range s.Holds {
		if h := &s.Holds[i]; h.Due(now) {
			c.GiveBack(h) // before the window is made, as for a charge
		}
	}
	r := c.ring(i, &w)
	r.drop(now.UnixMicro())
	u := WindowUsage{Window: w, Free: max(0, w.Limit-r.used)}
	frees := make([]Freed, 0, len(r.buckets)+len(s.Holds))
	used := r.used
	for i := range s.Holds {
		h := &s.Holds[i]
		if h.Due(now) {
			continue
		}
		n := r.take(h.At.UnixMicro(), h.Units)
		u.Held += n
		if n > 0 {
			leaves := time.UnixMicro(r.leaves(h.At.UnixMicro() / r.resolution))
			if h.Until.Before(leaves) {
				leaves = h.Until
			}
			frees = append(frees, Freed{leaves.UTC(), n})
		}
	}
	u.Used = used - u.Held
	for _, b := range r.buckets {
		frees = append(frees, Freed{time.UnixMicro(r.leaves(b.number)).UTC(), b.units})
	}
	slices.SortFunc(frees, func(a, b Freed) int { return a.At.Compare(b.At) })
	for _, f := range frees {
		if n := len(u.Frees); n > 0 && u.Frees[n-1].At.Equal(f.At) {
			u.Frees[n-1].Units += f.Units
			continue
		}
		u.Frees = append(u.Frees, f)
	}
	return u
}

// Usage returns how much of the quota the subject has used. Limits are those of now.
func (m Meter) Usage(ctx context.Context) (Usage, error) {
	q, err := m.check()
	if err != nil {
		return Usage{}, err
	}
	windows, err := m.limited(ctx, q)
	if err != nil {
		return Usage{}, err
	}
	state, now, err := m.state(ctx)
	if err != nil {
		return Usage{}, err
	}
	u := Usage{Quota: m.quota, Subject: m.subject, At: state.Counter.Time(now)}
	for i, w := range windows {
		u.Windows = append(u.Windows, state.usage(i, w, u.At))
	}
	return u, nil
}

// state returns what the store keeps of the meter, and the time.
func (m Meter) state(ctx context.Context) (QuotaState, time.Time, error) {
	j := m.tenant.journal
	state, err := j.store.QuotaState(ctx, m.key())
	if err != nil {
		return QuotaState{}, time.Time{}, err
	}
	if now := j.shared.clock(); !now.IsZero() {
		state.Now = now
	}
	return state, state.Now, nil
}

// UsedBy is how much an actor has used.
type UsedBy struct {
	Actor Entity `json:"actor,omitzero"` // zero: who did not say; see WithActor
	Units int64  `json:"units"`
}

// By returns who used the quota, or holds units of it, within its longest window: whoever used most comes
// first. The numbers add up to what Usage shows of that window if its resolution is in whole minutes, and else
// may have up to a minute more.
func (m Meter) By(ctx context.Context) ([]UsedBy, error) {
	q, err := m.check()
	if err != nil {
		return nil, err
	}
	state, now, err := m.state(ctx)
	if err != nil {
		return nil, err
	}
	w := q.Windows[q.last()]
	at := state.Counter.Time(now).UnixMicro()
	first := (at - w.Length.Microseconds()) / w.Resolution.Microseconds() * w.Resolution.Microseconds() // of the oldest bucket in the window
	uses, err := m.tenant.journal.store.QuotaUse(ctx, UseQuery{
		Key: m.key(), From: time.UnixMicro(max(0, first)).UTC().Truncate(time.Minute), To: maxTime, ByActor: true, Clock: m.tenant.journal.shared.clock,
	})
	if err != nil {
		return nil, err
	}
	by := make([]UsedBy, len(uses))
	for i, use := range uses {
		by[i] = UsedBy{use.Actor, use.Units}
	}
	slices.SortStableFunc(by, func(a, b UsedBy) int { return cmp.Compare(b.Units, a.Units) })
	return by, nil
}
