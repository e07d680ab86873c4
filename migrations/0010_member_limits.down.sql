ALTER TABLE limit_overrides DROP COLUMN user_id;
