-- The order of events and their Merkle leaves. Positions of the store and indexes of each tenant have no gaps.
CREATE TABLE activity_ledger (
  position bigint PRIMARY KEY,
  tenant   text COLLATE "C" NOT NULL,
  index    bigint NOT NULL,
  event_id uuid NOT NULL UNIQUE,
  leaf     bytea NOT NULL,
  UNIQUE (tenant, index)
);

--bun:split

-- The tree of each tenant, as far as one needs it to add leaves.
CREATE TABLE activity_head (
  tenant   text COLLATE "C" PRIMARY KEY,
  size     bigint NOT NULL,
  edge     bytea NOT NULL, -- 32 bytes for each 1 bit of size
  position bigint NOT NULL -- of the last leaf
);

--bun:split

-- Hashes of tiles, 32 bytes each. Level 0 has full tiles only.
CREATE TABLE activity_tile (
  tenant text COLLATE "C" NOT NULL,
  level  integer NOT NULL,
  index  bigint NOT NULL,
  hashes bytea NOT NULL,
  PRIMARY KEY (tenant, level, index)
);

--bun:split

-- Hashes cannot be compressed.
ALTER TABLE activity_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;

--bun:split

-- Events without a position are in either of two tables. One is filled while the other one is emptied and
-- truncated; then they change their roles.
CREATE TABLE activity_pending_b (
  event_id    uuid NOT NULL,
  tenant      text COLLATE "C" NOT NULL,
  recorded_at timestamptz NOT NULL,
  leaf        bytea NOT NULL
);

--bun:split

CREATE TABLE activity_pending_turn (
  id smallint PRIMARY KEY CHECK (id = 1),
  b  boolean NOT NULL -- events are added to activity_pending_b, not to activity_pending
);

--bun:split

INSERT INTO activity_pending_turn (id, b) VALUES (1, false);

--bun:split

CREATE TABLE activity_consumer (
  name     text COLLATE "C" PRIMARY KEY,
  position bigint NOT NULL DEFAULT 0, -- of the last entry that was handled or parked
  holder   uuid,
  until    timestamptz, -- when the holder's lease ends
  failures bigint NOT NULL DEFAULT 0,
  error    text NOT NULL DEFAULT '',
  retry_at timestamptz
);

--bun:split

CREATE TABLE activity_parked (
  consumer text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  through  bigint NOT NULL,
  error    text NOT NULL,
  at       timestamptz,
  PRIMARY KEY (consumer, position)
);

--bun:split

CREATE FUNCTION activity_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;

--bun:split

-- Neither erasing nor retention changes the ledger.
CREATE TRIGGER activity_ledger_append_only
  BEFORE UPDATE OR DELETE ON activity_ledger
  FOR EACH ROW EXECUTE FUNCTION activity_never_changes();

--bun:split

CREATE TRIGGER activity_ledger_no_truncate
  BEFORE TRUNCATE ON activity_ledger
  FOR EACH STATEMENT EXECUTE FUNCTION activity_never_changes();
