package bunstore

const (
	sqliteOfMark  = `tenant = ?1 AND reader_kind = ?2 AND reader_id = ?3 AND feed_kind = ?4 AND feed_id = ?5`
	sqliteSetMark = `
INSERT INTO activity_mark (tenant, reader_kind, reader_id, feed_kind, feed_id, through)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (tenant, reader_kind, reader_id, feed_kind, feed_id) DO UPDATE
SET through = excluded.through`
)

var sqliteMarks = markTexts{
	mark:    `SELECT through FROM activity_mark WHERE ` + sqliteOfMark,
	set:     sqliteSetMark,
	advance: sqliteSetMark + ` WHERE through < excluded.through`,
	remove:  `DELETE FROM activity_mark WHERE ` + sqliteOfMark,
	// A compound query within IN would be looked through for each row.
	erase: `
DELETE FROM activity_mark
WHERE (tenant, reader_kind, reader_id, feed_kind, feed_id) IN (
  SELECT *
  FROM (
    SELECT *
    FROM (
      SELECT tenant, reader_kind, reader_id, feed_kind, feed_id
      FROM activity_mark
      WHERE tenant = ?1 AND reader_kind = ?2 AND reader_id = ?3
      LIMIT ?4
    )
    UNION
    SELECT *
    FROM (
      SELECT tenant, reader_kind, reader_id, feed_kind, feed_id
      FROM activity_mark
      WHERE tenant = ?1 AND feed_kind = ?2 AND feed_id = ?3
      LIMIT ?4
    )
  )
  LIMIT ?4
)`,
}

func (sqlite) markTexts() *markTexts { return &sqliteMarks }
