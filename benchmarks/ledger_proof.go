package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/go-activity/activity"
)

// wholeRounds is how often all events are verified, and exported: each takes seconds.
const wholeRounds = 3

// proves measures what a ledger of many events proves.
func (b *bench) proves(e ledgerEngine) error {
	b.progress("%s, proofs of %d events", e.name, b.size.large)
	d, err := e.open("proof")
	if err != nil {
		return err
	}
	defer d.close()
	if err := b.seedLedger(d, newWorkload(2, b.size.small), b.size.large); err != nil {
		return err
	}
	if b.wanted(e.prefix+"prove_us") || b.wanted(e.prefix+"prove_tiles") {
		if err := b.prove(e.prefix, d); err != nil {
			return err
		}
	}
	ledger := d.tenant.Ledger()
	if b.wanted(e.prefix + "verify_per_second") {
		err := b.whole(e.prefix+"verify_per_second", func() error {
			v, err := ledger.Verify(b.ctx, nil)
			if err == nil && v.Events != int64(b.size.large) {
				err = fmt.Errorf("%d events were verified, of %d", v.Events, b.size.large)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	if b.wanted(e.prefix + "export_per_second") {
		return b.whole(e.prefix+"export_per_second", func() error {
			lines := &lineCounter{w: io.Discard}
			if err := ledger.Export(b.ctx, lines, activity.ExportOptions{Format: activity.NDJSON}); err != nil {
				return err
			}
			if lines.n != 1+b.size.large { // the first one says what it is
				return fmt.Errorf("the export has %d lines, of %d events", lines.n, b.size.large)
			}
			return nil
		})
	}
	return nil
}

// whole measures what is done to all events, a few times.
func (b *bench) whole(name string, do func() error) error {
	var rates []float64
	for range min(wholeRounds, b.size.rounds) {
		runtime.GC()
		start := time.Now()
		if err := do(); err != nil {
			return err
		}
		rates = append(rates, float64(b.size.large)/time.Since(start).Seconds())
	}
	b.progress("  %s: %.0f (%.0f to %.0f)", name, quantile(rates, 0.5), quantile(rates, 0), quantile(rates, 1))
	b.report(name, quantile(rates, 0.5), target{})
	return nil
}

// prove measures proofs of events that a fixed seed draws, and what they read.
func (b *bench) prove(prefix string, d *ledgerDatabase) error {
	rng := rand.New(rand.NewPCG(7, 0))
	var ids []activity.ID
	for range examples {
		index := rng.Int64N(int64(b.size.large))
		entries, err := d.store.Entries(b.ctx, activity.EntryQuery{Tenant: tenant, Index: index, Limit: 1})
		if err != nil {
			return err
		}
		if len(entries) != 1 || entries[0].Index != index {
			return fmt.Errorf("there is no entry with the index %d", index)
		}
		ids = append(ids, entries[0].ID)
	}

	var read tilesRead
	counted := d.journal.With(tileCounter{d.store, &read}).Tenant(tenant).Ledger()
	for _, id := range ids {
		proof, err := counted.Prove(b.ctx, id)
		if err != nil {
			return err
		}
		event, err := activity.VerifyProof(proof, d.verifier)
		if err != nil {
			return err
		}
		if event.ID != id {
			return errors.New("a proof is of another event")
		}
	}
	tiles := float64(read.tiles) / examples
	b.progress("  %.1f tiles are read for a proof, in %.1f statements", tiles, float64(read.calls)/examples)

	ledger, next := d.tenant.Ledger(), 0
	prove := side{name: "Prove", run: func(n int) error {
		for range n {
			if _, err := ledger.Prove(b.ctx, ids[next%len(ids)]); err != nil {
				return err
			}
			next++
		}
		return nil
	}}
	n, err := calibrate(b.size.slice, prove)
	if err != nil {
		return err
	}
	var taken []float64
	for range b.size.rounds {
		slice, err := prove.time(n)
		if err != nil {
			return err
		}
		taken = append(taken, slice.Seconds()/float64(n))
	}
	b.progress("  %sprove_us: %s (half of the slices %s to %s)", prefix, each(quantile(taken, 0.5)), each(quantile(taken, 0.25)), each(quantile(taken, 0.75)))
	b.report(prefix+"prove_us", quantile(taken, 0.5)*1e6, target{})
	b.report(prefix+"prove_tiles", tiles, target{})
	return nil
}

// tilesRead counts the tiles that were asked for.
type tilesRead struct{ tiles, calls int }

// tileCounter is a store that counts the tiles that are read.
type tileCounter struct {
	activity.Store
	read *tilesRead
}

func (c tileCounter) Tiles(ctx context.Context, tenant string, tiles []activity.TileID) ([][]byte, error) {
	c.read.tiles += len(tiles)
	c.read.calls++
	return c.Store.Tiles(ctx, tenant, tiles)
}

func (c tileCounter) InTx(ctx context.Context, fn func(activity.Store) error) error {
	return c.Store.InTx(ctx, func(tx activity.Store) error { return fn(tileCounter{tx, c.read}) })
}
