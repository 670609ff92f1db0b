package bunstore

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/go-activity/activity"
)

// SQLite has no LATERAL. Its recursive queries keep their rows in a queue in the order that the
// query names, which makes of one statement a merge of the streams: the queue holds the newest
// event of each, and each event that is taken out puts the next one of its stream in.
// See https://sqlite.org/lang_with.html, "Controlling depth-first versus breadth-first search".
//
// ?1 feeds, ?2 sources, ?3 lowest ID, ?4 highest ID, ?5 limit, ?6 types (if given), then the probes.
const (
	sqliteWalkTypes = `
WITH RECURSIVE walked (feed, type) AS (
  SELECT w.value, (SELECT min(f.type) FROM activity_feed f WHERE f.feed = w.value)
  FROM json_each(?1) w
  UNION ALL
  SELECT walked.feed, (SELECT min(f.type) FROM activity_feed f WHERE f.feed = walked.feed AND f.type > walked.type)
  FROM walked
  WHERE walked.type IS NOT NULL
), `
	sqliteGivenTypes = `
WITH RECURSIVE walked (feed, type) AS (
  SELECT w.value, t.value
  FROM json_each(?1) w, json_each(?6) t
), `
	sqliteFeed = `merged (feed, type, source, event_id) AS (
  SELECT walked.feed, walked.type, s.value, (
    SELECT f.event_id
    FROM activity_feed f
    WHERE f.feed = walked.feed AND f.type = walked.type AND f.source = s.value
      AND f.event_id >= ?3 AND f.event_id < ?4/*PROBES*/
    ORDER BY f.event_id DESC
    LIMIT 1
  )
  FROM walked, json_each(?2) s
  WHERE walked.type IS NOT NULL
  UNION ALL
  SELECT m.feed, m.type, m.source, (
    SELECT f.event_id
    FROM activity_feed f
    WHERE f.feed = m.feed AND f.type = m.type AND f.source = m.source
      AND f.event_id >= /*MIN*/ AND f.event_id < /*MAX*//*PROBES*/
    ORDER BY f.event_id DESC
    LIMIT 1
  )
  FROM merged m
  WHERE m.event_id IS NOT NULL
  ORDER BY 4 DESC NULLS LAST
  LIMIT ?5
)
SELECT m.event_id, ` + eventColumns + `
FROM merged m
LEFT JOIN activity_event e ON e.id = m.event_id
WHERE m.event_id IS NOT NULL
ORDER BY m.event_id DESC`
	sqliteProbe = `
      AND EXISTS (SELECT 1 FROM json_each(?N) p JOIN activity_feed o ON o.feed = p.value AND o.type = f.type AND o.source = f.source AND o.event_id = f.event_id)`
	sqliteCount = `
SELECT count(*)
FROM (SELECT 1 FROM json_each(?1) w JOIN activity_feed f ON f.feed = w.value LIMIT ?2)`
	sqliteCountTypes = `
SELECT count(*)
FROM (SELECT 1 FROM json_each(?1) w CROSS JOIN json_each(?3) t CROSS JOIN activity_feed f ON f.feed = w.value AND f.type = t.value LIMIT ?2)`
)

// sqliteFeedText returns the statement for a walk. There are few, so each is prepared once.
func sqliteFeedText(w *walk) string {
	head, params := sqliteStreams(w)
	text := head + sqliteFeed
	if w.oldest {
		text = strings.NewReplacer("DESC", "ASC", ">= /*MIN*/", "> m.event_id", "/*MAX*/", "?4").Replace(text)
	} else {
		text = strings.NewReplacer("/*MIN*/", "?3", "/*MAX*/", "m.event_id").Replace(text)
	}
	return strings.ReplaceAll(text, "/*PROBES*/", probes(w, sqliteProbe, "?", params))
}

// sqliteStreams is pgStreams for SQLite.
func sqliteStreams(w *walk) (head string, params int) {
	if w.types != nil {
		return sqliteGivenTypes, 6
	}
	return sqliteWalkTypes, 5
}

func sqliteFeedArgs(w *walk) []any {
	args := []any{jsonList(w.feeds), jsonList(w.sources), w.min[:], w.max[:], w.limit}
	if w.types != nil {
		args = append(args, jsonList(w.types))
	}
	for _, feeds := range w.others {
		args = append(args, jsonList(feeds))
	}
	return args
}

func (sqlite) feed(ctx context.Context, db conn, w *walk) ([]activity.Event, error) {
	return events(ctx, db, sqliteScan, sqliteFeedText(w), sqliteFeedArgs(w)...)
}

func (sqlite) count(ctx context.Context, db conn, feeds []int64, types []string, limit int) (n int, err error) {
	if types == nil {
		err = db.QueryRowContext(ctx, sqliteCount, jsonList(feeds), limit).Scan(&n)
	} else {
		err = db.QueryRowContext(ctx, sqliteCountTypes, jsonList(feeds), limit, jsonList(types)).Scan(&n)
	}
	return n, err
}

// jsonList writes numbers, texts or pairs of texts for json_each, without the <, > and & escapes of HTML: SQLite
// undoes them as well.
func jsonList[T int64 | string | [2]string](list []T) string {
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // numbers and valid texts always have a JSON form
	}
	return string(text)
}
