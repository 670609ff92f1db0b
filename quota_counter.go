package activity

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"time"
)

// QuotaCounter is what decides whether a key has room: for each window of its quota, how many units
// were charged in each bucket that has not left the window, and their sum; and the latest time seen. A
// bucket is a resolution long and is counted from the year 1970 on. The zero counter is one that was never charged.
//
// A unit of time t is in a window of length l at all times from t to t+l, both included. Its bucket
// ends after t. It leaves the window at its end plus l, with all its units; so no window at any time
// holds more than was checked when it was last charged, and a unit leaves at most a resolution late.
//
// A counter has at most some MaxBuckets buckets for each window, however much is charged. It is not safe for
// concurrent use.
type QuotaCounter struct {
	last  int64 // microseconds since 1970, as all times here
	rings []ring
}

// ring is one window of a counter.
type ring struct {
	length, resolution int64
	from               int64 // what was charged before is not in it
	used               int64 // the sum of the buckets
	buckets            []bucket
}

// mostBuckets is how many buckets a ring can have: those of the window, parts of one at either end, and one to
// which units were moved when the resolution changed.
const mostBuckets = MaxBuckets + 3

// bucket is what was charged in one resolution. It is never empty.
type bucket struct{ number, units int64 }

// Time returns the time at which something that happens now counts: never earlier than the last charge.
func (c *QuotaCounter) Time(now time.Time) time.Time {
	return time.UnixMicro(max(now.UnixMicro(), c.last)).UTC()
}

// Clone returns a copy that shares no memory with c.
func (c *QuotaCounter) Clone() QuotaCounter {
	rings := slices.Clone(c.rings)
	for i := range rings {
		rings[i].buckets = slices.Clone(rings[i].buckets)
	}
	return QuotaCounter{c.last, rings}
}

// GiveBack takes units of a hold that is due off the buckets in which they were charged, if they are still there.
func (c *QuotaCounter) GiveBack(h *Hold) {
	for i := range c.rings {
		c.rings[i].take(h.At.UnixMicro(), h.Units)
	}
}

// take takes units that were charged at a time off their bucket, and returns how many there were: none, if the
// bucket has left.
func (r *ring) take(charged, units int64) int64 {
	if charged < r.from {
		return 0
	}
	number := charged / r.resolution
	i, found := slices.BinarySearchFunc(r.buckets, number, func(b bucket, number int64) int { return cmp.Compare(b.number, number) })
	if !found {
		return 0
	}
	units = min(units, r.buckets[i].units)
	r.used -= units
	if r.buckets[i].units -= units; r.buckets[i].units == 0 {
		r.buckets = slices.Delete(r.buckets, i, i+1)
	}
	return units
}

// leaves returns when a bucket leaves the window.
func (r *ring) leaves(number int64) int64 { return (number+1)*r.resolution + r.length }

// left returns how many buckets have left the window, and their units.
func (r *ring) left(at int64) (buckets int, units int64) {
	for buckets < len(r.buckets) && r.leaves(r.buckets[buckets].number) <= at {
		units += r.buckets[buckets].units
		buckets++
	}
	return buckets, units
}

// drop forgets the buckets that have left the window.
func (r *ring) drop(at int64) {
	if n, units := r.left(at); n > 0 {
		r.used -= units
		r.buckets = r.buckets[:copy(r.buckets, r.buckets[n:])]
	}
}

// add charges units.
func (r *ring) add(at, units int64) {
	number, i := at/r.resolution, len(r.buckets)
	for i > 0 && r.buckets[i-1].number > number { // only after the resolution has changed
		i--
	}
	if i > 0 && r.buckets[i-1].number == number {
		r.buckets[i-1].units += units
	} else {
		r.buckets = slices.Insert(r.buckets, i, bucket{number, units})
	}
	r.used += units
}

// is reports whether the ring is that of a window.
func (r *ring) is(w *Window) bool {
	return r.length == w.Length.Microseconds() && r.resolution == w.Resolution.Microseconds()
}

// ring returns the ring of a window: the counter's own, if it is the i-th, or else one that is made
// of those that there are.
//
// When a quota gets another window, what the nearest one knows is taken over: the window of this length with
// another resolution, or the next longer one, or the longest. Units are moved to the bucket in which their old
// one ended: they leave late, not early. What no window knows any more is not counted.
func (c *QuotaCounter) ring(i int, w *Window) *ring {
	if i < len(c.rings) && c.rings[i].is(w) {
		return &c.rings[i]
	}
	made := &ring{length: w.Length.Microseconds(), resolution: w.Resolution.Microseconds()}
	var source *ring
	for i := range c.rings {
		r := &c.rings[i]
		switch {
		case r.is(w):
			own := *r
			own.buckets = slices.Clone(r.buckets)
			return &own
		case source == nil,
			r.length >= made.length && (source.length < made.length || r.length < source.length),
			r.length < made.length && source.length < made.length && r.length > source.length:
			source = r
		}
	}
	if source == nil {
		return made
	}
	made.from = max(source.from, c.last-source.length)
	for _, b := range source.buckets {
		made.add((b.number+1)*source.resolution-1, b.units)
	}
	made.drop(c.last)
	return made
}

// free returns how many units the i-th window has room for, which is negative if more than its limit is used.
func (c *QuotaCounter) free(i int, w *Window, at int64) int64 {
	r := c.ring(i, w)
	_, units := r.left(at)
	return w.Limit - (r.used - units)
}

