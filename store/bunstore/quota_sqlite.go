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
