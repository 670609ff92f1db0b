package bunstore

import (
	"context"
	"database/sql"
	"slices"

	"github.com/go-activity/activity"
)

var sqliteErase = eraseTexts{
	beginStep:      `INSERT INTO activity_guard (step) VALUES (?1)`,
	endStep:        `DELETE FROM activity_guard`,
	emptyParked:    `UPDATE activity_parked SET error = '' WHERE position = ?1`,
	emptyRange:     `UPDATE activity_parked SET error = '' WHERE through > position AND through >= ?1 AND position <= ?1`,
	emptyConsumers: `UPDATE activity_consumer SET error = '' WHERE position < ?1 AND error <> ''`,
	endedBy: `
SELECT ` + taskColumns + `
FROM activity_task t
WHERE t.tenant = ?1 AND t.ended_by_kind = ?2 AND t.ended_by_id = ?3 AND t.ended_by_id <> '' AND t.id > ?4
ORDER BY t.id
LIMIT ?5`,
	setTask: `
UPDATE activity_task
SET (` + fixedTaskColumns + `, ` + changingTaskColumns + `) = (` + parameters("?", 1, firstInsertParam) + `)
WHERE id = ?1`,
	leaveLists: `
DELETE FROM activity_task_facet
WHERE facet IN (SELECT value FROM json_each(?1)) AND preview = ?2 AND start_at = ?3 AND task_id = ?4`,
	eraseHolders: `
UPDATE activity_legal_hold
SET by_id = '', by_label = ''
WHERE tenant = ?1 AND by_kind = ?2 AND by_id = ?3`,

	// Quotas are few; one after the other is looked at.
	subjectKeys: `
WITH RECURSIVE q (quota) AS (
  SELECT (SELECT n.quota FROM activity_quota n WHERE n.tenant = ?1 ORDER BY n.quota LIMIT 1)
  UNION ALL
  SELECT (SELECT n.quota FROM activity_quota n WHERE n.tenant = ?1 AND n.quota > q.quota ORDER BY n.quota LIMIT 1)
  FROM q
  WHERE q.quota IS NOT NULL
)
SELECT k.tenant, k.quota, k.subject_kind, k.subject_id
FROM q
CROSS JOIN activity_quota k ON k.tenant = ?1 AND k.quota = q.quota AND k.subject_kind = ?2 AND k.subject_id = ?3`,
	minutesOf: `
SELECT tenant, quota, subject_kind, subject_id, minute
FROM activity_quota_use
WHERE tenant = ?1 AND actor_kind = ?2 AND actor_id = ?3 AND actor_id <> ''
ORDER BY quota, subject_kind, subject_id, minute
LIMIT ?4`,
	deleteUses: `
DELETE FROM activity_quota_use
WHERE rowid IN (
  SELECT rowid
  FROM activity_quota_use
  WHERE ` + sqliteOfKey + `
  ORDER BY minute, actor_kind, actor_id
  LIMIT ?5
)`,
	deleteHolds: `DELETE FROM activity_quota_hold WHERE ` + sqliteOfKey,
	deleteKey:   `DELETE FROM activity_quota WHERE ` + sqliteOfKey,

	reports: `
WITH RECURSIVE q (task_id, n) AS (
  SELECT (SELECT o.task_id FROM activity_outcome o WHERE o.task_id > ?1 AND o.task_id < ?2 ORDER BY o.task_id LIMIT 1), 1
  UNION ALL
  SELECT (SELECT o.task_id FROM activity_outcome o WHERE o.task_id > q.task_id AND o.task_id < ?2 ORDER BY o.task_id LIMIT 1), q.n + 1
  FROM q
  WHERE q.task_id IS NOT NULL AND q.n < ?3
)
SELECT (SELECT o.tenant FROM activity_outcome o WHERE o.task_id = q.task_id ORDER BY o.seq LIMIT 1), q.task_id
FROM q
WHERE q.task_id IS NOT NULL
ORDER BY q.n`,
	setLegalHold: `
INSERT INTO activity_legal_hold (tenant, entity_kind, entity_id, entity_label, by_kind, by_id, by_label, reason, at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (tenant, entity_kind, entity_id) DO UPDATE
SET (entity_label, by_kind, by_id, by_label, reason, at) =
  (excluded.entity_label, excluded.by_kind, excluded.by_id, excluded.by_label, excluded.reason, excluded.at)`,
	liftLegalHold: `DELETE FROM activity_legal_hold WHERE tenant = ?1 AND entity_kind = ?2 AND entity_id = ?3`,
	heldEntities:  `SELECT entity_kind, entity_id FROM activity_legal_hold WHERE tenant = ?1`,
	listLegalHolds: `
SELECT entity_kind, entity_id, entity_label, by_kind, by_id, by_label, reason, at
FROM activity_legal_hold
WHERE tenant = ?1
ORDER BY entity_kind, entity_id`,
}

