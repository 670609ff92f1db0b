package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/go-activity/activity"
)

// pgCopyRows are rows as CopyFrom takes them, ready to be sent.
type pgCopyRows struct{ event, feed, pending [][]any }

func newPgCopyRows(rows []activity.EventRow) *pgCopyRows {
	c := &pgCopyRows{}
	for i := range rows {
		r := &rows[i]
		c.event = append(c.event, pgEventValues(r))
		leaf := r.Leaf()
		c.pending = append(c.pending, []any{[16]byte(r.ID), r.Tenant, r.RecordedAt, leaf[:]})
	}
	for _, f := range feedRows(rows) {
		c.feed = append(c.feed, []any{f.feed, f.row.Type, int16(f.row.Source), [16]byte(f.row.ID)})
	}
	return c
}

func pgEventValues(r *activity.EventRow) []any {
	var task any
	if !r.Task.IsZero() {
		task = [16]byte(r.Task)
	}
	return []any{[16]byte(r.ID), r.Tenant, r.Type, int32(r.Version), r.Actor.Kind, r.Actor.ID, r.Actor.Label,
		encodeAbout(r.About), task, int16(r.Source), r.OccurredAt, r.RecordedAt, string(r.Payload), r.Salts}
}

// copy sends the rows in one transaction.
func (c *pgCopyRows) copy(ctx context.Context, conn *pgx.Conn) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, t := range []struct {
			table, columns string
			rows           [][]any
		}{
			{"activity_event", eventColumns, c.event},
			{"activity_feed", feedColumns, c.feed},
			{"activity_pending", pendingColumns, c.pending},
		} {
			_, err := tx.CopyFrom(ctx, pgx.Identifier{t.table}, strings.Split(t.columns, ", "), pgx.CopyFromRows(t.rows))
			if err != nil {
				return fmt.Errorf("copy into %s: %w", t.table, err)
			}
		}
		return nil
	})
}

// pgInsertOne stores one event about three entities: 14 values of the event, five feeds, the leaf.
const pgInsertOne = `
WITH event AS (
  INSERT INTO activity_event (` + eventColumns + `)
  VALUES ($1::uuid, $2::text, $3::text, $4::integer, $5::text, $6::text, $7::text, $8::json,
    $9::uuid, $10::smallint, $11::timestamptz, $12::timestamptz, $13::json, $14::bytea)
), feed AS (
  INSERT INTO activity_feed (` + feedColumns + `)
  VALUES ($15::bigint, $3, $10, $1), ($16::bigint, $3, $10, $1), ($17::bigint, $3, $10, $1),
    ($18::bigint, $3, $10, $1), ($19::bigint, $3, $10, $1)
)
INSERT INTO activity_pending (` + pendingColumns + `)
VALUES ($1, $2, $12, $20::bytea)`

func pgOneValues(row activity.EventRow) []any {
	values := pgEventValues(&row)
	for _, f := range feedRows([]activity.EventRow{row}) {
		values = append(values, f.feed)
	}
	leaf := row.Leaf()
	return append(values, leaf[:])
}

// pgPages are ways to read the newest events of a feed.
var pgPages = []struct{ name, statement string }{
	// As one would write it first: the index gives the feed, a sort the order.
	{"join", `
SELECT ` + pageColumns + `
FROM activity_feed f
JOIN activity_event e ON e.id = f.event_id
WHERE f.feed = $1
ORDER BY f.event_id DESC
LIMIT $2`},

	// The newest of each type and source, then the newest of those.
	{"newest of each", `
SELECT ` + pageColumns + `
FROM (
  SELECT newest.event_id
  FROM (VALUES ` + strings.ReplaceAll(branches("(TYPE, SOURCE::smallint)"), "\n  UNION ALL ", ", ") + `) s (type, source)
  CROSS JOIN LATERAL (
    SELECT f.event_id
    FROM activity_feed f
    WHERE f.feed = $1 AND f.type = s.type AND f.source = s.source
    ORDER BY f.event_id DESC
    LIMIT $2
  ) newest
  ORDER BY newest.event_id DESC
  LIMIT $2
) page
JOIN activity_event e ON e.id = page.event_id
ORDER BY page.event_id DESC`},

	// The index has each type and source in order: PostgreSQL merges them and stops early.
	{"merge", `
SELECT ` + pageColumns + `
FROM (
  SELECT event_id
  FROM (
  ` + branches("SELECT event_id FROM activity_feed WHERE feed = $1 AND type = TYPE AND source = SOURCE") + `
  ) streams
  ORDER BY event_id DESC
  LIMIT $2
) page
JOIN activity_event e ON e.id = page.event_id
ORDER BY page.event_id DESC`},
}

// pgReadPage reads one page by the prepared statement of the name.
func pgReadPage(ctx context.Context, conn *pgx.Conn, name string, about activity.Entity) ([]activity.Event, error) {
	rows, err := conn.Query(ctx, name, feedKey(ofEntity, tenant, about.Kind, about.ID), pageLimit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	events := make([]activity.Event, 0, pageLimit)
	for rows.Next() {
		var e activity.Event
		var task pgtype.UUID
		var key pgtype.Text
		var entities []byte
		var occurred, recorded time.Time
		err := rows.Scan((*[16]byte)(&e.ID), &e.Tenant, &e.Type, &e.Version, &e.Actor.Kind, &e.Actor.ID, &e.Actor.Label, &entities,
			&task, &e.Source, &occurred, &recorded, &key, (*json.RawMessage)(&e.Payload), &e.Erased)
		if err != nil {
			return nil, err
		}
		if e.About, err = decodeAbout(entities); err != nil {
			return nil, err
		}
		e.Task, e.Key = activity.ID(task.Bytes), key.String
		e.OccurredAt, e.RecordedAt = occurred.UTC(), recorded.UTC()
		events = append(events, e)
	}
	return events, rows.Err()
}
