DROP TRIGGER runs_poisoned ON runs;
DROP FUNCTION block_poison_version();
DROP INDEX runs_poison;
DROP TABLE blocked_query_versions;
