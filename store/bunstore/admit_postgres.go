package bunstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/go-activity/activity"
)

// The time of the server is that of the statement, which begins after the lock was taken.
var (
	pgAdmission  = strings.ReplaceAll(admissionText, "/*NOW*/", "COALESCE($3::timestamptz, statement_timestamp())")
	pgCandidates = strings.ReplaceAll(pgCandidatesText, "/*NOW*/", "COALESCE($4::timestamptz, statement_timestamp())")
)

// Of a kind with places, as many of its oldest tasks may be started as places are free. $1 the
// tenant, once for each kind, $2 kinds, $3 and their places, $4 now, $5 limit.
var pgCandidatesText = `
SELECT c.id, c.locks
FROM unnest($1::text[], $2::text[], $3::bigint[]) AS k (tenant, kind, places)
CROSS JOIN LATERAL (
  (
    SELECT q.id, q.exclusive <> '' AS locks
    FROM activity_task q
    WHERE k.places = 0 AND q.kind = k.kind AND q.tenant = k.tenant AND q.status = 1 AND NOT q.recipe AND q.lease_until IS NULL` + eligible + `
    ORDER BY q.id
    LIMIT $5::integer
  )
  UNION ALL
  (
    SELECT first.id, true
    FROM (
      SELECT q.id, q.lease_until
      FROM activity_task q
      WHERE k.places > 0 AND q.kind = k.kind AND q.tenant = k.tenant AND q.status < 3 AND q.status = 1 AND NOT q.recipe` + eligible + `
      ORDER BY q.id
      LIMIT GREATEST(0, k.places - (
        SELECT count(*)
        FROM (
          SELECT 1
          FROM activity_task p
          WHERE p.tenant = k.tenant AND p.kind = k.kind AND p.status < 3 AND p.status = 2 AND NOT p.recipe
          LIMIT k.places
        ) AS processing
      ))
    ) first
    WHERE first.lease_until IS NULL
    LIMIT $5::integer
  )
) c
ORDER BY c.id
LIMIT $5::integer`

var pgTake = `
SELECT ` + taskColumns + `
FROM activity_task t
WHERE t.id = ANY($1::uuid[]) AND t.status = 1 AND t.lease_until IS NULL
  AND (t.wait_until IS NULL OR t.wait_until <= COALESCE($2::timestamptz, statement_timestamp()))
ORDER BY t.id
LIMIT 1
FOR UPDATE SKIP LOCKED`

const (
	pgLockAdmission = `SELECT pg_advisory_xact_lock($1::bigint)`

	// The names are found one after the other, each by one look into the index for each kind.
	pgBacklog = `
WITH RECURSIVE backlog (tenant, n) AS (
  SELECT (` + pgNextName + `), 1
  FROM (SELECT $2::text AS tenant) b
  UNION ALL
  SELECT (` + pgNextName + `), b.n + 1
  FROM backlog b
  WHERE b.tenant IS NOT NULL AND b.n < $3::integer
)
SELECT b.tenant
FROM backlog b
WHERE b.tenant IS NOT NULL
LIMIT $3::integer`
	pgNextName = `
    SELECT min(next.tenant)
    FROM unnest($1::text[]) AS k (kind)
    CROSS JOIN LATERAL (
      SELECT q.tenant
      FROM activity_task q
      WHERE q.kind = k.kind AND q.tenant > b.tenant AND q.status = 1 AND NOT q.recipe AND q.lease_until IS NULL
      ORDER BY q.tenant
      LIMIT 1
    ) next
  `
)

func (postgres) lockAdmission(ctx context.Context, s *Store, tenant string) error {
	_, err := s.tx.ExecContext(ctx, pgLockAdmission, feedKey(ofAdmission, tenant, "", ""))
	return err
}

func (e postgres) admission(ctx context.Context, db conn, a *activity.Admission) (admission, error) {
	return scanAdmission(db.QueryRowContext(ctx, pgAdmission, a.ID.String(), a.Tenant, e.time(a.Now), a.Max))
}

func (postgres) backlog(ctx context.Context, db conn, q *activity.BacklogQuery) ([]string, error) {
	return names(ctx, db, pgBacklog, pgTexts(q.Kinds), q.After, q.Limit)
}

func (e postgres) candidates(ctx context.Context, s *Store, q *activity.NextQuery, limit int) ([]candidate, error) {
	var tenants, kinds, places pgArray
	for _, k := range q.Kinds {
		tenants.text(q.Tenant)
		kinds.text(k.Name)
		places.int(int64(k.Max))
	}
	rows, err := s.tx.QueryContext(ctx, pgCandidates, tenants.String(), kinds.String(), places.String(), e.time(q.Now), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []candidate
	for rows.Next() {
		var c candidate
		if err := rows.Scan(&c.id, &c.locks); err != nil {
			return nil, err
		}
		found = append(found, c)
	}
	return found, rows.Err()
}

func (e postgres) take(ctx context.Context, s *Store, q *activity.NextQuery, ids []activity.ID) (activity.Task, error) {
	var list pgArray
	for _, id := range ids {
		list.id(id)
	}
	t, err := scanTask(s.tx.QueryRowContext(ctx, pgTake, list.String(), e.time(q.Now)))
	if errors.Is(err, sql.ErrNoRows) {
		return activity.Task{}, activity.ErrNoTask
	}
	return t, err
}
