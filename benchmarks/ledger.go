package main

import (
	"fmt"

	sumdb "golang.org/x/mod/sumdb/note"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// ledgerEngine is a kind of database whose ledger is measured.
type ledgerEngine struct {
	name    string
	prefix  string // of the names of results
	listens bool   // its stores are told when there is more
	open    func(name string) (*ledgerDatabase, error)
}

// ledgerDatabase is a database with a journal of its own: what follows a ledger belongs to the journal, and the
// bench's is used with many stores.
type ledgerDatabase struct {
	store    *bunstore.Store
	config   *activity.Config
	journal  *activity.Journal
	tenant   activity.Tenant
	verifier sumdb.Verifier // of the journal's signer
	settle   func() error
	close    func()
}

func (b *bench) ledgerEngines() []ledgerEngine {
	return []ledgerEngine{
		{"PostgreSQL", "", true, b.openPostgresLedger},
		{"SQLite", "sqlite_", false, b.openSQLiteLedger},
	}
}

// ofLedger are the parts that measure a ledger.
func (b *bench) ofLedger(e ledgerEngine) []part {
	named := func(names ...string) []string {
		for i := range names {
			names[i] = e.prefix + names[i]
		}
		return names
	}
	return []part{
		{named("seal_vs_append", "index_vs_append"), func() error { return b.seals(e) }},
		{named("append_while_sealing_ratio"), func() error { return b.appendsWhileSealing(e) }},
		{named("follow_lag_p50_ms", "follow_lag_p99_ms", "follow_lag_listen_p50_ms", "follow_lag_listen_p99_ms"), func() error { return b.follows(e) }},
		{named("stream_lag_p50_ms", "stream_lag_p99_ms"), func() error { return b.streams(e) }},
		{named("verify_per_second", "prove_us", "prove_tiles", "export_per_second"), func() error { return b.proves(e) }},
	}
}

func (b *bench) openPostgresLedger(name string) (*ledgerDatabase, error) {
	d, err := b.openPostgres("ledger_" + name)
	if err != nil {
		return nil, err
	}
	return newLedgerDatabase(d.store, func() error { return d.settle(b.ctx) }, d.close)
}

func (b *bench) openSQLiteLedger(name string) (*ledgerDatabase, error) {
	store, _, err := b.openSQLite("ledger_" + name + ".db")
	if err != nil {
		return nil, err
	}
	return newLedgerDatabase(store, func() error { return nil }, func() { store.Close() })
}

func newLedgerDatabase(store *bunstore.Store, settle func() error, done func()) (d *ledgerDatabase, err error) {
	defer func() {
		if err != nil {
			done()
		}
	}()
	private, public, err := activity.GenerateKey("benchmarks")
	if err != nil {
		return nil, err
	}
	signer, err := sumdb.NewSigner(private)
	if err != nil {
		return nil, err
	}
	verifier, err := sumdb.NewVerifier(public)
	if err != nil {
		return nil, err
	}
	config := &activity.Config{Types: types, Kinds: kinds, Signer: signer}
	journal, err := activity.New(store, config)
	if err != nil {
		return nil, err
	}
	return &ledgerDatabase{store, config, journal, journal.Tenant(tenant), verifier, settle, done}, nil
}

// seedLedger records and seals events until the tenant has n, and lets the database settle.
func (b *bench) seedLedger(d *ledgerDatabase, w *workload, n int) error {
	if err := b.seed("the ledger's database", d.tenant, w, n); err != nil {
		return err
	}
	seal := sealSide(b, d)
	taken, err := seal.time(n)
	if err != nil {
		return err
	}
	b.progress("  sealed in %.1f s, %.0f/s", taken.Seconds(), float64(n)/taken.Seconds())
	return d.settle()
}

// sealSide seals so many events, which are all that wait.
func sealSide(b *bench, d *ledgerDatabase) side {
	return batchSide("sealed", 5000, func(limit int) (int, error) { return d.store.Seal(b.ctx, limit) })
}

// indexSide takes so many entries into the directory, which are all that it has not.
func indexSide(b *bench, d *ledgerDatabase) side {
	return batchSide("taken into the directory", 2000, func(limit int) (int, error) { return d.store.Index(b.ctx, limit) })
}

// batchSide does something with so many events, in batches of the journal's size.
func batchSide(what string, size int, do func(limit int) (int, error)) side {
	return side{name: what, run: func(n int) error {
		for done, took := 0, size; took == size; done += took {
			var err error
			if took, err = do(size); err != nil {
				return err
			}
			if took < size && done+took != n {
				return fmt.Errorf("%d events were %s, want %d", done+took, what, n)
			}
		}
		return nil
	}}
}

// sealedCalls is how many calls of Record are sealed at a time.
const sealedCalls = 10

// seals compares sealing events with recording them.
func (b *bench) seals(e ledgerEngine) error {
	b.progress("%s, sealing", e.name)
	d, err := e.open("seal")
	if err != nil {
		return err
	}
	defer d.close()
	d.store.DB().SetMaxOpenConns(1)
	w := newWorkload(1, b.size.small)
	if err := b.seedLedger(d, w, b.size.small); err != nil {
		return err
	}
	record, seal, index := recordSide(b, d.tenant, w, batch), sealSide(b, d), indexSide(b, d)
	if _, err := index.time(b.size.small); err != nil {
		return err
	}
	const n = sealedCalls * batch
	c, names := &comparison{n: n}, &comparison{n: n}
	for round := range 1 + b.size.rounds {
		recorded, err := record.time(sealedCalls)
		if err != nil {
			return err
		}
		sealed, err := seal.time(n)
		if err != nil {
			return err
		}
		indexed, err := index.time(n)
		if err != nil {
			return err
		}
		if round > 0 { // the first one was to warm up
			c.add(recorded.Seconds()/n, sealed.Seconds()/n)
			names.add(recorded.Seconds()/n, indexed.Seconds()/n)
		}
	}
	for _, result := range []struct {
		name, done string
		c          *comparison
		target     target
	}{{e.prefix + "seal_vs_append", "sealed", c, atLeast(3)}, {e.prefix + "index_vs_append", "taken into the directory", names, target{}}} {
		c := result.c
		b.progress("  %s: %.2f (half of the slices %.2f to %.2f), %.0f events/s %s, %.0f recorded", result.name, c.ratio(),
			quantile(c.ratios, 0.25), quantile(c.ratios, 0.75), 1/quantile(c.b, 0.5), result.done, 1/quantile(c.a, 0.5))
		b.report(result.name, c.ratio(), result.target)
	}
	return nil
}
