-- What a step of a run costs the server. docs/adr/0014 says why; nothing here reads or rewrites a table.
--
-- The server parses and prepares each CHECK and each WHEN of a trigger anew for every statement, and a foreign key is a
-- statement of its own with a lock on a row that many runs share. A function is prepared once for a connection.

-- What each of these answered is answered by runs_active: it holds no more than the runs that execute or are about to.
DROP INDEX runs_dispatched, runs_by_session, runs_deadline;

-- Organizations and sessions are never deleted, and no role of a service may. The datasource's key names the organization; a
-- claim asks for its session.
ALTER TABLE runs
  DROP CONSTRAINT runs_org_id_fkey,
  DROP CONSTRAINT runs_session_id_fkey,
  DROP CONSTRAINT runs_kind_check,
  DROP CONSTRAINT runs_origin_check,
  DROP CONSTRAINT runs_pool_check,
  DROP CONSTRAINT runs_priority_check,
  DROP CONSTRAINT runs_state_check,
  DROP CONSTRAINT runs_final_has_end,
  DROP CONSTRAINT runs_succeeded_has_result,
  DROP CONSTRAINT runs_running_has_session,
  DROP CONSTRAINT runs_retry_has_time,
  DROP CONSTRAINT runs_cancelled_was_asked;

DROP TRIGGER runs_guard ON runs;
DROP TRIGGER runs_charge ON runs;
DROP TRIGGER runs_inserted ON runs;
DROP TRIGGER runs_moved ON runs;
DROP TRIGGER runs_poisoned ON runs;
DROP FUNCTION guard_run(), hand_in_charge(), append_run_event();

CREATE FUNCTION refuse_another_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.org_id, NEW.kind, NEW.datasource_id, NEW.query_id, NEW.query_version, NEW.created_by, NEW.statement,
      NEW.bound_values, NEW.max_rows, NEW.timeout_seconds, NEW.origin, NEW.created_at, NEW.queued_at)
     IS DISTINCT FROM
     (OLD.id, OLD.org_id, OLD.kind, OLD.datasource_id, OLD.query_id, OLD.query_version, OLD.created_by, OLD.statement,
      OLD.bound_values, OLD.max_rows, OLD.timeout_seconds, OLD.origin, OLD.created_at, OLD.queued_at) THEN
    RAISE EXCEPTION 'run %: what it executes and for whom cannot change', OLD.id USING ERRCODE = 'LP001';
  END IF;
  RETURN NEW;
END
$$;

-- Of a statement that sets none of these columns the server sees that without calling anything.
CREATE TRIGGER runs_another BEFORE UPDATE OF id, org_id, kind, datasource_id, query_id, query_version, created_by, statement,
  bound_values, max_rows, timeout_seconds, origin, created_at, queued_at
ON runs FOR EACH ROW EXECUTE FUNCTION refuse_another_run();

