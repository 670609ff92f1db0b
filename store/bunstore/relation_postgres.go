package bunstore

import (
	"context"

	"github.com/go-activity/activity"
)

const pgLockRelations = `SELECT pg_advisory_xact_lock($1::bigint)`

// The planner does not see how long the list is. If it did, it would expect so many rows of a recursive query that it would have the
// query compiled, which takes a hundred times as long as to run it.
const pgEntityList = `unnest((SELECT $2::text[]), (SELECT $3::text[]))`

// The subqueries have orders and limits that keep the planner at the indexes, whatever it takes the arguments for.
var pgRelations = relationTexts{
	merged: `
SELECT true
FROM activity_relation
WHERE tenant = $1::text AND kind = $2::text AND id = $3::text AND role = 2`,
	above: `
WITH RECURSIVE above (kind, id) AS (
  SELECT k.kind COLLATE "C", k.id COLLATE "C"
  FROM ` + pgEntityList + ` AS k (kind, id)
  UNION
  SELECT next.kind, next.id
  FROM above a
  CROSS JOIN LATERAL (
    (
      SELECT r.of_kind AS kind, r.of_id AS id
      FROM activity_relation r
      WHERE r.tenant = $1::text AND r.kind = a.kind AND r.id = a.id
      ORDER BY r.tenant, r.kind, r.id, r.role
      LIMIT 2
    )
    UNION ALL
    (
      SELECT r.kind, r.id
      FROM activity_relation r
      WHERE r.tenant = $1::text AND r.of_kind = a.kind AND r.of_id = a.id AND r.role = 2
      ORDER BY r.tenant, r.of_kind, r.of_id, r.role, r.kind, r.id
      LIMIT 9223372036854775807
    )
  ) next
)
SELECT own.role, own.kind, own.id, '', own.of_kind, own.of_id, ''
FROM above a
CROSS JOIN LATERAL (
  SELECT *
  FROM activity_relation r
  WHERE r.tenant = $1::text AND r.kind = a.kind AND r.id = a.id
  ORDER BY r.tenant, r.kind, r.id, r.role
  LIMIT 2
) own`,
	relate: `
INSERT INTO activity_relation (tenant, kind, id, role, label, of_kind, of_id, of_label)
VALUES ($1::text, $2::text, $3::text, $4::smallint, $5::text, $6::text, $7::text, $8::text)
ON CONFLICT (tenant, kind, id, role) DO UPDATE
SET (label, of_kind, of_id, of_label) = (excluded.label, excluded.of_kind, excluded.of_id, excluded.of_label)`,
	unrelate: `
DELETE FROM activity_relation
WHERE tenant = $1::text AND kind = $2::text AND id = $3::text AND role = $4::smallint`,
	relations: `
SELECT role, kind, id, label, of_kind, of_id, of_label
FROM (
  (
    SELECT 1 AS side, r.*
    FROM activity_relation r
    WHERE r.tenant = $1::text AND r.kind = $2::text AND r.id = $3::text
    ORDER BY r.tenant, r.kind, r.id, r.role
    LIMIT $4::integer
  )
  UNION ALL
  (
    SELECT 2, r.*
    FROM activity_relation r
    WHERE r.tenant = $1::text AND r.of_kind = $2::text AND r.of_id = $3::text
    ORDER BY r.tenant, r.of_kind, r.of_id, r.role, r.kind, r.id
    LIMIT $4::integer
  )
) sides
ORDER BY side, role, kind, id
LIMIT $4::integer`,
	relatives: `
WITH RECURSIVE found (kind, id) AS (
  SELECT k.kind COLLATE "C", k.id COLLATE "C"
  FROM ` + pgEntityList + ` AS k (kind, id)
  UNION
  SELECT next.kind, next.id
  FROM found f
  CROSS JOIN LATERAL (
    (
      SELECT r.kind, r.id
      FROM activity_relation r
      WHERE r.tenant = $1::text AND r.of_kind = f.kind AND r.of_id = f.id AND r.role >= $4::smallint
      ORDER BY r.tenant, r.of_kind, r.of_id, r.role, r.kind, r.id
      LIMIT $5::integer
    )
    UNION ALL
    (
      SELECT r.of_kind, r.of_id
      FROM activity_relation r
      WHERE r.tenant = $1::text AND r.kind = f.kind AND r.id = f.id AND r.role = 2
      ORDER BY r.tenant, r.kind, r.id, r.role
      LIMIT 1
    )
  ) next
)
SELECT kind, id
FROM (SELECT kind, id FROM found LIMIT $5::integer) first
ORDER BY kind, id`,
	erase: `
DELETE FROM activity_relation r
USING unnest(ARRAY(
  SELECT place
  FROM (
    (
      SELECT ctid AS place, role, kind, id
      FROM activity_relation
      WHERE tenant = $1::text AND kind = $2::text AND id = $3::text
      ORDER BY tenant, kind, id, role
      LIMIT $4::integer
    )
    UNION ALL
    (
      SELECT ctid, role, kind, id
      FROM activity_relation
      WHERE tenant = $1::text AND of_kind = $2::text AND of_id = $3::text
      ORDER BY tenant, of_kind, of_id, role, kind, id
      LIMIT $4::integer
    )
  ) sides
  ORDER BY role, kind, id
  LIMIT $4::integer
)) AS k (place)
WHERE r.ctid = k.place`,
}

func (postgres) relationTexts() *relationTexts { return &pgRelations }

func (postgres) lockRelations(ctx context.Context, s *Store, tenant string) error {
	_, err := s.tx.ExecContext(ctx, pgLockRelations, feedKey(ofRelation, tenant, "", ""))
	return err
}

func (postgres) entities(list []activity.Entity) []any {
	var kinds, ids pgArray
	for _, e := range list {
		kinds.text(e.Kind)
		ids.text(e.ID)
	}
	return []any{kinds.String(), ids.String()}
}
