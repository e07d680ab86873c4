DROP INDEX runs_unsettled;
DROP INDEX runs_ready;
CREATE INDEX runs_ready ON runs (pool, org_id, priority DESC, queued_at, id) WHERE state = 'queued';
ALTER TABLE runs DROP COLUMN expected_cost, DROP COLUMN charged_cost, DROP COLUMN replay_of;
DROP TABLE idempotency_keys, pauses, breakers, run_costs, limit_overrides, pool_clocks, fair_clocks;
REVOKE SELECT (id, pools, slots, draining, expires_at, closed_at) ON runner_sessions FROM loupe_app;
