package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/memstore"
)

const (
	callers  = 8             // who charge one key at once
	roomy    = 1_000_000_000 // a limit that nothing reaches
	fewTimes = 1000          // charges of the small side of reserve_growth, and of keys that others are measured with
)

// identity is whose meter is charged.
var identity = activity.Identity("ana", "Ana")

// newMeter returns a meter of identity. Without a clock, the time is the store's.
func newMeter(store activity.Store, now func() time.Time, windows ...activity.Window) (activity.Meter, error) {
	journal, err := activity.New(store, &activity.Config{Quotas: []activity.Quota{{Name: quotaKey.Quota, Windows: windows}}, Now: now})
	if err != nil {
		return activity.Meter{}, err
	}
	return journal.Tenant(quotaKey.Tenant).Meter(quotaKey.Quota, identity), nil
}

// hourAndDay are windows that have room for everything.
var hourAndDay = []activity.Window{{Length: time.Hour, Limit: roomy}, {Length: 24 * time.Hour, Limit: roomy}}

// byCallers is a side whose work the callers share.
func byCallers(name string, call func(caller int) error) side {
	return side{name: name, run: func(n int) error {
		var taken atomic.Int64
		var wg sync.WaitGroup
		errs := make([]error, callers)
		for caller := range callers {
			wg.Go(func() {
				for errs[caller] == nil && taken.Add(1) <= int64(n) {
					errs[caller] = call(caller)
				}
			})
		}
		wg.Wait()
		return errors.Join(errs...)
	}}
}

// reserveHot reserves and commits one unit after the other.
func reserveHot(ctx context.Context, m activity.Meter) side {
	return byCallers("Reserve and Commit", func(int) error {
		r, err := m.Reserve(ctx, 1)
		if err != nil {
			return err
		}
		return r.Commit(ctx, 1)
	})
}

// compareHot compares Reserve and Commit with a floor.
func (b *bench) compareHot(name string, t target, floor, ours side) error {
	c, err := compare(b.size.rounds, 4*b.size.slice, floor, ours)
	if err != nil {
		return err
	}
	b.tellRates(name, c, 1, "reservations")
	b.report(name, c.ratio(), t)
	return nil
}

// reserveSide reserves. What a slice has reserved is committed before the next one.
func reserveSide(ctx context.Context, name string, m activity.Meter) side {
	var held []*activity.Reservation
	return side{
		name: name,
		prepare: func(int) error {
			for _, r := range held {
				if err := r.Commit(ctx, 1); err != nil {
					return err
				}
			}
			held = held[:0]
			return nil
		},
		run: func(n int) error {
			for range n {
				r, err := m.Reserve(ctx, 1)
				if err != nil {
					return err
				}
				held = append(held, r)
			}
			return nil
		},
	}
}

// compareReserves compares Reserve after many charges with Reserve after a few. Given is how to open a store
// that has them.
func (b *bench) compareReserves(name string, open func(*charged) (activity.Store, func(), error)) error {
	var sides []side
	for _, n := range []int{b.size.charges, fewTimes} {
		began := time.Now()
		end := epoch.Add(24 * time.Hour)
		seed, err := newCharged(b.ctx, n, end)
		if err != nil {
			return err
		}
		store, done, err := open(seed)
		if err != nil {
			return err
		}
		defer done()
		b.progress("  %d charges: %d rows, a counter of %d bytes, %.1f s", n, len(seed.uses), len(seed.counter), time.Since(began).Seconds())
		start := time.Now()
		m, err := newMeter(store, func() time.Time { return end.Add(time.Since(start)) }, hourAndDay...)
		if err != nil {
			return err
		}
		sides = append(sides, reserveSide(b.ctx, fmt.Sprintf("after %d", n), m))
	}
	c, err := compare(b.size.rounds, 4*b.size.slice, sides[0], sides[1])
	if err != nil {
		return err
	}
	b.tell(name, c)
	b.report(name, c.ratio(), atMost(1.3))
	return nil
}

// uses measures Use in memory, on one core, by the time of processors that it takes: what else the machine does
// is then left out.
func (b *bench) uses() error {
	b.progress("in memory, use")
	store := memstore.New()
	defer store.Close()
	m, err := newMeter(store, nil, hourAndDay...)
	if err != nil {
		return err
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // the garbage collector shares the core
	use := side{name: "Use", run: func(n int) error {
		for range n {
			if err := m.Use(b.ctx, 1); err != nil {
				return err
			}
		}
		return nil
	}}
	n, err := calibrate(b.size.slice, use)
	if err != nil {
		return err
	}
	var taken []float64
	for range b.size.rounds {
		runtime.GC()
		before, err := processorTime()
		if err != nil {
			return err
		}
		if err := use.run(n); err != nil {
			return err
		}
		after, err := processorTime()
		if err != nil {
			return err
		}
		taken = append(taken, (after-before).Seconds()/float64(n))
	}
	b.progress("  Use: %s (half of the slices %s to %s)", each(quantile(taken, 0.5)), each(quantile(taken, 0.25)), each(quantile(taken, 0.75)))
	b.report("use_per_second", 1/quantile(taken, 0.5), atLeast(1e6))
	return nil
}
