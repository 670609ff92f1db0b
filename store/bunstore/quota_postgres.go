package bunstore

import (
	"context"
	"time"

	"github.com/go-activity/activity"
)

// Conditions on a key, that of the arguments and each of a list k.
const (
	pgOfKey = `tenant = $1::text AND quota = $2::text AND subject_kind = $3::text AND subject_id = $4::text`

	// The planner must not know how long the list is: it would plan each call anew, which takes longer than all else.
	pgKeyList   = `(SELECT $1::text[]), $2::text[], $3::text[], $4::text[]`
	pgOfEachKey = `q.tenant = k.tenant AND q.quota = k.quota AND q.subject_kind = k.subject_kind AND q.subject_id = k.subject_id`
)

const (
	// The clock is read once the row is locked. What is locked is the newest version of the row; whether a hold is
	// settled is what was so when the statement began.
	pgLockMeter = `
WITH q AS MATERIALIZED (
  SELECT counter, due
  FROM activity_quota
  WHERE ` + pgOfKey + `
  FOR NO KEY UPDATE
)
SELECT q.counter, q.due, EXISTS (SELECT 1 FROM activity_quota_hold WHERE ` + pgOfKey + ` AND settled), clock_timestamp()
FROM q`

	// Keys are locked in the order of the arrays, but none if one of them is not there.
	pgLockMeters = `
SELECT q.counter, q.due, EXISTS (SELECT 1 FROM activity_quota_hold q WHERE ` + pgOfEachKey + ` AND q.settled), clock_timestamp()
FROM unnest(` + pgKeyList + `) WITH ORDINALITY AS k (tenant, quota, subject_kind, subject_id, n)
CROSS JOIN LATERAL (
  SELECT counter, due
  FROM activity_quota q
  WHERE ` + pgOfEachKey + ` AND NOT EXISTS (
    SELECT 1
    FROM unnest(` + pgKeyList + `) AS k (tenant, quota, subject_kind, subject_id)
    WHERE (SELECT true FROM activity_quota q WHERE ` + pgOfEachKey + `) IS NULL
  )
  FOR NO KEY UPDATE
) q
ORDER BY k.n`

	// ON CONFLICT waits for a transaction that is about to add the same key. Keys are added in the order of the
	// arrays, before any is locked.
	pgAddMeters = `
INSERT INTO activity_quota (tenant, quota, subject_kind, subject_id, counter)
SELECT k.*, ''
FROM unnest(` + pgKeyList + `) AS k (tenant, quota, subject_kind, subject_id)
ON CONFLICT DO NOTHING`

	// The planner takes an array that it does not know for a short list, and looks each row up. A hold that is
	// locked is about to be settled.
	pgTakeDue = `
WITH due AS MATERIALIZED (
  SELECT d.place
  FROM unnest(` + pgKeyList + `, $5::timestamptz[]) AS k (tenant, quota, subject_kind, subject_id, at)
  CROSS JOIN LATERAL (
    SELECT *
    FROM (
      SELECT q.ctid AS place
      FROM activity_quota_hold q
      WHERE ` + pgOfEachKey + ` AND q.settled
      FOR UPDATE SKIP LOCKED
    ) settled
    UNION ALL
    SELECT *
    FROM (
      SELECT q.ctid AS place
      FROM activity_quota_hold q
      WHERE ` + pgOfEachKey + ` AND NOT q.settled AND q.until <= k.at
      FOR UPDATE SKIP LOCKED
    ) expired
  ) d
  LIMIT $6::integer
), gone AS (
  DELETE FROM activity_quota_hold h
  USING unnest(ARRAY(SELECT place FROM due)) AS k (place)
  WHERE h.ctid = k.place
  RETURNING h.*
), used AS (
  UPDATE activity_quota_use u
  SET units = u.units - k.units
  FROM (
    SELECT q.place, k.units
    FROM (
      SELECT tenant, quota, subject_kind, subject_id, minute, actor_kind, actor_id, sum(units)::bigint AS units
      FROM gone
      GROUP BY tenant, quota, subject_kind, subject_id, minute, actor_kind, actor_id
    ) k
    CROSS JOIN LATERAL (
      SELECT q.ctid AS place
      FROM activity_quota_use q
      WHERE ` + pgOfEachKey + ` AND q.minute = k.minute AND q.actor_kind = k.actor_kind AND q.actor_id = k.actor_id
      LIMIT 1
    ) q
  ) k
  WHERE u.ctid = k.place
)
SELECT tenant, quota, subject_kind, subject_id, ` + holdColumns + `
FROM gone`

	// What is due next is looked for where holds were taken. One key needs no arrays: this is the text that is sent most.
	pgChargeMeter = `
WITH quota AS (
  UPDATE activity_quota
  SET counter = $5::bytea, due = CASE WHEN $7::boolean THEN LEAST($6::timestamptz, (
    SELECT until
    FROM activity_quota_hold
    WHERE ` + pgOfKey + ` AND NOT settled
    ORDER BY until
    LIMIT 1
  )) ELSE $6::timestamptz END
  WHERE ` + pgOfKey + `
), hold AS (
  INSERT INTO activity_quota_hold (tenant, quota, subject_kind, subject_id, at, minute, until, id, task,
    actor_kind, actor_id, actor_label, units, settled)
  SELECT $1::text, $2::text, $3::text, $4::text, $8::timestamptz, $9::bigint, $10::timestamptz, $11::uuid, $12::uuid,
    $13::text, $14::text, $15::text, $16::bigint, false
  WHERE $11::uuid IS NOT NULL
)
INSERT INTO activity_quota_use AS u (tenant, quota, subject_kind, subject_id, minute, actor_kind, actor_id, actor_label, units)
VALUES ($1::text, $2::text, $3::text, $4::text, $9::bigint, $13::text, $14::text, $15::text, $16::bigint)
ON CONFLICT (tenant, quota, subject_kind, subject_id, minute, actor_kind, actor_id)
  DO UPDATE SET units = u.units + excluded.units, actor_label = excluded.actor_label`

	pgSetMeters = `
UPDATE activity_quota q
SET counter = k.counter, due = CASE WHEN k.recount THEN LEAST(k.due, (
  SELECT q.until
  FROM activity_quota_hold q
  WHERE ` + pgOfEachKey + ` AND NOT q.settled
  ORDER BY q.until
  LIMIT 1
)) ELSE k.due END
FROM unnest(` + pgKeyList + `, $5::bytea[], $6::timestamptz[], $7::boolean[])
  AS k (tenant, quota, subject_kind, subject_id, counter, due, recount)
WHERE ` + pgOfEachKey

	pgChargeMeters = `
WITH quota AS (` + pgSetMeters + `
), hold AS (
  INSERT INTO activity_quota_hold (tenant, quota, subject_kind, subject_id, at, minute, until, id, task,
    actor_kind, actor_id, actor_label, units, settled)
  SELECT k.*, $11::uuid, $12::uuid, $13::text, $14::text, $15::text, $16::bigint, false
  FROM unnest(` + pgKeyList + `, $8::timestamptz[], $9::bigint[], $10::timestamptz[]) AS k
  WHERE $11::uuid IS NOT NULL
)
INSERT INTO activity_quota_use AS u (tenant, quota, subject_kind, subject_id, minute, actor_kind, actor_id, actor_label, units)
SELECT k.*, $13::text, $14::text, $15::text, $16::bigint
FROM unnest(` + pgKeyList + `, $9::bigint[]) AS k
ON CONFLICT (tenant, quota, subject_kind, subject_id, minute, actor_kind, actor_id)
  DO UPDATE SET units = u.units + excluded.units, actor_label = excluded.actor_label`
)

