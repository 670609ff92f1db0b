package main

import (
	"context"
	"database/sql"
	"path/filepath"
)

// sqliteStoreOutcomes makes and stores outcomes in one transaction.
func sqliteStoreOutcomes(conn *sql.Conn, insert *sql.Stmt, h *byHand, n int) error {
	at := h.at.UnixMicro()
	return sqliteInTx(conn, func() error {
		for range n {
			if err := h.next(); err != nil {
				return err
			}
			r := &h.row
			_, err := insert.ExecContext(context.Background(), h.task[:], h.made, tenant, r.Kind, r.Record.Kind, r.Record.ID,
				r.Record.Label, r.Row, r.Message, r.Link, text(r.before), text(r.after), nil, r.Preview, at, r.record)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// text is JSON as an argument, which would be a BLOB otherwise.
func text(data []byte) any {
	if data == nil {
		return nil
	}
	return string(data)
}

// sqliteOutcomes compares reporting outcomes with prepared statements, each in a file of its own.
func (b *bench) sqliteOutcomes() error {
	b.progress("SQLite, outcomes")
	store, ours, err := b.openSQLite("outcome_store.db")
	if err != nil {
		return err
	}
	defer store.Close()
	conn, done, err := b.openSQLiteFloor("outcome_floor.db")
	if err != nil {
		return err
	}
	defer done()
	insert, err := conn.PrepareContext(b.ctx, sqliteInsert("activity_outcome", outcomeColumns, 1))
	if err != nil {
		return err
	}
	return b.compareOutcomes("sqlite_outcomes_vs_copy", ours, func(h *byHand, n int) error {
		return sqliteStoreOutcomes(conn, insert, h, n)
	})
}

// openSQLiteFloor makes a file with the store's tables and opens it for work by hand.
func (b *bench) openSQLiteFloor(name string) (*sql.Conn, func(), error) {
	store, _, err := b.openSQLite(name)
	if err != nil {
		return nil, nil, err
	}
	if err := store.Close(); err != nil {
		return nil, nil, err
	}
	return openSQLiteByHand(b.ctx, filepath.Join(b.dir, name))
}
