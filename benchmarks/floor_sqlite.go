package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/go-activity/activity"
)

// openSQLiteByHand opens a file as store/sqlite does, for one connection.
func openSQLiteByHand(ctx context.Context, path string) (*sql.Conn, func(), error) {
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(15000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "recursive_triggers(1)",
		"cache_size(-65536)", "wal_autocheckpoint(4000)", "journal_size_limit(67108864)",
	}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		db.Close()
		return nil, nil, err
	}
	return conn, func() { conn.Close(); db.Close() }, nil
}

// sqliteInserter stores rows by statements that are prepared once.
type sqliteInserter struct {
	conn                           *sql.Conn
	event, feed, feedFive, pending *sql.Stmt
}

func newSQLiteInserter(ctx context.Context, conn *sql.Conn) (*sqliteInserter, error) {
	s := &sqliteInserter{conn: conn}
	for _, p := range []struct {
		stmt           **sql.Stmt
		table, columns string
		rows           int
	}{
		{&s.event, "activity_event", eventColumns, 1},
		{&s.feed, "activity_feed", feedColumns, 1},
		{&s.feedFive, "activity_feed", feedColumns, 5},
		{&s.pending, "activity_pending", pendingColumns, 1},
	} {
		text := sqliteInsert(p.table, p.columns, p.rows)
		stmt, err := conn.PrepareContext(ctx, text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", text, err)
		}
		*p.stmt = stmt
	}
	return s, nil
}

// sqliteInsert is a statement that stores so many rows.
func sqliteInsert(table, columns string, rows int) string {
	places := "(?" + strings.Repeat(", ?", strings.Count(columns, ",")) + ")"
	return "INSERT INTO " + table + " (" + columns + ") VALUES " + places + strings.Repeat(", "+places, rows-1)
}

// sqliteRows are rows as the statements take them.
type sqliteRows struct{ event, feed, pending [][]any }

func newSQLiteRows(rows []activity.EventRow) *sqliteRows {
	s := &sqliteRows{}
	for i := range rows {
		r := &rows[i]
		var task []byte
		if !r.Task.IsZero() {
			task = r.Task[:]
		}
		s.event = append(s.event, []any{r.ID[:], r.Tenant, r.Type, int64(r.Version), r.Actor.Kind, r.Actor.ID, r.Actor.Label,
			encodeAbout(r.About), task, int64(r.Source), r.OccurredAt.UnixMicro(), r.RecordedAt.UnixMicro(), string(r.Payload), r.Salts})
		leaf := r.Leaf()
		s.pending = append(s.pending, []any{r.ID[:], r.Tenant, r.RecordedAt.UnixMicro(), leaf[:]})
	}
	for _, f := range feedRows(rows) {
		s.feed = append(s.feed, []any{f.feed, f.row.Type, int64(f.row.Source), f.row.ID[:]})
	}
	return s
}