// pgKeys are four arrays, of the columns of keys.
func pgKeys(keys []activity.QuotaKey) []any {
	var columns [4]pgArray
	for _, key := range keys {
		for i, text := range []string{key.Tenant, key.Quota, key.SubjectKind, key.SubjectID} {
			columns[i].text(text)
		}
	}
	args := make([]any, len(columns), 16)
	for i := range columns {
		args[i] = columns[i].String()
	}
	return args
}

func (e postgres) lockMeters(ctx context.Context, s *Store, keys []activity.QuotaKey) ([]meter, time.Time, error) {
	text, args := pgLockMeters, []any(nil)
	if len(keys) == 1 {
		text, args = pgLockMeter, keyArgs(keys[0])
	} else {
		args = pgKeys(keys)
	}
	rows, err := s.tx.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer rows.Close()
	var now time.Time // that of the key that was locked last
	var meters []meter
	for rows.Next() {
		m, err := scanMeter(rows, keys[len(meters)], instant{&now})
		if err != nil {
			return nil, time.Time{}, err
		}
		meters = append(meters, m)
	}
	return meters, now, rows.Err()
}

func (postgres) addMeters(ctx context.Context, s *Store, keys []activity.QuotaKey) error {
	_, err := s.tx.ExecContext(ctx, pgAddMeters, pgKeys(keys)...)
	return err
}

