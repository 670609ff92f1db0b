package main

import (
	"context"
	"errors"
	"sync"

	"github.com/go-activity/activity"
)

// appendsWhileSealing compares recording while the journal seals and somebody follows, in this process, with
// recording alone.
func (b *bench) appendsWhileSealing(e ledgerEngine) error {
	b.progress("%s, appends while sealing", e.name)
	d, err := e.open("append")
	if err != nil {
		return err
	}
	defer d.close()
	w := newWorkload(1, b.size.small)
	if err := b.seedLedger(d, w, b.size.small); err != nil {
		return err
	}
	alone := recordSide(b, d.tenant, w, batch)
	alone.finish = func() error {
		_, err := d.journal.Seal(b.ctx)
		return err
	}
	ctx, cancel := context.WithCancel(b.ctx) // also ends what a failure leaves at work
	defer cancel()
	var unsealed, unseen []float64 // shares of slices
	busy := whileSealing(ctx, d, w, recordSide(b, d.tenant, w, batch), func(sealed, seen float64) {
		unsealed, unseen = append(unsealed, 1-sealed), append(unseen, 1-seen)
	})
	c, err := compare(1+b.size.rounds/2, 40*b.size.slice, alone, busy)
	if err != nil {
		return err
	}
	name := e.prefix + "append_while_sealing_ratio"
	b.progress("  %s: %.2f (half of the slices %.2f to %.2f), %.0f events/s while sealing, %.0f alone; slices of %d events, "+
		"at whose end %.0f %% had no position, and the follower had yet to see %.0f %%", name, c.ratio(), quantile(c.ratios, 0.25),
		quantile(c.ratios, 0.75), batch/quantile(c.b, 0.5), batch/quantile(c.a, 0.5), c.n*batch,
		100*quantile(unsealed, 0.5), 100*quantile(unseen, 0.5))
	b.report(name, c.ratio(), atLeast(0.8))
	return nil
}

// whileSealing makes a side that records do it while the journal runs and a follower follows. Both are at work when a
// slice begins, and end after it, when the follower has seen everything. The function is told which shares of a slice's
// events were sealed and seen at its end.
func whileSealing(ctx context.Context, d *ledgerDatabase, w *workload, s side, done func(sealed, seen float64)) side {
	makeDrafts := s.prepare
	var f *follower
	var n int
	var stop func()
	s.prepare = func(calls int) (err error) {
		if err := makeDrafts(calls); err != nil {
			return err
		}
		n = calls * batch
		if f, err = follow(ctx, d.journal, func(activity.Entry) {}); err != nil {
			return err
		}
		running, cancel := context.WithCancel(ctx)
		var wg sync.WaitGroup
		wg.Go(func() { _ = d.journal.Run(running) }) // its error is the context's
		stop = func() {
			cancel()
			wg.Wait()
			f.stop()
		}
		if _, err := d.tenant.Record(ctx, w.drafts(1)...); err != nil {
			return err
		}
		return f.wait(1)
	}
	s.finish = func() error {
		defer stop()
		seen := f.count() - 1
		lag, err := d.journal.Lag(ctx)
		if err != nil {
			return err
		}
		done(1-float64(lag.Events)/float64(n), float64(seen)/float64(n))
		if err := f.wait(1 + n); err != nil {
			return err
		}
		if seen := f.count(); seen != 1+n {
			return errors.New("the follower saw more than was recorded")
		}
		return nil
	}
	return s
}
