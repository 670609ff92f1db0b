-- One row for each key, which is locked and rewritten by every charge. No index but the key's, and room on
-- the page, so that the new version stays there.
CREATE TABLE activity_quota (
  tenant       text COLLATE "C" NOT NULL,
  quota        text COLLATE "C" NOT NULL,
  subject_kind text COLLATE "C" NOT NULL, -- empty: the tenant as a whole
  subject_id   text COLLATE "C" NOT NULL,
  counter      bytea NOT NULL, -- a QuotaCounter in binary
  due          timestamptz, -- before it, none of its holds expires; NULL: none will
  PRIMARY KEY (tenant, quota, subject_kind, subject_id)
) WITH (fillfactor = 40, toast_tuple_target = 8160);

--bun:split

-- A counter stays in its row unless the row does not fit on a page.
ALTER TABLE activity_quota ALTER COLUMN counter SET STORAGE MAIN;

--bun:split

CREATE TABLE activity_quota_hold (
  tenant       text COLLATE "C" NOT NULL,
  quota        text COLLATE "C" NOT NULL,
  subject_kind text COLLATE "C" NOT NULL,
  subject_id   text COLLATE "C" NOT NULL,
  id           uuid NOT NULL, -- of the reservation
  task         uuid,
  actor_kind   text COLLATE "C" NOT NULL,
  actor_id     text COLLATE "C" NOT NULL,
  actor_label  text COLLATE "C" NOT NULL,
  units        bigint NOT NULL, -- that are given back when it is due
  at           timestamptz NOT NULL,
  minute       bigint NOT NULL, -- of at: minutes since 1970
  until        timestamptz NOT NULL,
  settled      boolean NOT NULL,
  PRIMARY KEY (tenant, quota, subject_kind, subject_id, id)
);

--bun:split

-- What is due is what is settled, and what expires by its time.
CREATE INDEX activity_quota_hold_settled ON activity_quota_hold (tenant, quota, subject_kind, subject_id)
  WHERE settled;

--bun:split

CREATE INDEX activity_quota_hold_expiry ON activity_quota_hold (tenant, quota, subject_kind, subject_id, until)
  WHERE NOT settled;

--bun:split

CREATE INDEX activity_quota_hold_until ON activity_quota_hold (until) WHERE NOT settled;

--bun:split

CREATE INDEX activity_quota_hold_task ON activity_quota_hold (task) WHERE task IS NOT NULL AND NOT settled;

--bun:split

-- What was charged, by minute and actor, less what was given back.
CREATE TABLE activity_quota_use (
  tenant       text COLLATE "C" NOT NULL,
  quota        text COLLATE "C" NOT NULL,
  subject_kind text COLLATE "C" NOT NULL,
  subject_id   text COLLATE "C" NOT NULL,
  minute       bigint NOT NULL, -- minutes since 1970
  actor_kind   text COLLATE "C" NOT NULL, -- empty: nobody said who
  actor_id     text COLLATE "C" NOT NULL,
  actor_label  text COLLATE "C" NOT NULL,
  units        bigint NOT NULL,
  PRIMARY KEY (tenant, quota, subject_kind, subject_id, minute, actor_kind, actor_id)
) WITH (fillfactor = 80);

--bun:split

CREATE INDEX activity_quota_use_minute ON activity_quota_use (quota, minute);
