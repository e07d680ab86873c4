REVOKE UPDATE (deleted_at) ON datasources, queries FROM loupe_engine;
REVOKE UPDATE ON idempotency_keys FROM loupe_app;
REVOKE INSERT (replay_of) ON runs FROM loupe_app;
DROP INDEX runs_replays;
DROP INDEX runs_dead_newest;
DROP TABLE operator_actions;
