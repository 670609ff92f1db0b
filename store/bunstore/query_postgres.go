package bunstore

import (
	"context"
	"strconv"
	"strings"

	"github.com/go-activity/activity"
)

// A page is the newest of each stream, merged. The subqueries have limits so that the planner, which
// knows little about arguments, cannot turn them into joins over whole tables. It does not see how many feeds there are: with
// thousands, it would expect so many rows that it would have the query compiled, which takes longer than to run it.
//
// $1 feeds, $2 sources, $3 lowest ID, $4 highest ID, $5 limit, $6 types (if given), then the probes.
const (
	// The walk meets each stream at its newest event, its head.
	pgWalkTypes = `
WITH RECURSIVE stream AS (
  (
    SELECT first.*
    FROM unnest((SELECT $1::bigint[])) AS w (feed)
    CROSS JOIN LATERAL (
      SELECT f.feed, f.type, f.source, f.event_id
      FROM activity_feed f
      WHERE f.feed = w.feed
      ORDER BY f.feed DESC, f.type DESC, f.source DESC, f.event_id DESC
      LIMIT 1
    ) first
  )
  UNION ALL
  SELECT next.*
  FROM stream s
  CROSS JOIN LATERAL (
    SELECT f.feed, f.type, f.source, f.event_id
    FROM activity_feed f
    WHERE f.feed = s.feed AND (f.type, f.source) /*BEFORE*/ (s.type, s.source)
    ORDER BY f.feed DESC, f.type DESC, f.source DESC, f.event_id DESC
    LIMIT 1
  ) next
)`
	pgGivenTypes = `
WITH stream AS (
  SELECT w.feed, t.type, s.source, NULL::uuid AS event_id
  FROM unnest((SELECT $1::bigint[])) AS w (feed), unnest((SELECT $6::text[])) AS t (type), unnest($2::smallint[]) AS s (source)
)`
	// One feed has few streams: the newest of each are read and merged.
	pgFeed = `
SELECT page.event_id, ` + eventColumns + `
FROM (
  SELECT top.event_id
  FROM stream s
  CROSS JOIN LATERAL (
    SELECT f.event_id
    FROM activity_feed f
    WHERE f.feed = s.feed AND f.type = s.type AND f.source = s.source
      AND f.event_id >= $3::uuid AND f.event_id < $4::uuid/*PROBES*/
    ORDER BY f.event_id DESC
    LIMIT $5::integer
  ) top
  WHERE s.source = ANY($2::smallint[])
  ORDER BY top.event_id DESC
  LIMIT $5::integer
) page` + pgEvents
	// Many feeds have many streams, of which few reach into the page: when the heads of so many as
	// the page is long are at or above an event, nothing below it is on the page.
	pgFeeds = `,
head AS (
  SELECT feed, type, source, event_id
  FROM (
    SELECT s.feed, s.type, s.source,
      CASE WHEN /*IS HEAD*/ THEN s.event_id ELSE (
        SELECT f.event_id
        FROM activity_feed f
        WHERE f.feed = s.feed AND f.type = s.type AND f.source = s.source
          AND f.event_id >= $3::uuid AND f.event_id < $4::uuid/*PROBES*/
        ORDER BY f.event_id DESC
        LIMIT 1
      ) END AS event_id
    FROM stream s
    WHERE s.source = ANY($2::smallint[])
  ) heads
  WHERE event_id IS NOT NULL
),
least AS (
  SELECT event_id
  FROM (
    SELECT event_id, row_number() OVER (ORDER BY event_id DESC) AS n
    FROM (SELECT DISTINCT event_id FROM head) heads
  ) numbered
  WHERE n = $5::integer
)
SELECT page.event_id, ` + eventColumns + `
FROM (
  SELECT DISTINCT top.event_id
  FROM head h
  CROSS JOIN LATERAL (
    SELECT f.event_id
    FROM activity_feed f
    WHERE f.feed = h.feed AND f.type = h.type AND f.source = h.source
      AND f.event_id >= /*LOWEST*/ AND f.event_id <= /*HIGHEST*//*PROBES*/
    ORDER BY f.event_id DESC
    LIMIT $5::integer
  ) top
  WHERE /*REACHES*/
  ORDER BY top.event_id DESC
  LIMIT $5::integer
) page` + pgEvents
	pgEvents = `
LEFT JOIN LATERAL (
  SELECT *
  FROM activity_event
  WHERE id = page.event_id
  LIMIT 1
) e ON true
ORDER BY page.event_id DESC`
	pgProbe = `
      AND (SELECT true FROM activity_feed o WHERE o.feed = ANY($N::bigint[]) AND o.type = f.type AND o.source = f.source AND o.event_id = f.event_id LIMIT 1)`
	pgCount = `
SELECT count(*)
FROM (
  SELECT 1
  FROM unnest($1::bigint[]) AS w (feed)
  CROSS JOIN LATERAL (
    SELECT f.event_id
    FROM activity_feed f
    WHERE f.feed = w.feed
    ORDER BY f.feed, f.type, f.source, f.event_id
    LIMIT $2::integer
  ) one
  LIMIT $2::integer
) AS counted`
	pgCountTypes = `
SELECT count(*)
FROM (
  SELECT 1
  FROM unnest($1::bigint[]) AS w (feed)
  CROSS JOIN unnest($3::text[]) AS t (type)
  CROSS JOIN LATERAL (
    SELECT f.event_id
    FROM activity_feed f
    WHERE f.feed = w.feed AND f.type = t.type
    ORDER BY f.feed, f.type, f.source, f.event_id
    LIMIT $2::integer
  ) one
  LIMIT $2::integer
) AS counted`
)

