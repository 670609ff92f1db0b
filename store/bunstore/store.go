// Package bunstore keeps events in PostgreSQL or SQLite, through a *bun.DB of the host's or one
// that the packages store/postgres and store/sqlite open.
//
// The statements are constant texts with arguments, sent through database/sql: bun would write the
// values into the text, and a driver could then prepare nothing. On PostgreSQL the driver is
// expected to be pgx, which prepares each text once per connection; behind a pooler that cannot
// keep prepared statements, open the pool with default_query_exec_mode=simple_protocol or exec.
package bunstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

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
	copyFrom    CopyFunc // nil: without COPY
	ownsDB      bool
	closed      atomic.Bool
	migrated    atomic.Bool // the schema was found to be the program's
	reads       statements
	writes      statements
}

// transaction is a transaction that a store is bound to.
type transaction struct {
	*sql.Tx
	mu       sync.Mutex // a connection carries one statement at a time
	prepared statements
}

// savepoint makes what fn does all or nothing within the transaction. The caller holds mu.
func (t *transaction) savepoint(ctx context.Context, fn func() error) error {
	if err := t.mark(ctx); err != nil {
		return err
	}
	if err := fn(); err != nil {
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
	if err != nil {
		return err
	}
	return locked(t.keep)
}

func (t *transaction) mark(ctx context.Context) error {
	if _, err := t.ExecContext(ctx, `SAVEPOINT activity`); err != nil {
		return fmt.Errorf("activity: savepoint: %w", err)
	}
	return nil
}

func (t *transaction) keep(ctx context.Context) error {
	if _, err := t.ExecContext(ctx, `RELEASE SAVEPOINT activity`); err != nil {
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

// conn is where statements go: a database, or a transaction.
type conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// engine is what differs between PostgreSQL and SQLite.
type engine interface {
	// insertsAtOnce reports whether insert stores these rows all or none by itself. If not, it is
	// called in a transaction.
	insertsAtOnce(rows []activity.EventRow) bool

	// prepared are the texts of the statements that insert wants prepared.
	prepared() []string

	// insert stores at most maxInsert rows, which are sorted by key, and returns for each whether
	// it was stored: a row whose key exists is not.
	insert(ctx context.Context, s *Store, rows []*activity.EventRow) ([]bool, error)

	// feed returns the first w.limit entries of a walk, in its order. An event may come several
	// times in a row, may not match the query, or be but an ID, if it is gone.
	feed(ctx context.Context, db conn, w *walk) ([]activity.Event, error)

	// count counts entries of feeds, of some types if there are any, up to limit.
	count(ctx context.Context, db conn, feeds []int64, types []string, limit int) (int, error)

	// byID returns sql.ErrNoRows if there is no such event.
	byID(ctx context.Context, db conn, id activity.ID) (activity.Event, error)

	// byKeys returns those events that there are, in any order.
	byKeys(ctx context.Context, db conn, tenant string, keys []string) ([]activity.Event, error)

	// lock begins a transaction, until whose end others that migrate wait.
	lock(ctx context.Context, db *bun.DB) error

	hasTable(ctx context.Context, db conn, name string) (bool, error)
}

// Option changes what New does by default.
type Option func(*database)

// WithReadDB makes reads outside of transactions use another pool: a read-only one on the same
// SQLite file, or a replica. What was recorded may not be found on a replica at once.
func WithReadDB(db *bun.DB) Option { return func(d *database) { d.read = db } }

// WithOwnership makes Close close the databases too. By default they stay the caller's.
func WithOwnership() Option { return func(d *database) { d.ownsDB = true } }

// New makes a store on a database of the host, whose dialect is pgdialect or sqlitedialect; another
// one makes it panic. It sends nothing: call Migrate, or do what it does by other means.
//
// A SQLite database should be opened as [github.com/go-activity/activity/store/sqlite.Open] does it:
// with immediate transactions, a busy timeout, foreign_keys and recursive_triggers.
func New(db *bun.DB, options ...Option) *Store {
	d := &database{write: db, read: db}
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

// Tx returns the store within a transaction of the host, which is on the same database. It is good
// until the transaction ends, and neither commits nor rolls back. It is safe for concurrent use as
// long as nobody else uses the transaction meanwhile.
func (s *Store) Tx(tx bun.Tx) *Store { return s.SQLTx(tx.Tx) }

// SQLTx is Tx for a transaction of database/sql.
func (s *Store) SQLTx(tx *sql.Tx) *Store {
	return &Store{database: s.database, tx: &transaction{Tx: tx}}
}

// InTx implements [activity.Store].
func (s *Store) InTx(ctx context.Context, fn func(activity.Store) error) error {
	if s.tx != nil {
		if err := s.usable(ctx); err != nil {
			return err
		}
		return s.tx.joined(ctx, func() error { return fn(s) })
	}
	return s.inTx(ctx, func(tx *Store) error { return fn(tx) })
}

func (s *Store) inTx(ctx context.Context, fn func(*Store) error) (err error) {
	if err := s.usable(ctx); err != nil {
		return err
	}
	// What the transaction needs is prepared before it takes the only connection for writing.
	var stmts []*sql.Stmt
	for _, text := range s.engine.prepared() {
		stmt, err := s.writes.get(ctx, s.write.DB, text)
		if err != nil {
			return s.failed(ctx, "prepare", err)
		}
		stmts = append(stmts, stmt)
	}
	tx, err := s.write.DB.BeginTx(ctx, nil)
	if err != nil {
		return s.failed(ctx, "begin", err)
	}
	defer func() { _ = tx.Rollback() }() // without effect after Commit
	bound := s.SQLTx(tx)
	for i, text := range s.engine.prepared() {
		bound.tx.prepared.put(text, tx.StmtContext(ctx, stmts[i]))
	}
	if err := fn(bound); err != nil {
		return err
	}
	return s.failed(ctx, "commit", tx.Commit())
}

// Close implements [activity.Store]. The store of a transaction is closed by its end; closing it
// does nothing.
func (s *Store) Close() error {
	if s.tx != nil || s.closed.Swap(true) {
		return nil
	}
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

// statements are prepared statements by their text. The zero value is ready. Those of a database
// are prepared again on each of its connections by database/sql; those of a transaction end with it.
type statements struct {
	mu     sync.Mutex
	byText map[string]*sql.Stmt
}

func (p *statements) get(ctx context.Context, db conn, text string) (*sql.Stmt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if stmt := p.byText[text]; stmt != nil {
		return stmt, nil
	}
	stmt, err := db.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	p.set(text, stmt)
	return stmt, nil
}

// put adds a statement that was prepared before.
func (p *statements) put(text string, stmt *sql.Stmt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.set(text, stmt)
}

func (p *statements) set(text string, stmt *sql.Stmt) {
	if p.byText == nil {
		p.byText = map[string]*sql.Stmt{}
	}
	p.byText[text] = stmt
}

// preparing is a database whose queries are prepared once, for a driver that does not do so itself.
type preparing struct {
	*sql.DB
	prepared *statements
}

func (p preparing) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := p.prepared.get(ctx, p.DB, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

func (p *statements) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, stmt := range p.byText {
		errs = append(errs, stmt.Close())
	}
	p.byText = nil
	return errors.Join(errs...)
}
