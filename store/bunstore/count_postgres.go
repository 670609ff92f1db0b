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
	// Of many feeds, those of a type are read one after the other until there are enough entries. An event has at most 17 of one
	// condition, those of its entities and its actor: among so many entries there are as many events as are counted.
	pgCountFeeds = `
SELECT k.type, c.n
FROM (
  SELECT s.type, array_agg(s.feed) AS feeds, array_agg(s.source) AS sources
  FROM stream s
  WHERE s.source = ANY($2::smallint[])
  GROUP BY s.type
) k
CROSS JOIN LATERAL (
  SELECT LEAST(count(DISTINCT event_id), $5::integer)::integer AS n
  FROM (
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
    LIMIT $5::integer::bigint * 17
  ) entries
) c
ORDER BY k.type`
)

// pgCountTypesText returns the statement that counts along a walk. There are few, so each is prepared once.
func pgCountTypesText(w *walk) string {
	head, params := pgStreams(w)
	text := pgCountFeed
	if len(w.feeds) > 1 {
		text = pgCountFeeds
	}
	return strings.NewReplacer("/*BEFORE*/", "<", "/*PROBES*/", probes(w, pgProbe, "$", params)).Replace(head + text)
}

func (postgres) countTypes(ctx context.Context, db conn, w *walk) ([]activity.TypeCount, error) {
	return typeCounts(ctx, db, pgCountTypesText(w), pgFeedArgs(w)...)
}