// charge charges units to all windows.
func (c *QuotaCounter) charge(windows []Window, at, units int64) {
	same := len(c.rings) == len(windows)
	for i := 0; same && i < len(windows); i++ {
		same = c.rings[i].is(&windows[i])
	}
	if !same {
		rings := make([]ring, len(windows))
		for i := range windows {
			rings[i] = *c.ring(i, &windows[i])
		}
		c.rings = rings
	}
	c.last = at
	for i := range c.rings {
		c.rings[i].drop(at)
		c.rings[i].add(at, units)
	}
}

// Admit charges the counters of a request's keys, which are in its order, and reports whether it did:
// whether each window of each key has room for the units. If not, no counter changes. What is due of the keys
// has been given back before. An admitted charge counts at QuotaCounter.Time of each counter.
func (r *QuotaRequest) Admit(counters []*QuotaCounter, now time.Time) bool {
	us := now.UnixMicro()
	for i, c := range counters {
		windows := r.Charges[i].Windows
		for j := range windows {
			if c.free(j, &windows[j], max(us, c.last)) < r.Units {
				return false
			}
		}
	}
	for i, c := range counters {
		c.charge(r.Charges[i].Windows, max(us, c.last), r.Units)
	}
	return true
}

// Refusal returns the error of a request that is not admitted. Given are the counters and holds of its keys as
// they are stored, before anything was given back. The error is about the window that has room last. It is nil
// if there is room after all, because of a hold that was settled meanwhile: then the request is to be admitted.
func (r *QuotaRequest) Refusal(states []QuotaState, now time.Time) *QuotaError {
	var last *QuotaError
	for i := range states {
		s, charge := &states[i], &r.Charges[i]
		at := s.Counter.Time(now)
		for j := range charge.Windows {
			w := s.usage(j, charge.Windows[j], at)
			when, ever := w.when(r.Units, at)
			if ever && !when.After(at) || last != nil && (last.RetryAt.IsZero() || ever && !when.After(last.RetryAt)) {
				continue
			}
			last = &QuotaError{
				Quota: charge.Key.Quota, Subject: charge.Key.Subject(), Window: w.Length,
				Limit: w.Limit, Used: w.Used, Held: w.Held, Requested: r.Units, RetryAt: when,
			}
		}
	}
	return last
}

// Holds returns the holds to be stored for a request that was admitted, given the counters as Admit left them.
func (r *QuotaRequest) Holds(counters []*QuotaCounter) []Hold {
	if r.ID.IsZero() {
		return nil
	}
	holds := make([]Hold, len(counters))
	for i, c := range counters {
		at := time.UnixMicro(c.last).UTC()
		holds[i] = Hold{
			ID: r.ID, Key: r.Charges[i].Key, Task: r.Task, Actor: r.Actor, Units: r.Units,
			At: at, Until: at.Add(r.Hold.Truncate(time.Microsecond)),
		}
	}
	return holds
}

// Grant returns what becomes of a request that was admitted, given the counters as Admit left them.
func (r *QuotaRequest) Grant(counters []*QuotaCounter) QuotaGrant {
	first, last := counters[0].last, counters[0].last
	for _, c := range counters[1:] {
		first, last = min(first, c.last), max(last, c.last)
	}
	grant := QuotaGrant{At: time.UnixMicro(last).UTC()}
	if !r.ID.IsZero() {
		grant.Until = time.UnixMicro(first).Add(r.Hold.Truncate(time.Microsecond)).UTC()
	}
	return grant
}

// counterVersion is the first byte of a counter in binary form.
const counterVersion = 1

// AppendBinary implements [encoding.BinaryAppender]. A bucket takes about three bytes, a counter of
// the windows of an hour and a day at most some 500.
func (c *QuotaCounter) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, counterVersion)
	b = binary.AppendUvarint(b, uint64(c.last))
	b = binary.AppendUvarint(b, uint64(len(c.rings)))
	for i := range c.rings {
		r := &c.rings[i]
		for _, n := range []int64{r.length, r.resolution, r.from, int64(len(r.buckets))} {
			b = binary.AppendUvarint(b, uint64(n))
		}
		before := int64(0)
		for _, bucket := range r.buckets {
			b = binary.AppendUvarint(b, uint64(bucket.number-before))
			b = binary.AppendUvarint(b, uint64(bucket.units))
			before = bucket.number
		}
	}
	return b, nil
}

// MarshalBinary implements [encoding.BinaryMarshaler].
func (c *QuotaCounter) MarshalBinary() ([]byte, error) { return c.AppendBinary(nil) }

var errCounter = errors.New("activity: quota counter is damaged, or of a newer version")

// UnmarshalBinary implements [encoding.BinaryUnmarshaler]. No bytes are the zero counter.
func (c *QuotaCounter) UnmarshalBinary(b []byte) error {
	*c = QuotaCounter{}
	if len(b) == 0 {
		return nil
	}
	if b[0] != counterVersion {
		return errCounter
	}
	b = b[1:]
	damaged := false
	next := func(limit int64) int64 {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(limit) {
			damaged, b = true, nil
			return 0
		}
		b = b[size:]
		return int64(n)
	}
	var read QuotaCounter
	read.last = next(maxTime.UnixMicro())
	read.rings = make([]ring, next(MaxWindows))
	for i := range read.rings {
		r := &read.rings[i]
		r.length, r.resolution, r.from = next(windowMax.Microseconds()), next(windowMax.Microseconds()), next(maxTime.UnixMicro())
		r.buckets = make([]bucket, next(mostBuckets))
		number := int64(0)
		for j := range r.buckets {
			number += next(maxTime.UnixMicro() - number)
			r.buckets[j] = bucket{number, next(Unlimited - r.used)}
			r.used += r.buckets[j].units
		}
		damaged = damaged || r.length == 0 || r.resolution == 0
	}
	if damaged || len(b) > 0 {
		return errCounter
	}
	*c = read
	return nil
}
