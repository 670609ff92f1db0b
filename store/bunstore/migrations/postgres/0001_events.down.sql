DROP TABLE activity_pending;

--bun:split

DROP TABLE activity_feed;

--bun:split

DROP TABLE activity_event;

--bun:split

DROP FUNCTION activity_append_only();
