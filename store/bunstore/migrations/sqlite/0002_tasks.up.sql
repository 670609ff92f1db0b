CREATE TABLE activity_task (
  id                 BLOB NOT NULL PRIMARY KEY,
  tenant             TEXT NOT NULL,
  kind               TEXT NOT NULL,
  title              TEXT NOT NULL,
  actor_kind         TEXT NOT NULL,
  actor_id           TEXT NOT NULL,
  actor_label        TEXT NOT NULL,
  about              TEXT NOT NULL, -- [kind, id, label, kind, id, label, …]
  automated          INTEGER NOT NULL,
  preview            INTEGER NOT NULL,
  recipe             INTEGER NOT NULL,
  parent             BLOB,
  retry_of           BLOB,
  reverts            BLOB,
  exclusive          TEXT NOT NULL, -- empty: none
  key                TEXT,
  input              TEXT,
  attributes         TEXT NOT NULL, -- {name: value, …}
  queued_at          INTEGER NOT NULL, -- microseconds since 1970
  status             INTEGER NOT NULL, -- 1 queued, 2 processing, 3 completed, 4 failed, 5 cancelled
  start_at           INTEGER NOT NULL, -- started_at, or queued_at as long as there is none
  started_at         INTEGER,
  ended_at           INTEGER,
  revision           INTEGER NOT NULL,
  attempt            INTEGER NOT NULL,
  losses             INTEGER NOT NULL,
  lease_until        INTEGER,
  wait_for           INTEGER NOT NULL, -- 0 nothing, 1 place, 2 exclusive, 3 later, 4 quota
  wait_task          BLOB,
  wait_quota         TEXT NOT NULL,
  wait_units         INTEGER NOT NULL,
  wait_until         INTEGER,
  done               INTEGER NOT NULL,
  total              INTEGER NOT NULL,
  created            INTEGER NOT NULL,
  updated            INTEGER NOT NULL,
  deleted            INTEGER NOT NULL,
  unmodified         INTEGER NOT NULL,
  failed             INTEGER NOT NULL,
  warned             INTEGER NOT NULL,
  fields             TEXT NOT NULL, -- [name, …]
  extras             TEXT NOT NULL,
  children_total     INTEGER NOT NULL,
  children_open      INTEGER NOT NULL,
  children_failed    INTEGER NOT NULL,
  children_cancelled INTEGER NOT NULL,
  reverted_by        BLOB,
  reason             TEXT NOT NULL,
  detail             TEXT NOT NULL,
  system             INTEGER NOT NULL,
  ended_by_kind      TEXT NOT NULL,
  ended_by_id        TEXT NOT NULL,
  ended_by_label     TEXT NOT NULL
) STRICT;

--bun:split

CREATE UNIQUE INDEX activity_task_key ON activity_task (tenant, key) WHERE key IS NOT NULL;

--bun:split

-- What workers may take.
CREATE INDEX activity_task_worker ON activity_task (kind, tenant, id)
  WHERE status = 1 AND NOT recipe AND lease_until IS NULL;

--bun:split

-- What takes a place of its kind, or waits for one.
CREATE INDEX activity_task_place ON activity_task (tenant, kind, status, id)
  WHERE status < 3 AND NOT recipe;

--bun:split

CREATE INDEX activity_task_exclusive ON activity_task (tenant, exclusive, status, id)
  WHERE status < 3 AND exclusive <> '';

--bun:split

-- Admission sees to it that tasks with one key do not overlap. This refuses what bypasses it.
CREATE UNIQUE INDEX activity_task_overlap ON activity_task (tenant, exclusive)
  WHERE status = 2 AND exclusive <> '';

--bun:split

CREATE INDEX activity_task_lease ON activity_task (lease_until, id)
  WHERE status < 3 AND lease_until IS NOT NULL;

--bun:split

-- One row for each list that a task is in. A facet is a hash of what the tasks of a list have in
-- common: the tenant, and a kind, a status, a word of the title …
CREATE TABLE activity_task_facet (
  facet    INTEGER NOT NULL,
  preview  INTEGER NOT NULL,
  start_at INTEGER NOT NULL,
  task_id  BLOB NOT NULL,
  PRIMARY KEY (facet, preview, start_at, task_id)
) STRICT, WITHOUT ROWID;

--bun:split

CREATE TABLE activity_outcome (
  task_id      BLOB NOT NULL,
  seq          INTEGER NOT NULL,
  tenant       TEXT NOT NULL,
  kind         TEXT NOT NULL,
  record_kind  TEXT NOT NULL,
  record_id    TEXT NOT NULL,
  record_label TEXT NOT NULL,
  row          INTEGER NOT NULL,
  message      TEXT NOT NULL,
  link         TEXT NOT NULL,
  before       TEXT,
  after        TEXT,
  extra        TEXT,
  preview      INTEGER NOT NULL,
  at           INTEGER NOT NULL,
  record       INTEGER, -- a hash of the tenant and the record, or the row if there is no record
  PRIMARY KEY (task_id, seq)
) STRICT;

--bun:split

CREATE INDEX activity_outcome_kind ON activity_outcome (task_id, kind, seq);

--bun:split

CREATE INDEX activity_outcome_record ON activity_outcome (record, task_id, seq) WHERE record IS NOT NULL;

--bun:split

CREATE TRIGGER activity_outcome_no_update BEFORE UPDATE ON activity_outcome
WHEN NOT EXISTS (SELECT 1 FROM activity_guard)
BEGIN
  SELECT RAISE(ABORT, 'activity_outcome is append-only: UPDATE refused');
END;

--bun:split

CREATE TRIGGER activity_outcome_no_delete BEFORE DELETE ON activity_outcome
WHEN NOT EXISTS (SELECT 1 FROM activity_guard)
BEGIN
  SELECT RAISE(ABORT, 'activity_outcome is append-only: DELETE refused');
END;

--bun:split

-- How many outcomes of each kind a task has.
CREATE TABLE activity_tally (
  task_id BLOB NOT NULL,
  kind    TEXT NOT NULL,
  tenant  TEXT NOT NULL,
  n       INTEGER NOT NULL,
  PRIMARY KEY (task_id, kind)
) STRICT, WITHOUT ROWID;
