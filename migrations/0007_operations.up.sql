-- What people who run an installation do to it, and the dead letters that they and editors replay.

-- Who did what to the whole installation, and why. Written in the transaction of the change itself.
CREATE TABLE operator_actions (
  id uuid PRIMARY KEY,
  -- Name of the token, or of the login at the command line.
  operator text NOT NULL,
  action text NOT NULL,
  target jsonb NOT NULL,
  reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
  created_at timestamptz NOT NULL DEFAULT now()
);
-- Answers "what was done lately?".
CREATE INDEX operator_actions_newest ON operator_actions (created_at DESC, id DESC);

CREATE TRIGGER operator_actions_append_only BEFORE UPDATE OR DELETE ON operator_actions
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Answers the list of dead letters over all organizations, and "how many are there in each pool?" from the index alone.
CREATE INDEX runs_dead_newest ON runs (finished_at DESC, id DESC) INCLUDE (pool) WHERE state = 'dead';
-- Answers "has this dead run been replayed already?".
CREATE INDEX runs_replays ON runs (replay_of) WHERE replay_of IS NOT NULL;

GRANT SELECT, INSERT ON operator_actions TO loupe_engine;
-- A replay is a run that a request makes; what it is a replay of never changes after that.
GRANT INSERT (replay_of) ON runs TO loupe_app;
-- A key that is over is taken by the next request that brings it.
GRANT UPDATE ON idempotency_keys TO loupe_app;

-- FOR SHARE, which keeps what a run refers to from being deleted meanwhile, asks for the right to update one column.
GRANT UPDATE (deleted_at) ON datasources, queries TO loupe_engine;
