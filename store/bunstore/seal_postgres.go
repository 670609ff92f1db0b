package bunstore

import (
	"context"
	"database/sql"

	"github.com/go-activity/activity"
)

const (
	pgWaits = `SELECT EXISTS (SELECT 1 FROM activity_pending) OR EXISTS (SELECT 1 FROM activity_pending_b), b FROM activity_pending_turn`

	// Keys of two numbers are apart from those of one, which the locks of admission and of migrations have. The
	// second number tells the ledger from others in the same database.
	pgLockSeal = `SELECT pg_advisory_xact_lock(` + pgSealKey + `)`
	pgSealKey  = `hashtext('github.com/go-activity/activity seal'), 'activity_ledger'::regclass::oid::integer`

	// The table that is not being filled comes first: once it is empty it can be truncated.
	//
	// Rows are found by their places. A planner that takes the table for small, as its statistics say or as it was when
	// the plan was made, would rather read all of it, which takes 15 times as long when much waits: so it must not. Nor
	// must it compile what it then thinks is dear.
	pgTakeWaiting = `
DELETE FROM activity_pending p
USING (SELECT ctid AS place FROM activity_pending LIMIT $1::integer) s
WHERE p.ctid = s.place
RETURNING p.event_id, p.tenant, p.recorded_at, p.leaf`
	pgPlanning = `
SELECT current_setting('enable_seqscan'), current_setting('enable_hashjoin'), current_setting('enable_mergejoin'), current_setting('jit')`
	pgPlan = `
SELECT set_config('enable_seqscan', $1::text, true), set_config('enable_hashjoin', $2::text, true),
  set_config('enable_mergejoin', $3::text, true), set_config('jit', $4::text, true)`

	pgHeads = `
SELECT t.tenant, COALESCE(h.size, 0), COALESCE(h.edge, ''), (SELECT COALESCE(max(l.position), 0) FROM activity_ledger l)
FROM unnest($1::text[]) AS t (tenant)
LEFT JOIN LATERAL (
  SELECT size, edge
  FROM activity_head
  WHERE tenant = t.tenant
  LIMIT 1
) h ON true`

	pgLeaves = `
SELECT k.n, l.leaf
FROM unnest($1::text[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS k (tenant, low, high, n)
CROSS JOIN LATERAL (
  SELECT index, leaf
  FROM activity_ledger
  WHERE tenant = k.tenant AND index >= k.low AND index < k.high
  ORDER BY index
  LIMIT 256
) l
ORDER BY k.n, l.index`

	pgInsertEntries = `
INSERT INTO activity_ledger (position, tenant, index, event_id, leaf)
SELECT $1::bigint + l.n, l.tenant, l.index, l.event_id, l.leaf
FROM unnest($2::text[], $3::bigint[], $4::uuid[], $5::bytea[]) WITH ORDINALITY AS l (tenant, index, event_id, leaf, n)`
	pgCopyEntries = `COPY activity_ledger (position, tenant, index, event_id, leaf) FROM STDIN BINARY`

	// Tiles grow at their ends.
	pgGrowTrees = `
WITH head AS (
  INSERT INTO activity_head (tenant, size, edge, position)
  SELECT *
  FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::bigint[])
  ON CONFLICT (tenant) DO UPDATE SET size = excluded.size, edge = excluded.edge, position = excluded.position
)
INSERT INTO activity_tile AS t (tenant, level, index, hashes)
SELECT *
FROM unnest($5::text[], $6::integer[], $7::bigint[], $8::bytea[])
ON CONFLICT (tenant, level, index) DO UPDATE SET hashes = t.hashes || excluded.hashes`

	pgUnsealed = `
SELECT count(*), min(recorded_at), (SELECT COALESCE(max(position), 0) FROM activity_ledger)
FROM (
  SELECT recorded_at FROM activity_pending
  UNION ALL
  SELECT recorded_at FROM activity_pending_b
) p`
)

var pgTakesWaiting = ofBoth(pgTakeWaiting)

func (postgres) waits(ctx context.Context, s *Store, db conn) (some bool, err error) {
	var b bool
	if err := db.QueryRowContext(ctx, pgWaits).Scan(&some, &b); err != nil {
		return false, err
	}
	s.turns.heard(b)
	return some, nil
}

func (postgres) lockSeal(ctx context.Context, s *Store) error {
	_, err := s.tx.ExecContext(ctx, pgLockSeal)
	return err
}

