package bunstore

import (
	"context"

	"github.com/go-activity/activity"
)

const (
	// The event of each entry is looked up.
	pgEventOfEntry = `
LEFT JOIN LATERAL (
  SELECT *
  FROM activity_event
  WHERE id = l.event_id
  LIMIT 1
) e ON true`

	// A planner that knows the limit, and takes the tenant for a small one, reads and sorts all of it.
	pgEntries = `
SELECT ` + entryColumns + `
FROM (
  SELECT *
  FROM activity_ledger
  WHERE position > $1::bigint AND index >= $2::bigint
  ORDER BY position
  LIMIT (SELECT $3::integer)
) l` + pgEventOfEntry + `
ORDER BY l.position`

	pgEntriesOfTenant = `
SELECT ` + entryColumns + `
FROM (
  SELECT *
  FROM activity_ledger
  WHERE tenant = $1::text AND index >= /*FIRST*/ AND position > $2::bigint
  ORDER BY index
  LIMIT (SELECT $4::integer)
) l` + pgEventOfEntry + `
ORDER BY l.index`

	// Positions of a tenant ascend with its indexes. All below the range have lower positions than are wanted; where
	// an entry is missing, that is not known, and the range begins before it.
	pgSearch = `
WITH RECURSIVE search (low, high) AS (
  SELECT $3::bigint - 1, (
    SELECT max(index) + 1
    FROM activity_ledger
    WHERE tenant = $1::text
  )
  UNION ALL
  SELECT CASE WHEN m.position <= $2::bigint THEN m.index ELSE s.low END,
    CASE WHEN m.position <= $2::bigint THEN s.high ELSE m.index END
  FROM search s
  CROSS JOIN LATERAL (
    SELECT (s.low + s.high) / 2 AS index, (
      SELECT position
      FROM activity_ledger
      WHERE tenant = $1::text AND index = (s.low + s.high) / 2
    ) AS position
  ) m
  WHERE s.high - s.low > 1
)`
	pgFound = `(SELECT GREATEST(high, $3::bigint) FROM search WHERE high - low <= 1)`

	pgEntry = `
SELECT ` + entryColumns + `
FROM (
  SELECT *
  FROM activity_ledger
  WHERE event_id = $1::uuid
  LIMIT 1
) l` + pgEventOfEntry

	pgHead = `SELECT size, edge, position FROM activity_head WHERE tenant = $1::text`

	pgTiles = `
SELECT k.n, t.hashes
FROM unnest($2::integer[], $3::bigint[]) WITH ORDINALITY AS k (level, index, n)
CROSS JOIN LATERAL (
  SELECT hashes
  FROM activity_tile
  WHERE tenant = $1::text AND level = k.level AND index = k.index
  LIMIT 1
) t`

	// A LIMIT keeps the planner from joining whole tables. The last row tells how far was looked.
	pgStrays = `
WITH page AS MATERIALIZED (
  SELECT e.id, e.tenant = $1::text AND l.found IS NULL AS loose, row_number() OVER (ORDER BY e.id) AS n
  FROM (
    SELECT id, tenant
    FROM activity_event
    WHERE id > $2::uuid
    ORDER BY id
    LIMIT (SELECT $3::integer)
  ) e
  LEFT JOIN LATERAL (
    SELECT true AS found
    FROM activity_ledger
    WHERE event_id = e.id
    LIMIT 1
  ) l ON e.tenant = $1::text
)
SELECT p.id, true
FROM page p
WHERE p.loose
  AND NOT EXISTS (SELECT 1 FROM activity_pending w WHERE w.event_id = p.id)
  AND NOT EXISTS (SELECT 1 FROM activity_pending_b w WHERE w.event_id = p.id)
UNION ALL
SELECT p.id, false
FROM page p
WHERE p.n = $3::integer`

	pgLedgers = `
SELECT tenant
FROM activity_head
WHERE tenant > $1::text
ORDER BY tenant
LIMIT $2::integer`
)

var pgLedgerTexts = ledgerTexts{
	unsealed:   pgUnsealed,
	entries:    pgEntries,
	ofTenant:   firstEntry(pgEntriesOfTenant, "$3::bigint"),
	ofTenantBy: pgSearch + firstEntry(pgEntriesOfTenant, pgFound),
	entry:      pgEntry,
	head:       pgHead,
	strays:     pgStrays,
	ledgers:    pgLedgers,
}

func (postgres) ledgerTexts() *ledgerTexts { return &pgLedgerTexts }

func (postgres) tiles(ctx context.Context, db conn, tenant string, tiles []activity.TileID) ([][]byte, error) {
	var levels, indexes pgArray
	for _, tile := range tiles {
		levels.int(int64(tile.Level))
		indexes.int(tile.Index)
	}
	return numbered(ctx, db, len(tiles), pgTiles, tenant, levels.String(), indexes.String())
}
