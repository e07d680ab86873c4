REVOKE INSERT (schedule_id) ON runs FROM loupe_app;
DROP TABLE schedule_fires;
DROP INDEX runs_by_schedule;
ALTER TABLE runs DROP COLUMN schedule_id;
DROP TABLE schedules;
