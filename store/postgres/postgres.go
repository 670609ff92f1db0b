// Package postgres opens an activity store in a PostgreSQL database, over pgx.
package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// Open connects to a PostgreSQL database, version 13 or later, in UTF-8. The DSN is one that pgx
// takes: a URL, or keywords and values. Bad DSNs are an [activity.InvalidError].
//
// Statements are prepared once per connection. Behind a pooler in transaction mode that does not
// keep prepared statements, add default_query_exec_mode=simple_protocol to the DSN.
//
// When a context ends, the server is asked to stop what it does for the call, and its answer is waited
// for, up to five seconds: so the error of a call says whether anything is stored, and a transaction of
// the host outlives a call in it that was cut off.
//
// The pool has no limit of its own but the server's; set one with DB().SetMaxOpenConns. Close closes
// it. A host that has a *bun.DB on the same database passes it to [bunstore.New] instead.
func Open(ctx context.Context, dsn string) (*bunstore.Store, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, &activity.InvalidError{Field: "DSN", Reason: "cannot be parsed", Err: err}
	}
	config.BuildContextWatcherHandler = askToStop
	pool := sql.OpenDB(stdlib.GetConnector(*config))
	pool.SetMaxIdleConns(16)
	if err := pool.PingContext(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("activity: connect: %w", err)
	}
	return bunstore.New(bun.NewDB(pool, pgdialect.New()), bunstore.WithOwnership(),
		bunstore.WithCopy(CopyFrom), bunstore.WithListen(Listen)), nil
}

// askToStop is for contexts that end: by default, pgx leaves the connection, and the server goes on with
// a statement whose end nobody hears of.
func askToStop(conn *pgconn.PgConn) ctxwatch.Handler { return &stopper{conn: conn} }

// stopper asks the server to stop what it does on a connection. A request is for whatever the connection does when it
// arrives: so the connection is not used again until the server has dealt with it. The handler of pgx stops waiting when
// the statement ends, and on a busy machine the request then stops the next one, which is another caller's.
type stopper struct {
	conn  *pgconn.PgConn
	asked chan error
}

const stopTimeout = 5 * time.Second

// HandleCancel implements [ctxwatch.Handler].
func (s *stopper) HandleCancel(context.Context) {
	asked := make(chan error, 1)
	s.asked = asked
	_ = s.conn.Conn().SetDeadline(time.Now().Add(stopTimeout))
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		asked <- cmp.Or(s.conn.CancelRequest(ctx), ctx.Err())
	}()
}

// HandleUnwatchAfterCancel implements [ctxwatch.Handler].
func (s *stopper) HandleUnwatchAfterCancel() {
	if err := <-s.asked; err != nil { // it may still arrive
		_ = s.conn.Conn().Close()
		return
	}
	_ = s.conn.Conn().SetDeadline(time.Time{})
}

// CopyFrom is a [bunstore.CopyFunc] for pgx. A host whose *bun.DB is over pgx passes it to
// [bunstore.New] by [bunstore.WithCopy].
func CopyFrom(ctx context.Context, driverConn any, statement string, data io.Reader) error {
	conn, ok := driverConn.(*stdlib.Conn)
	if !ok {
		return fmt.Errorf("postgres: %T is no connection of pgx", driverConn)
	}
	_, err := conn.Conn().PgConn().CopyFrom(ctx, data, statement)
	return err
}

// Listen is a [bunstore.ListenFunc] for pgx. A host whose *bun.DB is over pgx passes it to [bunstore.New] by
// [bunstore.WithListen].
func Listen(ctx context.Context, driverConn any, channel string, listening, heard func()) error {
	pooled, ok := driverConn.(*stdlib.Conn)
	if !ok {
		return fmt.Errorf("postgres: %T is no connection of pgx", driverConn)
	}
	conn := pooled.Conn()
	if _, err := conn.Exec(ctx, `LISTEN `+pgx.Identifier{channel}.Sanitize()); err != nil {
		return err
	}
	listening()
	// Waiting with ctx would ask the server to stop, which has nothing to stop, and then wait for it.
	defer context.AfterFunc(ctx, func() { _ = conn.PgConn().Conn().SetReadDeadline(time.Unix(1, 0)) })()
	for {
		if _, err := conn.WaitForNotification(context.Background()); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
		heard()
	}
}
