package bunstore

import (
	"context"
	"strings"

	"github.com/go-activity/activity"
)

// What follows the streams of a walk; see pgWalkTypes for the arguments.
const (
	// One feed has an event once.
	pgCountFeed = `
SELECT s.type, LEAST(sum(c.n), $5::integer)::integer
FROM stream s
CROSS JOIN LATERAL (
  SELECT count(*) AS n
  FROM (
    SELECT f.event_id
    FROM activity_feed f
    WHERE f.feed = s.feed AND f.type = s.type AND f.source = s.source
      AND f.event_id >= $3::uuid AND f.event_id < $4::uuid/*PROBES*/
    ORDER BY f.event_id
    LIMIT $5::integer
  ) entries
) c
WHERE s.source = ANY($2::smallint[])
GROUP BY s.type
ORDER BY s.type`
	// Of many feeds, those of a type are read one after the other until there are enough events.
	pgCountFeeds = `
SELECT k.type, c.n
FROM (
  SELECT s.type, array_agg(s.feed) AS feeds, array_agg(s.source) AS sources
  FROM stream s
  WHERE s.source = ANY($2::smallint[])
  GROUP BY s.type
) k
CROSS JOIN LATERAL (
  WITH RECURSIVE found (event_id) AS (
    SELECT top.event_id
    FROM unnest(k.feeds, k.sources) AS s (feed, source)
    CROSS JOIN LATERAL (
      SELECT f.event_id
      FROM activity_feed f
      WHERE f.feed = s.feed AND f.type = k.type AND f.source = s.source
        AND f.event_id >= $3::uuid AND f.event_id < $4::uuid/*PROBES*/
      ORDER BY f.event_id
      LIMIT $5::integer
    ) top
    /*EACH ONCE*/
  )
  SELECT count(*)::integer AS n
  FROM (SELECT 1 FROM found LIMIT $5::integer) AS counted
) c
ORDER BY k.type`
	// Unlike DISTINCT, which reads everything first, the UNION of a recursive query hands out each row when it meets it first, and so
	// stops at a limit.
	pgEachOnce = `UNION
    SELECT event_id
    FROM found
    WHERE false`
)

// pgCountTypesText returns the statement that counts along a walk. There are few, so each is prepared once.
func pgCountTypesText(w *walk) string {
	head, params := pgStreams(w)
	text := pgCountFeed
	if len(w.feeds) > 1 {
		text = pgCountFeeds
	}
	return strings.NewReplacer("/*BEFORE*/", "<", "/*EACH ONCE*/", pgEachOnce, "/*PROBES*/", probes(w, pgProbe, "$", params)+
		looks(w.looks, pgLook, pgLookActor, "$", params+len(w.others), "activity_event", "event_id")).Replace(head + text)
}

func pgCountTypesArgs(w *walk) []any { return append(pgFeedArgs(w), pgLookArgs(w.looks)...) }

func (postgres) countTypes(ctx context.Context, db conn, w *walk) ([]activity.TypeCount, error) {
	return typeCounts(ctx, db, pgCountTypesText(w), pgCountTypesArgs(w)...)
}
