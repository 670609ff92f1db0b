-- Entities of which nothing may be erased or removed.
CREATE TABLE activity_legal_hold (
  tenant TEXT NOT NULL,
  entity_kind TEXT NOT NULL,
  entity_id TEXT NOT NULL,
  entity_label TEXT NOT NULL,
  by_kind TEXT NOT NULL,
  by_id TEXT NOT NULL,
  by_label TEXT NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL, -- microseconds since 1970
  PRIMARY KEY (tenant, entity_kind, entity_id)
) STRICT;

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
