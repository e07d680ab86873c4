import type { Queryable } from '../db';
import {
  type ActiveGroup,
  furthestPosition,
  type LimitOverride,
  type OrgScope,
  type RunPool,
  type RunState,
  type WaitingFacts,
} from '../models';

/** What bears on a run that waits. */
export interface RunWaitingRepository {
  /** Undefined when the organization has no such run. */
  facts(scope: OrgScope, runId: string): Promise<WaitingFacts | undefined>;
}

interface Row {
  state: RunState;
  pool: RunPool;
  datasource_id: string;
  created_by: string;
  ahead: string;
  run_at: Date | null;
  is_served: boolean;
  active: ActiveGroup[];
  overrides: LimitOverride[];
  open_until: Date | null;
  is_open: boolean | null;
  pause: WaitingFacts['pause'];
}

export const createRunWaitingRepository = (db: Queryable): RunWaitingRepository => ({
  async facts({ orgId }, runId) {
    const row = await db.row<Row>({ name: 'runs.waiting', text, values: [orgId, runId] });
    return row && factsOf(row, orgId);
  },
});

const factsOf = (row: Row, orgId: string): WaitingFacts => ({
  ...{ orgId, state: row.state, pool: row.pool, datasourceId: row.datasource_id, userId: row.created_by },
  ...{ ahead: Number(row.ahead), runAt: row.run_at, isServed: row.is_served },
  ...{ active: row.active, overrides: row.overrides, pause: row.pause },
  breaker: row.open_until && { openUntil: row.open_until, isOpen: row.is_open === true },
});

/** Runs that come before it among its user's on its datasource: two ranges of runs_ready, each read no further than needed. */
const leaf = `w.state = 'queued' AND w.pool = r.pool AND w.org_id = r.org_id AND w.datasource_id = r.datasource_id
  AND w.created_by = r.created_by`;
const ahead = (condition: string): string =>
  `(SELECT count(*) FROM (SELECT FROM runs w WHERE ${leaf} AND ${condition} LIMIT ${furthestPosition}) before)`;

/**
 * Of other organizations' runs only their number is used, and of this organization's only what the dispatcher counts too.
 */
const text = `
SELECT r.state, r.pool, r.datasource_id, r.created_by, r.run_at, breaker.open_until, breaker.open_until > now() AS is_open,
  CASE WHEN r.state = 'queued' THEN ${ahead('w.priority > r.priority')}
    + ${ahead('w.priority = r.priority AND (w.queued_at, w.id) < (r.queued_at, r.id)')} ELSE 0 END AS ahead,
  EXISTS (SELECT FROM runner_sessions WHERE closed_at IS NULL AND NOT draining AND expires_at > now()
          AND r.pool = ANY (pools)) AS is_served,
  coalesce((SELECT json_agg(json_build_object('pool', pool, 'orgId', org, 'datasourceId', datasource, 'userId', created_by, 'count', n))
    FROM (SELECT pool, CASE WHEN org_id = $1 THEN org_id END AS org,
            CASE WHEN org_id = $1 THEN datasource_id END AS datasource,
            CASE WHEN org_id = $1 THEN created_by END AS created_by, count(*) AS n
          FROM runs a WHERE a.state IN ('dispatched', 'running') GROUP BY 1, 2, 3, 4) grouped), '[]') AS active,
  coalesce((SELECT json_agg(json_build_object('scope', scope, 'orgId', org_id, 'key', key, 'maxRunning', max_running, 'weight', weight))
    FROM limit_overrides WHERE scope = 'global' OR org_id = $1 AND key IN (r.org_id, r.datasource_id, r.created_by)), '[]') AS overrides,
  (SELECT json_build_object('scope', scope, 'reason', reason) FROM pauses
   WHERE (scope, key) IN (('pool', r.pool), ('datasource', r.datasource_id::text)) ORDER BY scope LIMIT 1) AS pause
FROM runs r LEFT JOIN breakers breaker ON breaker.datasource_id = r.datasource_id AND breaker.org_id = r.org_id
WHERE r.org_id = $1 AND r.id = $2`;
