-- The run engine's truth. docs/architecture.md describes the states and who moves a run from one to the next.

-- One row per runner process. It lives as long as its lease is renewed.
CREATE TABLE runner_sessions (
  id uuid PRIMARY KEY,
  runner_id text NOT NULL,
  pools text[] NOT NULL,
  slots integer NOT NULL CHECK (slots BETWEEN 1 AND 1000),
  draining boolean NOT NULL DEFAULT false,
  started_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  closed_at timestamptz
);

-- Answers "which runners are there?" (dispatch) and "whose lease ran out?" (reaper).
CREATE INDEX runner_sessions_open ON runner_sessions (expires_at) WHERE closed_at IS NULL;

CREATE TABLE runs (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organizations (id),
  kind text NOT NULL CHECK (kind IN ('query', 'probe', 'describe')),
  datasource_id uuid NOT NULL,
  query_id uuid,
  query_version integer,
  created_by uuid NOT NULL REFERENCES users (id),
  -- What runs: the statement with $1 … $n for its parameters, and their values as text or null.
  statement text NOT NULL,
  bound_values jsonb NOT NULL DEFAULT '[]',
  max_rows integer NOT NULL,
  timeout_seconds integer NOT NULL,
  origin text NOT NULL CHECK (origin IN ('api', 'schedule', 'trigger', 'replay')),
  pool text NOT NULL CHECK (pool IN ('interactive', 'scheduled', 'quarantine', 'control')),
  priority smallint NOT NULL DEFAULT 0 CHECK (priority BETWEEN -10 AND 10),

  state text NOT NULL DEFAULT 'queued' CHECK (state IN (
    'queued', 'dispatched', 'running', 'retry_wait', 'succeeded', 'failed', 'cancelled', 'timed_out', 'dead')),
  created_at timestamptz NOT NULL DEFAULT now(),
  queued_at timestamptz NOT NULL DEFAULT now(),
  queue_deadline_at timestamptz NOT NULL,
  run_at timestamptz,
  -- Counts admissions: a hint of an earlier one claims nothing.
  epoch integer NOT NULL DEFAULT 0,
  dispatched_at timestamptz,
  -- Counts claims, and fences: only the attempt that is current may write the end.
  attempt integer NOT NULL DEFAULT 0,
  session_id uuid REFERENCES runner_sessions (id),
  started_at timestamptz,
  deadline_at timestamptz,
  -- Budgets, apart from each other and from attempt: a deploy costs no user a try.
  failures integer NOT NULL DEFAULT 0,
  lost integer NOT NULL DEFAULT 0,
  preempts integer NOT NULL DEFAULT 0,
  first_failure_at timestamptz,
  error_class text,
  error_code text,
  error_message text,
  cancel_requested_at timestamptz,
  cancel_requested_by uuid REFERENCES users (id),
  result_id uuid,
  finished_at timestamptz,

  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, datasource_id) REFERENCES datasources (org_id, id),
  FOREIGN KEY (org_id, query_id, query_version) REFERENCES query_versions (org_id, query_id, version),
  CONSTRAINT runs_final_has_end CHECK (
    (state IN ('succeeded', 'failed', 'cancelled', 'timed_out', 'dead')) = (finished_at IS NOT NULL)),
  CONSTRAINT runs_succeeded_has_result CHECK ((state = 'succeeded') = (result_id IS NOT NULL)),
  CONSTRAINT runs_running_has_session CHECK (
    state <> 'running' OR (session_id IS NOT NULL AND deadline_at IS NOT NULL AND started_at IS NOT NULL)),
  CONSTRAINT runs_retry_has_time CHECK (state <> 'retry_wait' OR run_at IS NOT NULL),
  CONSTRAINT runs_cancelled_was_asked CHECK (state <> 'cancelled' OR cancel_requested_at IS NOT NULL)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);

