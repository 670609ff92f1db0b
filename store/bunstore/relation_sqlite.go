package bunstore

import (
	"context"

	"github.com/go-activity/activity"
)

var sqliteRelations = relationTexts{
	merged: `SELECT true FROM activity_relation WHERE tenant = ?1 AND kind = ?2 AND id = ?3 AND role = 2`,
	above: `
WITH RECURSIVE above (kind, id) AS (
  SELECT k.value ->> 0, k.value ->> 1
  FROM json_each(?2) k
  UNION
  SELECT r.of_kind, r.of_id
  FROM above a
  CROSS JOIN activity_relation r ON r.tenant = ?1 AND r.kind = a.kind AND r.id = a.id
  UNION
  SELECT r.kind, r.id
  FROM above a
  CROSS JOIN activity_relation r ON r.tenant = ?1 AND r.of_kind = a.kind AND r.of_id = a.id AND r.role = 2
)
SELECT r.role, r.kind, r.id, '', r.of_kind, r.of_id, ''
FROM above a
CROSS JOIN activity_relation r ON r.tenant = ?1 AND r.kind = a.kind AND r.id = a.id`,
	relate: `
INSERT INTO activity_relation (tenant, kind, id, role, label, of_kind, of_id, of_label)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (tenant, kind, id, role) DO UPDATE
SET (label, of_kind, of_id, of_label) = (excluded.label, excluded.of_kind, excluded.of_id, excluded.of_label)`,
	unrelate: `DELETE FROM activity_relation WHERE tenant = ?1 AND kind = ?2 AND id = ?3 AND role = ?4`,
	relations: `
SELECT role, kind, id, label, of_kind, of_id, of_label
FROM (
  SELECT *
  FROM (
    SELECT 1 AS side, r.role, r.kind, r.id, r.label, r.of_kind, r.of_id, r.of_label
    FROM activity_relation r
    WHERE r.tenant = ?1 AND r.kind = ?2 AND r.id = ?3
    ORDER BY r.role
    LIMIT ?4
  )
  UNION ALL
  SELECT *
  FROM (
    SELECT 2, r.role, r.kind, r.id, r.label, r.of_kind, r.of_id, r.of_label
    FROM activity_relation r
    WHERE r.tenant = ?1 AND r.of_kind = ?2 AND r.of_id = ?3
    ORDER BY r.role, r.kind, r.id
    LIMIT ?4
  )
)
ORDER BY side, role, kind, id
LIMIT ?4`,
	// A recursive query makes tables of its own, which takes longer than to look up that nothing is related.
	related: `
SELECT true
FROM json_each(?2) k
WHERE EXISTS (
  SELECT 1
  FROM activity_relation r
  WHERE r.tenant = ?1 AND r.of_kind = k.value ->> 0 AND r.of_id = k.value ->> 1 AND r.role >= ?3
) OR EXISTS (
  SELECT 1
  FROM activity_relation r
  WHERE r.tenant = ?1 AND r.kind = k.value ->> 0 AND r.id = k.value ->> 1 AND r.role = 2
)
LIMIT 1`,
	relatives: `
WITH RECURSIVE found (kind, id) AS (
  SELECT k.value ->> 0, k.value ->> 1
  FROM json_each(?2) k
  UNION
  SELECT r.kind, r.id
  FROM found n
  CROSS JOIN activity_relation r ON r.tenant = ?1 AND r.of_kind = n.kind AND r.of_id = n.id AND r.role >= ?3
  UNION
  SELECT r.of_kind, r.of_id
  FROM found n
  CROSS JOIN activity_relation r ON r.tenant = ?1 AND r.kind = n.kind AND r.id = n.id AND r.role = 2
  LIMIT ?4
)
SELECT kind, id
FROM found
ORDER BY kind, id`,
	erase: `
DELETE FROM activity_relation
WHERE (tenant, kind, id, role) IN (
  SELECT *
  FROM (
    SELECT r.tenant, r.kind, r.id, r.role
    FROM activity_relation r
    WHERE r.tenant = ?1 AND r.kind = ?2 AND r.id = ?3
    UNION ALL
    SELECT *
    FROM (
      SELECT r.tenant, r.kind, r.id, r.role
      FROM activity_relation r
      WHERE r.tenant = ?1 AND r.of_kind = ?2 AND r.of_id = ?3
      ORDER BY r.role, r.kind, r.id
      LIMIT ?4
    )
  )
  ORDER BY role, kind, id
  LIMIT ?4
)`,
}

func (sqlite) relationTexts() *relationTexts { return &sqliteRelations }

// lockRelations has nothing to lock: the transaction is the only one that writes.
func (sqlite) lockRelations(context.Context, *Store, string) error { return nil }

// entities are pairs: [[kind, ID], …].
func (sqlite) entities(list []activity.Entity) []any {
	pairs := make([][2]string, len(list))
	for i, e := range list {
		pairs[i] = [2]string{e.Kind, e.ID}
	}
	return []any{jsonList(pairs)}
}
