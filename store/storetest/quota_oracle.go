package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-activity/activity"
)

// QuotaOracle says whether limits were kept. It keeps everything that was charged with its time, and knows
// nothing of buckets, counters and stores. [Run] judges a store by it; whoever tests their own program, under their own
// load, may do so too: tell it what was charged, as the answers say, and ask it to Check in the end.
//
// The zero oracle is ready, and safe for concurrent use. It never forgets: Check takes time proportional to the
// charges for each window.
type QuotaOracle struct {
	mu      sync.Mutex
	charges map[activity.QuotaKey][]QuotaCharged
}

// QuotaCharged is something that was charged.
type QuotaCharged struct {
	ID      activity.ID // of the reservation, if there is one
	At      time.Time   // from when it counts
	Units   int64
	Windows []activity.Window // with the limits under which it was admitted
}

// Charge notes that a key was charged. Charges of a key may come in any order.
func (o *QuotaOracle) Charge(key activity.QuotaKey, c QuotaCharged) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.charges == nil {
		o.charges = map[activity.QuotaKey][]QuotaCharged{}
	}
	list := o.charges[key]
	i := len(list)
	for i > 0 && list[i-1].At.After(c.At) {
		i--
	}
	o.charges[key] = slices.Insert(list, i, c)
}

// GiveBack notes that units of a reservation were given back.
func (o *QuotaOracle) GiveBack(key activity.QuotaKey, id activity.ID, units int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := len(o.charges[key]) - 1; i >= 0; i-- {
		if c := &o.charges[key][i]; c.ID == id {
			c.Units -= units
			return
		}
	}
}

// Used returns how many units of a key were charged and not given back from one time to another, both included.
func (o *QuotaOracle) Used(key activity.QuotaKey, from, to time.Time) int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := o.charges[key]
	i, _ := slices.BinarySearchFunc(list, from, func(c QuotaCharged, at time.Time) int { return c.At.Compare(at) })
	used := int64(0)
	for ; i < len(list) && !list[i].At.After(to); i++ {
		used += list[i].Units
	}
	return used
}

// Check looks for a window of any key that ends at any time and has more in it than its limit: than the
// limit under which the last charge in it was admitted.
func (o *QuotaOracle) Check() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	keys := make([]activity.QuotaKey, 0, len(o.charges))
	for key := range o.charges {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, activity.QuotaKey.Compare)
	for _, key := range keys {
		if err := check(o.charges[key]); err != nil {
			return fmt.Errorf("%v: %w", key, err)
		}
	}
	return nil
}

// check looks at each window of each charge, in the order of their times. More can be in a window at no other time
// than at that of a charge, when nothing has left that is a window's length older.
func check(charges []QuotaCharged) error {
	type sum struct {
		first int // of the charges in the window
		units int64
		added int // charges, from the first of all on
	}
	sums := map[time.Duration]*sum{}
	for i := 0; i < len(charges); {
		at, next := charges[i].At, i
		limits := map[time.Duration]int64{}
		for ; next < len(charges) && charges[next].At.Equal(at); next++ { // in any order, so that the highest limit counts
			if charges[next].Units == 0 {
				continue
			}
			for _, w := range charges[next].Windows {
				limits[w.Length] = max(limits[w.Length], w.Limit)
			}
		}
		for length, limit := range limits {
			s := sums[length]
			if s == nil {
				s = &sum{}
				sums[length] = s
			}
			for ; s.added < next; s.added++ {
				s.units += charges[s.added].Units
			}
			for ; charges[s.first].At.Before(at.Add(-length)); s.first++ {
				s.units -= charges[s.first].Units
			}
			if s.units > limit {
				return fmt.Errorf("%d units from %v to %v, and the limit is %d", s.units, at.Add(-length), at, limit)
			}
		}
		i = next
	}
	return nil
}

// Len returns how many charges the oracle knows of that were not given back altogether.
func (o *QuotaOracle) Len() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, list := range o.charges {
		for _, c := range list {
			n += cmp.Compare(c.Units, 0)
		}
	}
	return n
}
