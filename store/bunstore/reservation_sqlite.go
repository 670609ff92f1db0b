package bunstore

import (
	"context"
	"time"

	"github.com/go-activity/activity"
)

const (
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
)

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
