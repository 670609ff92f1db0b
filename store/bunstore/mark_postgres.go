package bunstore

const (
	pgOfMark  = `tenant = $1::text AND reader_kind = $2::text AND reader_id = $3::text AND feed_kind = $4::text AND feed_id = $5::text`
	pgSetMark = `
INSERT INTO activity_mark AS m (tenant, reader_kind, reader_id, feed_kind, feed_id, through)
VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::uuid)
ON CONFLICT (tenant, reader_kind, reader_id, feed_kind, feed_id) DO UPDATE
SET through = excluded.through`
)

var pgMarks = markTexts{
	mark:    `SELECT through FROM activity_mark WHERE ` + pgOfMark,
	set:     pgSetMark,
	advance: pgSetMark + ` WHERE m.through < excluded.through`,
	remove:  `DELETE FROM activity_mark WHERE ` + pgOfMark,
	erase: `
DELETE FROM activity_mark m
USING unnest(ARRAY(
  (
    SELECT ctid
    FROM activity_mark
    WHERE tenant = $1::text AND reader_kind = $2::text AND reader_id = $3::text
    ORDER BY tenant, reader_kind, reader_id, feed_kind, feed_id
    LIMIT $4::integer
  )
  UNION
  (
    SELECT ctid
    FROM activity_mark
    WHERE tenant = $1::text AND feed_kind = $2::text AND feed_id = $3::text
    ORDER BY tenant, feed_kind, feed_id, reader_kind, reader_id
    LIMIT $4::integer
  )
  LIMIT $4::integer
)) AS k (place)
WHERE m.ctid = k.place`,
}

func (postgres) markTexts() *markTexts { return &pgMarks }
