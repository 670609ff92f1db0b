package bunstore

import (
	"context"
)

const (
	// See pgLockSeal.
	pgLockDirectory    = `SELECT pg_advisory_xact_lock(` + pgDirectoryKey + `)`
	pgTryLockDirectory = `SELECT pg_try_advisory_xact_lock(` + pgDirectoryKey + `)`
	pgDirectoryKey     = `hashtext('github.com/go-activity/activity index'), 'activity_directory'::regclass::oid::integer`

	pgNames = `
SELECT k.n, n.label, n.words
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS k (tenant, kind, id, n)
CROSS JOIN LATERAL (
  SELECT label, words
  FROM activity_name
  WHERE tenant = k.tenant AND kind = k.kind AND id = k.id
  LIMIT 1
) n`

	pgSetDirectory = `UPDATE activity_directory SET position = $1::bigint`
	pgSetNames     = `
WITH name AS (
  INSERT INTO activity_name (tenant, kind, id, label, words)
  SELECT *
  FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
  ON CONFLICT (tenant, kind, id) DO UPDATE SET label = excluded.label, words = excluded.words
), word AS (
  INSERT INTO activity_word (tenant, word, kind, id)
  SELECT *
  FROM unnest($7::text[], $8::text[], $9::text[], $10::text[])
  ON CONFLICT DO NOTHING
)` + pgSetDirectory
)

var pgDirectory = directoryTexts{
	behind: `SELECT COALESCE((SELECT max(position) FROM activity_ledger), 0) > (SELECT position FROM activity_directory)`,
	unindexed: `
SELECT l.position, l.tenant, e.actor_kind, e.actor_id, e.actor_label, e.about
FROM (
  SELECT position, tenant, event_id
  FROM activity_ledger
  WHERE position > (SELECT position FROM activity_directory)
  ORDER BY position
  LIMIT (SELECT $1::integer)
) l
LEFT JOIN LATERAL (
  SELECT actor_kind, actor_id, actor_label, about
  FROM activity_event
  WHERE id = l.event_id
  LIMIT 1
) e ON true
ORDER BY l.position`,

	// A planner that knew the range or the limit might read all of the range, and sort it.
	countWords: `
SELECT k.n, (
  SELECT count(*)
  FROM (
    SELECT 1
    FROM activity_word
    WHERE tenant = $1::text AND word >= k.low AND word < k.high
    ORDER BY tenant, word, kind, id
    LIMIT (SELECT $4::integer)
  ) w
)
FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS k (low, high, n)`,
	candidates: `
SELECT w.kind, w.id, n.label, n.words
FROM (
  SELECT tenant, kind, id
  FROM activity_word
  WHERE tenant = $1::text AND word >= (SELECT $2::text) AND word < (SELECT $3::text)
  ORDER BY tenant, word, kind, id
  LIMIT (SELECT $4::integer)
) w
CROSS JOIN LATERAL (
  SELECT label, words
  FROM activity_name
  WHERE tenant = w.tenant AND kind = w.kind AND id = w.id
  LIMIT 1
) n`,

	deleteName: `
DELETE FROM activity_name
WHERE tenant = $1::text AND kind = $2::text AND id = $3::text
RETURNING words`,
	deleteWords: `
DELETE FROM activity_word w
USING unnest((SELECT $4::text[])) AS k (word)
WHERE w.tenant = $1::text AND w.word = k.word AND w.kind = $2::text AND w.id = $3::text`,
}

func (postgres) directoryTexts() *directoryTexts { return &pgDirectory }

func (postgres) texts(list []string) any { return pgTexts(list) }

func (postgres) tryLockDirectory(ctx context.Context, s *Store) (locked bool, err error) {
	err = s.tx.QueryRowContext(ctx, pgTryLockDirectory).Scan(&locked)
	return locked, err
}

func (postgres) lockDirectory(ctx context.Context, s *Store) error {
	_, err := s.tx.ExecContext(ctx, pgLockDirectory)
	return err
}

func (postgres) names(ctx context.Context, s *Store, keys []nameKey) (map[nameKey]name, error) {
	var c [3]pgArray
	for _, k := range keys {
		c[0].text(k.tenant)
		c[1].text(k.kind)
		c[2].text(k.id)
	}
	return numberedNames(ctx, s.tx, keys, pgNames, c[0].String(), c[1].String(), c[2].String())
}

func (postgres) setNames(ctx context.Context, s *Store, names []name, position int64) error {
	text, args := pgSetDirectory, []any{position}
	if len(names) > 0 {
		text, args = pgSetNames, append(args, pgNameColumns(names)...)
	}
	_, err := s.tx.ExecContext(ctx, text, args...)
	return err
}

func pgNameColumns(names []name) []any {
	var c [9]pgArray
	for i := range names {
		n := &names[i]
		c[0].text(n.tenant)
		c[1].text(n.kind)
		c[2].text(n.id)
		c[3].text(n.label)
		c[4].text(joinWords(n.words))
	}
	for _, w := range freshWords(names) {
		c[5].text(w.tenant)
		c[6].text(w.word)
		c[7].text(w.kind)
		c[8].text(w.id)
	}
	args := make([]any, len(c))
	for i := range c {
		args[i] = c[i].String()
	}
	return args
}
