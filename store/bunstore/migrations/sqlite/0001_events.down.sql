DROP TRIGGER activity_event_no_delete;

--bun:split

DROP TRIGGER activity_event_no_update;

--bun:split

DROP TABLE activity_guard;

--bun:split

DROP TABLE activity_never;

--bun:split

DROP TABLE activity_pending;

--bun:split

DROP TABLE activity_feed;

--bun:split

DROP TABLE activity_event;
