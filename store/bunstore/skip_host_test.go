package bunstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
	"github.com/go-activity/activity/store/memstore"
)

// noteLoose is what is recorded without a transaction of the host.
var noteLoose = activity.Define[note]("note.loose", activity.TypeOptions{Category: "notes"})

func newSkipJournal(store activity.Store) *activity.Journal {
	j, err := activity.New(store, &activity.Config{Types: []activity.EventType{noteAdded, noteRemoved, noteLoose}})
	if err != nil {
		panic(err)
	}
	return j
}

// skipHost is a program that records events in transactions of its own, and keeps in a table of its own which those
// were: what was committed is there, and nothing else is.
type skipHost interface {
	// within commits a transaction, unless fn fails.
	within(ctx context.Context, fn func(skipTx) error) error

	// expected returns the events of all transactions that were committed.
	expected(ctx context.Context) (map[activity.ID]skipEvent, error)

	// longest is how long a transaction may be open.
	longest() time.Duration
}

// skipEvent is what a host keeps of an event.
type skipEvent struct{ Tenant, Type string }

// skipTx is a transaction of a host.
type skipTx struct {
	store  activity.Store
	expect func([]activity.Event) error
	cut    func() error // ends its connection; nil if it has none
}

// databaseHost has its table in the store's database.
type databaseHost struct{ store *bunstore.Store }

func (h databaseHost) migrate(ctx context.Context) error {
	_, err := h.store.DB().ExecContext(ctx, `CREATE TABLE expected (event_id text PRIMARY KEY, tenant text NOT NULL, type text NOT NULL)`)
	return err
}

func (h databaseHost) postgres() bool { return h.store.DB().Dialect().Name() == dialect.PG }

func (h databaseHost) within(ctx context.Context, fn func(skipTx) error) error {
	return h.store.DB().RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		t := skipTx{store: h.store.Tx(tx), expect: func(events []activity.Event) error {
			var values []string
			for _, e := range events {
				values = append(values, fmt.Sprintf(`('%s', '%s', '%s')`, e.ID, e.Tenant, e.Type))
			}
			_, err := tx.Tx.ExecContext(ctx, `INSERT INTO expected (event_id, tenant, type) VALUES `+strings.Join(values, ", "))
			return err
		}}
		if h.postgres() {
			t.cut = func() error {
				var pid int
				if err := tx.Tx.QueryRowContext(ctx, `SELECT pg_backend_pid()`).Scan(&pid); err != nil {
					return err
				}
				_, err := h.store.DB().DB.ExecContext(ctx, `SELECT pg_terminate_backend($1)`, pid)
				return err
			}
		}
		return fn(t)
	})
}

func (h databaseHost) expected(ctx context.Context) (map[activity.ID]skipEvent, error) {
	rows, err := h.store.DB().QueryContext(ctx, `SELECT event_id, tenant, type FROM expected`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	events := map[activity.ID]skipEvent{}
	for rows.Next() {
		var text string
		var e skipEvent
		if err := rows.Scan(&text, &e.Tenant, &e.Type); err != nil {
			return nil, err
		}
		id, err := activity.ParseID(text)
		if err != nil {
			return nil, err
		}
		events[id] = e
	}
	return events, rows.Err()
}

// longest is short on SQLite: while a transaction is open, all others wait.
func (h databaseHost) longest() time.Duration {
	if h.postgres() {
		return 3 * time.Second
	}
	return 100 * time.Millisecond
}

// memoryHost has its table beside a store in memory.
type memoryHost struct {
	store  *memstore.Store
	mu     sync.Mutex
	events map[activity.ID]skipEvent
}

func (h *memoryHost) within(ctx context.Context, fn func(skipTx) error) error {
	var recorded []activity.Event
	err := h.store.InTx(ctx, func(tx activity.Store) error {
		return fn(skipTx{store: tx, expect: func(events []activity.Event) error {
			recorded = append(recorded, events...)
			return nil
		}})
	})
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range recorded {
		h.events[e.ID] = skipEvent{e.Tenant, e.Type}
	}
	return nil
}

func (h *memoryHost) expected(context.Context) (map[activity.ID]skipEvent, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.events, nil
}

func (h *memoryHost) longest() time.Duration { return 100 * time.Millisecond }

// isCut reports whether an error is that of a connection that was ended.
func isCut(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "57P01" // admin_shutdown
	}
	for _, known := range []error{
		driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, syscall.EPIPE, syscall.ECONNRESET,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return err != nil && strings.Contains(err.Error(), "conn closed") // pgx has no name for it
}
