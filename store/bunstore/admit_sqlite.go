package bunstore

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"github.com/go-activity/activity"
)

var (
	sqliteAdmission = strings.NewReplacer("$", "?", "::bigint", "", "/*NOW*/", "?3").Replace(admissionText)

	// The oldest task for workers of a kind without places, or with ?4 places. ?1 tenant, ?2 kind, ?3 now.
	sqliteOldest = strings.ReplaceAll(`
SELECT q.id
FROM activity_task q
WHERE q.kind = ?2 AND q.tenant = ?1 AND q.status = 1 AND NOT q.recipe AND q.lease_until IS NULL`+eligible+`
ORDER BY q.id
LIMIT 1`, "/*NOW*/", "?3")
	sqliteOldestOfPlaces = strings.ReplaceAll(`
SELECT first.id
FROM (
  SELECT q.id, q.lease_until
  FROM activity_task q
  WHERE q.kind = ?2 AND q.tenant = ?1 AND q.status < 3 AND q.status = 1 AND NOT q.recipe`+eligible+`
  ORDER BY q.id
  LIMIT max(0, ?4 - (
    SELECT count(*)
    FROM (
      SELECT 1
      FROM activity_task p
      WHERE p.tenant = ?1 AND p.kind = ?2 AND p.status < 3 AND p.status = 2 AND NOT p.recipe
      LIMIT ?4
    )
  ))
) first
WHERE first.lease_until IS NULL
LIMIT 1`, "/*NOW*/", "?3")
)

const (
	sqliteBacklog = `
WITH RECURSIVE backlog (tenant, n) AS (
  SELECT (` + sqliteNextName + `), 1
  FROM (SELECT ?2 AS tenant) b
  UNION ALL
  SELECT (` + sqliteNextName + `), b.n + 1
  FROM backlog b
  WHERE b.tenant IS NOT NULL AND b.n < ?3
)
SELECT b.tenant
FROM backlog b
WHERE b.tenant IS NOT NULL
LIMIT ?3`
	sqliteNextName = `
    SELECT min((
      SELECT q.tenant
      FROM activity_task q
      WHERE q.kind = k.value AND q.tenant > b.tenant AND q.status = 1 AND NOT q.recipe AND q.lease_until IS NULL
      ORDER BY q.tenant
      LIMIT 1
    ))
    FROM json_each(?1) k
  `
)

// lockAdmission has nothing to lock: the transaction is the only one that writes.
func (sqlite) lockAdmission(context.Context, *Store, string) error { return nil }

func (sqlite) admission(ctx context.Context, db conn, a *activity.Admission) (admission, error) {
	return scanAdmission(db.QueryRowContext(ctx, sqliteAdmission, a.ID[:], a.Tenant, sqliteNow(a.Now), a.Max))
}

func (sqlite) backlog(ctx context.Context, db conn, q *activity.BacklogQuery) ([]string, error) {
	return names(ctx, db, sqliteBacklog, jsonList(q.Kinds), q.After, q.Limit)
}

// candidates returns the oldest task of each kind. No other transaction can have taken one.
func (sqlite) candidates(ctx context.Context, s *Store, q *activity.NextQuery, limit int) ([]candidate, error) {
	var found []candidate
	for _, k := range q.Kinds {
		var c candidate
		text, args := sqliteOldest, []any{q.Tenant, k.Name, sqliteNow(q.Now)}
		if k.Max > 0 {
			text, args = sqliteOldestOfPlaces, append(args, k.Max)
		}
		switch err := s.tx.QueryRowContext(ctx, text, args...).Scan(&c.id); {
		case err == nil:
			found = append(found, c)
		case !errors.Is(err, sql.ErrNoRows):
			return nil, err
		}
	}
	slices.SortFunc(found, func(a, b candidate) int { return a.id.Compare(b.id) })
	return found[:min(limit, len(found))], nil
}

func (sqlite) take(ctx context.Context, s *Store, q *activity.NextQuery, ids []activity.ID) (activity.Task, error) {
	return oneTask(ctx, s.tx, sqliteTaskByID, ids[0][:], q.Tenant)
}
