// Package bunstore keeps events in PostgreSQL or SQLite, through a *bun.DB of the host's or one
// that the packages store/postgres and store/sqlite open.
//
// The statements are constant texts with arguments, sent through database/sql: bun would write the
// values into the text, and a driver could then prepare nothing. On PostgreSQL the driver is
// expected to be pgx, which prepares each text once per connection; behind a pooler that cannot
// keep prepared statements, open the pool with default_query_exec_mode=simple_protocol.
package bunstore

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"github.com/go-activity/activity"
)

// Store is an [activity.Store] in a database. It is safe for concurrent use.
type Store struct {
	*database
	tx *transaction // nil outside of transactions
}

var _ activity.Store = (*Store)(nil)

// database is what a store and those it makes for transactions have in common.
type database struct {
	write, read *bun.DB
	engine      engine
	copyFrom    CopyFunc   // nil: without COPY
	listen      ListenFunc // nil: without LISTEN
	ownsDB      bool
	closed      atomic.Bool
	migrated    atomic.Bool // the schema was found to be the program's
	clock       serverClock
	turns       turns
	hints       pace          // of notifications
	patience    time.Duration // until a notification has arrived
	open        context.Context
	shut        context.CancelFunc // by Close, for what goes on until then
	reads       statements
	writes      statements
}

// Option changes what New does by default.
type Option func(*database)

// WithReadDB makes reads outside of transactions use another pool: a read-only one on the same
// SQLite file, or a replica. What was recorded may not be found on a replica at once. The ledger is never read
// from a replica.
func WithReadDB(db *bun.DB) Option { return func(d *database) { d.read = db } }

// WithOwnership makes Close close the databases too. By default they stay the caller's.
func WithOwnership() Option { return func(d *database) { d.ownsDB = true } }

// New makes a store on a database of the host, whose dialect is pgdialect or sqlitedialect; another
// one makes it panic. It sends nothing: call Migrate, or do what it does by other means.
//
// A pool of pgx should have its CancelRequestContextWatcherHandler, as
// [github.com/go-activity/activity/store/postgres.Open] has it: by default, pgx leaves a statement to the server
// when its context ends, and what the call said was not stored may be stored after all.
//
// A SQLite database should be opened as [github.com/go-activity/activity/store/sqlite.Open] does it:
// with immediate transactions, a busy timeout, foreign_keys and recursive_triggers.
func New(db *bun.DB, options ...Option) *Store {
	d := &database{write: db, read: db}
	d.turns.size, d.turns.pause, d.patience = turnSize, turnPause, hintArrival
	d.open, d.shut = context.WithCancel(context.Background())
	switch name := db.Dialect().Name(); name {
	case dialect.PG:
		d.engine = postgres{}
	case dialect.SQLite:
		d.engine = sqlite{}
	default:
		panic(fmt.Sprintf("bunstore: no support for dialect %v", name))
	}
	for _, option := range options {
		option(d)
	}
	return &Store{database: d}
}

// DB returns the database that the store writes to, for a host that keeps its own tables there and
// begins its own transactions.
func (s *Store) DB() *bun.DB { return s.write }

// Close implements [activity.Store]. The store of a transaction is closed by its end; closing it
// does nothing.
func (s *Store) Close() error {
	if s.tx != nil || s.closed.Swap(true) {
		return nil
	}
	s.shut()
	errs := []error{s.reads.close(), s.writes.close()}
	if s.ownsDB {
		// The writer goes last: the last connection to a SQLite file takes the journal away with
		// it, which a reader may not.
		if s.read != s.write {
			errs = append(errs, s.read.Close())
		}
		errs = append(errs, s.write.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("activity: close: %w", err)
	}
	return nil
}

// ready reports what stands in the way of a call: the context, Close, or the schema.
func (s *Store) ready(ctx context.Context) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	if s.migrated.Load() {
		return nil
	}
	if err := s.checkSchema(ctx); err != nil {
		return err
	}
	s.migrated.Store(true)
	return nil
}

func (s *Store) usable(ctx context.Context) error {
	if s.closed.Load() {
		return activity.ErrClosed
	}
	return ctx.Err()
}

// reader returns where to read: the transaction, or the pool for reading. The caller calls done
// when it has read all rows.
func (s *Store) reader() (db conn, done func()) {
	if s.tx != nil {
		s.tx.mu.Lock()
		return s.tx, s.tx.mu.Unlock
	}
	if _, ok := s.engine.(sqlite); ok {
		return preparing{s.read.DB, &s.reads}, func() {}
	}
	return s.read.DB, func() {} // the driver prepares
}

// writer returns where to write.
func (s *Store) writer() conn {
	if s.tx != nil {
		return s.tx
	}
	return s.write.DB
}

// failed describes an error of the database. When the context has ended or the store was closed
// meanwhile, that is what the caller hears: drivers differ in what they make of it.
func (s *Store) failed(ctx context.Context, doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("activity: %s: %w", doing, ctx.Err())
	case s.closed.Load():
		return activity.ErrClosed
	}
	return fmt.Errorf("activity: %s: %w", doing, err)
}
