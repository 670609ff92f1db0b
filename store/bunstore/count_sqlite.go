package bunstore

import (
	"context"
	"strings"

	"github.com/go-activity/activity"
)

// What follows the types of a walk; see sqliteWalkTypes for the arguments. DISTINCT hands out each event when it meets it first, so
// nothing is read beyond the limit.
const sqliteCountFeeds = `kind (type, feeds) AS (
  SELECT walked.type, json_group_array(walked.feed)
  FROM walked
  WHERE walked.type IS NOT NULL
  GROUP BY walked.type
)
SELECT k.type, (
  SELECT count(*)
  FROM (
    SELECT DISTINCT f.event_id
    FROM json_each(k.feeds) w
    CROSS JOIN json_each(?2) s
    CROSS JOIN activity_feed f ON f.feed = w.value AND f.type = k.type AND f.source = s.value
      AND f.event_id >= ?3 AND f.event_id < ?4/*PROBES*/
    LIMIT ?5
  )
)
FROM kind k
ORDER BY k.type`

// sqliteCountTypesText returns the statement that counts along a walk. There are few, so each is prepared once.
func sqliteCountTypesText(w *walk) string {
	head, params := sqliteStreams(w)
	text := head + sqliteCountFeeds
	if len(w.feeds) == 1 {
		text = strings.Replace(text, "SELECT DISTINCT", "SELECT", 1) // one feed has an event once
	}
	return strings.ReplaceAll(text, "/*PROBES*/", probes(w, sqliteProbe, "?", params)+
		looks(w.looks, sqliteLook, sqliteLookActor, "?", params+len(w.others), "activity_event", "event_id"))
}

func sqliteCountTypesArgs(w *walk) []any {
	return append(sqliteFeedArgs(w), sqliteLookArgs(w.looks)...)
}

func (sqlite) countTypes(ctx context.Context, db conn, w *walk) ([]activity.TypeCount, error) {
	return typeCounts(ctx, db, sqliteCountTypesText(w), sqliteCountTypesArgs(w)...)
}
