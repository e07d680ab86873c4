-- Fair admission: clocks, limits that change at run time, breakers, pauses. docs/run-engine.md says how they work together.

-- Seconds of service that an organization has had in a pool, divided by its weight (start-time fair queuing).
CREATE TABLE fair_clocks (
  pool text NOT NULL,
  org_id uuid NOT NULL REFERENCES organizations (id),
  vtime double precision NOT NULL,
  -- Where the next look at its leaves (datasource, user) begins, when they are too many for one.
  after_datasource_id uuid,
  after_user_id uuid,
  PRIMARY KEY (pool, org_id)
);

-- The pool's own clock: an organization that comes back from idle starts there.
CREATE TABLE pool_clocks (
  pool text PRIMARY KEY,
  vtime double precision NOT NULL
);
INSERT INTO pool_clocks VALUES ('interactive', 0), ('scheduled', 0), ('quarantine', 0);

-- Effective at the next tick. A row with key NULL holds for the whole installation.
CREATE TABLE limit_overrides (
  id uuid PRIMARY KEY,
  scope text NOT NULL CHECK (scope IN ('global', 'organization', 'datasource', 'user')),
  -- Whose organization the datasource or user is in; for an organization's own row, itself.
  org_id uuid REFERENCES organizations (id),
  -- Id of the organization, datasource or user.
  key uuid,
  max_running integer CHECK (max_running BETWEEN 0 AND 1000000),
  weight real CHECK (weight BETWEEN 0.01 AND 1000),
  max_queued integer CHECK (max_queued BETWEEN 0 AND 10000000),
  reason text,
  set_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((scope = 'global') = (key IS NULL)),
  CHECK ((scope = 'global') = (org_id IS NULL)),
  CHECK (scope = 'organization' OR weight IS NULL AND max_queued IS NULL),
  UNIQUE NULLS NOT DISTINCT (scope, org_id, key)
);

-- Moving averages of seconds per run (weight 0.3 for the newest), by query and by datasource.
CREATE TABLE run_costs (
  org_id uuid NOT NULL REFERENCES organizations (id),
  subject_id uuid NOT NULL,
  seconds real NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, subject_id)
);

-- A row exists while a datasource has had failures lately. Open = open_until in the future; half-open = it has passed and
-- nothing has succeeded yet.
CREATE TABLE breakers (
  datasource_id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  failures_in_row integer NOT NULL DEFAULT 0,
  window_started_at timestamptz NOT NULL DEFAULT now(),
  window_total integer NOT NULL DEFAULT 0,
  window_failed integer NOT NULL DEFAULT 0,
  -- How often it opened in a row: each doubles the time.
  trips integer NOT NULL DEFAULT 0,
  open_until timestamptz,
  FOREIGN KEY (org_id, datasource_id) REFERENCES datasources (org_id, id)
);

-- Nothing of a paused pool or datasource is admitted. What executes goes on.
CREATE TABLE pauses (
  scope text NOT NULL CHECK (scope IN ('pool', 'datasource')),
  key text NOT NULL,
  reason text NOT NULL,
  paused_by text NOT NULL,
  paused_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, key)
);

-- The same key and the same body is the same run; kept for a day.
CREATE TABLE idempotency_keys (
  org_id uuid NOT NULL,
  user_id uuid NOT NULL REFERENCES users (id),
  key text NOT NULL,
  body_hash bytea NOT NULL,
  run_id uuid NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, user_id, key),
  FOREIGN KEY (org_id, run_id) REFERENCES runs (org_id, id)
);
-- Answers "which keys are over?" (housekeeping).
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);

ALTER TABLE runs
  -- What it was expected to take when it was made, seconds.
  ADD COLUMN expected_cost real NOT NULL DEFAULT 1,
  -- What its admission was charged; null when that has been settled against what it really took.
  ADD COLUMN charged_cost real,
  ADD COLUMN replay_of uuid;

-- Answers "which leaves of an organization wait in this pool, and which of their runs is first?" (dispatch).
DROP INDEX runs_ready;
CREATE INDEX runs_ready ON runs (pool, org_id, datasource_id, created_by, priority DESC, queued_at, id)
  WHERE state = 'queued';
-- Answers "whose charge has not been settled?" (dispatch).
CREATE INDEX runs_unsettled ON runs (finished_at) WHERE finished_at IS NOT NULL AND charged_cost IS NOT NULL;

GRANT SELECT, UPDATE ON pool_clocks TO loupe_engine;
GRANT SELECT, INSERT, UPDATE ON fair_clocks, run_costs TO loupe_engine;
GRANT SELECT, INSERT, UPDATE, DELETE ON limit_overrides, breakers, pauses TO loupe_engine;
GRANT SELECT, DELETE ON idempotency_keys TO loupe_engine;
GRANT INSERT (expected_cost) ON runs TO loupe_app;
GRANT SELECT ON run_costs, limit_overrides, breakers, pauses TO loupe_app;
GRANT SELECT (id, pools, slots, draining, expires_at, closed_at) ON runner_sessions TO loupe_app;
GRANT SELECT, INSERT, DELETE ON idempotency_keys TO loupe_app;
GRANT INSERT, UPDATE, DELETE ON limit_overrides TO loupe_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON breakers TO loupe_runner;
