-- Entities of which nothing may be erased or removed.
CREATE TABLE activity_legal_hold (
  tenant       text COLLATE "C" NOT NULL,
  entity_kind  text COLLATE "C" NOT NULL,
  entity_id    text COLLATE "C" NOT NULL,
  entity_label text NOT NULL,
  by_kind      text NOT NULL,
  by_id        text NOT NULL,
  by_label     text NOT NULL,
  reason       text NOT NULL,
  at           timestamptz NOT NULL,
  PRIMARY KEY (tenant, entity_kind, entity_id)
);

--bun:split

-- No list has the tasks that somebody ended.
CREATE INDEX activity_task_ended_by ON activity_task (tenant, ended_by_kind, ended_by_id, id) WHERE ended_by_id <> '';

--bun:split

CREATE INDEX activity_quota_use_actor ON activity_quota_use (tenant, actor_kind, actor_id, quota, subject_kind, subject_id, minute)
  WHERE actor_id <> '';

--bun:split

CREATE INDEX activity_parked_position ON activity_parked (position);

--bun:split

CREATE INDEX activity_parked_through ON activity_parked (through) WHERE through > position;
