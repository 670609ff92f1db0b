package main

import (
	"time"

	"github.com/go-activity/activity"
)

// batch is how many drafts a call of Record gets.
const batch = 1000

// seed records drafts until the tenant has n events.
func (b *bench) seed(name string, t activity.Tenant, w *workload, n int) error {
	start, reported := time.Now(), time.Now()
	var recording time.Duration
	for w.made < n {
		drafts := w.drafts(min(batch, n-w.made))
		began := time.Now()
		if _, err := t.Record(b.ctx, drafts...); err != nil {
			return err
		}
		recording += time.Since(began)
		if time.Since(reported) > 10*time.Second {
			reported = time.Now()
			b.progress("  %s: %d of %d events", name, w.made, n)
		}
	}
	b.progress("  %s: %d events in %.1f s, %.0f/s through Record", name, n, time.Since(start).Seconds(), float64(n)/recording.Seconds())
	return nil
}

// recordSide records drafts, so many in a call.
func recordSide(b *bench, t activity.Tenant, w *workload, each int) side {
	var calls [][]activity.Draft
	return side{
		name: "Record",
		prepare: func(n int) error {
			calls = calls[:0]
			for range n {
				calls = append(calls, w.drafts(each))
			}
			return nil
		},
		run: func(n int) error {
			for _, drafts := range calls {
				if _, err := t.Record(b.ctx, drafts...); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
