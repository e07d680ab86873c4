-- How many runs an organization had queued when they were last counted, kept for queues that are too long to be counted at
-- each request. Never more than a memory: whoever needs to know counts again.
CREATE TABLE queue_counts (
  org_id uuid PRIMARY KEY REFERENCES organizations (id),
  queued integer NOT NULL,
  counted_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- The engine makes runs too: those of schedules.
GRANT SELECT, INSERT, UPDATE ON queue_counts TO loupe_app, loupe_engine;