func (postgres) takeDue(ctx context.Context, s *Store, meters []meter, times []time.Time, limit int) ([]activity.Hold, error) {
	var at pgArray
	for _, t := range times {
		at.time(t)
	}
	rows, err := s.tx.QueryContext(ctx, pgTakeDue, append(pgKeys(keysOf(meters)), at.String(), limit)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var holds []activity.Hold
	for rows.Next() {
		var key activity.QuotaKey
		h, err := scanHold(rows, key, &key.Tenant, &key.Quota, &key.SubjectKind, &key.SubjectID)
		if err != nil {
			return nil, err
		}
		h.Key = key
		holds = append(holds, h)
	}
	return holds, rows.Err()
}

// pgMeters are the arguments of pgSetMeters.
func pgMeters(meters []meter) ([]any, error) {
	var counters, dues, recounts pgArray
	for i := range meters {
		counter, err := meters[i].counter.MarshalBinary()
		if err != nil {
			return nil, err
		}
		counters.bytes(counter)
		if meters[i].due.IsZero() {
			dues.null()
		} else {
			dues.time(meters[i].due)
		}
		recounts.bool(meters[i].recount)
	}
	return append(pgKeys(keysOf(meters)), counters.String(), dues.String(), recounts.String()), nil
}

func (postgres) setMeters(ctx context.Context, s *Store, meters []meter) error {
	args, err := pgMeters(meters)
	if err != nil {
		return err
	}
	_, err = s.tx.ExecContext(ctx, pgSetMeters, args...)
	return err
}

func (e postgres) charge(ctx context.Context, s *Store, r *activity.QuotaRequest, meters []meter, holds []activity.Hold) error {
	text, args, err := pgChargeMeters, []any(nil), error(nil)
	if len(meters) == 1 {
		text = pgChargeMeter
		args, err = e.chargeOne(&meters[0], holds)
	} else {
		args, err = e.chargeSeveral(meters, holds)
	}
	if err != nil {
		return err
	}
	_, err = s.tx.ExecContext(ctx, text, append(args, r.ID, r.Task, r.Actor.Kind, r.Actor.ID, r.Actor.Label, r.Units)...)
	return err
}

func (e postgres) chargeOne(m *meter, holds []activity.Hold) ([]any, error) {
	counter, err := m.counter.MarshalBinary()
	if err != nil {
		return nil, err
	}
	var until time.Time
	if len(holds) > 0 {
		until = holds[0].Until
	}
	at := m.charged()
	return keyArgs(m.key, counter, e.time(m.due), m.recount, at, minuteOf(at), e.time(until)), nil
}

func (postgres) chargeSeveral(meters []meter, holds []activity.Hold) ([]any, error) {
	args, err := pgMeters(meters)
	if err != nil {
		return nil, err
	}
	var at, minutes, until pgArray
	for i := range meters {
		t := meters[i].charged()
		at.time(t)
		minutes.int(minuteOf(t))
		if len(holds) == 0 {
			until.null()
		} else {
			until.time(holds[i].Until)
		}
	}
	return append(args, at.String(), minutes.String(), until.String()), nil
}
