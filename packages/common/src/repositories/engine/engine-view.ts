import type { Queryable } from '../../db';
import { mutexIfOurs } from './dispatch-mutex';
import type { ActiveGroup, LimitOverride, RunPool, ServingSession } from '../../models';

/** What a dispatcher sees of the engine in the moment in which it holds the mutex. */
export interface EngineView {
  sessions: ServingSession[];
  active: (ActiveGroup & Charged)[];
  overrides: LimitOverride[];
  /** Datasources that are paused or whose breaker is not closed: 0, or 1 while it is tried again. */
  heldDatasources: { id: string; limit: number }[];
  pausedPools: RunPool[];
  /** Pools' virtual times. */
  clocks: { pool: RunPool; vtime: number }[];
}

/** Seconds. */
interface Charged {
  /** What the runs of the group were charged in advance. */
  charged: number;
}

const list = (query: string): string => `coalesce((SELECT json_agg(item) FROM (${query}) item), '[]')`;

/**
 * One statement, so that it is one moment. Everything but the active runs is a handful of rows. Undefined when another process
 * holds the dispatch mutex.
 */
export const readEngineView = (db: Queryable): Promise<EngineView | undefined> =>
  db.row<EngineView>({
    name: 'dispatch.view',
    text: `WITH ${mutexIfOurs} SELECT
      ${list(`SELECT pools, slots FROM runner_sessions
              WHERE closed_at IS NULL AND NOT draining AND expires_at > now()`)} AS sessions,
      ${list(`SELECT pool, org_id AS "orgId", datasource_id AS "datasourceId", created_by AS "userId", count(*) AS count,
                coalesce(sum(charged_cost), 0) AS charged
              FROM runs WHERE state IN ('dispatched', 'running')
              GROUP BY pool, org_id, datasource_id, created_by`)} AS active,
      ${list(`SELECT scope, org_id AS "orgId", key, max_running AS "maxRunning", weight FROM limit_overrides`)} AS overrides,
      ${list(`SELECT datasource_id AS id, CASE WHEN open_until > now() THEN 0 ELSE 1 END AS limit
              FROM breakers WHERE open_until IS NOT NULL
              UNION ALL SELECT key::uuid, 0 FROM pauses WHERE scope = 'datasource'`)} AS "heldDatasources",
      coalesce((SELECT json_agg(key) FROM pauses WHERE scope = 'pool'), '[]') AS "pausedPools",
      ${list('SELECT pool, vtime FROM pool_clocks')} AS clocks
      FROM mutex`,
  });
