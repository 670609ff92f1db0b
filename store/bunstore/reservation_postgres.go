package bunstore

import (
	"context"
	"time"

	"github.com/go-activity/activity"
)

const (
	// The common case of settling is one statement, which waits for nothing: a hold that is locked, or that cannot
	// be settled, is left as it is.
	pgSettleHold = `
WITH locked AS MATERIALIZED (
  SELECT units, until, settled
  FROM activity_quota_hold
  WHERE ` + pgOfKey + ` AND id = $5::uuid
  FOR UPDATE SKIP LOCKED
), q AS MATERIALIZED (
  SELECT units - $6::bigint AS rest
  FROM locked
  WHERE units >= $6::bigint AND NOT settled AND until > COALESCE($7::timestamptz, clock_timestamp())
), gone AS (
  DELETE FROM activity_quota_hold
  WHERE ` + pgOfKey + ` AND id = $5::uuid AND (SELECT rest FROM q) = 0
), kept AS (
  UPDATE activity_quota_hold
  SET units = (SELECT rest FROM q), settled = true
  WHERE ` + pgOfKey + ` AND id = $5::uuid AND (SELECT rest FROM q) > 0
)
SELECT 1
FROM q`

	pgLockHolds = `
SELECT clock_timestamp(), ` + holdColumns + `
FROM unnest(` + pgKeyList + `) WITH ORDINALITY AS k (tenant, quota, subject_kind, subject_id, n)
LEFT JOIN LATERAL (
  SELECT ` + holdColumns + `
  FROM activity_quota_hold q
  WHERE ` + pgOfEachKey + ` AND q.id = $5::uuid
  FOR UPDATE
) q ON true
ORDER BY k.n`

	pgUpdateHolds = `
WITH gone AS (
  DELETE FROM activity_quota_hold q
  USING unnest(` + pgKeyList + `, $6::bigint[], $8::boolean[])
    AS k (tenant, quota, subject_kind, subject_id, units, settled)
  WHERE ` + pgOfEachKey + ` AND q.id = $5::uuid AND k.settled AND k.units = 0
)
UPDATE activity_quota_hold q
SET units = k.units, until = k.until, settled = k.settled
FROM unnest(` + pgKeyList + `, $6::bigint[], $7::timestamptz[], $8::boolean[])
  AS k (tenant, quota, subject_kind, subject_id, units, until, settled)
WHERE ` + pgOfEachKey + ` AND q.id = $5::uuid AND NOT (k.settled AND k.units = 0)`

	pgReleaseHolds = `
WITH k AS MATERIALIZED (
  SELECT tenant, quota, subject_kind, subject_id, id, units
  FROM activity_quota_hold
  WHERE task = $2::uuid AND tenant = $1::text AND NOT settled
  ORDER BY id, quota, subject_kind, subject_id
  FOR UPDATE
), gone AS (
  DELETE FROM activity_quota_hold q
  USING k
  WHERE ` + pgOfEachKey + ` AND q.id = k.id AND k.units = 0
)
UPDATE activity_quota_hold q
SET settled = true
FROM k
WHERE ` + pgOfEachKey + ` AND q.id = k.id AND k.units > 0`

	pgDueKeys = `
(
  SELECT q.tenant, q.quota, q.subject_kind, q.subject_id
  FROM activity_quota_hold q
  WHERE q.settled
  ORDER BY q.tenant, q.quota, q.subject_kind, q.subject_id
  LIMIT $2::integer
)
UNION ALL
(
  SELECT q.tenant, q.quota, q.subject_kind, q.subject_id
  FROM activity_quota_hold q
  WHERE NOT q.settled AND q.until <= COALESCE($1::timestamptz, statement_timestamp())
  ORDER BY q.until
  LIMIT $2::integer
)`
)

// settleHold is not cut off by the end of the context once it is sent, no more than a COMMIT: it waits for nobody.
func (e postgres) settleHold(ctx context.Context, s *Store, u *activity.HoldUpdate) (bool, error) {
	conn, err := s.write.DB.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	if err := ctx.Err(); err != nil {
		return false, err
	}
	result, err := conn.ExecContext(context.WithoutCancel(ctx), pgSettleHold, keyArgs(u.Keys[0], u.ID, u.Used, e.time(u.Clock()))...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

func (postgres) settlesAtOnce() bool { return true }

func (postgres) lockHolds(ctx context.Context, s *Store, u *activity.HoldUpdate) ([]activity.Hold, time.Time, error) {
	rows, err := s.tx.QueryContext(ctx, pgLockHolds, append(pgKeys(u.Keys), u.ID)...)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer rows.Close()
	var now time.Time // that of the hold that was locked last
	holds := make([]activity.Hold, 0, len(u.Keys))
	for rows.Next() {
		h, err := scanHold(rows, u.Keys[len(holds)], instant{&now})
		if err != nil {
			return nil, time.Time{}, err
		}
		holds = append(holds, h)
	}
	return holds, now, rows.Err()
}

func (postgres) updateHolds(ctx context.Context, s *Store, u *activity.HoldUpdate, holds []activity.Hold) error {
	var units, until, settled pgArray
	for i := range holds {
		units.int(holds[i].Units)
		until.time(holds[i].Until)
		settled.bool(holds[i].Settled)
	}
	_, err := s.tx.ExecContext(ctx, pgUpdateHolds, append(pgKeys(u.Keys), u.ID, units.String(), until.String(), settled.String())...)
	return err
}

func (postgres) releaseHolds(ctx context.Context, s *Store, tenant string, task activity.ID) error {
	_, err := s.tx.ExecContext(ctx, pgReleaseHolds, tenant, task)
	return err
}

func (e postgres) dueKeys(ctx context.Context, db conn, now time.Time, limit int) ([]activity.QuotaKey, error) {
	return quotaKeys(ctx, db, pgDueKeys, e.time(now), limit)
}
