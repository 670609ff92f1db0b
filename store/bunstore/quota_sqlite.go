package bunstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/go-activity/activity"
)

// sqliteOfKey is the condition on a key.
const sqliteOfKey = `tenant = ?1 AND quota = ?2 AND subject_kind = ?3 AND subject_id = ?4`

const (
	sqliteMeter = `
SELECT counter, due, EXISTS (SELECT 1 FROM activity_quota_hold WHERE ` + sqliteOfKey + ` AND settled)
FROM activity_quota
WHERE ` + sqliteOfKey
	sqliteAddMeter = `
INSERT INTO activity_quota (tenant, quota, subject_kind, subject_id, counter)
VALUES (?1, ?2, ?3, ?4, x'')
ON CONFLICT DO NOTHING`
	sqliteTakeSettled = `
DELETE FROM activity_quota_hold
WHERE rowid IN (SELECT rowid FROM activity_quota_hold WHERE ` + sqliteOfKey + ` AND settled LIMIT ?5)
RETURNING ` + holdColumns
	sqliteTakeExpired = `
DELETE FROM activity_quota_hold
WHERE rowid IN (SELECT rowid FROM activity_quota_hold WHERE ` + sqliteOfKey + ` AND NOT settled AND until <= ?6 ORDER BY until LIMIT ?5)
RETURNING ` + holdColumns
	sqliteGiveBack = `
UPDATE activity_quota_use
SET units = units - ?8
WHERE ` + sqliteOfKey + ` AND minute = ?5 AND actor_kind = ?6 AND actor_id = ?7`
	sqliteSetMeter = `
UPDATE activity_quota
SET counter = ?5, due = ?6
WHERE ` + sqliteOfKey
	// What is due next is looked for where holds were taken.
	sqliteRecountMeter = `
UPDATE activity_quota
SET counter = ?5, due = nullif(min(coalesce(?6, 9223372036854775807), coalesce((
  SELECT until
  FROM activity_quota_hold
  WHERE ` + sqliteOfKey + ` AND NOT settled
  ORDER BY until
  LIMIT 1
), 9223372036854775807)), 9223372036854775807)
WHERE ` + sqliteOfKey
	sqliteInsertHold = `
INSERT INTO activity_quota_hold (tenant, quota, subject_kind, subject_id, ` + holdColumns + `, minute)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)`
	sqliteUse = `
INSERT INTO activity_quota_use (tenant, quota, subject_kind, subject_id, minute, actor_kind, actor_id, actor_label, units)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (tenant, quota, subject_kind, subject_id, minute, actor_kind, actor_id)
  DO UPDATE SET units = units + excluded.units, actor_label = excluded.actor_label`
	sqliteHold = `
SELECT ` + holdColumns + `
FROM activity_quota_hold
WHERE ` + sqliteOfKey + ` AND id = ?5`
	sqliteUpdateHold = `
UPDATE activity_quota_hold
SET units = ?6, until = ?7, settled = ?8
WHERE ` + sqliteOfKey + ` AND id = ?5`
	sqliteDeleteHold   = `DELETE FROM activity_quota_hold WHERE ` + sqliteOfKey + ` AND id = ?5`
	sqliteReleaseEmpty = `DELETE FROM activity_quota_hold WHERE task = ?2 AND tenant = ?1 AND NOT settled AND units = 0`
	sqliteReleaseHolds = `
UPDATE activity_quota_hold
SET settled = 1
WHERE task = ?2 AND tenant = ?1 AND NOT settled`
	sqliteDueKeys = `
SELECT *
FROM (
  SELECT tenant, quota, subject_kind, subject_id
  FROM activity_quota_hold INDEXED BY activity_quota_hold_settled
  WHERE settled
  LIMIT ?2
)
UNION ALL
SELECT *
FROM (
  SELECT tenant, quota, subject_kind, subject_id
  FROM activity_quota_hold
  WHERE NOT settled AND until <= ?1
  ORDER BY until
  LIMIT ?2
)`
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

// lockMeters has nothing to lock: the transaction is the only one that writes.
func (e sqlite) lockMeters(ctx context.Context, s *Store, keys []activity.QuotaKey) ([]meter, time.Time, error) {
	stmt, err := s.bound(ctx, sqliteMeter)
	if err != nil {
		return nil, time.Time{}, err
	}
	meters := make([]meter, len(keys))
	for i, key := range keys {
		meters[i], err = scanMeter(stmt.QueryRowContext(context.WithoutCancel(ctx), keyArgs(key)...), key)
		if err == sql.ErrNoRows {
			return nil, time.Time{}, nil
		}
		if err != nil {
			return nil, time.Time{}, err
		}
	}
	return meters, time.Now(), nil
}

func (e sqlite) addMeters(ctx context.Context, s *Store, keys []activity.QuotaKey) error {
	for _, key := range keys {
		if _, err := e.exec(ctx, s, sqliteAddMeter, keyArgs(key)...); err != nil {
			return err
		}
	}
	return nil
}

func (e sqlite) takeDue(ctx context.Context, s *Store, meters []meter, times []time.Time, limit int) ([]activity.Hold, error) {
	var all []activity.Hold
	for i := range meters {
		key := meters[i].key
		settled, err := e.holds(ctx, s, key, sqliteTakeSettled, keyArgs(key, limit-len(all))...)
		if err != nil {
			return nil, err
		}
		all = append(all, settled...)
		expired, err := e.holds(ctx, s, key, sqliteTakeExpired, keyArgs(key, limit-len(all), times[i].UnixMicro())...)
		if err != nil {
			return nil, err
		}
		all = append(all, expired...)
	}
	for _, h := range all {
		if _, err := e.exec(ctx, s, sqliteGiveBack, keyArgs(h.Key, minuteOf(h.At), h.Actor.Kind, h.Actor.ID, h.Units)...); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// holds reads the holds of a key that a statement returns.
func (e sqlite) holds(ctx context.Context, s *Store, key activity.QuotaKey, text string, args ...any) ([]activity.Hold, error) {
	stmt, err := s.bound(ctx, text)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(context.WithoutCancel(ctx), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var holds []activity.Hold
	for rows.Next() {
		h, err := scanHold(rows, key)
		if err != nil {
			return nil, err
		}
		holds = append(holds, h)
	}
	return holds, rows.Err()
}

func (e sqlite) setMeters(ctx context.Context, s *Store, meters []meter) error {
	for i := range meters {
		counter, err := meters[i].counter.MarshalBinary()
		if err != nil {
			return err
		}
		text := sqliteSetMeter
		if meters[i].recount {
			text = sqliteRecountMeter
		}
		if _, err := e.exec(ctx, s, text, keyArgs(meters[i].key, counter, e.time(meters[i].due))...); err != nil {
			return err
		}
	}
	return nil
}

func (e sqlite) charge(ctx context.Context, s *Store, r *activity.QuotaRequest, meters []meter, holds []activity.Hold) error {
	if err := e.setMeters(ctx, s, meters); err != nil {
		return err
	}
	for _, h := range holds {
		_, err := e.exec(ctx, s, sqliteInsertHold, keyArgs(h.Key, h.ID[:], sqliteID(h.Task), h.Actor.Kind, h.Actor.ID, h.Actor.Label,
			h.Units, h.At.UnixMicro(), h.Until.UnixMicro(), h.Settled, minuteOf(h.At))...)
		if err != nil {
			return err
		}
	}
	for i := range meters {
		m := &meters[i]
		_, err := e.exec(ctx, s, sqliteUse, keyArgs(m.key, minuteOf(m.charged()), r.Actor.Kind, r.Actor.ID, r.Actor.Label, r.Units)...)
		if err != nil {
			return err
		}
	}
	return nil
}

// settleHold leaves it to a transaction, as all that writes is one.
func (sqlite) settleHold(context.Context, *Store, *activity.HoldUpdate) (bool, error) {
	return false, nil
}

func (sqlite) settlesAtOnce() bool { return false }

func (e sqlite) lockHolds(ctx context.Context, s *Store, u *activity.HoldUpdate) ([]activity.Hold, time.Time, error) {
	holds := make([]activity.Hold, len(u.Keys))
	for i, key := range u.Keys {
		found, err := e.holds(ctx, s, key, sqliteHold, keyArgs(key, u.ID[:])...)
		if err != nil {
			return nil, time.Time{}, err
		}
		if len(found) > 0 {
			holds[i] = found[0]
		}
	}
	return holds, time.Now(), nil
}

func (e sqlite) updateHolds(ctx context.Context, s *Store, u *activity.HoldUpdate, holds []activity.Hold) error {
	for _, h := range holds {
		text, args := sqliteUpdateHold, keyArgs(h.Key, h.ID[:], h.Units, h.Until.UnixMicro(), h.Settled)
		if h.Settled && h.Units == 0 {
			text, args = sqliteDeleteHold, keyArgs(h.Key, h.ID[:])
		}
		if _, err := e.exec(ctx, s, text, args...); err != nil {
			return err
		}
	}
	return nil
}

func (e sqlite) releaseHolds(ctx context.Context, s *Store, tenant string, task activity.ID) error {
	for _, text := range []string{sqliteReleaseEmpty, sqliteReleaseHolds} {
		if _, err := e.exec(ctx, s, text, tenant, task[:]); err != nil {
			return err
		}
	}
	return nil
}

func (sqlite) dueKeys(ctx context.Context, db conn, now time.Time, limit int) ([]activity.QuotaKey, error) {
	return quotaKeys(ctx, db, sqliteDueKeys, sqliteNow(now), limit)
}

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
