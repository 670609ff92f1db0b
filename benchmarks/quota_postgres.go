package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/go-activity/activity"
)

// pgStore stores what is kept of charges.
func (c *charged) pgStore(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `INSERT INTO activity_quota (`+quotaColumns+`) VALUES ($1, $2, $3, $4, $5)`, keyed(c.counter)...)
	if err != nil {
		return err
	}
	_, err = conn.CopyFrom(ctx, pgx.Identifier{"activity_quota_use"}, strings.Split(useColumns, ", "),
		pgx.CopyFromSlice(len(c.uses), func(i int) ([]any, error) { return c.useValues(i), nil }))
	return err
}

// openCharged opens a database that has charges.
func (b *bench) openCharged(name string, c *charged) (*pgDatabase, error) {
	d, err := b.openPostgres(name)
	if err != nil {
		return nil, err
	}
	if err = c.pgStore(b.ctx, d.conn); err == nil {
		if err = d.settle(b.ctx); err == nil {
			err = c.check(b.ctx, d.store)
		}
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// pgCounter is a row that several connections count up.
type pgCounter []*pgx.Conn

func newPgCounter(ctx context.Context, d *pgDatabase) (pgCounter, error) {
	if _, err := d.conn.Exec(ctx, `CREATE TABLE counter (id bigint PRIMARY KEY, n bigint NOT NULL)`); err != nil {
		return nil, err
	}
	if _, err := d.conn.Exec(ctx, `INSERT INTO counter VALUES (1, 0)`); err != nil {
		return nil, err
	}
	var c pgCounter
	for range callers {
		conn, err := pgx.Connect(ctx, d.dsn)
		if err != nil {
			c.close()
			return nil, err
		}
		c = append(c, conn)
		if _, err := conn.Prepare(ctx, "count", `UPDATE counter SET n = n + 1 WHERE id = $1`); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

func (c pgCounter) close() {
	for _, conn := range c {
		_ = conn.Close(context.Background())
	}
}

// transactions is a side that counts twice, each time in a transaction.
func (c pgCounter) transactions(ctx context.Context) side {
	return byCallers("two transactions", func(caller int) error {
		for range 2 {
			err := pgx.BeginFunc(ctx, c[caller], func(tx pgx.Tx) error {
				_, err := tx.Exec(ctx, "count", int64(1))
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// statements is a side that counts twice, each time by a statement that is its own transaction.
func (c pgCounter) statements(ctx context.Context) side {
	return byCallers("two statements", func(caller int) error {
		for range 2 {
			if _, err := c[caller].Exec(ctx, "count", int64(1)); err != nil {
				return err
			}
		}
		return nil
	})
}

// postgresHotReserves compares Reserve and Commit of one key with counting by hand.
func (b *bench) postgresHotReserves() error {
	b.progress("PostgreSQL, reserving by %d callers", callers)
	seed, err := newCharged(b.ctx, fewTimes, time.Now())
	if err != nil {
		return err
	}
	d, err := b.openCharged("reserve_hot", seed)
	if err != nil {
		return err
	}
	defer d.close()
	counter, err := newPgCounter(b.ctx, d)
	if err != nil {
		return err
	}
	defer counter.close()
	m, err := newMeter(d.store, nil, hourAndDay...)
	if err != nil {
		return err
	}
	if b.wanted("reserve_hot_vs_update") {
		if err := b.compareHot("reserve_hot_vs_update", atLeast(0.75), counter.transactions(b.ctx), reserveHot(b.ctx, m)); err != nil {
			return err
		}
	}
	if b.wanted("reserve_hot_vs_statement") {
		return b.compareHot("reserve_hot_vs_statement", target{}, counter.statements(b.ctx), reserveHot(b.ctx, m))
	}
	return nil
}

// postgresReserveGrowth compares Reserve after many charges with Reserve after a few.
func (b *bench) postgresReserveGrowth() error {
	b.progress("PostgreSQL, reserving after charges")
	return b.compareReserves("reserve_growth", func(c *charged) (activity.Store, func(), error) {
		d, err := b.openCharged("reserve_"+strconv.Itoa(c.n), c)
		if err != nil {
			return nil, nil, err
		}
		return d.store, d.close, nil
	})
}
