DROP TABLE activity_mark;

--bun:split

DROP TABLE activity_relation;
