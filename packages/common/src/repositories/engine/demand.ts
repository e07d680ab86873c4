import type { Queryable } from '../../db';
import type { LimitOverride, LiveGroup, RunPool } from '../../models';

/** What is live, and what holds it back. */
export interface DemandView {
  live: LiveGroup[];
  overrides: LimitOverride[];
  heldDatasources: { id: string; limit: number }[];
  pausedPools: RunPool[];
  /** Runs that were given up, by pool. */
  dead: { pool: RunPool; count: number }[];
}

const list = (query: string): string => `coalesce((SELECT json_agg(item) FROM (${query}) item), '[]')`;
const owner = 'pool, org_id AS "orgId", datasource_id AS "datasourceId", created_by AS "userId"';

/** Each part from its own partial index: the cost grows with what is live, not with what ever ran. */
const liveGroups = `
  SELECT pool, "orgId", "datasourceId", "userId", sum(queued) AS queued, sum(dispatched) AS dispatched,
         sum(running) AS running, sum(retrying) AS retrying, sum(soon) AS "retryingSoon",
         max(oldest) AS "oldestQueuedSeconds"
  FROM (
    SELECT ${owner}, count(*) AS queued, 0 AS dispatched, 0 AS running, 0 AS retrying, 0 AS soon,
           extract(epoch FROM now() - min(queued_at))::float8 AS oldest
    FROM runs WHERE state = 'queued' GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT ${owner}, 0, count(*) FILTER (WHERE state = 'dispatched'), count(*) FILTER (WHERE state = 'running'), 0, 0, NULL
    FROM runs WHERE state IN ('dispatched', 'running') GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT ${owner}, 0, 0, 0, count(*), count(*) FILTER (WHERE run_at <= now() + interval '1 minute'), NULL
    FROM runs WHERE state = 'retry_wait' GROUP BY 1, 2, 3, 4
  ) parts WHERE pool <> 'control' GROUP BY 1, 2, 3, 4`;

/** One statement, so that it is one moment. */
export const readDemandView = (db: Queryable): Promise<DemandView> =>
  db.one<DemandView>({
    name: 'demand.view',
    text: `SELECT
      ${list(liveGroups)} AS live,
      ${list(`SELECT scope, org_id AS "orgId", key, max_running AS "maxRunning", weight FROM limit_overrides`)} AS overrides,
      ${list(`SELECT datasource_id AS id, CASE WHEN open_until > now() THEN 0 ELSE 1 END AS limit
              FROM breakers WHERE open_until IS NOT NULL
              UNION ALL SELECT key::uuid, 0 FROM pauses WHERE scope = 'datasource'`)} AS "heldDatasources",
      coalesce((SELECT json_agg(key) FROM pauses WHERE scope = 'pool'), '[]') AS "pausedPools",
      ${list(`SELECT pool, count(*) AS count FROM runs WHERE state = 'dead' GROUP BY pool`)} AS dead`,
  });
