// Package sqlite opens an activity store in a SQLite file, over modernc.org/sqlite, which needs no C
// compiler.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/go-activity/activity"
	"github.com/go-activity/activity/store/bunstore"
)

// Option changes what Open does by default.
type Option func(*options)

type options struct{ synchronous string }

// WithoutSync lets the operating system decide when a commit reaches the disk (synchronous=NORMAL).
// Single events are recorded about twice as fast; a power cut may take the last of them, though
// never half of a call. The crash of a process loses nothing.
func WithoutSync() Option { return func(o *options) { o.synchronous = "NORMAL" } }

// Open opens a SQLite file, which is made if it does not exist. Several processes may use one file
// on one machine; it must not be on a network file system.
//
// There is one connection for writing, because SQLite has one writer, and a pool for reading, which
// writing does not hold up. Transactions of the host on DB take the writer's place at once: keep them
// short. Whoever else writes waits, in the same process until its context ends, in another one for up
// to 15 seconds, which the end of a context does not shorten. Writing through the store itself while
// the same goroutine holds a transaction waits for itself: use Tx. Close closes both pools.
//
// A path that SQLite would not read as a file, such as ":memory:", is an [activity.InvalidError]:
// for a store without a file there is memstore.
func Open(ctx context.Context, path string, opts ...Option) (*bunstore.Store, error) {
	o := options{synchronous: "FULL"}
	for _, opt := range opts {
		opt(&o)
	}
	if path == "" || strings.HasPrefix(path, ":") || strings.HasPrefix(path, "file:") || strings.IndexByte(path, 0) >= 0 {
		return nil, &activity.InvalidError{Field: "Path", Reason: "is not the path of a file"}
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, &activity.InvalidError{Field: "Path", Reason: "is not the path of a file", Err: err}
	}

	writer, err := open(ctx, path, url.Values{"_txlock": {"immediate"}}, pragmas{
		{"busy_timeout", "15000", "15000"},
		{"journal_mode", "WAL", "wal"},
		{"synchronous", o.synchronous, map[string]string{"FULL": "2", "NORMAL": "1"}[o.synchronous]},
		{"foreign_keys", "1", "1"},
		{"recursive_triggers", "1", "1"},
		{"cache_size", "-65536", "-65536"},
		{"wal_autocheckpoint", "4000", "4000"},
		{"journal_size_limit", "67108864", "67108864"},
	})
	if err != nil {
		return nil, err
	}
	writer.SetMaxOpenConns(1)

	reader, err := open(ctx, path, url.Values{"mode": {"ro"}}, pragmas{
		{"busy_timeout", "15000", "15000"},
		{"query_only", "1", "1"},
		{"cache_size", "-16384", "-16384"},
	})
	if err != nil {
		writer.Close()
		return nil, err
	}
	readers := max(4, runtime.GOMAXPROCS(0))
	reader.SetMaxOpenConns(readers)
	reader.SetMaxIdleConns(readers)

	return bunstore.New(bun.NewDB(writer, sqlitedialect.New()),
		bunstore.WithReadDB(bun.NewDB(reader, sqlitedialect.New())), bunstore.WithOwnership()), nil
}

// pragmas are settings of each connection: name, the value that is set, the value that is read back.
type pragmas [][3]string

func open(ctx context.Context, path string, query url.Values, settings pragmas) (*sql.DB, error) {
	for _, p := range settings {
		query.Add("_pragma", p[0]+"("+p[1]+")")
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("activity: open %s: %w", path, err)
	}
	// The driver ignores a setting whose name it does not know.
	for _, p := range settings {
		var value string
		err := retry(ctx, func() error { return db.QueryRowContext(ctx, "PRAGMA "+p[0]).Scan(&value) })
		if err == nil && value != p[2] {
			err = fmt.Errorf("%s is %q and not %q", p[0], value, p[2])
		}
		if err != nil {
			db.Close()
			return nil, fmt.Errorf("activity: open %s: %w", path, err)
		}
	}
	return db, nil
}

// retry waits for other processes that switch a new file to WAL at the same time: SQLite reports
// them as busy without waiting for the busy timeout.
func retry(ctx context.Context, fn func() error) error {
	deadline := time.Now().Add(15 * time.Second)
	for pause := time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		err := fn()
		var busy *driver.Error
		if !errors.As(err, &busy) || busy.Code()&0xff != sqlite3.SQLITE_BUSY || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}
