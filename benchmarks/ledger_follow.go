package main

import (
	"fmt"
	"time"

	"github.com/go-activity/activity"
)

// What is recorded while somebody follows: calls of so many events, at so many times a second.
const (
	followedBatch = 10
	followedCalls = 100
)

// pollingStore is a store that tells nobody when there is more: not even if it is a Listener.
type pollingStore struct{ activity.Store }

// follows measures how long it takes until a follower has an event.
func (b *bench) follows(e ledgerEngine) error {
	b.progress("%s, following %d events a second", e.name, followedBatch*followedCalls)
	d, err := e.open("follow")
	if err != nil {
		return err
	}
	defer d.close()
	w := newWorkload(1, b.size.small)
	if err := b.seedLedger(d, w, b.size.small); err != nil {
		return err
	}
	lags, err := b.lags(d, pollingStore{d.store}, w)
	if err != nil {
		return err
	}
	b.tellLags(e.prefix+"follow_lag", lags, atMost(250))
	if !e.listens {
		return nil
	}
	if lags, err = b.lags(d, d.store, w); err != nil {
		return err
	}
	b.tellLags(e.prefix+"follow_lag_listen", lags, target{})
	return nil
}

// tellLags prints and reports how long it took.
func (b *bench) tellLags(name string, lags []float64, t target) {
	b.progress("  %s: half of %d events within %.0f ms, 99 %% within %.0f ms, all within %.0f ms", name, len(lags),
		quantile(lags, 0.5), quantile(lags, 0.99), quantile(lags, 1))
	b.report(name+"_p50_ms", quantile(lags, 0.5), target{})
	b.report(name+"_p99_ms", quantile(lags, 0.99), t)
}

// lags records events at an even pace, and returns for each how many milliseconds after the return of Record the
// follower had it.
func (b *bench) lags(d *ledgerDatabase, store activity.Store, w *workload) ([]float64, error) {
	journal, err := activity.New(store, d.config) // by With, it would share what follows for the other store
	if err != nil {
		return nil, err
	}
	seen := map[activity.ID]time.Time{}
	f, err := follow(b.ctx, journal, func(e activity.Entry) { seen[e.Event.ID] = time.Now() })
	if err != nil {
		return nil, err
	}
	defer f.stop()
	if _, err := d.tenant.Record(b.ctx, w.drafts(1)...); err != nil {
		return nil, err
	}
	if err := f.wait(1); err != nil { // it is at work now
		return nil, err
	}

	returned, err := b.recordEvenly(d, w, int(b.size.following.Seconds()*followedCalls), followedBatch, followedCalls)
	if err != nil {
		return nil, err
	}
	if err := f.wait(1 + len(returned)); err != nil {
		return nil, err
	}
	f.stop()
	return lagsOf(returned, seen)
}

// recordEvenly makes calls of so many events at an even pace, so many calls a second, and returns for each event when its call returned.
func (b *bench) recordEvenly(d *ledgerDatabase, w *workload, calls, size, perSecond int) (map[activity.ID]time.Time, error) {
	returned := make(map[activity.ID]time.Time, calls*size)
	start := time.Now()
	for i := range calls {
		// A call that took too long makes the next ones come at once: the pace stays.
		select {
		case <-time.After(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(perSecond)))):
		case <-b.ctx.Done():
			return nil, b.ctx.Err()
		}
		events, err := d.tenant.Record(b.ctx, w.drafts(size)...)
		if err != nil {
			return nil, err
		}
		now := time.Now()
		for i := range events {
			returned[events[i].ID] = now
		}
	}
	b.progress("  %.0f events/s were recorded", float64(len(returned))/time.Since(start).Seconds())
	return returned, nil
}

// lagsOf returns the milliseconds from the first time of each event to the second. An event that was seen before
// Record had returned was seen at once.
func lagsOf(returned, seen map[activity.ID]time.Time) ([]float64, error) {
	var lags []float64
	for id, at := range returned {
		when, ok := seen[id]
		if !ok {
			return nil, fmt.Errorf("event %v was not followed", id)
		}
		lags = append(lags, max(0, when.Sub(at).Seconds()*1000))
	}
	return lags, nil
}
