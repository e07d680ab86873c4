-- Versions of queries that keep killing what executes them.

-- A row exists once a version has been blocked; it is blocked until somebody acknowledges that.
CREATE TABLE blocked_query_versions (
  org_id uuid NOT NULL,
  query_id uuid NOT NULL,
  query_version integer NOT NULL,
  blocked_at timestamptz NOT NULL DEFAULT now(),
  acknowledged_at timestamptz,
  acknowledged_by uuid REFERENCES users (id),
  PRIMARY KEY (query_id, query_version),
  FOREIGN KEY (org_id, query_id, query_version) REFERENCES query_versions (org_id, query_id, version),
  CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL))
);

-- Answers "how often has this version killed what executed it lately?"
CREATE INDEX runs_poison ON runs (query_id, query_version, finished_at)
  WHERE state = 'dead' AND error_class = 'runner_lost' AND query_id IS NOT NULL;

-- Here and not in a statement, because a run ends so in two ways: by the reaper, and by the runner that lost the child process.
-- Three within an hour, none of them acknowledged before, block the version. Its runs that wait already go into quarantine, if
-- that is served: nobody executes them beside others any more.
CREATE FUNCTION block_poison_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  forgiven_at timestamptz := (SELECT acknowledged_at FROM blocked_query_versions
    WHERE query_id = NEW.query_id AND query_version = NEW.query_version);
BEGIN
  IF 3 > (SELECT count(*) FROM runs
          WHERE query_id = NEW.query_id AND query_version = NEW.query_version AND state = 'dead'
            AND error_class = 'runner_lost' AND finished_at > now() - interval '1 hour'
            AND finished_at > coalesce(forgiven_at, '-infinity')) THEN
    RETURN NULL;
  END IF;
  INSERT INTO blocked_query_versions (org_id, query_id, query_version)
  VALUES (NEW.org_id, NEW.query_id, NEW.query_version)
  ON CONFLICT (query_id, query_version)
  DO UPDATE SET blocked_at = now(), acknowledged_at = NULL, acknowledged_by = NULL
    WHERE blocked_query_versions.acknowledged_at IS NOT NULL;
  IF EXISTS (SELECT FROM runner_sessions WHERE closed_at IS NULL AND NOT draining AND expires_at > now()
             AND 'quarantine' = ANY (pools)) THEN
    UPDATE runs SET pool = 'quarantine'
    WHERE id IN (SELECT id FROM runs
                 WHERE org_id = NEW.org_id AND query_id = NEW.query_id AND query_version = NEW.query_version
                   AND state IN ('queued', 'dispatched', 'retry_wait') AND pool <> 'quarantine'
                 FOR UPDATE SKIP LOCKED);
  END IF;
  RETURN NULL;
END
$$;
-- The schema the tables were made in, whatever it is called; pg_temp comes last, so no temporary table shadows ours.
DO $$ BEGIN EXECUTE format('ALTER FUNCTION block_poison_version() SET search_path = %I, pg_temp', current_schema()); END $$;
REVOKE EXECUTE ON FUNCTION block_poison_version() FROM PUBLIC;

CREATE TRIGGER runs_poisoned AFTER UPDATE ON runs FOR EACH ROW
  WHEN (OLD.state <> 'dead' AND NEW.state = 'dead' AND NEW.error_class = 'runner_lost' AND NEW.query_id IS NOT NULL)
  EXECUTE FUNCTION block_poison_version();

GRANT SELECT ON blocked_query_versions TO loupe_app, loupe_engine;
GRANT UPDATE (acknowledged_at, acknowledged_by) ON blocked_query_versions TO loupe_app;