-- Answers the list of an organization's runs, newest first, and of one query.
CREATE INDEX runs_list ON runs (org_id, created_at DESC, id DESC);
CREATE INDEX runs_by_query ON runs (org_id, query_id, created_at DESC, id DESC) WHERE query_id IS NOT NULL;
-- Answers "which organizations wait in this pool, and which of their runs is first?" (dispatch).
CREATE INDEX runs_ready ON runs (pool, org_id, priority DESC, queued_at, id) WHERE state = 'queued';
-- Answers "how many are active, by pool and organization?" from the index alone (dispatch).
CREATE INDEX runs_active ON runs (pool, org_id, datasource_id, created_by) WHERE state IN ('dispatched', 'running');
-- Answers "the oldest admitted runs of this pool" (a runner's poll, pushing hints again, the reaper).
CREATE INDEX runs_dispatched ON runs (pool, dispatched_at) WHERE state = 'dispatched';
-- Answers "what does this session execute?" (cancellation, reaper) and "what is past its deadline?" (reaper).
CREATE INDEX runs_by_session ON runs (session_id) WHERE state = 'running';
CREATE INDEX runs_deadline ON runs (deadline_at) WHERE state = 'running';
-- Answers "which retries are due?" and "what waited too long?" (reaper).
CREATE INDEX runs_retry ON runs (run_at) WHERE state = 'retry_wait';
CREATE INDEX runs_queue_deadline ON runs (queue_deadline_at) WHERE state IN ('queued', 'dispatched', 'retry_wait');
-- Answers "which cancellations are still open?" (reaper).
CREATE INDEX runs_cancelling ON runs (cancel_requested_at)
  WHERE cancel_requested_at IS NOT NULL AND state IN ('queued', 'dispatched', 'running', 'retry_wait');
-- Answers the list of dead letters.
CREATE INDEX runs_dead ON runs (org_id, finished_at DESC) WHERE state = 'dead';

-- A result outlives its chunks: expiry removes those and stamps expired_at, so 410 can be told from 404.
CREATE TABLE results (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  run_id uuid NOT NULL,
  attempt integer NOT NULL,
  columns jsonb NOT NULL,
  row_count integer NOT NULL,
  byte_count bigint NOT NULL,
  chunk_count integer NOT NULL,
  truncated boolean NOT NULL,
  execution_time_ms integer NOT NULL,
  -- SHA-256 over the rows' JSON text, in order.
  checksum bytea NOT NULL CHECK (length(checksum) = 32),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  expired_at timestamptz,
  UNIQUE (org_id, id),
  UNIQUE (run_id, attempt),
  FOREIGN KEY (org_id, run_id) REFERENCES runs (org_id, id)
);

ALTER TABLE runs ADD FOREIGN KEY (org_id, result_id) REFERENCES results (org_id, id);

-- Answers "whose rows have outlived their time?" (housekeeping).
CREATE INDEX results_expiry ON results (expires_at) WHERE expired_at IS NULL;

-- Chunks and events grow without end. Both are partitioned by range of the run's id, a UUID v7, which begins with
-- the time it was made: the owner adds a partition per period ahead of time (CREATE TABLE … PARTITION OF … FOR
-- VALUES FROM ('<first uuid of the period>') TO (…)) and drops an old one whole, without touching a row. Until
-- housekeeping makes periods, the default partition takes everything.

-- Written while a run executes, in order, under (run, attempt). Only the reference in runs is fenced: what an
-- attempt wrote that lost its run is an orphan (no row in results), and a sweep removes it.
CREATE TABLE result_chunks (
  org_id uuid NOT NULL,
  run_id uuid NOT NULL,
  attempt integer NOT NULL,
  seq integer NOT NULL,
  encoding text NOT NULL CHECK (encoding IN ('identity', 'zstd')),
  -- JSON arrays, one per row, joined by commas: an answer is pasted together without parsing a value.
  body bytea NOT NULL,
  PRIMARY KEY (run_id, attempt, seq)
) PARTITION BY RANGE (run_id);

CREATE TABLE result_chunks_default PARTITION OF result_chunks DEFAULT;
-- The body is compressed already.
ALTER TABLE result_chunks_default ALTER COLUMN body SET STORAGE EXTERNAL;

-- Every transition, appended by a trigger and by nothing else: a run's history, the source of event streams, and
-- what tests check the engine's promises against. seq orders the events of one run; across runs numbers become visible
-- out of order, so a reader that resumes takes only xid < pg_snapshot_xmin(pg_current_snapshot()), by (xid, seq).
CREATE TABLE run_events (
  seq bigint GENERATED ALWAYS AS IDENTITY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  org_id uuid NOT NULL,
  run_id uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  from_state text,
  to_state text NOT NULL,
  epoch integer NOT NULL,
  attempt integer NOT NULL,
  session_id uuid,
  error_class text,
  PRIMARY KEY (run_id, seq)
) PARTITION BY RANGE (run_id);

CREATE TABLE run_events_default PARTITION OF run_events DEFAULT;

-- Answers "what happened in this organization since that event?" (event streams).
CREATE INDEX run_events_stream ON run_events (org_id, xid, seq);

-- Whoever holds this row admits runs; anybody may, and nobody waits for it.
CREATE TABLE dispatch_mutex (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row)
);
INSERT INTO dispatch_mutex DEFAULT VALUES;

-- The database refuses what no code may do, however it came about: changing what is final, a step that is not in
-- the table below, a fence that falls, an end other than cancelled for a run whose cancellation was accepted.
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

-- SECURITY DEFINER: nobody but this trigger may write events. pg_temp comes last, so no temporary table shadows ours.
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

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'LP001';
END
$$;
CREATE TRIGGER run_events_append_only BEFORE UPDATE ON run_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER query_versions_append_only BEFORE UPDATE ON query_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();

REVOKE EXECUTE ON FUNCTION guard_run(), append_run_event(), refuse_change() FROM PUBLIC;

-- Requests make runs, read them, and ask for their end; only the engine and the runners move them. So requests cannot
-- choose the columns that the engine moves: a run that they make is queued.
GRANT SELECT ON runs TO loupe_app;
GRANT INSERT (id, org_id, kind, datasource_id, query_id, query_version, created_by, statement, bound_values, max_rows,
  timeout_seconds, origin, pool, priority, queue_deadline_at) ON runs TO loupe_app;
GRANT UPDATE (state, finished_at, cancel_requested_at, cancel_requested_by, error_message) ON runs TO loupe_app;
GRANT SELECT ON results, result_chunks, run_events TO loupe_app;
GRANT SELECT, INSERT, UPDATE ON runs TO loupe_engine;
GRANT SELECT, UPDATE ON runner_sessions TO loupe_engine;
GRANT SELECT, UPDATE ON dispatch_mutex TO loupe_engine;
GRANT SELECT, DELETE ON run_events, result_chunks TO loupe_engine;
GRANT SELECT, UPDATE ON results TO loupe_engine;
GRANT SELECT, UPDATE ON runs TO loupe_runner;
GRANT SELECT, INSERT, UPDATE ON runner_sessions TO loupe_runner;
GRANT SELECT, INSERT ON results, result_chunks TO loupe_runner;
GRANT DELETE ON result_chunks TO loupe_runner;
GRANT SELECT ON run_events TO loupe_runner;
