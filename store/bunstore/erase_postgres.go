package bunstore

import (
	"context"
	"slices"

	"github.com/go-activity/activity"
)

var pgErase = eraseTexts{
	beginStep: `SELECT set_config('activity.step', $1::text, true)`,
	endStep:   `SELECT set_config('activity.step', '', true)`,
	emptyParked: `
UPDATE activity_parked
SET error = ''
WHERE position = $1::bigint`,
	emptyRange: `
UPDATE activity_parked
SET error = ''
WHERE through > position AND through >= $1::bigint AND position <= $1::bigint`,
	emptyConsumers: `
UPDATE activity_consumer
SET error = ''
WHERE position < $1::bigint AND error <> ''`,
	endedBy: `
SELECT ` + taskColumns + `
FROM activity_task t
WHERE t.tenant = $1::text AND t.ended_by_kind = $2::text AND t.ended_by_id = $3::text AND t.ended_by_id <> '' AND t.id > $4::uuid
ORDER BY t.tenant, t.ended_by_kind, t.ended_by_id, t.id
LIMIT $5::integer`,
	setTask: `
UPDATE activity_task
SET (` + fixedTaskColumns + `, ` + changingTaskColumns + `) = (` + parameters("$", 1, firstInsertParam) + `)
WHERE id = $1::uuid`,
	leaveLists: `
DELETE FROM activity_task_facet f
USING unnest((SELECT $1::bigint[])) AS k (facet)
WHERE f.facet = k.facet AND f.preview = $2::boolean AND f.start_at = $3::timestamptz AND f.task_id = $4::uuid`,
	eraseHolders: `
UPDATE activity_legal_hold
SET by_id = '', by_label = ''
WHERE tenant = $1::text AND by_kind = $2::text AND by_id = $3::text`,

	// Quotas are few; one after the other is looked at.
	subjectKeys: `
WITH RECURSIVE q (quota) AS (
  (
    SELECT quota
    FROM activity_quota
    WHERE tenant = $1::text
    ORDER BY tenant, quota
    LIMIT 1
  )
  UNION ALL
  SELECT (
    SELECT n.quota
    FROM activity_quota n
    WHERE n.tenant = $1::text AND n.quota > q.quota
    ORDER BY n.tenant, n.quota
    LIMIT 1
  )
  FROM q
  WHERE q.quota IS NOT NULL
)
SELECT k.tenant, k.quota, k.subject_kind, k.subject_id
FROM q
CROSS JOIN LATERAL (
  SELECT *
  FROM activity_quota k
  WHERE k.tenant = $1::text AND k.quota = q.quota AND k.subject_kind = $2::text AND k.subject_id = $3::text
  LIMIT 1
) k`,
	minutesOf: `
SELECT tenant, quota, subject_kind, subject_id, minute
FROM activity_quota_use
WHERE tenant = $1::text AND actor_kind = $2::text AND actor_id = $3::text AND actor_id <> ''
ORDER BY tenant, actor_kind, actor_id, quota, subject_kind, subject_id, minute
LIMIT $4::integer`,
	deleteUses: `
DELETE FROM activity_quota_use u
USING unnest(ARRAY(
  SELECT ctid
  FROM activity_quota_use
  WHERE ` + pgOfKey + `
  ORDER BY tenant, quota, subject_kind, subject_id, minute, actor_kind, actor_id
  LIMIT $5::integer
)) AS k (place)
WHERE u.ctid = k.place`,
	deleteHolds: `DELETE FROM activity_quota_hold WHERE ` + pgOfKey,
	deleteKey:   `DELETE FROM activity_quota WHERE ` + pgOfKey,

	reports: `
WITH RECURSIVE q (task_id, n) AS (
  (
    SELECT task_id, 1
    FROM activity_outcome
    WHERE task_id > $1::uuid AND task_id < $2::uuid
    ORDER BY task_id
    LIMIT 1
  )
  UNION ALL
  SELECT next.task_id, q.n + 1
  FROM q
  CROSS JOIN LATERAL (
    SELECT o.task_id
    FROM activity_outcome o
    WHERE o.task_id > q.task_id AND o.task_id < $2::uuid
    ORDER BY o.task_id
    LIMIT 1
  ) next
  WHERE q.n < $3::integer
)
SELECT first.tenant, q.task_id
FROM q
CROSS JOIN LATERAL (
  SELECT o.tenant
  FROM activity_outcome o
  WHERE o.task_id = q.task_id
  ORDER BY o.task_id, o.seq
  LIMIT 1
) first
ORDER BY q.n`,
	setLegalHold: `
INSERT INTO activity_legal_hold (tenant, entity_kind, entity_id, entity_label, by_kind, by_id, by_label, reason, at)
VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::timestamptz)
ON CONFLICT (tenant, entity_kind, entity_id) DO UPDATE
SET (entity_label, by_kind, by_id, by_label, reason, at) =
  (excluded.entity_label, excluded.by_kind, excluded.by_id, excluded.by_label, excluded.reason, excluded.at)`,
	liftLegalHold: `DELETE FROM activity_legal_hold WHERE tenant = $1::text AND entity_kind = $2::text AND entity_id = $3::text`,
	heldEntities:  `SELECT entity_kind, entity_id FROM activity_legal_hold WHERE tenant = $1::text`,
	listLegalHolds: `
SELECT entity_kind, entity_id, entity_label, by_kind, by_id, by_label, reason, at
FROM activity_legal_hold
WHERE tenant = $1::text
ORDER BY entity_kind, entity_id`,
}

