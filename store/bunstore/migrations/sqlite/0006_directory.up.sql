-- What entities are called.
CREATE TABLE activity_name (
  tenant TEXT NOT NULL,
  kind   TEXT NOT NULL,
  id     TEXT NOT NULL,
  label  TEXT NOT NULL, -- the last one
  words  TEXT NOT NULL, -- of all names that it has or had, with spaces between them
  PRIMARY KEY (tenant, kind, id)
) STRICT, WITHOUT ROWID;

--bun:split

-- By which words an entity is found. No index leads from an entity to them: they are with its name.
CREATE TABLE activity_word (
  tenant TEXT NOT NULL,
  word   TEXT NOT NULL,
  kind   TEXT NOT NULL,
  id     TEXT NOT NULL,
  PRIMARY KEY (tenant, word, kind, id)
) STRICT, WITHOUT ROWID;

--bun:split

CREATE TABLE activity_directory (
  one      INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  position INTEGER NOT NULL -- of the last entry whose entities are in it
) STRICT;

--bun:split

INSERT INTO activity_directory (one, position) VALUES (1, 0);