// pgFeedText returns the statement for a walk. There are few, so each is prepared once.
func pgFeedText(w *walk) string {
	head, params := pgStreams(w)
	text := pgFeed
	if len(w.feeds) > 1 {
		text = pgFeeds
	}
	// The bound comes last on the page, and the head of a stream is its first.
	const least = "(SELECT event_id FROM least)"
	before, isHead := "<", "s.event_id >= $3::uuid AND s.event_id < $4::uuid"
	reaches, lowest, highest := "h.event_id >= COALESCE("+least+", $3::uuid)", "COALESCE("+least+", $3::uuid)", "h.event_id"
	if w.oldest {
		text, head = strings.ReplaceAll(text, "DESC", "ASC"), strings.ReplaceAll(head, "DESC", "ASC")
		before = ">"
		reaches, lowest, highest = "h.event_id <= COALESCE("+least+", $4::uuid)", "h.event_id", "COALESCE("+least+", $4::uuid)"
	}
	if len(w.others) > 0 {
		isHead = "false" // whether it is in the other feeds is not known
	}
	return strings.NewReplacer("/*BEFORE*/", before, "/*IS HEAD*/", isHead, "/*PROBES*/", probes(w, pgProbe, "$", params),
		"/*REACHES*/", reaches, "/*LOWEST*/", lowest, "/*HIGHEST*/", highest).Replace(head + text)
}

// pgStreams returns what finds the streams of a walk, and how many parameters there are but for the probes.
func pgStreams(w *walk) (head string, params int) {
	if w.types != nil {
		return pgGivenTypes, 6
	}
	return pgWalkTypes, 5
}

// probes writes the probes of a walk, whose parameters follow others.
func probes(w *walk, probe, mark string, params int) string {
	var all strings.Builder
	for i := range w.others {
		all.WriteString(strings.Replace(probe, mark+"N", mark+strconv.Itoa(params+1+i), 1))
	}
	return all.String()
}

func pgFeedArgs(w *walk) []any {
	args := []any{pgInts(w.feeds), pgInts(w.sources), w.min.String(), w.max.String(), w.limit}
	if w.types != nil {
		args = append(args, pgTexts(w.types))
	}
	for _, feeds := range w.others {
		args = append(args, pgInts(feeds))
	}
	return args
}

func (postgres) feed(ctx context.Context, db conn, w *walk) ([]activity.Event, error) {
	return events(ctx, db, pgScan, pgFeedText(w), pgFeedArgs(w)...)
}

func (postgres) count(ctx context.Context, db conn, feeds []int64, types []string, limit int) (n int, err error) {
	if types == nil {
		err = db.QueryRowContext(ctx, pgCount, pgInts(feeds), limit).Scan(&n)
	} else {
		err = db.QueryRowContext(ctx, pgCountTypes, pgInts(feeds), limit, pgTexts(types)).Scan(&n)
	}
	return n, err
}

func pgInts(list []int64) string {
	var a pgArray
	for _, n := range list {
		a.int(n)
	}
	return a.String()
}

func pgTexts(list []string) string {
	var a pgArray
	for _, s := range list {
		a.text(s)
	}
	return a.String()
}
