DROP TABLE activity_tally;

--bun:split

DROP TABLE activity_outcome;

--bun:split

DROP TABLE activity_task_facet;

--bun:split

DROP TABLE activity_task;
