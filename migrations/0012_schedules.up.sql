-- Queries that run again and again, and what became of each time at which they were due. docs/schedules.md

CREATE TABLE schedules (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES organizations (id),
  query_id uuid NOT NULL,
  name text NOT NULL,
  -- As it was written: clients look it up by its text.
  cron_expression text NOT NULL,
  timezone text NOT NULL,
  parameters json NOT NULL DEFAULT '{}',
  tags text[] NOT NULL DEFAULT '{}',
  enabled boolean NOT NULL,
  next_run_at timestamptz,
  last_run_at timestamptz,
  version integer NOT NULL DEFAULT 1,
  created_by uuid NOT NULL REFERENCES users (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  UNIQUE (org_id, id),
  FOREIGN KEY (org_id, query_id) REFERENCES queries (org_id, id),
  CONSTRAINT schedules_enabled_has_time CHECK (enabled = (next_run_at IS NOT NULL))
);

-- Answers "which are due, the longest due first, and when is the next one?" (scheduler). Disabled ones are not in it.
CREATE INDEX schedules_due ON schedules (next_run_at) WHERE next_run_at IS NOT NULL AND deleted_at IS NULL;
-- Answers the list of an organization's schedules, newest first; other orders sort what this finds.
CREATE INDEX schedules_list ON schedules (org_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
-- Answers "the schedules of this query", for its delete.
CREATE INDEX schedules_by_query ON schedules (org_id, query_id) WHERE deleted_at IS NULL;
-- Answers the tag filter.
CREATE INDEX schedules_tags ON schedules USING gin (tags) WHERE deleted_at IS NULL;

ALTER TABLE runs
  ADD COLUMN schedule_id uuid,
  ADD FOREIGN KEY (org_id, schedule_id) REFERENCES schedules (org_id, id);

-- Answers "the runs of this schedule", newest first.
CREATE INDEX runs_by_schedule ON runs (org_id, schedule_id, created_at DESC, id DESC) WHERE schedule_id IS NOT NULL;

-- Its key is what lets a due time fire once. It stands for all times from fire_at to fired_at: those that were missed
-- collapse into one.
CREATE TABLE schedule_fires (
  org_id uuid NOT NULL,
  schedule_id uuid NOT NULL,
  -- The time at which it was due.
  fire_at timestamptz NOT NULL,
  -- What its next time was reckoned from.
  fired_at timestamptz NOT NULL,
  outcome text NOT NULL CHECK (outcome IN (
    'queued', 'invalid_parameters', 'query_blocked', 'queue_full', 'query_gone', 'error')),
  run_id uuid UNIQUE,
  PRIMARY KEY (schedule_id, fire_at),
  FOREIGN KEY (org_id, schedule_id) REFERENCES schedules (org_id, id),
  FOREIGN KEY (org_id, run_id) REFERENCES runs (org_id, id) ON DELETE SET NULL (run_id)
);

GRANT SELECT, INSERT, UPDATE ON schedules TO loupe_app;
-- The time at which a schedule was due is not a request's to claim: requests write no fires.
GRANT INSERT (schedule_id) ON runs TO loupe_app;
GRANT SELECT, UPDATE (enabled, next_run_at, last_run_at) ON schedules TO loupe_engine;
GRANT SELECT, INSERT ON schedule_fires TO loupe_engine;
