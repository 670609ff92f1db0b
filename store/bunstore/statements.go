package bunstore

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"github.com/go-activity/activity"
)

// conn is where statements go: a database, or a transaction.
type conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// statements are prepared statements by their text. The zero value is ready. Those of a database
// are prepared again on each of its connections by database/sql; those of a transaction end with it.
type statements struct {
	mu     sync.Mutex
	byText map[string]*sql.Stmt
	closed bool
}

func (p *statements) get(ctx context.Context, db conn, text string) (*sql.Stmt, error) {
	if stmt := p.find(text); stmt != nil {
		return stmt, nil
	}
	stmt, err := db.PrepareContext(ctx, text) // may wait for a connection, so without the lock
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.byText[text] != nil {
		err := stmt.Close()
		if p.closed {
			return nil, errors.Join(activity.ErrClosed, err)
		}
		return p.byText[text], err // somebody else was first
	}
	p.set(text, stmt)
	return stmt, nil
}

func (p *statements) find(text string) *sql.Stmt {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byText[text]
}

// bound returns a statement of the store's transaction: one of the database's, if it is prepared and the
// transaction is not the host's, whose connection may be another. It is to be used without the end of the
// context, for which it costs a driver a goroutine to look.
func (s *Store) bound(ctx context.Context, text string) (*sql.Stmt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	inner := context.WithoutCancel(ctx)
	own := &s.tx.prepared
	if own.find(text) == nil && s.tx.conn != nil {
		if stmt := s.writes.find(text); stmt != nil {
			own.mu.Lock()
			defer own.mu.Unlock()
			stmt = s.tx.StmtContext(inner, stmt)
			own.set(text, stmt)
			return stmt, nil
		}
	}
	return own.get(inner, s.tx, text)
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
	p.byText, p.closed = nil, true
	return errors.Join(errs...)
}