func (postgres) takeWaiting(ctx context.Context, s *Store, limit int) (found []waiting, err error) {
	var before [4]string
	if err := s.tx.QueryRowContext(ctx, pgPlanning).Scan(&before[0], &before[1], &before[2], &before[3]); err != nil {
		return nil, err
	}
	if _, err := s.tx.ExecContext(ctx, pgPlan, "off", "off", "off", "off"); err != nil {
		return nil, err
	}
	filled := s.turns.index()
	for _, table := range []int{1 - filled, filled} {
		if len(found) == limit {
			break
		}
		rows, err := scanAll(ctx, s.tx, scanWaiting, pgTakesWaiting[table], limit-len(found))
		if err != nil {
			return nil, err // and the transaction, or the part of it, is undone
		}
		found = append(found, rows...)
	}
	_, err = s.tx.ExecContext(ctx, pgPlan, before[0], before[1], before[2], before[3])
	return found, err
}

func (postgres) heads(ctx context.Context, s *Store, tenants []string) (map[string]activity.TreeHead, activity.Position, error) {
	rows, err := s.tx.QueryContext(ctx, pgHeads, pgTexts(tenants))
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	heads := make(map[string]activity.TreeHead, len(tenants))
	var last activity.Position
	for rows.Next() {
		var tenant string
		var size int64
		var edge []byte
		if err := rows.Scan(&tenant, &size, &edge, &last); err != nil {
			return nil, 0, err
		}
		if heads[tenant], err = soundHead(tenant, size, edge); err != nil {
			return nil, 0, err
		}
	}
	return heads, last, rows.Err()
}

func (postgres) leaves(ctx context.Context, db conn, wanted []leafRange) ([][]byte, error) {
	var tenants, lows, highs pgArray
	for _, r := range wanted {
		tenants.text(r.tenant)
		lows.int(r.low)
		highs.int(r.high)
	}
	return numbered(ctx, db, len(wanted), pgLeaves, tenants.String(), lows.String(), highs.String())
}

// numbered reads rows of a number, from 1 to n, and bytes, and joins the bytes of each number.
func numbered(ctx context.Context, db conn, n int, query string, args ...any) ([][]byte, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := make([][]byte, n)
	for rows.Next() {
		var i int
		var data sql.RawBytes
		if err := rows.Scan(&i, &data); err != nil {
			return nil, err
		}
		found[i-1] = append(found[i-1], data...)
	}
	return found, rows.Err()
}

func (postgres) addEntries(ctx context.Context, s *Store, b *batch) error {
	if err := pgAddRows(ctx, s, b); err != nil {
		return err
	}
	_, err := s.tx.ExecContext(ctx, pgGrowTrees, pgTreeColumns(b.grown)...)
	return err
}

func pgAddRows(ctx context.Context, s *Store, b *batch) error {
	if s.copyFrom == nil || s.tx.conn == nil || len(b.rows) < minCopy {
		_, err := s.tx.ExecContext(ctx, pgInsertEntries, pgEntryColumns(b)...)
		return err
	}
	var data copyData
	data.entries(b)
	return s.tx.conn.Raw(func(driverConn any) error {
		return s.copyFrom(ctx, driverConn, pgCopyEntries, data.end())
	})
}

func (c *copyData) entries(b *batch) {
	c.begin(110 * len(b.rows))
	for i := range b.rows {
		r := &b.rows[i]
		c.row(5)
		c.int8(int64(b.last) + int64(i) + 1)
		c.text(r.tenant)
		c.int8(b.indexes[i])
		c.field(r.id[:])
		c.field(r.leaf[:])
	}
}

func pgEntryColumns(b *batch) []any {
	var tenants, indexes, ids, leaves pgArray
	for i := range b.rows {
		r := &b.rows[i]
		tenants.text(r.tenant)
		indexes.int(b.indexes[i])
		ids.id(r.id)
		leaves.bytes(r.leaf[:])
	}
	return []any{int64(b.last), tenants.String(), indexes.String(), ids.String(), leaves.String()}
}

func pgTreeColumns(trees []grown) []any {
	var c [8]pgArray
	for _, g := range trees {
		c[0].text(g.tenant)
		c[1].int(g.tree.Size)
		c[2].bytes(joinHashes(g.tree.Edge))
		c[3].int(int64(g.tree.Position))
		for _, tile := range g.tiles {
			c[4].text(g.tenant)
			c[5].int(int64(tile.Level))
			c[6].int(tile.Index)
			c[7].bytes(joinHashes(tile.Hashes))
		}
	}
	args := make([]any, len(c))
	for i := range c {
		args[i] = c[i].String()
	}
	return args
}

// sealed tells those who listen, and lets the pending tables change their roles. Neither failing matters: a notification is but a
// hint, and the next batch tries again. A notification is a transaction of its own, because its commit takes a lock of the whole
// server.
func (e postgres) sealed(ctx context.Context, s *Store) {
	if s.hints.due(hintPause) {
		_, _ = s.write.DB.ExecContext(ctx, pgNotify)
	}
	if s.turns.tried.due(s.turns.pause) {
		_ = e.changeTurns(ctx, s)
	}
}
