-- Which entities belong together.
CREATE TABLE activity_relation (
  tenant   text COLLATE "C" NOT NULL,
  kind     text COLLATE "C" NOT NULL,
  id       text COLLATE "C" NOT NULL,
  role     smallint NOT NULL, -- 1 below, 2 merged into
  label    text NOT NULL,
  of_kind  text COLLATE "C" NOT NULL,
  of_id    text COLLATE "C" NOT NULL,
  of_label text NOT NULL,
  PRIMARY KEY (tenant, kind, id, role)
);

--bun:split

CREATE INDEX activity_relation_of ON activity_relation (tenant, of_kind, of_id, role, kind, id);

--bun:split

-- How far readers have read.
CREATE TABLE activity_mark (
  tenant      text COLLATE "C" NOT NULL,
  reader_kind text COLLATE "C" NOT NULL,
  reader_id   text COLLATE "C" NOT NULL,
  feed_kind   text COLLATE "C" NOT NULL, -- empty: the tenant as a whole
  feed_id     text COLLATE "C" NOT NULL,
  through     uuid NOT NULL,
  PRIMARY KEY (tenant, reader_kind, reader_id, feed_kind, feed_id)
);

--bun:split

CREATE INDEX activity_mark_feed ON activity_mark (tenant, feed_kind, feed_id, reader_kind, reader_id);
