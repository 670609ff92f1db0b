CREATE TABLE activity_event (
  id          uuid PRIMARY KEY,
  tenant      text COLLATE "C" NOT NULL,
  type        text COLLATE "C" NOT NULL,
  version     integer NOT NULL,
  actor_kind  text COLLATE "C" NOT NULL,
  actor_id    text COLLATE "C" NOT NULL,
  actor_label text NOT NULL,
  about       json NOT NULL, -- [kind, id, label, kind, id, label, …]
  task        uuid,
  source      smallint NOT NULL, -- 1 automatic, 2 manual
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  key         text COLLATE "C",
  payload     json,
  salts       bytea NOT NULL,
  erased      boolean NOT NULL DEFAULT false
);

--bun:split

CREATE UNIQUE INDEX activity_event_key ON activity_event (tenant, key) WHERE key IS NOT NULL;

--bun:split

CREATE TABLE activity_feed (
  feed     bigint NOT NULL,
  type     text COLLATE "C" NOT NULL,
  source   smallint NOT NULL,
  event_id uuid NOT NULL,
  PRIMARY KEY (feed, type, source, event_id)
);

--bun:split

CREATE TABLE activity_pending (
  event_id    uuid NOT NULL,
  tenant      text COLLATE "C" NOT NULL,
  recorded_at timestamptz NOT NULL,
  leaf        bytea NOT NULL
);

--bun:split

CREATE FUNCTION activity_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Erasing and retention name themselves in their own transaction.
  IF current_setting('activity.step', true) IN ('erase', 'retention') AND TG_OP <> 'TRUNCATE' THEN
    IF TG_OP = 'DELETE' THEN
      RETURN OLD;
    END IF;
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;

--bun:split

CREATE TRIGGER activity_event_append_only
  BEFORE UPDATE OR DELETE ON activity_event
  FOR EACH ROW EXECUTE FUNCTION activity_append_only();

--bun:split

CREATE TRIGGER activity_event_no_truncate
  BEFORE TRUNCATE ON activity_event
  FOR EACH STATEMENT EXECUTE FUNCTION activity_append_only();
