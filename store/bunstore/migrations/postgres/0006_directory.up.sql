-- What entities are called.
CREATE TABLE activity_name (
  tenant text COLLATE "C" NOT NULL,
  kind   text COLLATE "C" NOT NULL,
  id     text COLLATE "C" NOT NULL,
  label  text NOT NULL, -- the last one
  words  text NOT NULL, -- of all names that it has or had, with spaces between them
  PRIMARY KEY (tenant, kind, id)
);

--bun:split

-- By which words an entity is found. No index leads from an entity to them: they are with its name.
CREATE TABLE activity_word (
  tenant text COLLATE "C" NOT NULL,
  word   text COLLATE "C" NOT NULL,
  kind   text COLLATE "C" NOT NULL,
  id     text COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, word, kind, id)
);

--bun:split

CREATE TABLE activity_directory (
  one      smallint PRIMARY KEY CHECK (one = 1),
  position bigint NOT NULL -- of the last entry whose entities are in it
);

--bun:split

INSERT INTO activity_directory (one, position) VALUES (1, 0);
