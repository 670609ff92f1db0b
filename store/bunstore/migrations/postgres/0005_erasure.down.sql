DROP INDEX activity_parked_through;

--bun:split

DROP INDEX activity_parked_position;

--bun:split

DROP INDEX activity_quota_use_actor;

--bun:split

DROP INDEX activity_task_ended_by;

--bun:split

DROP TABLE activity_legal_hold;
