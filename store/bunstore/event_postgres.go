package bunstore

import (
	"context"
	"database/sql"
	"sync"

	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
)

// postgres is the engine for PostgreSQL 13 and later. Columns travel as arrays, written as text,
// which every driver can send.
type postgres struct{}

const pgInsert = `
WITH event AS (
  INSERT INTO activity_event (id, tenant, type, version, actor_kind, actor_id, actor_label, about,
    task, source, occurred_at, recorded_at, payload, salts)
  SELECT *
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::json[],
    $9::uuid[], $10::smallint[], $11::timestamptz[], $12::timestamptz[], $13::json[], $14::bytea[])
), feed AS (
  INSERT INTO activity_feed (feed, type, source, event_id)
  SELECT *
  FROM unnest($15::bigint[], $16::text[], $17::smallint[], $18::uuid[])
)
INSERT INTO activity_pending (event_id, tenant, recorded_at, leaf)
SELECT *
FROM unnest($1::uuid[], $2::text[], $12::timestamptz[], $19::bytea[])`

// A row whose key exists is left out of all three tables. ON CONFLICT waits for a transaction that
// is about to store the same key.
const pgInsertKeyed = `
WITH event AS (
  INSERT INTO activity_event (id, tenant, type, version, actor_kind, actor_id, actor_label, about,
    task, source, occurred_at, recorded_at, payload, salts, key)
  SELECT *
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::json[],
    $9::uuid[], $10::smallint[], $11::timestamptz[], $12::timestamptz[], $13::json[], $14::bytea[], $20::text[])
  ON CONFLICT (tenant, key) WHERE key IS NOT NULL DO NOTHING
  RETURNING id
), feed AS (
  INSERT INTO activity_feed (feed, type, source, event_id)
  SELECT f.*
  FROM unnest($15::bigint[], $16::text[], $17::smallint[], $18::uuid[]) AS f (feed, type, source, event_id)
  WHERE f.event_id IN (SELECT id FROM event)
), pending AS (
  INSERT INTO activity_pending (event_id, tenant, recorded_at, leaf)
  SELECT p.*
  FROM unnest($1::uuid[], $2::text[], $12::timestamptz[], $19::bytea[]) AS p (event_id, tenant, recorded_at, leaf)
  WHERE p.event_id IN (SELECT id FROM event)
)
SELECT id FROM event`

// One event needs no arrays but that of its feeds.
const pgInsertOne = `
WITH event AS (
  INSERT INTO activity_event (id, tenant, type, version, actor_kind, actor_id, actor_label, about,
    task, source, occurred_at, recorded_at, payload, salts, key)
  VALUES ($1::uuid, $2::text, $3::text, $4::integer, $5::text, $6::text, $7::text, $8::json,
    $9::uuid, $10::smallint, $11::timestamptz, $12::timestamptz, $13::json, $14::bytea, $15::text)
  ON CONFLICT (tenant, key) WHERE key IS NOT NULL DO NOTHING
  RETURNING id, tenant, type, source, recorded_at
), feed AS (
  INSERT INTO activity_feed (feed, type, source, event_id)
  SELECT f.feed, event.type, event.source, event.id
  FROM event, unnest($16::bigint[]) AS f (feed)
), pending AS (
  INSERT INTO activity_pending (event_id, tenant, recorded_at, leaf)
  SELECT id, tenant, recorded_at, $17::bytea
  FROM event
)
SELECT id FROM event`

var pgInserts, pgInsertsKeyed, pgInsertsOne = ofBoth(pgInsert), ofBoth(pgInsertKeyed), ofBoth(pgInsertOne)

func (postgres) insertsAtOnce(rows []activity.EventRow) bool {
	return len(rows) == 1 || len(rows) <= maxInsert && !keyed(rows)
}

func (postgres) prepared() []string { return nil } // the driver does it

func (postgres) insert(ctx context.Context, s *Store, rows []*activity.EventRow) ([]bool, error) {
	db := s.writer()
	if err := s.turns.ask(ctx, db); err != nil {
		return nil, err
	}
	if len(rows) == 1 {
		stored, err := pgInsertSingle(ctx, db, s.turns.of(pgInsertsOne), rows[0])
		return []bool{stored}, err
	}
	args, err := pgColumns(rows)
	if err != nil {
		return nil, err
	}
	stored := make([]bool, len(rows))
	if last := rows[len(rows)-1]; last.Key == "" { // they are sorted by key
		for i := range stored {
			stored[i] = true
		}
		_, err := db.ExecContext(ctx, s.turns.of(pgInserts), args[:19]...)
		return stored, err
	}
	found, err := db.QueryContext(ctx, s.turns.of(pgInsertsKeyed), args...)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	places := make(map[activity.ID]int, len(rows))
	for i, r := range rows {
		places[r.ID] = i
	}
	for found.Next() {
		var id activity.ID
		if err := found.Scan(&id); err != nil {
			return nil, err
		}
		stored[places[id]] = true
	}
	return stored, found.Err()
}