-- The database refuses what no code may do, however it came about: changing what is final, a step that is not in the table
-- below, a fence that falls, an end other than cancelled for a run whose cancellation was accepted, a row that contradicts
-- itself. What it lets pass it writes into the run's history.
--
-- An event is written before its row, and both or neither are committed; so nobody inserts a run with ON CONFLICT, which could
-- pass over the row alone.
--
-- SECURITY DEFINER: nobody but this trigger may write events, and whoever may end a run need not be able to write charges.
CREATE FUNCTION keep_run() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  was text;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    was := OLD.state;
    IF OLD.finished_at IS NOT NULL THEN
      IF (NEW.state, NEW.epoch, NEW.attempt, NEW.session_id, NEW.started_at, NEW.finished_at, NEW.result_id,
          NEW.error_class, NEW.error_code, NEW.error_message, NEW.cancel_requested_at, NEW.cancel_requested_by)
         IS DISTINCT FROM
         (OLD.state, OLD.epoch, OLD.attempt, OLD.session_id, OLD.started_at, OLD.finished_at, OLD.result_id,
          OLD.error_class, OLD.error_code, OLD.error_message, OLD.cancel_requested_at, OLD.cancel_requested_by) THEN
        RAISE EXCEPTION 'run %: % is final', OLD.id, OLD.state USING ERRCODE = 'LP001';
      END IF;
    ELSE
      IF NEW.epoch < OLD.epoch OR NEW.attempt < OLD.attempt THEN
        RAISE EXCEPTION 'run %: epoch and attempt never fall', OLD.id USING ERRCODE = 'LP001';
      END IF;
      IF OLD.cancel_requested_at IS NOT NULL AND NEW.cancel_requested_at IS DISTINCT FROM OLD.cancel_requested_at THEN
        RAISE EXCEPTION 'run %: a cancellation cannot be taken back', OLD.id USING ERRCODE = 'LP001';
      END IF;
    END IF;
    IF NEW.state <> was THEN
      IF NEW.cancel_requested_at IS NOT NULL AND NEW.state <> 'cancelled' THEN
        RAISE EXCEPTION 'run %: its cancellation was accepted, it can only end as cancelled', OLD.id USING ERRCODE = 'LP001';
      END IF;
      -- Column grants cannot tell one state from another. What executes is cancelled by whoever stops it, not by a request.
      -- Inside this function current_user is the owner; the role that a connection took is still told, and the login for whoever
      -- lets the role log in.
      IF 'loupe_app' IN (current_setting('role'), session_user) AND (was = 'running' OR NEW.state <> 'cancelled') THEN
        RAISE EXCEPTION 'run %: a request may only cancel what does not execute', OLD.id USING ERRCODE = '42501';
      END IF;
      -- In parentheses: plpgsql would take the first THEN inside for its own.
      IF NOT (CASE was
        WHEN 'queued' THEN NEW.state IN ('dispatched', 'cancelled', 'timed_out')
        WHEN 'dispatched' THEN NEW.state IN ('queued', 'running', 'cancelled', 'timed_out')
        WHEN 'running' THEN NEW.state IN (
          'succeeded', 'failed', 'retry_wait', 'dead', 'cancelled', 'timed_out', 'queued')
        WHEN 'retry_wait' THEN NEW.state IN ('queued', 'cancelled', 'timed_out')
        ELSE false
      END) THEN
        RAISE EXCEPTION 'run %: % cannot become %', OLD.id, was, NEW.state USING ERRCODE = 'LP001';
      END IF;
      IF NEW.state = 'dispatched' AND NEW.epoch <> OLD.epoch + 1 THEN
        RAISE EXCEPTION 'run %: an admission raises the epoch by one', OLD.id USING ERRCODE = 'LP001';
      END IF;
      -- What blocks a version that kills whatever executes it hears of a loss by this column.
      IF NEW.state = 'dead' AND NEW.error_class = 'runner_lost' AND NEW.query_id IS NOT NULL AND NEW.lost <= OLD.lost THEN
        RAISE EXCEPTION 'run %: a run that is given up for its losses counts the last one', OLD.id USING ERRCODE = 'LP001';
      END IF;
      IF NEW.state = 'running' AND NEW.attempt <> OLD.attempt + 1 THEN
        RAISE EXCEPTION 'run %: a claim raises the attempt by one', OLD.id USING ERRCODE = 'LP001';
      END IF;
    END IF;
  ELSIF NEW.kind NOT IN ('query', 'probe', 'describe') OR NEW.origin NOT IN ('api', 'schedule', 'trigger', 'replay')
     OR NEW.state NOT IN (
       'queued', 'dispatched', 'running', 'retry_wait', 'succeeded', 'failed', 'cancelled', 'timed_out', 'dead') THEN
    RAISE EXCEPTION 'run %: of an unknown kind, origin or state', NEW.id USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.pool NOT IN ('interactive', 'scheduled', 'quarantine', 'control')
     OR NEW.priority NOT BETWEEN -10 AND 10
     OR (NEW.finished_at IS NOT NULL) <> (NEW.state IN ('succeeded', 'failed', 'cancelled', 'timed_out', 'dead'))
     OR (NEW.result_id IS NOT NULL) <> (NEW.state = 'succeeded')
     OR NEW.state = 'running' AND (NEW.session_id IS NULL OR NEW.deadline_at IS NULL OR NEW.started_at IS NULL)
     OR NEW.state = 'retry_wait' AND NEW.run_at IS NULL
     OR NEW.state = 'cancelled' AND NEW.cancel_requested_at IS NULL THEN
    RAISE EXCEPTION 'run %: its row contradicts itself', NEW.id USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.state IS DISTINCT FROM was THEN
    INSERT INTO run_events (org_id, run_id, from_state, to_state, epoch, attempt, session_id, error_class)
    VALUES (NEW.org_id, NEW.id, was, NEW.state, NEW.epoch, NEW.attempt, NEW.session_id, NEW.error_class);
    -- It leaves its slot. Of an earlier attempt, started_at says nothing. The pool may change in this very step.
    IF NEW.charged_cost IS NOT NULL AND was IN ('dispatched', 'running') AND NEW.state NOT IN ('dispatched', 'running') THEN
      INSERT INTO unsettled_charges (org_id, pool, datasource_id, query_id, charged, seconds, ended)
      VALUES (NEW.org_id, OLD.pool, NEW.datasource_id, NEW.query_id, NEW.charged_cost,
              CASE WHEN was = 'running' THEN extract(epoch FROM now() - OLD.started_at) END,
              NEW.state IN ('succeeded', 'failed', 'timed_out'));
      NEW.charged_cost := NULL;
    END IF;
  END IF;
  RETURN NEW;
END
$$;
-- The schema the tables were made in, whatever it is called; pg_temp comes last, so no temporary table shadows ours.
DO $$ BEGIN EXECUTE format('ALTER FUNCTION keep_run() SET search_path = %I, pg_temp', current_schema()); END $$;

CREATE TRIGGER runs_kept BEFORE INSERT OR UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION keep_run();

-- Who counts the loss sets `lost`.
CREATE TRIGGER runs_poisoned AFTER UPDATE OF lost ON runs FOR EACH ROW
  WHEN (OLD.state <> 'dead' AND NEW.state = 'dead' AND NEW.error_class = 'runner_lost' AND NEW.query_id IS NOT NULL)
  EXECUTE FUNCTION block_poison_version();

REVOKE EXECUTE ON FUNCTION keep_run(), refuse_another_run() FROM PUBLIC;
