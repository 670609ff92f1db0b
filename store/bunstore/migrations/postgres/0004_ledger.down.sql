-- What had a position waits for one again.
INSERT INTO activity_pending (event_id, tenant, recorded_at, leaf)
SELECT l.event_id, l.tenant, e.recorded_at, l.leaf
FROM activity_ledger l
JOIN activity_event e ON e.id = l.event_id;

--bun:split

INSERT INTO activity_pending (event_id, tenant, recorded_at, leaf)
SELECT event_id, tenant, recorded_at, leaf
FROM activity_pending_b;

--bun:split

DROP TABLE activity_parked;

--bun:split

DROP TABLE activity_consumer;

--bun:split

DROP TABLE activity_pending_turn;

--bun:split

DROP TABLE activity_pending_b;

--bun:split

DROP TABLE activity_tile;

--bun:split

DROP TABLE activity_head;

--bun:split

DROP TABLE activity_ledger;

--bun:split

DROP FUNCTION activity_never_changes();
