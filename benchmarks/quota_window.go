package main

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/go-activity/activity"
)

const (
	windowLimit = 1000 // units in a window
	windowUnits = 10   // units that a caller asks for at once
	windows     = 4    // how many windows long the callers ask
)

// admissions are what a limiter let through.
type admissions struct {
	at       []time.Time // when it counts, for the limiter
	returned []time.Time // when the call returned
	refused  int
}

// hammer lets the callers ask for units, and again as soon as they are refused. ask returns when they count.
func (b *bench) hammer(ask func() (at time.Time, ok bool, err error)) (*admissions, error) {
	var all admissions
	var mu sync.Mutex
	var wg sync.WaitGroup
	var failed error
	end := time.Now().Add(windows * b.size.window)
	for range callers {
		wg.Go(func() {
			var own admissions
			for time.Now().Before(end) {
				at, ok, err := ask()
				switch {
				case err != nil:
					mu.Lock()
					defer mu.Unlock()
					failed = errors.Join(failed, err)
					return
				case ok:
					own.at, own.returned = append(own.at, at), append(own.returned, time.Now())
				default:
					own.refused++
				}
			}
			mu.Lock()
			defer mu.Unlock()
			all.at, all.returned = append(all.at, own.at...), append(all.returned, own.returned...)
			all.refused += own.refused
		})
	}
	wg.Wait()
	if failed == nil && all.refused == 0 {
		failed = errors.New("the limit was never reached")
	}
	return &all, failed
}

// mostIn returns the most times that are in any window of a length, both of its ends included.
func mostIn(length time.Duration, times []time.Time) int {
	times = slices.SortedFunc(slices.Values(times), time.Time.Compare)
	most, first := 0, 0
	for i := range times {
		for times[i].Sub(times[first]) > length {
			first++
		}
		most = max(most, i+1-first)
	}
	return most
}

// tellWindow prints and reports the worst window.
func (b *bench) tellWindow(name string, t target, a *admissions, times []time.Time) {
	worst := windowUnits * mostIn(b.size.window, times)
	b.progress("  %s: %d units in the worst window of %v (%d by when calls returned), %d in all, %d calls refused",
		name, worst, b.size.window, windowUnits*mostIn(b.size.window, a.returned), windowUnits*len(times), a.refused)
	b.report(name, float64(worst), t)
}

// postgresWorstWindow counts what a meter lets through.
func (b *bench) postgresWorstWindow() error {
	b.progress("PostgreSQL, %d units in %v", windowLimit, b.size.window)
	d, err := b.openPostgres("worst_window")
	if err != nil {
		return err
	}
	defer d.close()
	m, err := newMeter(d.store, nil, activity.Window{Length: b.size.window, Limit: windowLimit})
	if err != nil {
		return err
	}
	all, err := b.hammer(func() (time.Time, bool, error) {
		r, err := m.Reserve(b.ctx, windowUnits)
		if errors.Is(err, activity.ErrQuotaExceeded) {
			return time.Time{}, false, nil
		}
		if err != nil {
			return time.Time{}, false, err
		}
		return r.At(), true, r.Commit(b.ctx, windowUnits)
	})
	if err != nil {
		return err
	}
	b.tellWindow("worst_window_ours", atMost(windowLimit), all, all.at)
	return nil
}
