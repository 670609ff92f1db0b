package bunstore

import (
	"context"
	"database/sql"
	"strings"

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
	// Rows are joined by their places. With "= ANY (ARRAY (…))" the planner filters the whole table if its statistics
	// are old.
	pgTakeWaiting = `
WITH idle AS (
  DELETE FROM activity_pending_b p
  USING (SELECT ctid AS place FROM activity_pending_b LIMIT $1::integer) s
  WHERE p.ctid = s.place
  RETURNING p.event_id, p.tenant, p.recorded_at, p.leaf
), filled AS (
  DELETE FROM activity_pending p
  USING (SELECT ctid AS place FROM activity_pending LIMIT $1::integer - (SELECT count(*) FROM idle)) s
  WHERE p.ctid = s.place
  RETURNING p.event_id, p.tenant, p.recorded_at, p.leaf
)
SELECT * FROM idle
UNION ALL
SELECT * FROM filled`

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

	// Tiles grow at their ends.
	pgAddEntries = `
WITH ledger AS (
  INSERT INTO activity_ledger (position, tenant, index, event_id, leaf)
  SELECT $1::bigint + l.n, l.tenant, l.index, l.event_id, l.leaf
  FROM unnest($2::text[], $3::bigint[], $4::uuid[], $5::bytea[]) WITH ORDINALITY AS l (tenant, index, event_id, leaf, n)
), head AS (
  INSERT INTO activity_head (tenant, size, edge, position)
  SELECT *
  FROM unnest($6::text[], $7::bigint[], $8::bytea[], $9::bigint[])
  ON CONFLICT (tenant) DO UPDATE SET size = excluded.size, edge = excluded.edge, position = excluded.position
)
INSERT INTO activity_tile AS t (tenant, level, index, hashes)
SELECT *
FROM unnest($10::text[], $11::integer[], $12::bigint[], $13::bytea[])
ON CONFLICT (tenant, level, index) DO UPDATE SET hashes = t.hashes || excluded.hashes`

	pgUnsealed = `
SELECT count(*), min(recorded_at), (SELECT COALESCE(max(position), 0) FROM activity_ledger)
FROM (
  SELECT recorded_at FROM activity_pending
  UNION ALL
  SELECT recorded_at FROM activity_pending_b
) p`
)

// pgTakesWaiting is pgTakeWaiting by the table that is being filled.
var pgTakesWaiting = [2]string{
	pgTakeWaiting,
	strings.NewReplacer("activity_pending_b", "activity_pending", "activity_pending", "activity_pending_b").Replace(pgTakeWaiting),
}

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

func (postgres) takeWaiting(ctx context.Context, s *Store, limit int) ([]waiting, error) {
	rows, err := s.tx.QueryContext(ctx, s.turns.of(pgTakesWaiting), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []waiting
	for rows.Next() {
		var w waiting
		if err := scanWaiting(rows, &w); err != nil {
			return nil, err
		}
		found = append(found, w)
	}
	return found, rows.Err()
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
	_, err := s.tx.ExecContext(ctx, pgAddEntries, pgEntryColumns(b)...)
	return err
}

// pgEntryColumns makes the arguments of pgAddEntries.
func pgEntryColumns(b *batch) []any {
	buffers := pgBuffers.Get().(*[20]pgArray)
	defer pgBuffers.Put(buffers)
	c := buffers[:12]
	for i := range c {
		c[i].b = c[i].b[:0]
	}
	for i := range b.rows {
		r := &b.rows[i]
		c[0].text(r.tenant)
		c[1].int(b.indexes[i])
		c[2].id(r.id)
		c[3].bytes(r.leaf[:])
	}
	for _, g := range b.grown {
		c[4].text(g.tenant)
		c[5].int(g.tree.Size)
		c[6].bytes(joinHashes(g.tree.Edge))
		c[7].int(int64(g.tree.Position))
		for _, tile := range g.tiles {
			c[8].text(g.tenant)
			c[9].int(int64(tile.Level))
			c[10].int(tile.Index)
			c[11].bytes(joinHashes(tile.Hashes))
		}
	}
	args := []any{int64(b.last)}
	for i := range c {
		args = append(args, c[i].String())
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