const (
	sqliteLockEvent = `SELECT e.id, ` + eventColumns + `, e.salts FROM activity_event e WHERE e.id = ?1`
	sqlitePosition  = `SELECT l.event_id, l.position FROM activity_ledger l WHERE l.event_id = ?1`
	sqliteSetEvent  = `
UPDATE activity_event
SET actor_id = ?2, actor_label = ?3, about = ?4, key = ?5, payload = ?6, salts = ?7, erased = ?8
WHERE id = ?1`
	sqliteLeaveFeed   = `DELETE FROM activity_feed WHERE feed = ?1 AND type = ?2 AND source = ?3 AND event_id = ?4`
	sqliteDeleteEvent = `DELETE FROM activity_event WHERE id = ?1`
	sqliteSetOutcome  = `
UPDATE activity_outcome
SET record_id = '', record_label = '', message = '', link = '', before = NULL, after = NULL, extra = NULL, record = NULL
WHERE task_id = ?1 AND seq = ?2`
	sqliteDeleteOutcome = `DELETE FROM activity_outcome WHERE task_id = ?1 AND seq = ?2`
	sqliteTakeUse       = `
DELETE FROM activity_quota_use
WHERE ` + sqliteOfKey + ` AND minute = ?5 AND actor_kind = ?6 AND actor_id = ?7
RETURNING units`
	sqliteDisownHolds = `
UPDATE activity_quota_hold
SET actor_kind = '', actor_id = '', actor_label = ''
WHERE ` + sqliteOfKey + ` AND minute = ?5 AND actor_kind = ?6 AND actor_id = ?7`
)

func (sqlite) eraseTexts() *eraseTexts { return &sqliteErase }

func (sqlite) ints(list []int64) any { return jsonList(list) }

// lockLegalHolds has nothing to lock: the transaction is the only one that writes.
func (sqlite) lockLegalHolds(context.Context, *Store, string, bool) error { return nil }

func (sqlite) lockEvents(ctx context.Context, s *Store, ids []activity.ID) ([]activity.EventRow, error) {
	var rows []activity.EventRow
	for _, id := range slices.Compact(slices.SortedFunc(slices.Values(ids), activity.ID.Compare)) {
		found, err := eventRows(ctx, s.tx, sqliteLockEvent, id[:])
		if err != nil {
			return nil, err
		}
		rows = append(rows, found...)
	}
	return rows, nil
}

func (sqlite) positions(ctx context.Context, db conn, ids []activity.ID) (map[activity.ID]int64, error) {
	found := map[activity.ID]int64{}
	for _, id := range ids {
		if err := addPositions(ctx, db, found, sqlitePosition, id[:]); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (e sqlite) setEvents(ctx context.Context, s *Store, rows []activity.EventRow) error {
	for i := range rows {
		r := &rows[i]
		about, err := encodeAbout(r.About)
		if err != nil {
			return err
		}
		_, err = e.exec(ctx, s, sqliteSetEvent, r.ID[:], r.Actor.ID, r.Actor.Label, about,
			sql.NullString{String: r.Key, Valid: r.Key != ""}, rawJSON(r.Payload), r.Salts, r.Erased)
		if err != nil {
			return err
		}
	}
	return nil
}

func (e sqlite) leaveFeeds(ctx context.Context, s *Store, rows []feedRow) error {
	for _, f := range rows {
		if _, err := e.exec(ctx, s, sqliteLeaveFeed, f.feed, f.event.Type, int64(f.event.Source), f.event.ID[:]); err != nil {
			return err
		}
	}
	return nil
}

func (e sqlite) deleteEvents(ctx context.Context, s *Store, ids []activity.ID) error {
	for _, id := range ids {
		if _, err := e.exec(ctx, s, sqliteDeleteEvent, id[:]); err != nil {
			return err
		}
	}
	return nil
}

func (e sqlite) setOutcomes(ctx context.Context, s *Store, rows []activity.OutcomeRow) error {
	for i := range rows {
		if _, err := e.exec(ctx, s, sqliteSetOutcome, rows[i].Task[:], rows[i].Seq); err != nil {
			return err
		}
	}
	return nil
}

func (e sqlite) deleteOutcomes(ctx context.Context, s *Store, task activity.ID, seqs []int64) error {
	for _, seq := range seqs {
		if _, err := e.exec(ctx, s, sqliteDeleteOutcome, task[:], seq); err != nil {
			return err
		}
	}
	return nil
}

func (e sqlite) disown(ctx context.Context, s *Store, actor activity.Entity, minutes []minute) error {
	for _, m := range minutes {
		args := keyArgs(m.key, m.n, actor.Kind, actor.ID)
		var units int64
		if err := s.tx.QueryRowContext(ctx, sqliteTakeUse, args...).Scan(&units); err != nil {
			return err
		}
		if _, err := e.exec(ctx, s, sqliteUse, keyArgs(m.key, m.n, "", "", "", units)...); err != nil {
			return err
		}
		if _, err := e.exec(ctx, s, sqliteDisownHolds, args...); err != nil {
			return err
		}
	}
	return nil
}
