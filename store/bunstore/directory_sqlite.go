package bunstore

import (
	"context"
	"encoding/json"
)

const (
	sqliteNames = `
SELECT k.key + 1, n.label, n.words
FROM json_each(?1) k
CROSS JOIN activity_name n ON n.tenant = k.value ->> 0 AND n.kind = k.value ->> 1 AND n.id = k.value ->> 2`

	sqliteSetName = `
INSERT INTO activity_name (tenant, kind, id, label, words)
VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant, kind, id) DO UPDATE SET label = excluded.label, words = excluded.words`
	sqliteAddWord      = `INSERT INTO activity_word (tenant, word, kind, id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`
	sqliteSetDirectory = `UPDATE activity_directory SET position = ?1`
)

var sqliteDirectory = directoryTexts{
	behind: `SELECT COALESCE((SELECT max(position) FROM activity_ledger), 0) > (SELECT position FROM activity_directory)`,
	unindexed: `
SELECT l.position, l.tenant, e.actor_kind, e.actor_id, e.actor_label, e.about
FROM activity_ledger l
LEFT JOIN activity_event e ON e.id = l.event_id
WHERE l.position > (SELECT position FROM activity_directory)
ORDER BY l.position
LIMIT ?1`,

	countWords: `
SELECT low.key + 1, (
  SELECT count(*)
  FROM (
    SELECT 1
    FROM activity_word
    WHERE tenant = ?1 AND word >= low.value AND word < high.value
    LIMIT ?4
  )
)
FROM json_each(?2) low
CROSS JOIN json_each(?3) high ON high.key = low.key`,
	candidates: `
SELECT w.kind, w.id, n.label, n.words
FROM (
  SELECT tenant, kind, id
  FROM activity_word
  WHERE tenant = ?1 AND word >= ?2 AND word < ?3
  ORDER BY word, kind, id
  LIMIT ?4
) w
CROSS JOIN activity_name n ON n.tenant = w.tenant AND n.kind = w.kind AND n.id = w.id`,

	deleteName: `
DELETE FROM activity_name
WHERE tenant = ?1 AND kind = ?2 AND id = ?3
RETURNING words`,
	deleteWords: `
DELETE FROM activity_word
WHERE tenant = ?1 AND word IN (SELECT value FROM json_each(?4)) AND kind = ?2 AND id = ?3`,
}

func (sqlite) directoryTexts() *directoryTexts { return &sqliteDirectory }

func (sqlite) texts(list []string) any { return jsonList(list) }

// There is nothing to lock: the transaction is the only one that writes.
func (sqlite) tryLockDirectory(context.Context, *Store) (bool, error) { return true, nil }
func (sqlite) lockDirectory(context.Context, *Store) error            { return nil }

func (sqlite) names(ctx context.Context, s *Store, keys []nameKey) (map[nameKey]name, error) {
	list := make([][3]string, len(keys))
	for i, k := range keys {
		list[i] = [3]string{k.tenant, k.kind, k.id}
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	return numberedNames(ctx, s.tx, keys, sqliteNames, string(text))
}

func (e sqlite) setNames(ctx context.Context, s *Store, names []name, position int64) error {
	for i := range names {
		n := &names[i]
		if _, err := e.exec(ctx, s, sqliteSetName, n.tenant, n.kind, n.id, n.label, joinWords(n.words)); err != nil {
			return err
		}
	}
	for _, w := range freshWords(names) {
		if _, err := e.exec(ctx, s, sqliteAddWord, w.tenant, w.word, w.kind, w.id); err != nil {
			return err
		}
	}
	_, err := e.exec(ctx, s, sqliteSetDirectory, position)
	return err
}
