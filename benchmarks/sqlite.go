package main

import (
	"fmt"
	"path/filepath"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
	"github.com/go-activity/activity/store/sqlite"
)

// openSQLite opens a file with the store's tables.
func (b *bench) openSQLite(name string) (*bunstore.Store, activity.Tenant, error) {
	store, err := sqlite.Open(b.ctx, filepath.Join(b.dir, name))
	if err != nil {
		return nil, activity.Tenant{}, err
	}
	if err := store.Migrate(b.ctx); err != nil {
		store.Close()
		return nil, activity.Tenant{}, err
	}
	return store, b.journal.With(store).Tenant(tenant), nil
}

// sqliteAppends compares appending through the store with appending by hand, each in a file of its
// own, which grow alike.
func (b *bench) sqliteAppends() error {
	b.progress("SQLite, appends")
	store, ours, err := b.openSQLite("append_store.db")
	if err != nil {
		return err
	}
	defer store.Close()
	mine, theirs := newWorkload(1, b.size.small), newWorkload(1, b.size.small)
	if err := b.seed("the store's file", ours, mine, b.size.small); err != nil {
		return err
	}
	other, seeded, err := b.openSQLite("append_floor.db")
	if err != nil {
		return err
	}
	err = b.seed("the floor's file", seeded, theirs, b.size.small)
	other.Close()
	if err != nil {
		return err
	}
	conn, closeConn, err := openSQLiteByHand(b.ctx, filepath.Join(b.dir, "append_floor.db"))
	if err != nil {
		return err
	}
	defer closeConn()
	inserter, err := newSQLiteInserter(b.ctx, conn)
	if err != nil {
		return err
	}
	if b.wanted("sqlite_append_batch_vs_copy") {
		floor := sqliteSide(b, "batch", theirs, batch, inserter.store)
		c, err := compare(b.size.rounds, b.size.slice, floor, recordSide(b, ours, mine, batch))
		if err != nil {
			return err
		}
		b.tellRates("sqlite_append_batch_vs_copy", c, batch, "events")
		b.report("sqlite_append_batch_vs_copy", c.ratio(), atLeast(0.8))
	}
	if b.wanted("sqlite_append_one_vs_floor") {
		floor := sqliteSide(b, "one", theirs, 1, inserter.storeOne)
		c, err := compare(b.size.rounds, b.size.slice, floor, recordSide(b, ours, mine, 1))
		if err != nil {
			return err
		}
		b.tellRates("sqlite_append_one_vs_floor", c, 1, "events")
		b.report("sqlite_append_one_vs_floor", c.ratio(), atLeast(0.8))
	}
	return nil
}

// sqliteSide stores rows, so many in a transaction.
func sqliteSide(b *bench, name string, w *workload, each int, store func(*sqliteRows) error) side {
	var calls []*sqliteRows
	return side{
		name: name,
		prepare: func(n int) error {
			calls = calls[:0]
			for range n {
				rows, err := rowsOf(b.ctx, b.journal, w.drafts(each))
				if err != nil {
					return err
				}
				calls = append(calls, newSQLiteRows(rows))
			}
			return nil
		},
		run: func(n int) error {
			for _, rows := range calls {
				if err := store(rows); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// sqlitePages compares pages of a large file with pages of a small one, and with pages read
// by hand.
func (b *bench) sqlitePages() error {
	b.progress("SQLite, pages")
	var tenants []activity.Tenant
	var databases []viewed
	var path string
	for _, size := range []int{b.size.small, b.size.large} {
		name := fmt.Sprintf("pages_%d.db", size)
		store, t, err := b.openSQLite(name)
		if err != nil {
			return err
		}
		defer store.Close()
		if err := b.seed("SQLite", t, newWorkload(2, b.size.small), size); err != nil {
			return err
		}
		tenants, path = append(tenants, t), filepath.Join(b.dir, name)
		databases = append(databases, viewed{b.journal.With(store), func() error { return nil }})
	}
	w := newWorkload(2, b.size.small)
	if b.wanted("sqlite_page_growth") {
		if err := b.growth("sqlite_", w, tenants[0], tenants[1]); err != nil {
			return err
		}
	}
	if b.wanted("sqlite_page_vs_floor") {
		if err := b.sqlitePageVsFloor(w, tenants[1], path); err != nil {
			return err
		}
	}
	if err := b.compareViews("sqlite_", databases[0], databases[1]); err != nil {
		return err
	}
	if !b.wanted("sqlite_" + servedName) {
		return nil
	}
	conn, closeConn, err := openSQLiteByHand(b.ctx, path)
	if err != nil {
		return err
	}
	err = b.fillTasks("SQLite", newTaskWorkload(taskSeed, min(servedTasks, b.size.tasks)), func(tasks []activity.Task) error {
		return sqliteStoreTasks(b.ctx, conn, tasks)
	})
	closeConn()
	if err != nil {
		return err
	}
	return b.serves("sqlite_", databases[1])
}

func (b *bench) sqlitePageVsFloor(w *workload, t activity.Tenant, path string) error {
	conn, closeConn, err := openSQLiteByHand(b.ctx, path)
	if err != nil {
		return err
	}
	defer closeConn()
	var readers []reader
	for _, p := range sqlitePages {
		stmt, err := conn.PrepareContext(b.ctx, p.statement)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		readers = append(readers, reader{p.name, func(about activity.Entity) ([]activity.Event, error) {
			return sqliteReadPage(b.ctx, stmt, about)
		}})
	}
	return b.pageVsFloor("sqlite_page_vs_floor", w, t, readers)
}