const (
	pgHeedLegalHolds   = `SELECT pg_advisory_xact_lock_shared($1::bigint)`
	pgChangeLegalHolds = `SELECT pg_advisory_xact_lock($1::bigint)`

	pgLockEvents = `
SELECT e.id, ` + eventColumns + `, e.salts
FROM unnest((SELECT $1::uuid[])) AS k (id)
JOIN activity_event e ON e.id = k.id
ORDER BY e.id
FOR UPDATE OF e`
	pgPositions = `
SELECT l.event_id, l.position
FROM unnest((SELECT $1::uuid[])) AS k (id)
JOIN activity_ledger l ON l.event_id = k.id`
	pgSetEvents = `
UPDATE activity_event e
SET actor_id = k.actor_id, actor_label = k.actor_label, about = k.about, key = k.key, payload = k.payload, salts = k.salts, erased = k.erased
FROM unnest((SELECT $1::uuid[]), $2::text[], $3::text[], $4::json[], $5::text[], $6::json[], $7::bytea[], $8::boolean[])
  AS k (id, actor_id, actor_label, about, key, payload, salts, erased)
WHERE e.id = k.id`
	pgLeaveFeeds = `
DELETE FROM activity_feed f
USING unnest((SELECT $1::bigint[]), $2::text[], $3::smallint[], $4::uuid[]) AS k (feed, type, source, event_id)
WHERE f.feed = k.feed AND f.type = k.type AND f.source = k.source AND f.event_id = k.event_id`
	pgDeleteEvents = `
DELETE FROM activity_event e
USING unnest((SELECT $1::uuid[])) AS k (id)
WHERE e.id = k.id`
	pgSetOutcomes = `
UPDATE activity_outcome o
SET record_id = '', record_label = '', message = '', link = '', before = NULL, after = NULL, extra = NULL, record = NULL
FROM unnest((SELECT $1::uuid[]), $2::bigint[]) AS k (task_id, seq)
WHERE o.task_id = k.task_id AND o.seq = k.seq`
	pgDeleteOutcomes = `
DELETE FROM activity_outcome o
USING unnest((SELECT $2::bigint[])) AS k (seq)
WHERE o.task_id = $1::uuid AND o.seq = k.seq`
	pgDisownUses = `
WITH gone AS (
  DELETE FROM activity_quota_use q
  USING unnest(` + pgKeyList + `, $5::bigint[]) AS k (tenant, quota, subject_kind, subject_id, minute)
  WHERE ` + pgOfEachKey + ` AND q.minute = k.minute AND q.actor_kind = $6::text AND q.actor_id = $7::text
  RETURNING q.*
)
INSERT INTO activity_quota_use AS u (tenant, quota, subject_kind, subject_id, minute, actor_kind, actor_id, actor_label, units)
SELECT tenant, quota, subject_kind, subject_id, minute, '', '', '', units
FROM gone
ON CONFLICT (tenant, quota, subject_kind, subject_id, minute, actor_kind, actor_id) DO UPDATE SET units = u.units + excluded.units`
	pgDisownHolds = `
WITH k AS MATERIALIZED (
  SELECT q.tenant, q.quota, q.subject_kind, q.subject_id, q.id
  FROM unnest(` + pgKeyList + `, $5::bigint[]) AS k (tenant, quota, subject_kind, subject_id, minute)
  JOIN activity_quota_hold q ON ` + pgOfEachKey + ` AND q.minute = k.minute AND q.actor_kind = $6::text AND q.actor_id = $7::text
  ORDER BY q.id, q.tenant, q.quota, q.subject_kind, q.subject_id
  FOR UPDATE OF q
)
UPDATE activity_quota_hold q
SET actor_kind = '', actor_id = '', actor_label = ''
FROM k
WHERE ` + pgOfEachKey + ` AND q.id = k.id`
)

