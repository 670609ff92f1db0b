package main

import (
	"context"
	"database/sql"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// sqliteStore stores what is kept of charges.
func (c *charged) sqliteStore(ctx context.Context, conn *sql.Conn) error {
	insert, err := conn.PrepareContext(ctx, sqliteInsert("activity_quota_use", useColumns, 1))
	if err != nil {
		return err
	}
	defer insert.Close()
	return sqliteInTx(conn, func() error {
		ctx := context.Background()
		if _, err := conn.ExecContext(ctx, sqliteInsert("activity_quota", quotaColumns, 1), keyed(c.counter)...); err != nil {
			return err
		}
		for i := range c.uses {
			if _, err := insert.ExecContext(ctx, c.useValues(i)...); err != nil {
				return err
			}
		}
		return nil
	})
}

// openSQLiteCharged opens a file that has charges.
func (b *bench) openSQLiteCharged(name string, c *charged) (*bunstore.Store, error) {
	store, _, err := b.openSQLite(name)
	if err != nil {
		return nil, err
	}
	conn, done, err := openSQLiteByHand(b.ctx, filepath.Join(b.dir, name))
	if err == nil {
		err = c.sqliteStore(b.ctx, conn)
		done()
	}
	if err == nil {
		err = c.check(b.ctx, store)
	}
	if err != nil {
		store.Close()
		return nil, err
	}
	return store, nil
}

// sqliteCounter is a side that counts a row up twice, each time in a transaction. The callers take turns on one
// connection.
func sqliteCounter(ctx context.Context, conn *sql.Conn) (side, error) {
	for _, text := range []string{`CREATE TABLE counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)`, `INSERT INTO counter VALUES (1, 0)`} {
		if _, err := conn.ExecContext(ctx, text); err != nil {
			return side{}, err
		}
	}
	count, err := conn.PrepareContext(ctx, `UPDATE counter SET n = n + 1 WHERE id = ?`)
	if err != nil {
		return side{}, err
	}
	var mu sync.Mutex
	once := func() error {
		mu.Lock()
		defer mu.Unlock()
		return sqliteInTx(conn, func() error {
			_, err := count.ExecContext(context.Background(), int64(1))
			return err
		})
	}
	return byCallers("two transactions", func(int) error {
		if err := once(); err != nil {
			return err
		}
		return once()
	}), nil
}

// sqliteHotReserves compares Reserve and Commit of one key with counting by hand, each in a file of its own.
func (b *bench) sqliteHotReserves() error {
	b.progress("SQLite, reserving by %d callers", callers)
	seed, err := newCharged(b.ctx, fewTimes, time.Now())
	if err != nil {
		return err
	}
	store, err := b.openSQLiteCharged("reserve_hot.db", seed)
	if err != nil {
		return err
	}
	defer store.Close()
	conn, done, err := openSQLiteByHand(b.ctx, filepath.Join(b.dir, "counter.db"))
	if err != nil {
		return err
	}
	defer done()
	floor, err := sqliteCounter(b.ctx, conn)
	if err != nil {
		return err
	}
	m, err := newMeter(store, nil, hourAndDay...)
	if err != nil {
		return err
	}
	return b.compareHot("sqlite_reserve_hot_vs_update", atLeast(0.75), floor, reserveHot(b.ctx, m))
}

// sqliteReserveGrowth compares Reserve after many charges with Reserve after a few.
func (b *bench) sqliteReserveGrowth() error {
	b.progress("SQLite, reserving after charges")
	return b.compareReserves("sqlite_reserve_growth", func(c *charged) (activity.Store, func(), error) {
		store, err := b.openSQLiteCharged("reserve_"+strconv.Itoa(c.n)+".db", c)
		if err != nil {
			return nil, nil, err
		}
		return store, func() { store.Close() }, nil
	})
}
