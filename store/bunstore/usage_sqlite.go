package bunstore

import (
	"context"
	"time"

	"github.com/go-activity/activity"
)

const (
	sqliteQuotaState = `
SELECT coalesce((SELECT counter FROM activity_quota WHERE ` + sqliteOfKey + `), x''), NULL,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
UNION ALL
SELECT *
FROM (
  SELECT NULL, NULL, ` + holdColumns + `
  FROM activity_quota_hold
  WHERE ` + sqliteOfKey + `
  ORDER BY id
)`
	sqliteQuotaUse = `
SELECT u.start, u.actor_kind, u.actor_id, coalesce(u.label, ''), u.units
FROM (
  SELECT CASE WHEN ?7 > 0 THEN q.minute - q.minute % ?7 ELSE ?5 END AS start,
    CASE WHEN ?8 THEN q.actor_kind ELSE '' END AS actor_kind, CASE WHEN ?8 THEN q.actor_id ELSE '' END AS actor_id,
    substr(max(CASE WHEN ?8 THEN printf('%012d', q.minute) || q.label END), 13) AS label, sum(q.units) AS units
  FROM (
    SELECT minute, actor_kind, actor_id, actor_label AS label, units
    FROM activity_quota_use
    WHERE ` + sqliteOfKey + ` AND minute >= ?5 AND minute < ?6
    UNION ALL
    SELECT minute, actor_kind, actor_id, NULL, -units
    FROM activity_quota_hold
    WHERE ` + sqliteOfKey + ` AND settled AND minute >= ?5 AND minute < ?6
    UNION ALL
    SELECT minute, actor_kind, actor_id, NULL, -units
    FROM activity_quota_hold
    WHERE ` + sqliteOfKey + ` AND NOT settled AND until <= ?9 AND minute >= ?5 AND minute < ?6
  ) q
  GROUP BY 1, 2, 3
) u
WHERE u.units <> 0
ORDER BY u.start, u.actor_kind, u.actor_id`
	sqliteForgetUse = `
DELETE FROM activity_quota_use
WHERE rowid IN (SELECT rowid FROM activity_quota_use WHERE quota = ?1 AND minute < ?2 ORDER BY minute LIMIT ?3)`
)

func (sqlite) quotaState(ctx context.Context, db conn, key activity.QuotaKey) (activity.QuotaState, error) {
	state, err := quotaState(ctx, db, key, sqliteQuotaState)
	state.Now = time.Now().UTC().Truncate(time.Microsecond)
	return state, err
}

func (sqlite) quotaUse(ctx context.Context, db conn, q *activity.UseQuery) ([]activity.QuotaUse, error) {
	return quotaUses(ctx, db, sqliteQuotaUse, useArgs(q, sqliteNow(q.Clock()))...)
}

func (e sqlite) forgetUse(ctx context.Context, s *Store, q *activity.ForgetQuery) (int, error) {
	const minute = int64(time.Minute / time.Microsecond)
	before := sqliteNow(q.Clock()) - q.Age.Microseconds()
	result, err := e.exec(ctx, s, sqliteForgetUse, q.Quota, (before+minute-1)/minute, q.Limit)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}
