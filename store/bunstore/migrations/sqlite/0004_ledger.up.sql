-- The order of events and their Merkle leaves. Positions of the store and indexes of each tenant have no gaps.
CREATE TABLE activity_ledger (
  position INTEGER PRIMARY KEY,
  tenant   TEXT NOT NULL,
  "index"  INTEGER NOT NULL,
  event_id BLOB NOT NULL UNIQUE,
  leaf     BLOB NOT NULL,
  UNIQUE (tenant, "index")
) STRICT;

--bun:split

-- The tree of each tenant, as far as one needs it to add leaves.
CREATE TABLE activity_head (
  tenant   TEXT NOT NULL PRIMARY KEY,
  size     INTEGER NOT NULL,
  edge     BLOB NOT NULL, -- 32 bytes for each 1 bit of size
  position INTEGER NOT NULL -- of the last leaf
) STRICT;

--bun:split

-- Hashes of tiles, 32 bytes each. Level 0 has full tiles only.
CREATE TABLE activity_tile (
  tenant  TEXT NOT NULL,
  level   INTEGER NOT NULL,
  "index" INTEGER NOT NULL,
  hashes  BLOB NOT NULL,
  PRIMARY KEY (tenant, level, "index")
) STRICT;

--bun:split

CREATE TABLE activity_consumer (
  name     TEXT NOT NULL PRIMARY KEY,
  position INTEGER NOT NULL DEFAULT 0, -- of the last entry that was handled or parked
  holder   BLOB,
  until    INTEGER, -- when the holder's lease ends
  failures INTEGER NOT NULL DEFAULT 0,
  error    TEXT NOT NULL DEFAULT '',
  retry_at INTEGER
) STRICT;

--bun:split

CREATE TABLE activity_parked (
  consumer TEXT NOT NULL,
  position INTEGER NOT NULL,
  through  INTEGER NOT NULL,
  error    TEXT NOT NULL,
  at       INTEGER,
  PRIMARY KEY (consumer, position)
) STRICT, WITHOUT ROWID;

--bun:split

-- Neither erasing nor retention changes the ledger.
CREATE TRIGGER activity_ledger_no_update BEFORE UPDATE ON activity_ledger
BEGIN
  SELECT RAISE(ABORT, 'activity_ledger is append-only: UPDATE refused');
END;

--bun:split

CREATE TRIGGER activity_ledger_no_delete BEFORE DELETE ON activity_ledger
BEGIN
  SELECT RAISE(ABORT, 'activity_ledger is append-only: DELETE refused');
END;
