-- When a run leaves its slot, its organization's clock is corrected by what it really took. To note that on the run itself cost
-- another version of its row with an entry in each of its indexes, a sixth of all that PostgreSQL did for a run: so such a run
-- hands its charge in here, and the next tick takes it away.
CREATE TABLE unsettled_charges (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  org_id uuid NOT NULL,
  pool text NOT NULL,
  datasource_id uuid NOT NULL,
  query_id uuid,
  charged real NOT NULL,
  -- From its start to now; null for one that never began.
  seconds double precision,
  -- Whether that tells what the statement takes: not when it was cut off before its end.
  ended boolean NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

INSERT INTO unsettled_charges (org_id, pool, datasource_id, query_id, charged, seconds, ended)
SELECT org_id, pool, datasource_id, query_id, charged_cost, extract(epoch FROM finished_at - started_at),
  state IN ('succeeded', 'failed', 'timed_out')
FROM runs WHERE finished_at IS NOT NULL AND charged_cost IS NOT NULL;
DROP INDEX runs_unsettled;

-- SECURITY DEFINER: whoever may end a run need not be able to write charges. pg_temp comes last, so no temporary table
-- shadows ours.
CREATE FUNCTION hand_in_charge() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  -- Of an earlier attempt, started_at says nothing. The pool may change in this very step.
  INSERT INTO unsettled_charges (org_id, pool, datasource_id, query_id, charged, seconds, ended)
  VALUES (NEW.org_id, OLD.pool, NEW.datasource_id, NEW.query_id, NEW.charged_cost,
          CASE WHEN OLD.state = 'running' THEN extract(epoch FROM now() - OLD.started_at) END,
          NEW.state IN ('succeeded', 'failed', 'timed_out'));
  NEW.charged_cost := NULL;
  RETURN NEW;
END
$$;
DO $$ BEGIN EXECUTE format('ALTER FUNCTION hand_in_charge() SET search_path = %I, pg_temp', current_schema()); END $$;
REVOKE EXECUTE ON FUNCTION hand_in_charge() FROM PUBLIC;

CREATE TRIGGER runs_charge BEFORE UPDATE ON runs FOR EACH ROW
  WHEN (OLD.state IN ('dispatched', 'running') AND NEW.state NOT IN ('dispatched', 'running') AND NEW.charged_cost IS NOT NULL)
  EXECUTE FUNCTION hand_in_charge();

GRANT SELECT, DELETE ON unsettled_charges TO loupe_engine;
