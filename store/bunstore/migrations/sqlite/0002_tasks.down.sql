DROP TABLE activity_tally;

--bun:split

DROP TRIGGER activity_outcome_no_delete;

--bun:split

DROP TRIGGER activity_outcome_no_update;

--bun:split

DROP TABLE activity_outcome;

--bun:split

DROP TABLE activity_task_facet;

--bun:split

DROP TABLE activity_task;
