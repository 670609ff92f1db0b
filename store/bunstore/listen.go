package bunstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-activity/activity"
)

// ledgerChannel is the channel on which PostgreSQL is told that positions were given.
const ledgerChannel = "activity_ledger"

const (
	pgNotify = `NOTIFY ` + ledgerChannel // without a payload, so that the server keeps but one of those that wait

	hintPause   = 100 * time.Millisecond // between two notifications of a process
	hintArrival = 5 * time.Second        // in which one arrives where they do
)

// ListenFunc listens to a channel of notifications on a connection of the driver, as [database/sql.Conn.Raw] hands it
// out: it calls listening once the server has taken LISTEN, and then heard for each notification. It returns when the connection
// fails, or soon after ctx ends. The connection is closed afterwards.
type ListenFunc func(ctx context.Context, driverConn any, channel string, listening, heard func()) error

// WithListen makes Listen work. The package postgres gives it the function for pgx.
func WithListen(fn ListenFunc) Option { return func(d *database) { d.listen = fn } }

// errDeaf says that a notification did not arrive.
var errDeaf = errors.New("notifications do not arrive, as behind a pooler in transaction mode")

// Listen calls hint when events may have got positions, in any process, until ctx ends. Hints may be lost, and some come
// without reason: they make polling prompt, and do not replace it. It takes a connection of the pool for as long as it runs.
//
// Stores on SQLite, and those made without WithListen, return [errors.ErrUnsupported] at once. Behind a pooler in transaction
// mode LISTEN is taken and nothing is ever heard: so Listen notifies itself, and returns an error if it does not hear that in five
// seconds.
func (s *Store) Listen(ctx context.Context, hint func()) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	if s.listen == nil || s.tx != nil {
		return fmt.Errorf("activity: listen: %w", errors.ErrUnsupported)
	}
	if s.write.DB.Stats().MaxOpenConnections == 1 {
		return fmt.Errorf("activity: listen: the pool has one connection only: %w", errors.ErrUnsupported)
	}
	conn, err := s.write.DB.Conn(ctx)
	if err != nil {
		return s.failed(ctx, "listen", err)
	}
	defer conn.Close()
	_ = conn.Raw(func(driverConn any) error {
		err = s.hear(ctx, driverConn, hint)
		return driver.ErrBadConn // or the pool would give out a connection that listens
	})
	return s.failed(ctx, "listen", err)
}

// hear listens until ctx ends or the store is closed.
func (s *Store) hear(ctx context.Context, driverConn any, hint func()) error {
	ctx, end := context.WithCancelCause(ctx)
	defer context.AfterFunc(s.open, func() { end(activity.ErrClosed) })()
	arrived := make(chan struct{})
	arrives := sync.OnceFunc(func() { close(arrived) })

	var trying sync.WaitGroup
	err := s.listen(ctx, driverConn, ledgerChannel, func() {
		trying.Go(func() {
			if _, err := s.write.DB.ExecContext(ctx, pgNotify); err != nil {
				end(err)
				return
			}
			select {
			case <-arrived:
			case <-ctx.Done():
			case <-time.After(s.patience):
				end(errDeaf)
			}
		})
	}, func() {
		arrives()
		hint()
	})
	end(err)
	trying.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
