CREATE TABLE activity_task (
  id                 uuid PRIMARY KEY,
  tenant             text COLLATE "C" NOT NULL,
  kind               text COLLATE "C" NOT NULL,
  title              text COLLATE "C" NOT NULL,
  actor_kind         text COLLATE "C" NOT NULL,
  actor_id           text COLLATE "C" NOT NULL,
  actor_label        text COLLATE "C" NOT NULL,
  about              json NOT NULL, -- [kind, id, label, kind, id, label, …]
  automated          boolean NOT NULL,
  preview            boolean NOT NULL,
  recipe             boolean NOT NULL,
  parent             uuid,
  retry_of           uuid,
  reverts            uuid,
  exclusive          text COLLATE "C" NOT NULL, -- empty: none
  key                text COLLATE "C",
  input              json,
  attributes         json NOT NULL, -- {name: value, …}
  queued_at          timestamptz NOT NULL,
  status             smallint NOT NULL, -- 1 queued, 2 processing, 3 completed, 4 failed, 5 cancelled
  start_at           timestamptz NOT NULL, -- started_at, or queued_at as long as there is none
  started_at         timestamptz,
  ended_at           timestamptz,
  revision           bigint NOT NULL,
  attempt            integer NOT NULL,
  losses             integer NOT NULL,
  lease_until        timestamptz,
  wait_for           smallint NOT NULL, -- 0 nothing, 1 place, 2 exclusive, 3 later, 4 quota
  wait_task          uuid,
  wait_quota         text COLLATE "C" NOT NULL,
  wait_units         bigint NOT NULL,
  wait_until         timestamptz,
  done               bigint NOT NULL,
  total              bigint NOT NULL,
  created            bigint NOT NULL,
  updated            bigint NOT NULL,
  deleted            bigint NOT NULL,
  unmodified         bigint NOT NULL,
  failed             bigint NOT NULL,
  warned             bigint NOT NULL,
  fields             json NOT NULL, -- [name, …]
  extras             json NOT NULL,
  children_total     integer NOT NULL,
  children_open      integer NOT NULL,
  children_failed    integer NOT NULL,
  children_cancelled integer NOT NULL,
  reverted_by        uuid,
  reason             text NOT NULL,
  detail             text NOT NULL,
  system             boolean NOT NULL,
  ended_by_kind      text NOT NULL,
  ended_by_id        text NOT NULL,
  ended_by_label     text NOT NULL
);

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
  facet    bigint NOT NULL,
  preview  boolean NOT NULL,
  start_at timestamptz NOT NULL,
  task_id  uuid NOT NULL,
  PRIMARY KEY (facet, preview, start_at, task_id)
);

--bun:split

CREATE TABLE activity_outcome (
  task_id      uuid NOT NULL,
  seq          bigint NOT NULL,
  tenant       text COLLATE "C" NOT NULL,
  kind         text COLLATE "C" NOT NULL,
  record_kind  text COLLATE "C" NOT NULL,
  record_id    text COLLATE "C" NOT NULL,
  record_label text NOT NULL,
  row          bigint NOT NULL,
  message      text NOT NULL,
  link         text NOT NULL,
  before       json,
  after        json,
  extra        json,
  preview      boolean NOT NULL,
  at           timestamptz NOT NULL,
  record       bigint, -- a hash of the tenant and the record, or the row if there is no record
  PRIMARY KEY (task_id, seq)
);

--bun:split

CREATE INDEX activity_outcome_kind ON activity_outcome (task_id, kind, seq);

--bun:split

CREATE INDEX activity_outcome_record ON activity_outcome (record, task_id, seq) WHERE record IS NOT NULL;

--bun:split

CREATE TRIGGER activity_outcome_append_only
  BEFORE UPDATE OR DELETE ON activity_outcome
  FOR EACH ROW EXECUTE FUNCTION activity_append_only();

--bun:split

CREATE TRIGGER activity_outcome_no_truncate
  BEFORE TRUNCATE ON activity_outcome
  FOR EACH STATEMENT EXECUTE FUNCTION activity_append_only();

--bun:split

-- How many outcomes of each kind a task has.
CREATE TABLE activity_tally (
  task_id uuid NOT NULL,
  kind    text COLLATE "C" NOT NULL,
  tenant  text COLLATE "C" NOT NULL,
  n       bigint NOT NULL,
  PRIMARY KEY (task_id, kind)
);
