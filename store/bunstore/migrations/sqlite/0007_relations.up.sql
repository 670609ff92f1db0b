-- Which entities belong together.
CREATE TABLE activity_relation (
  tenant   TEXT NOT NULL,
  kind     TEXT NOT NULL,
  id       TEXT NOT NULL,
  role     INTEGER NOT NULL, -- 1 below, 2 merged into
  label    TEXT NOT NULL,
  of_kind  TEXT NOT NULL,
  of_id    TEXT NOT NULL,
  of_label TEXT NOT NULL,
  PRIMARY KEY (tenant, kind, id, role)
) STRICT, WITHOUT ROWID;

--bun:split

CREATE INDEX activity_relation_of ON activity_relation (tenant, of_kind, of_id, role, kind, id);

--bun:split

-- How far readers have read.
CREATE TABLE activity_mark (
  tenant      TEXT NOT NULL,
  reader_kind TEXT NOT NULL,
  reader_id   TEXT NOT NULL,
  feed_kind   TEXT NOT NULL, -- empty: the tenant as a whole
  feed_id     TEXT NOT NULL,
  through     BLOB NOT NULL,
  PRIMARY KEY (tenant, reader_kind, reader_id, feed_kind, feed_id)
) STRICT, WITHOUT ROWID;

--bun:split

CREATE INDEX activity_mark_feed ON activity_mark (tenant, feed_kind, feed_id, reader_kind, reader_id);