// pgEventArgs is how many arguments an event takes.
const pgEventArgs = 17

// pgEvent makes the arguments of one event.
func pgEvent(r *activity.EventRow) ([]any, error) {
	about, err := encodeAbout(r.About)
	if err != nil {
		return nil, err
	}
	leaf := r.Leaf()
	return []any{r.ID.String(), r.Tenant, r.Type, r.Version,
		r.Actor.Kind, r.Actor.ID, r.Actor.Label, about, r.Task, int64(r.Source), r.OccurredAt, r.RecordedAt,
		string(r.Payload), r.Salts, sql.NullString{String: r.Key, Valid: r.Key != ""},
		pgInts(feedsOf(nil, &r.Event)), leaf[:]}, nil
}

func pgInsertSingle(ctx context.Context, db conn, text string, r *activity.EventRow) (bool, error) {
	args, err := pgEvent(r)
	if err != nil {
		return false, err
	}
	result, err := db.ExecContext(ctx, text, args...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// pgBuffers keeps the memory in which columns are written, about as much as the largest call needed.
var pgBuffers = sync.Pool{New: func() any { return new([20]pgArray) }}

// pgColumns makes the arguments of the insert statements.
func pgColumns(rows []*activity.EventRow) ([]any, error) {
	c := pgBuffers.Get().(*[20]pgArray)
	defer pgBuffers.Put(c)
	for i := range c {
		c[i].b = c[i].b[:0]
	}
	for _, r := range rows {
		about, err := encodeAbout(r.About)
		if err != nil {
			return nil, err
		}
		c[0].id(r.ID)
		c[1].text(r.Tenant)
		c[2].text(r.Type)
		c[3].int(int64(r.Version))
		c[4].text(r.Actor.Kind)
		c[5].text(r.Actor.ID)
		c[6].text(r.Actor.Label)
		c[7].text(about)
		c[8].id(r.Task)
		c[9].int(int64(r.Source))
		c[10].time(r.OccurredAt)
		c[11].time(r.RecordedAt)
		c[12].text(string(r.Payload))
		c[13].bytes(r.Salts)
		leaf := r.Leaf()
		c[18].bytes(leaf[:])
		if r.Key == "" {
			c[19].null()
		} else {
			c[19].text(r.Key)
		}
	}
	for _, f := range feedRows(rows) {
		c[14].int(f.feed)
		c[15].text(f.event.Type)
		c[16].int(int64(f.event.Source))
		c[17].id(f.event.ID)
	}
	args := make([]any, len(c))
	for i := range c {
		args[i] = c[i].String()
	}
	return args, nil
}

const (
	pgByID   = `SELECT e.id, ` + eventColumns + ` FROM activity_event e WHERE e.id = $1::uuid`
	pgByKeys = `
SELECT e.id, ` + eventColumns + `
FROM unnest($2::text[]) AS k (key)
CROSS JOIN LATERAL (
  SELECT *
  FROM activity_event
  WHERE tenant = $1::text AND key = k.key
  LIMIT 1
) e`
)

func (postgres) byID(ctx context.Context, db conn, id activity.ID) (activity.Event, error) {
	return pgScan(db.QueryRowContext(ctx, pgByID, id.String()))
}

func (postgres) byKeys(ctx context.Context, db conn, tenant string, keys []string) ([]activity.Event, error) {
	return events(ctx, db, pgScan, pgByKeys, tenant, pgTexts(keys))
}

func pgScan(row scanner) (activity.Event, error) {
	var id activity.ID
	var r scanned
	var occurred, recorded sql.NullTime
	if err := row.Scan(append([]any{&id}, r.targets(&occurred, &recorded)...)...); err != nil {
		return activity.Event{}, err
	}
	if !r.tenant.Valid {
		return activity.Event{ID: id}, nil // a feed led to nothing
	}
	e, err := r.event(id)
	e.OccurredAt, e.RecordedAt = occurred.Time.UTC(), recorded.Time.UTC()
	return e, err
}

// isolation is the level at which a statement that follows a lock sees what was committed before it,
// whatever the database's default is.
func (postgres) isolation() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelReadCommitted}
}

func (postgres) lock(ctx context.Context, db *bun.DB) error {
	if _, err := db.ExecContext(ctx, `BEGIN`); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtext('github.com/go-activity/activity migrations'))`)
	return err
}

func (postgres) hasTable(ctx context.Context, db conn, name string) (bool, error) {
	var found bool
	err := db.QueryRowContext(ctx, `SELECT to_regclass($1::text) IS NOT NULL`, name).Scan(&found)
	return found, err
}
