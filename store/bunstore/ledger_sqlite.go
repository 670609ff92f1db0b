package bunstore

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/go-activity/activity"
)

const (
	sqliteEventOfEntry = `
LEFT JOIN activity_event e ON e.id = l.event_id`

	sqliteEntries = `
SELECT ` + entryColumns + `
FROM activity_ledger l` + sqliteEventOfEntry + `
WHERE l.position > ?1 AND l."index" >= ?2
ORDER BY l.position
LIMIT ?3`

	sqliteEntriesOfTenant = `
SELECT ` + entryColumns + `
FROM activity_ledger l` + sqliteEventOfEntry + `
WHERE l.tenant = ?1 AND l."index" >= /*FIRST*/ AND +l.position > ?2
ORDER BY l."index"
LIMIT ?4`

	// As pgSearch.
	sqliteSearch = `
WITH RECURSIVE search (low, high) AS (
  SELECT ?3 - 1, (
    SELECT max("index") + 1
    FROM activity_ledger
    WHERE tenant = ?1
  )
  UNION ALL
  SELECT CASE WHEN m.position <= ?2 THEN (s.low + s.high) / 2 ELSE s.low END,
    CASE WHEN m.position <= ?2 THEN s.high ELSE (s.low + s.high) / 2 END
  FROM search s
  LEFT JOIN activity_ledger m ON m.tenant = ?1 AND m."index" = (s.low + s.high) / 2
  WHERE s.high - s.low > 1
)`
	sqliteFound = `(SELECT max(high, ?3) FROM search WHERE high - low <= 1)`

	sqliteEntry = `
SELECT ` + entryColumns + `
FROM activity_ledger l` + sqliteEventOfEntry + `
WHERE l.event_id = ?1`

	sqliteHead = `SELECT size, edge, position FROM activity_head WHERE tenant = ?1`

	sqliteTiles = `
SELECT k.key + 1, t.hashes
FROM json_each(?2) k
CROSS JOIN activity_tile t ON t.tenant = ?1 AND t.level = k.value ->> 0 AND t."index" = k.value ->> 1`

	// What is waiting is listed once.
	sqliteStrays = `
WITH page AS MATERIALIZED (
  SELECT some.id, some.tenant = ?1 AND NOT EXISTS (SELECT 1 FROM activity_ledger l WHERE l.event_id = some.id) AS loose,
    row_number() OVER (ORDER BY some.id) AS n
  FROM (
    SELECT e.id, e.tenant
    FROM activity_event e
    WHERE e.id > ?2
    ORDER BY e.id
    LIMIT ?3
  ) some
)
SELECT p.id, true
FROM page p
WHERE p.loose AND p.id NOT IN (SELECT event_id FROM activity_pending)
UNION ALL
SELECT p.id, false
FROM page p
WHERE p.n = ?3`

	sqliteLedgers = `SELECT tenant FROM activity_head WHERE tenant > ?1 ORDER BY tenant LIMIT ?2`
)

var sqliteLedgerTexts = ledgerTexts{
	unsealed:   sqliteUnsealed,
	entries:    sqliteEntries,
	ofTenant:   firstEntry(sqliteEntriesOfTenant, "?3"),
	ofTenantBy: sqliteSearch + firstEntry(sqliteEntriesOfTenant, sqliteFound),
	entry:      sqliteEntry,
	head:       sqliteHead,
	strays:     sqliteStrays,
	ledgers:    sqliteLedgers,
}

// firstEntry puts in where the entries of a tenant begin.
func firstEntry(text, first string) string { return strings.Replace(text, "/*FIRST*/", first, 1) }

func (sqlite) ledgerTexts() *ledgerTexts { return &sqliteLedgerTexts }

func (sqlite) tiles(ctx context.Context, db conn, tenant string, tiles []activity.TileID) ([][]byte, error) {
	list := make([][2]int64, len(tiles))
	for i, tile := range tiles {
		list[i] = [2]int64{int64(tile.Level), tile.Index}
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	return numbered(ctx, db, len(tiles), sqliteTiles, tenant, string(text))
}
