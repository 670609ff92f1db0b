package bunstore

import (
	"context"

	"github.com/go-activity/activity"
)

const (
	pgQuotaState = `
SELECT COALESCE((SELECT counter FROM activity_quota WHERE ` + pgOfKey + `), ''), clock_timestamp(),
  NULL::uuid, NULL::uuid, NULL, NULL, NULL, NULL::bigint, NULL::timestamptz, NULL::timestamptz, NULL::boolean
UNION ALL
SELECT *
FROM (
  SELECT NULL::bytea, NULL::timestamptz, ` + holdColumns + `
  FROM activity_quota_hold
  WHERE ` + pgOfKey + `
  ORDER BY id
) q`

	// The label of the last charge is the greatest of those that begin with their minute: lists need no order.
	pgQuotaUse = `
SELECT u.start, u.actor_kind, u.actor_id, COALESCE(u.label, ''), u.units
FROM (
  SELECT CASE WHEN $7::bigint > 0 THEN q.minute - q.minute % $7::bigint ELSE $5::bigint END AS start,
    CASE WHEN $8::boolean THEN q.actor_kind ELSE '' END AS actor_kind, CASE WHEN $8::boolean THEN q.actor_id ELSE '' END AS actor_id,
    substr(max(CASE WHEN $8::boolean THEN to_char(q.minute, 'FM000000000000') || q.label END), 13) AS label, sum(q.units)::bigint AS units
  FROM (
    SELECT minute, actor_kind, actor_id, actor_label AS label, units
    FROM activity_quota_use
    WHERE ` + pgOfKey + ` AND minute >= $5::bigint AND minute < $6::bigint
    UNION ALL
    SELECT minute, actor_kind, actor_id, NULL, -units
    FROM activity_quota_hold
    WHERE ` + pgOfKey + ` AND settled AND minute >= $5::bigint AND minute < $6::bigint
    UNION ALL
    SELECT minute, actor_kind, actor_id, NULL, -units
    FROM activity_quota_hold
    WHERE ` + pgOfKey + ` AND NOT settled AND until <= COALESCE($9::timestamptz, statement_timestamp())
      AND minute >= $5::bigint AND minute < $6::bigint
  ) q
  GROUP BY 1, 2, 3
) u
WHERE u.units <> 0
ORDER BY u.start, u.actor_kind, u.actor_id`

	pgForgetUse = `
WITH q AS MATERIALIZED (
  SELECT ctid AS place
  FROM activity_quota_use
  WHERE (quota, minute) >= ($1::text, 0) AND (quota, minute) < ($1::text,
    ceil((extract(epoch FROM COALESCE($2::timestamptz, statement_timestamp())) - $3::double precision) / 60)::bigint)
  ORDER BY quota, minute
  LIMIT $4::integer
  FOR UPDATE SKIP LOCKED
)
DELETE FROM activity_quota_use u
USING unnest(ARRAY(SELECT place FROM q)) AS k (place)
WHERE u.ctid = k.place`
)

func (postgres) quotaState(ctx context.Context, db conn, key activity.QuotaKey) (activity.QuotaState, error) {
	return quotaState(ctx, db, key, pgQuotaState)
}

func (e postgres) quotaUse(ctx context.Context, db conn, q *activity.UseQuery) ([]activity.QuotaUse, error) {
	return quotaUses(ctx, db, pgQuotaUse, useArgs(q, e.time(q.Clock()))...)
}

func (e postgres) forgetUse(ctx context.Context, s *Store, q *activity.ForgetQuery) (int, error) {
	result, err := s.tx.ExecContext(ctx, pgForgetUse, q.Quota, e.time(q.Clock()), q.Age.Seconds(), q.Limit)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}
