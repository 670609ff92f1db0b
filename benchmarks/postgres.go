package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
	"github.com/go-activity/activity/store/postgres"
)

// pgDatabase is a database with the store's tables, to work on through the store and by hand.
type pgDatabase struct {
	dsn    string
	store  *bunstore.Store
	tenant activity.Tenant
	conn   *pgx.Conn
}

func (b *bench) openPostgres(name string) (*pgDatabase, error) {
	dsn, err := b.database(b.ctx, name)
	if err != nil {
		return nil, err
	}
	d := &pgDatabase{dsn: dsn}
	if d.conn, err = pgx.Connect(b.ctx, dsn); err != nil {
		return nil, err
	}
	if d.store, err = postgres.Open(b.ctx, dsn); err != nil {
		d.close()
		return nil, err
	}
	if err := d.store.Migrate(b.ctx); err != nil {
		d.close()
		return nil, err
	}
	d.tenant = b.journal.With(d.store).Tenant(tenant)
	return d, nil
}

func (d *pgDatabase) close() {
	if d.store != nil {
		_ = d.store.Close()
	}
	_ = d.conn.Close(context.Background())
}

// settle does what a server does in the background at some time, so that it does not do it while
// others are measured.
func (d *pgDatabase) settle(ctx context.Context) error {
	if _, err := d.conn.Exec(ctx, `VACUUM (ANALYZE)`); err != nil {
		return fmt.Errorf("vacuum: %w", err)
	}
	var refused *pgconn.PgError
	_, err := d.conn.Exec(ctx, `CHECKPOINT`)
	if err != nil && !(errors.As(err, &refused) && refused.Code == "42501") { // tests may run on a server of the user's
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// postgresAppends compares appending through the store with appending by hand, each in a database of
// its own, which grow alike.
func (b *bench) postgresAppends() error {
	b.progress("PostgreSQL, appends")
	ours, err := b.openPostgres("append_store")
	if err != nil {
		return err
	}
	defer ours.close()
	floor, err := b.openPostgres("append_floor")
	if err != nil {
		return err
	}
	defer floor.close()
	mine, theirs := newWorkload(1, b.size.small), newWorkload(1, b.size.small)
	if err := b.seed("the store's database", ours.tenant, mine, b.size.small); err != nil {
		return err
	}
	if err := b.seed("the floor's database", floor.tenant, theirs, b.size.small); err != nil {
		return err
	}
	for _, d := range []*pgDatabase{ours, floor} {
		if err := d.settle(b.ctx); err != nil {
			return err
		}
	}
	if b.wanted("append_batch_vs_copy") {
		c, err := compare(b.size.rounds, b.size.slice, pgCopySide(b, floor, theirs), recordSide(b, ours.tenant, mine, batch))
		if err != nil {
			return err
		}
		b.tellRates("append_batch_vs_copy", c, batch, "events")
		b.report("append_batch_vs_copy", c.ratio(), atLeast(0.8))
	}
	if b.wanted("append_one_vs_floor") {
		if _, err := floor.conn.Prepare(b.ctx, "one", pgInsertOne); err != nil {
			return err
		}
		c, err := compare(b.size.rounds, b.size.slice, pgOneSide(b, floor, theirs), recordSide(b, ours.tenant, mine, 1))
		if err != nil {
			return err
		}
		b.tellRates("append_one_vs_floor", c, 1, "events")
		b.report("append_one_vs_floor", c.ratio(), atLeast(0.8))
	}
	return nil
}

func pgCopySide(b *bench, d *pgDatabase, w *workload) side {
	var calls []*pgCopyRows
	return side{
		name: "COPY",
		prepare: func(n int) error {
			calls = calls[:0]
			for range n {
				rows, err := rowsOf(b.ctx, b.journal, w.drafts(batch))
				if err != nil {
					return err
				}
				calls = append(calls, newPgCopyRows(rows))
			}
			return nil
		},
		run: func(n int) error {
			for _, rows := range calls {
				if err := rows.copy(b.ctx, d.conn); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func pgOneSide(b *bench, d *pgDatabase, w *workload) side {
	var calls [][]any
	return side{
		name: "INSERT",
		prepare: func(n int) error {
			calls = calls[:0]
			for range n {
				rows, err := rowsOf(b.ctx, b.journal, w.drafts(1))
				if err != nil {
					return err
				}
				calls = append(calls, pgOneValues(rows[0]))
			}
			return nil
		},
		run: func(n int) error {
			for _, values := range calls {
				if _, err := d.conn.Exec(b.ctx, "one", values...); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// postgresPages compares pages of a large database with pages of a small one, and with pages read
// by hand.
func (b *bench) postgresPages() error {
	b.progress("PostgreSQL, pages")
	var databases []*pgDatabase
	for _, size := range []int{b.size.small, b.size.large} {
		d, err := b.openPostgres(fmt.Sprintf("pages_%d", size))
		if err != nil {
			return err
		}
		defer d.close()
		if err := b.seed("PostgreSQL", d.tenant, newWorkload(2, b.size.small), size); err != nil {
			return err
		}
		if err := d.settle(b.ctx); err != nil {
			return err
		}
		databases = append(databases, d)
	}
	small, large := databases[0], databases[1]
	w := newWorkload(2, b.size.small)
	if b.wanted("page_growth") {
		if err := b.growth("", w, small.tenant, large.tenant); err != nil {
			return err
		}
	}
	if b.wanted("page_vs_floor") {
		var readers []reader
		for _, p := range pgPages {
			if _, err := large.conn.Prepare(b.ctx, p.name, p.statement); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			readers = append(readers, reader{p.name, func(about activity.Entity) ([]activity.Event, error) {
				return pgReadPage(b.ctx, large.conn, p.name, about)
			}})
		}
		if err := b.pageVsFloor("page_vs_floor", w, large.tenant, readers); err != nil {
			return err
		}
	}
	if err := b.compareViews("", small.viewed(b), large.viewed(b)); err != nil {
		return err
	}
	if !b.wanted(servedName) {
		return nil
	}
	err := b.fillTasks("PostgreSQL", newTaskWorkload(taskSeed, min(servedTasks, b.size.tasks)), func(tasks []activity.Task) error {
		return pgCopyTasks(b.ctx, large.conn, tasks)
	})
	if err == nil {
		err = large.settle(b.ctx)
	}
	if err != nil {
		return err
	}
	return b.serves("", large.viewed(b))
}

func (d *pgDatabase) viewed(b *bench) viewed {
	return viewed{b.journal.With(d.store), func() error { return d.settle(b.ctx) }}
}
