package bunstore

import (
	"context"
	"database/sql"

	"github.com/go-activity/activity"
)

const (
	sqliteWaits = `SELECT EXISTS (SELECT 1 FROM activity_pending)`

	sqliteWaiting = `
SELECT event_id, tenant, recorded_at, leaf, rowid
FROM activity_pending
ORDER BY rowid
LIMIT ?1`
	sqliteDeleteWaiting = `DELETE FROM activity_pending WHERE rowid <= ?1`

	sqliteLast  = `SELECT COALESCE(max(position), 0) FROM activity_ledger`
	sqliteHeads = `
SELECT h.tenant, h.size, h.edge
FROM json_each(?1) t
CROSS JOIN activity_head h ON h.tenant = t.value`
	sqliteLeaves = `
SELECT leaf
FROM activity_ledger
WHERE tenant = ?1 AND "index" >= ?2 AND "index" < ?3
ORDER BY "index"
LIMIT 256`

	sqliteInsertEntry = `INSERT INTO activity_ledger (position, tenant, "index", event_id, leaf) VALUES (?, ?, ?, ?, ?)`
	sqliteSetHead     = `
INSERT INTO activity_head (tenant, size, edge, position)
VALUES (?, ?, ?, ?)
ON CONFLICT (tenant) DO UPDATE SET size = excluded.size, edge = excluded.edge, position = excluded.position`
	sqliteGrowTile = `
INSERT INTO activity_tile (tenant, level, "index", hashes)
VALUES (?, ?, ?, ?)
ON CONFLICT (tenant, level, "index") DO UPDATE SET hashes = CAST(hashes || excluded.hashes AS BLOB)`

	sqliteUnsealed = `SELECT count(*), min(recorded_at), (` + sqliteLast + `) FROM activity_pending`
)

func (sqlite) waits(ctx context.Context, _ *Store, db conn) (some bool, err error) {
	err = db.QueryRowContext(ctx, sqliteWaits).Scan(&some)
	return some, err
}

func (sqlite) lockSeal(context.Context, *Store) error { return nil } // there is but one writer

func (e sqlite) takeWaiting(ctx context.Context, s *Store, limit int) ([]waiting, error) {
	stmt, err := s.bound(ctx, sqliteWaiting)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(context.WithoutCancel(ctx), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []waiting
	var last int64
	for rows.Next() {
		var w waiting
		if err := w.scan(rows, &last); err != nil {
			return nil, err
		}
		found = append(found, w)
	}
	if err := rows.Err(); err != nil || len(found) == 0 {
		return nil, err
	}
	rows.Close()
	_, err = e.exec(ctx, s, sqliteDeleteWaiting, last)
	return found, err
}

func (sqlite) heads(ctx context.Context, s *Store, tenants []string) (map[string]activity.TreeHead, activity.Position, error) {
	var last activity.Position
	if err := s.tx.QueryRowContext(ctx, sqliteLast).Scan(&last); err != nil {
		return nil, 0, err
	}
	rows, err := s.tx.QueryContext(ctx, sqliteHeads, jsonList(tenants))
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	heads := make(map[string]activity.TreeHead, len(tenants))
	for rows.Next() {
		var tenant string
		var size int64
		var edge []byte
		if err := rows.Scan(&tenant, &size, &edge); err != nil {
			return nil, 0, err
		}
		if heads[tenant], err = soundHead(tenant, size, edge); err != nil {
			return nil, 0, err
		}
	}
	return heads, last, rows.Err()
}

func (sqlite) leaves(ctx context.Context, db conn, wanted []leafRange) ([][]byte, error) {
	found := make([][]byte, len(wanted))
	for i, r := range wanted {
		rows, err := db.QueryContext(ctx, sqliteLeaves, r.tenant, r.low, r.high)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			var leaf sql.RawBytes
			if err := rows.Scan(&leaf); err != nil {
				rows.Close()
				return nil, err
			}
			found[i] = append(found[i], leaf...)
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (e sqlite) addEntries(ctx context.Context, s *Store, b *batch) error {
	stmt, err := s.bound(ctx, sqliteInsertEntry)
	if err != nil {
		return err
	}
	inner := context.WithoutCancel(ctx)
	for i := range b.rows {
		if i%100 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		r := &b.rows[i]
		if _, err := stmt.ExecContext(inner, int64(b.last)+int64(i)+1, r.tenant, b.indexes[i], r.id[:], r.leaf[:]); err != nil {
			return err
		}
	}
	for _, g := range b.grown {
		if _, err := e.exec(ctx, s, sqliteSetHead, g.tenant, g.tree.Size, joinHashes(g.tree.Edge), int64(g.tree.Position)); err != nil {
			return err
		}
		for _, tile := range g.tiles {
			if _, err := e.exec(ctx, s, sqliteGrowTile, g.tenant, tile.Level, tile.Index, joinHashes(tile.Hashes)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (sqlite) sealed(context.Context, *Store) {}