func (postgres) eraseTexts() *eraseTexts { return &pgErase }

func (postgres) ints(list []int64) any { return pgInts(list) }

func (postgres) lockLegalHolds(ctx context.Context, s *Store, tenant string, change bool) error {
	text := pgHeedLegalHolds
	if change {
		text = pgChangeLegalHolds
	}
	_, err := s.tx.ExecContext(ctx, text, feedKey(ofLegalHold, tenant, "", ""))
	return err
}

func (postgres) lockEvents(ctx context.Context, s *Store, ids []activity.ID) ([]activity.EventRow, error) {
	return eventRows(ctx, s.tx, pgLockEvents, pgIDs(slices.Compact(slices.SortedFunc(slices.Values(ids), activity.ID.Compare))))
}

func pgIDs(ids []activity.ID) string {
	var a pgArray
	for _, id := range ids {
		a.id(id)
	}
	return a.String()
}

func (postgres) positions(ctx context.Context, db conn, ids []activity.ID) (map[activity.ID]int64, error) {
	found := map[activity.ID]int64{}
	return found, addPositions(ctx, db, found, pgPositions, pgIDs(ids))
}

func (postgres) setEvents(ctx context.Context, s *Store, rows []activity.EventRow) error {
	var c [8]pgArray
	for i := range rows {
		r := &rows[i]
		about, err := encodeAbout(r.About)
		if err != nil {
			return err
		}
		c[0].id(r.ID)
		c[1].text(r.Actor.ID)
		c[2].text(r.Actor.Label)
		c[3].text(about)
		if r.Key == "" {
			c[4].null()
		} else {
			c[4].text(r.Key)
		}
		if r.Payload == nil {
			c[5].null()
		} else {
			c[5].text(string(r.Payload))
		}
		c[6].bytes(r.Salts)
		c[7].bool(r.Erased)
	}
	args := make([]any, len(c))
	for i := range c {
		args[i] = c[i].String()
	}
	_, err := s.tx.ExecContext(ctx, pgSetEvents, args...)
	return err
}

func (postgres) leaveFeeds(ctx context.Context, s *Store, rows []feedRow) error {
	var feeds, types, sources, ids pgArray
	for _, f := range rows {
		feeds.int(f.feed)
		types.text(f.event.Type)
		sources.int(int64(f.event.Source))
		ids.id(f.event.ID)
	}
	_, err := s.tx.ExecContext(ctx, pgLeaveFeeds, feeds.String(), types.String(), sources.String(), ids.String())
	return err
}

func (postgres) deleteEvents(ctx context.Context, s *Store, ids []activity.ID) error {
	_, err := s.tx.ExecContext(ctx, pgDeleteEvents, pgIDs(ids))
	return err
}

func (postgres) setOutcomes(ctx context.Context, s *Store, rows []activity.OutcomeRow) error {
	var tasks, seqs pgArray
	for i := range rows {
		tasks.id(rows[i].Task)
		seqs.int(rows[i].Seq)
	}
	_, err := s.tx.ExecContext(ctx, pgSetOutcomes, tasks.String(), seqs.String())
	return err
}

func (postgres) deleteOutcomes(ctx context.Context, s *Store, task activity.ID, seqs []int64) error {
	_, err := s.tx.ExecContext(ctx, pgDeleteOutcomes, task, pgInts(seqs))
	return err
}

func (postgres) disown(ctx context.Context, s *Store, actor activity.Entity, minutes []minute) error {
	keys := make([]activity.QuotaKey, len(minutes))
	var numbers pgArray
	for i, m := range minutes {
		keys[i] = m.key
		numbers.int(m.n)
	}
	args := append(pgKeys(keys), numbers.String(), actor.Kind, actor.ID)
	for _, text := range []string{pgDisownUses, pgDisownHolds} {
		if _, err := s.tx.ExecContext(ctx, text, args...); err != nil {
			return err
		}
	}
	return nil
}
