-- One row for each key, which is rewritten by every charge.
CREATE TABLE activity_quota (
  tenant       TEXT NOT NULL,
  quota        TEXT NOT NULL,
  subject_kind TEXT NOT NULL, -- empty: the tenant as a whole
  subject_id   TEXT NOT NULL,
  counter      BLOB NOT NULL, -- a QuotaCounter in binary
  due          INTEGER, -- before it, none of its holds expires; NULL: none will; microseconds since 1970
  PRIMARY KEY (tenant, quota, subject_kind, subject_id)
) STRICT;

--bun:split

CREATE TABLE activity_quota_hold (
  tenant       TEXT NOT NULL,
  quota        TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_id   TEXT NOT NULL,
  id           BLOB NOT NULL, -- of the reservation
  task         BLOB,
  actor_kind   TEXT NOT NULL,
  actor_id     TEXT NOT NULL,
  actor_label  TEXT NOT NULL,
  units        INTEGER NOT NULL, -- that are given back when it is due
  at           INTEGER NOT NULL,
  minute       INTEGER NOT NULL, -- of at: minutes since 1970
  until        INTEGER NOT NULL,
  settled      INTEGER NOT NULL,
  PRIMARY KEY (tenant, quota, subject_kind, subject_id, id)
) STRICT;

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
  tenant       TEXT NOT NULL,
  quota        TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_id   TEXT NOT NULL,
  minute       INTEGER NOT NULL, -- minutes since 1970
  actor_kind   TEXT NOT NULL, -- empty: nobody said who
  actor_id     TEXT NOT NULL,
  actor_label  TEXT NOT NULL,
  units        INTEGER NOT NULL,
  PRIMARY KEY (tenant, quota, subject_kind, subject_id, minute, actor_kind, actor_id)
) STRICT;

--bun:split

CREATE INDEX activity_quota_use_minute ON activity_quota_use (quota, minute);
