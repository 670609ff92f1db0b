CREATE TABLE activity_event (
  id          BLOB NOT NULL PRIMARY KEY,
  tenant      TEXT NOT NULL,
  type        TEXT NOT NULL,
  version     INTEGER NOT NULL,
  actor_kind  TEXT NOT NULL,
  actor_id    TEXT NOT NULL,
  actor_label TEXT NOT NULL,
  about       TEXT NOT NULL, -- [kind, id, label, kind, id, label, …]
  task        BLOB,
  source      INTEGER NOT NULL, -- 1 automatic, 2 manual
  occurred_at INTEGER NOT NULL, -- microseconds since 1970
  recorded_at INTEGER NOT NULL,
  key         TEXT,
  payload     TEXT,
  salts       BLOB NOT NULL,
  erased      INTEGER NOT NULL DEFAULT 0
) STRICT;

--bun:split

CREATE UNIQUE INDEX activity_event_key ON activity_event (tenant, key) WHERE key IS NOT NULL;

--bun:split

CREATE TABLE activity_feed (
  feed     INTEGER NOT NULL,
  type     TEXT NOT NULL,
  source   INTEGER NOT NULL,
  event_id BLOB NOT NULL,
  PRIMARY KEY (feed, type, source, event_id)
) STRICT, WITHOUT ROWID;

--bun:split

CREATE TABLE activity_pending (
  event_id    BLOB NOT NULL,
  tenant      TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  leaf        BLOB NOT NULL
) STRICT;

--bun:split

CREATE TABLE activity_never (id INTEGER NOT NULL PRIMARY KEY, CHECK (id IS NULL)) STRICT;

--bun:split

-- Erasing and retention put a row here and take it away before they commit. A row that is left
-- behind refers to one that cannot exist, so the commit fails.
CREATE TABLE activity_guard (
  step  TEXT NOT NULL,
  never INTEGER NOT NULL DEFAULT 1 REFERENCES activity_never (id) DEFERRABLE INITIALLY DEFERRED
) STRICT;

--bun:split

CREATE TRIGGER activity_event_no_update BEFORE UPDATE ON activity_event
WHEN NOT EXISTS (SELECT 1 FROM activity_guard)
BEGIN
  SELECT RAISE(ABORT, 'activity_event is append-only: UPDATE refused');
END;

--bun:split

CREATE TRIGGER activity_event_no_delete BEFORE DELETE ON activity_event
WHEN NOT EXISTS (SELECT 1 FROM activity_guard)
BEGIN
  SELECT RAISE(ABORT, 'activity_event is append-only: DELETE refused');
END;
