package bunstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/uptrace/bun"

	"github.com/go-activity/activity"
)

// sqlite is the engine for SQLite 3.38 and later.
type sqlite struct{}

const (
	sqliteInsertEvent = `
INSERT INTO activity_event (id, tenant, type, version, actor_kind, actor_id, actor_label, about,
  task, source, occurred_at, recorded_at, payload, salts, key)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, key) WHERE key IS NOT NULL DO NOTHING`
	sqliteInsertFeed    = `INSERT INTO activity_feed (feed, type, source, event_id) VALUES (?, ?, ?, ?)`
	sqliteInsertPending = `INSERT INTO activity_pending (event_id, tenant, recorded_at, leaf) VALUES (?, ?, ?, ?)`
)

func (sqlite) insertsAtOnce([]activity.EventRow) bool { return false }

func (sqlite) prepared() []string {
	return append([]string{sqliteInsertEvent, sqliteInsertFeed, sqliteInsertPending,
		sqliteInsertTask, sqliteInsertFacets, sqliteTaskByID, sqliteMoveTask,
		sqliteInsertOutcome, sqliteInsertTally,
		sqliteMeter, sqliteSetMeter, sqliteInsertHold, sqliteUse, sqliteHold, sqliteUpdateHold, sqliteDeleteHold,
		sqliteWaiting, sqliteDeleteWaiting, sqliteInsertEntry, sqliteSetHead, sqliteGrowTile,
		sqliteSetName, sqliteAddWord, sqliteSetDirectory}, sqliteUpdates...)
}

func (sqlite) insert(ctx context.Context, s *Store, rows []*activity.EventRow) ([]bool, error) {
	// A context that can end costs the driver a goroutine for each statement; between rows is soon
	// enough.
	inner := context.WithoutCancel(ctx)
	var stmts [3]*sql.Stmt
	for i, text := range []string{sqliteInsertEvent, sqliteInsertFeed, sqliteInsertPending} {
		stmt, err := s.bound(ctx, text)
		if err != nil {
			return nil, err
		}
		stmts[i] = stmt
	}
	fresh := make([]*activity.EventRow, 0, len(rows))
	stored := make([]bool, len(rows))
	for i, r := range rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		about, err := encodeAbout(r.About)
		if err != nil {
			return nil, err
		}
		result, err := stmts[0].ExecContext(inner, r.ID[:], r.Tenant, r.Type, r.Version,
			r.Actor.Kind, r.Actor.ID, r.Actor.Label, about, sqliteID(r.Task), int64(r.Source),
			r.OccurredAt.UnixMicro(), r.RecordedAt.UnixMicro(), string(r.Payload), r.Salts,
			sql.NullString{String: r.Key, Valid: r.Key != ""})
		if err != nil {
			return nil, err
		}
		if n, err := result.RowsAffected(); err != nil {
			return nil, err
		} else if n == 0 {
			continue
		}
		stored[i] = true
		leaf := r.Leaf()
		if _, err := stmts[2].ExecContext(inner, r.ID[:], r.Tenant, r.RecordedAt.UnixMicro(), leaf[:]); err != nil {
			return nil, err
		}
		fresh = append(fresh, r)
	}
	for _, f := range feedRows(fresh) {
		if _, err := stmts[1].ExecContext(inner, f.feed, f.event.Type, int64(f.event.Source), f.event.ID[:]); err != nil {
			return nil, err
		}
	}
	return stored, ctx.Err()
}

func sqliteID(id activity.ID) []byte {
	if id.IsZero() {
		return nil
	}
	return id[:]
}

const (
	sqliteByID   = `SELECT e.id, ` + eventColumns + ` FROM activity_event e WHERE e.id = ?`
	sqliteByKeys = `
SELECT e.id, ` + eventColumns + `
FROM json_each(?2) k
CROSS JOIN activity_event e ON e.tenant = ?1 AND e.key = k.value`
)

func (sqlite) byID(ctx context.Context, db conn, id activity.ID) (activity.Event, error) {
	return sqliteScan(db.QueryRowContext(ctx, sqliteByID, id[:]))
}

func (sqlite) byKeys(ctx context.Context, db conn, tenant string, keys []string) ([]activity.Event, error) {
	return events(ctx, db, sqliteScan, sqliteByKeys, tenant, jsonList(keys))
}

func sqliteScan(row scanner) (activity.Event, error) {
	var id activity.ID
	var r scanned
	var occurred, recorded sql.NullInt64
	if err := row.Scan(append([]any{&id}, r.targets(&occurred, &recorded)...)...); err != nil {
		return activity.Event{}, err
	}
	if !r.tenant.Valid {
		return activity.Event{ID: id}, nil // a feed led to nothing
	}
	e, err := r.event(id)
	e.OccurredAt = time.UnixMicro(occurred.Int64).UTC()
	e.RecordedAt = time.UnixMicro(recorded.Int64).UTC()
	return e, err
}

func (sqlite) isolation() *sql.TxOptions { return nil } // there is but one writer

func (sqlite) lock(ctx context.Context, db *bun.DB) error {
	_, err := db.ExecContext(ctx, `BEGIN IMMEDIATE`)
	return err
}

func (sqlite) hasTable(ctx context.Context, db conn, name string) (bool, error) {
	var found bool
	err := db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?)`, name).Scan(&found)
	return found, err
}
