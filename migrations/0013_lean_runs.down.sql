DROP TRIGGER runs_another ON runs;
DROP TRIGGER runs_kept ON runs;
DROP TRIGGER runs_poisoned ON runs;
DROP FUNCTION keep_run(), refuse_another_run();

ALTER TABLE runs
  ADD FOREIGN KEY (org_id) REFERENCES organizations (id),
  ADD FOREIGN KEY (session_id) REFERENCES runner_sessions (id),
  ADD CHECK (kind IN ('query', 'probe', 'describe')),
  ADD CHECK (origin IN ('api', 'schedule', 'trigger', 'replay')),
  ADD CHECK (pool IN ('interactive', 'scheduled', 'quarantine', 'control')),
  ADD CHECK (priority BETWEEN -10 AND 10),
  ADD CHECK (state IN (
    'queued', 'dispatched', 'running', 'retry_wait', 'succeeded', 'failed', 'cancelled', 'timed_out', 'dead')),
  ADD CONSTRAINT runs_final_has_end CHECK (
    (state IN ('succeeded', 'failed', 'cancelled', 'timed_out', 'dead')) = (finished_at IS NOT NULL)),
  ADD CONSTRAINT runs_succeeded_has_result CHECK ((state = 'succeeded') = (result_id IS NOT NULL)),
  ADD CONSTRAINT runs_running_has_session CHECK (
    state <> 'running' OR (session_id IS NOT NULL AND deadline_at IS NOT NULL AND started_at IS NOT NULL)),
  ADD CONSTRAINT runs_retry_has_time CHECK (state <> 'retry_wait' OR run_at IS NOT NULL),
  ADD CONSTRAINT runs_cancelled_was_asked CHECK (state <> 'cancelled' OR cancel_requested_at IS NOT NULL);

CREATE INDEX runs_dispatched ON runs (pool, dispatched_at) WHERE state = 'dispatched';
CREATE INDEX runs_by_session ON runs (session_id) WHERE state = 'running';
CREATE INDEX runs_deadline ON runs (deadline_at) WHERE state = 'running';

CREATE FUNCTION guard_run() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (NEW.id, NEW.org_id, NEW.kind, NEW.datasource_id, NEW.query_id, NEW.query_version, NEW.created_by, NEW.statement,
      NEW.bound_values, NEW.max_rows, NEW.timeout_seconds, NEW.origin, NEW.created_at, NEW.queued_at)
     IS DISTINCT FROM
     (OLD.id, OLD.org_id, OLD.kind, OLD.datasource_id, OLD.query_id, OLD.query_version, OLD.created_by, OLD.statement,
      OLD.bound_values, OLD.max_rows, OLD.timeout_seconds, OLD.origin, OLD.created_at, OLD.queued_at) THEN
    RAISE EXCEPTION 'run %: what it executes and for whom cannot change', OLD.id USING ERRCODE = 'LP001';
  END IF;
  IF OLD.finished_at IS NOT NULL THEN
    IF (NEW.state, NEW.epoch, NEW.attempt, NEW.session_id, NEW.started_at, NEW.finished_at, NEW.result_id,
        NEW.error_class, NEW.error_code, NEW.error_message, NEW.cancel_requested_at, NEW.cancel_requested_by)
       IS DISTINCT FROM
       (OLD.state, OLD.epoch, OLD.attempt, OLD.session_id, OLD.started_at, OLD.finished_at, OLD.result_id,
        OLD.error_class, OLD.error_code, OLD.error_message, OLD.cancel_requested_at, OLD.cancel_requested_by) THEN
      RAISE EXCEPTION 'run %: % is final', OLD.id, OLD.state USING ERRCODE = 'LP001';
    END IF;
    RETURN NEW;
  END IF;
  IF NEW.epoch < OLD.epoch OR NEW.attempt < OLD.attempt THEN
    RAISE EXCEPTION 'run %: epoch and attempt never fall', OLD.id USING ERRCODE = 'LP001';
  END IF;
  IF OLD.cancel_requested_at IS NOT NULL AND NEW.cancel_requested_at IS DISTINCT FROM OLD.cancel_requested_at THEN
    RAISE EXCEPTION 'run %: a cancellation cannot be taken back', OLD.id USING ERRCODE = 'LP001';
  END IF;
  IF NEW.state = OLD.state THEN
    RETURN NEW;
  END IF;
  IF NEW.cancel_requested_at IS NOT NULL AND NEW.state <> 'cancelled' THEN
    RAISE EXCEPTION 'run %: its cancellation was accepted, it can only end as cancelled', OLD.id USING ERRCODE = 'LP001';
  END IF;
  -- Column grants cannot tell one state from another. What executes is cancelled by whoever stops it, not by a request.
  IF current_user = 'loupe_app' AND (OLD.state = 'running' OR NEW.state <> 'cancelled') THEN
    RAISE EXCEPTION 'run %: a request may only cancel what does not execute', OLD.id USING ERRCODE = '42501';
  END IF;
  -- In parentheses: plpgsql would take the first THEN inside for its own.
  IF NOT (CASE OLD.state
    WHEN 'queued' THEN NEW.state IN ('dispatched', 'cancelled', 'timed_out')
    WHEN 'dispatched' THEN NEW.state IN ('queued', 'running', 'cancelled', 'timed_out')
    WHEN 'running' THEN NEW.state IN (
      'succeeded', 'failed', 'retry_wait', 'dead', 'cancelled', 'timed_out', 'queued')
    WHEN 'retry_wait' THEN NEW.state IN ('queued', 'cancelled', 'timed_out')
    ELSE false
  END) THEN
    RAISE EXCEPTION 'run %: % cannot become %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'LP001';
  END IF;
  IF NEW.state = 'dispatched' AND NEW.epoch <> OLD.epoch + 1 THEN
    RAISE EXCEPTION 'run %: an admission raises the epoch by one', OLD.id USING ERRCODE = 'LP001';
  END IF;
  IF NEW.state = 'running' AND NEW.attempt <> OLD.attempt + 1 THEN
    RAISE EXCEPTION 'run %: a claim raises the attempt by one', OLD.id USING ERRCODE = 'LP001';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER runs_guard BEFORE UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION guard_run();

CREATE FUNCTION append_run_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO run_events (org_id, run_id, from_state, to_state, epoch, attempt, session_id, error_class)
  VALUES (NEW.org_id, NEW.id, CASE WHEN TG_OP = 'UPDATE' THEN OLD.state END, NEW.state,
          NEW.epoch, NEW.attempt, NEW.session_id, NEW.error_class);
  RETURN NULL;
END
$$;
-- The schema the tables were made in, whatever it is called.
DO $$ BEGIN EXECUTE format('ALTER FUNCTION append_run_event() SET search_path = %I, pg_temp', current_schema()); END $$;

CREATE TRIGGER runs_inserted AFTER INSERT ON runs FOR EACH ROW EXECUTE FUNCTION append_run_event();
CREATE TRIGGER runs_moved AFTER UPDATE ON runs FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION append_run_event();

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

CREATE TRIGGER runs_poisoned AFTER UPDATE ON runs FOR EACH ROW
  WHEN (OLD.state <> 'dead' AND NEW.state = 'dead' AND NEW.error_class = 'runner_lost' AND NEW.query_id IS NOT NULL)
  EXECUTE FUNCTION block_poison_version();

REVOKE EXECUTE ON FUNCTION guard_run(), append_run_event() FROM PUBLIC;
