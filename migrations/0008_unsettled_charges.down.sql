DROP TRIGGER runs_charge ON runs;
DROP FUNCTION hand_in_charge();
DROP TABLE unsettled_charges;
CREATE INDEX runs_unsettled ON runs (finished_at) WHERE finished_at IS NOT NULL AND charged_cost IS NOT NULL;
