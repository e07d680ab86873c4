import type { Queryable } from '../../db';
import { mutexIfOurs } from './dispatch-mutex';

/** Most runs that one tick settles. */
const batch = 500;

/** Bounds of what a run is taken to cost, seconds: a moment still occupies a slot, an hour shall not shut anybody out. */
const cost = { least: 0.05, most: 60 };

/** Weight of the newest run in the moving averages. */
const newest = 0.3;

/**
 * Runs are charged what they were expected to take; now that they have ended, the difference to what they took goes to their
 * organization's clock, and the expectation for the next run of that query and datasource learns from it. A run that never
 * began took nothing. Only one process at a time settles: the one that holds the mutex. For another this does nothing.
 */
export async function settleCharges(db: Queryable): Promise<void> {
  await db.execute({
    name: 'dispatch.settle',
    text: `WITH ${mutexIfOurs}, ended AS (
             DELETE FROM unsettled_charges
             WHERE id IN (SELECT id FROM mutex CROSS JOIN LATERAL (SELECT id FROM unsettled_charges ORDER BY id LIMIT ${batch}) oldest)
             RETURNING org_id, pool, datasource_id, query_id, charged, ended AND seconds IS NOT NULL AND pool <> 'control' AS tells,
               CASE WHEN seconds IS NULL THEN 0 ELSE least(${cost.most}, greatest(${cost.least}, seconds)) END AS took
           ), corrected AS (
             UPDATE fair_clocks SET vtime = fair_clocks.vtime + difference.seconds / coalesce(override.weight, 1)
             FROM (SELECT pool, org_id, sum(took - charged) AS seconds FROM ended GROUP BY pool, org_id) difference
             LEFT JOIN limit_overrides override
               ON override.scope = 'organization' AND override.key = difference.org_id
             WHERE fair_clocks.pool = difference.pool AND fair_clocks.org_id = difference.org_id
           )
           INSERT INTO run_costs (org_id, subject_id, seconds)
           SELECT org_id, subject_id, avg(took) FROM (
             SELECT org_id, datasource_id AS subject_id, took FROM ended WHERE tells
             UNION ALL SELECT org_id, query_id, took FROM ended WHERE tells AND query_id IS NOT NULL
           ) subjects GROUP BY org_id, subject_id
           ON CONFLICT (org_id, subject_id) DO UPDATE SET updated_at = now(),
             seconds = run_costs.seconds * ${1 - newest} + excluded.seconds * ${newest}`,
  });
}