// store stores the rows in one transaction. It passes no context that can end: this driver starts a
// goroutine for each statement that has one.
func (s *sqliteInserter) store(rows *sqliteRows) error {
	ctx := context.Background()
	return sqliteInTx(s.conn, func() error {
		for _, t := range []struct {
			stmt *sql.Stmt
			rows [][]any
		}{{s.event, rows.event}, {s.feed, rows.feed}, {s.pending, rows.pending}} {
			for _, values := range t.rows {
				if _, err := t.stmt.ExecContext(ctx, values...); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// storeOne stores one event about three entities in one transaction, its feeds in one statement.
func (s *sqliteInserter) storeOne(rows *sqliteRows) error {
	feeds := make([]any, 0, 4*len(rows.feed))
	for _, f := range rows.feed {
		feeds = append(feeds, f...)
	}
	ctx := context.Background()
	return sqliteInTx(s.conn, func() error {
		if _, err := s.event.ExecContext(ctx, rows.event[0]...); err != nil {
			return err
		}
		if _, err := s.feedFive.ExecContext(ctx, feeds...); err != nil {
			return err
		}
		_, err := s.pending.ExecContext(ctx, rows.pending[0]...)
		return err
	})
}

// sqliteInTx runs fn in a transaction.
func sqliteInTx(conn *sql.Conn, fn func() error) error {
	ctx := context.Background()
	if _, err := conn.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		return err
	}
	if err := fn(); err != nil {
		_, _ = conn.ExecContext(ctx, `ROLLBACK`) // err is what matters
		return err
	}
	_, err := conn.ExecContext(ctx, `COMMIT`)
	return err
}

// sqlitePages are ways to read the newest events of a feed.
var sqlitePages = []struct{ name, statement string }{
	// As one would write it first: the index gives the feed, a sort the order.
	{"join", `
SELECT ` + pageColumns + `
FROM activity_feed f
JOIN activity_event e ON e.id = f.event_id
WHERE f.feed = ?1
ORDER BY f.event_id DESC
LIMIT ?2`},

	// The newest of each type and source, then the newest of those.
	{"newest of each", `
SELECT ` + pageColumns + `
FROM (
  SELECT event_id
  FROM (
  ` + branches("SELECT * FROM (SELECT event_id FROM activity_feed WHERE feed = ?1 AND type = TYPE AND source = SOURCE ORDER BY event_id DESC LIMIT ?2)") + `
  )
  ORDER BY event_id DESC
  LIMIT ?2
) page
JOIN activity_event e ON e.id = page.event_id
ORDER BY page.event_id DESC`},

	// The index has each type and source in order: SQLite merges them and stops early.
	{"merge", `
SELECT ` + pageColumns + `
FROM (
  ` + branches("SELECT event_id FROM activity_feed WHERE feed = ?1 AND type = TYPE AND source = SOURCE") + `
  ORDER BY event_id DESC
  LIMIT ?2
) page
JOIN activity_event e ON e.id = page.event_id
ORDER BY page.event_id DESC`},

	// A recursive query keeps its rows in order, so it can be the merge: each event that is taken out
	// puts the next one of its type and source in.
	{"recursive merge", `
WITH RECURSIVE streams (type, source) AS (
  VALUES ` + strings.ReplaceAll(branches("(TYPE, SOURCE)"), "\n  UNION ALL ", ", ") + `
), merged (type, source, event_id) AS (
  SELECT s.type, s.source, (
    SELECT f.event_id
    FROM activity_feed f
    WHERE f.feed = ?1 AND f.type = s.type AND f.source = s.source
    ORDER BY f.event_id DESC
    LIMIT 1
  )
  FROM streams s
  UNION ALL
  SELECT m.type, m.source, (
    SELECT f.event_id
    FROM activity_feed f
    WHERE f.feed = ?1 AND f.type = m.type AND f.source = m.source AND f.event_id < m.event_id
    ORDER BY f.event_id DESC
    LIMIT 1
  )
  FROM merged m
  WHERE m.event_id IS NOT NULL
  ORDER BY 3 DESC NULLS LAST
  LIMIT ?2
)
SELECT ` + pageColumns + `
FROM merged m
JOIN activity_event e ON e.id = m.event_id
ORDER BY m.event_id DESC`},
}

func sqliteReadPage(ctx context.Context, stmt *sql.Stmt, about activity.Entity) ([]activity.Event, error) {
	rows, err := stmt.QueryContext(ctx, feedKey(ofEntity, tenant, about.Kind, about.ID), pageLimit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	events := make([]activity.Event, 0, pageLimit)
	for rows.Next() {
		var e activity.Event
		var id, task []byte
		var entities []byte
		var key sql.NullString
		var occurred, recorded int64
		err := rows.Scan(&id, &e.Tenant, &e.Type, &e.Version, &e.Actor.Kind, &e.Actor.ID, &e.Actor.Label, &entities,
			&task, &e.Source, &occurred, &recorded, &key, (*[]byte)(&e.Payload), &e.Erased)
		if err != nil {
			return nil, err
		}
		if e.About, err = decodeAbout(entities); err != nil {
			return nil, err
		}
		copy(e.ID[:], id)
		copy(e.Task[:], task)
		e.Key = key.String
		e.OccurredAt, e.RecordedAt = time.UnixMicro(occurred).UTC(), time.UnixMicro(recorded).UTC()
		events = append(events, e)
	}
	return events, rows.Err()
}
