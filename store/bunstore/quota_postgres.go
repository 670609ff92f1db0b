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

var (
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
