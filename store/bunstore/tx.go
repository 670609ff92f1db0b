package bunstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
)

// Tx returns the store within a transaction of the host, which is on the same database. It is good
// until the transaction ends, and neither commits nor rolls back. It is safe for concurrent use as
// long as nobody else uses the transaction meanwhile; only an InTx of it must not overlap with
// anything else, because savepoints are a stack.
func (s *Store) Tx(tx bun.Tx) *Store { return s.SQLTx(tx.Tx) }

// SQLTx is Tx for a transaction of database/sql.
func (s *Store) SQLTx(tx *sql.Tx) *Store {
	return &Store{database: s.database, tx: &transaction{Tx: tx}}
}

// InTx implements [activity.Store].
func (s *Store) InTx(ctx context.Context, fn func(activity.Store) error) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	if s.tx != nil {
		return s.tx.joined(ctx, func() error { return fn(s) })
	}
	return s.inTx(ctx, func(tx *Store) error { return fn(tx) })
}

func (s *Store) inTx(ctx context.Context, fn func(*Store) error) error {
	if err := s.prepareNext(ctx); err != nil {
		return s.failed(ctx, "prepare", err)
	}
	return s.begin(ctx, func(conn *sql.Conn, tx *sql.Tx) error {
		bound := s.SQLTx(tx)
		bound.tx.conn = conn
		return fn(bound)
	})
}

// prepareNext prepares one more statement for writing, before a transaction takes the only connection for it. The
// others are prepared within the transaction: preparing each takes its turn at the connection, and a first
// transaction that prepared all of them would wait through as many transactions of others.
func (s *Store) prepareNext(ctx context.Context) error {
	for _, text := range s.engine.prepared() {
		if s.writes.find(text) == nil {
			_, err := s.writes.get(ctx, s.write.DB, text)
			return err
		}
	}
	return nil
}

// whole makes what fn does all or nothing, in the store's transaction or in one of its own: a
// statement that commits by itself may be cut off by the end of ctx while it does. Within a
// transaction, what is done at once needs no savepoint.
func (s *Store) whole(ctx context.Context, atOnce bool, fn func(tx *Store) error) error {
	if s.tx == nil {
		return s.inTx(ctx, fn)
	}
	s.tx.mu.Lock()
	defer s.tx.mu.Unlock()
	if atOnce {
		return fn(s)
	}
	return s.tx.savepoint(ctx, func() error { return fn(s) })
}

// begin runs fn in a transaction. The end of ctx ends the waiting for a connection and what fn does
// with it, but neither BEGIN nor COMMIT: who hears of the end finds nothing stored.
func (s *Store) begin(ctx context.Context, fn func(*sql.Conn, *sql.Tx) error) error {
	conn, err := s.write.DB.Conn(ctx)
	if err != nil {
		return s.failed(ctx, "begin", err)
	}
	defer conn.Close()
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), s.engine.isolation())
	if err != nil {
		return s.failed(ctx, "begin", err)
	}
	defer func() { _ = tx.Rollback() }() // without effect after Commit
	if err := fn(conn, tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("activity: commit: %w", err)
	}
	return nil
}

// transaction is a transaction that a store is bound to.
type transaction struct {
	*sql.Tx
	conn     *sql.Conn  // whose transaction it is; nil if the host began it
	mu       sync.Mutex // a connection carries one statement at a time
	prepared statements
}

// savepoint makes what fn does all or nothing within the transaction. The caller holds mu.
func (t *transaction) savepoint(ctx context.Context, fn func() error) error {
	if err := t.mark(ctx); err != nil {
		return err
	}
	err := fn()
	if err == nil {
		err = ctx.Err() // whoever hears of it finds nothing stored
	}
	if err != nil {
		return t.undo(ctx, err)
	}
	return t.keep(ctx)
}

// joined is savepoint for an fn that takes mu itself, and may panic.
func (t *transaction) joined(ctx context.Context, fn func() error) (err error) {
	locked := func(step func(context.Context) error) error {
		t.mu.Lock()
		defer t.mu.Unlock()
		return step(ctx)
	}
	if err := locked(t.mark); err != nil {
		return err
	}
	returned := false
	defer func() {
		if err != nil || !returned {
			err = locked(func(ctx context.Context) error { return t.undo(ctx, err) })
		}
	}()
	err = fn()
	returned = true
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	return locked(t.keep)
}

// mark, keep and undo are not cut off halfway by the end of the context: whether a savepoint is there
// must be known.
func (t *transaction) mark(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := t.ExecContext(context.WithoutCancel(ctx), `SAVEPOINT activity`); err != nil {
		return fmt.Errorf("activity: savepoint: %w", err)
	}
	return nil
}

func (t *transaction) keep(ctx context.Context) error {
	if _, err := t.ExecContext(context.WithoutCancel(ctx), `RELEASE SAVEPOINT activity`); err != nil {
		return fmt.Errorf("activity: savepoint: %w", err)
	}
	return nil
}

// undo goes back to the savepoint because of err, and returns it.
func (t *transaction) undo(ctx context.Context, err error) error {
	ctx = context.WithoutCancel(ctx)
	_, undone := t.ExecContext(ctx, `ROLLBACK TO SAVEPOINT activity`)
	if undone == nil {
		_, undone = t.ExecContext(ctx, `RELEASE SAVEPOINT activity`)
	}
	if undone != nil && !errors.Is(undone, sql.ErrTxDone) { // then all of the transaction is lost
		return fmt.Errorf("%w (and undoing it failed: %w)", err, undone)
	}
	return err
}
