import type { Queryable } from '../../db';
import { maxAdmissionsPerTick, type RunPool, type WaitingOrg, type WaitingRun } from '../../models';

export interface WaitingRequest {
  pools: readonly RunPool[];
  /** Active runs an organization may have where no override says otherwise. */
  perOrg: number;
  /** Part of it that scheduled work may never take. */
  interactiveShare: number;
}

export interface Waiting {
  pools: Map<RunPool, WaitingOrg[]>;
  /** Where the next look at an organization's leaves begins, for those that had too many, or had. */
  cursors: LeafCursor[];
}

export interface LeafCursor {
  pool: RunPool;
  orgId: string;
  /** The last leaf looked at; null when the next look begins with the first. */
  after: { datasourceId: string; userId: string } | null;
}

interface Row extends WaitingRun {
  vtime: number | null;
  weight: number;
  /** The how-manieth leaf of this look. */
  leafNumber: number;
  hadCursor: boolean;
}

/** Organizations that one tick looks at in a pool: those with the lowest tags. Twice as many as it can admit. */
const orgsPerTick = 2 * maxAdmissionsPerTick;
/** Leaves of one organization that one tick looks at; the next one goes on where it ended, so none is left out. */
const leavesPerOrg = 64;

/**
 * Who waits, as far as a tick can need it. Loose index scans over runs_ready: one probe per pool and organization, then, for the
 * organizations with the lowest tags alone, one per leaf; so the cost does not grow with how many runs are queued. An
 * organization at its limit is passed over by name, and no blocked run is ever scanned past.
 */
export async function readWaiting(db: Queryable, request: WaitingRequest): Promise<Waiting> {
  const rows = await db.rows<Row>({
    name: 'dispatch.waiting',
    text: waitingText,
    values: [request.pools, request.perOrg, request.interactiveShare],
  });
  const pools = new Map<RunPool, WaitingOrg[]>();
  const cursors: LeafCursor[] = [];
  for (const [pool, ofPool] of Map.groupBy(rows, (row) => row.pool)) {
    const orgs: WaitingOrg[] = [];
    for (const [orgId, runs] of Map.groupBy(ofPool, (row) => row.orgId)) {
      const [first] = runs;
      orgs.push({ orgId, vtime: first?.vtime ?? undefined, weight: first?.weight ?? 1, runs });
      cursors.push(...cursorAfter(runs));
    }
    pools.set(pool, orgs);
  }
  return { pools, cursors };
}

function cursorAfter(runs: readonly Row[]): LeafCursor[] {
  const last = runs.reduce((latest, row) => (row.leafNumber >= latest.leafNumber ? row : latest));
  const { pool, orgId, datasourceId, userId, hadCursor } = last;
  if (last.leafNumber >= leavesPerOrg) return [{ pool, orgId, after: { datasourceId, userId } }];
  return hadCursor ? [{ pool, orgId, after: null }] : [];
}

/** Below every id. */
const nil = '00000000-0000-0000-0000-000000000000';

const waitingText = `
WITH RECURSIVE waiting AS (
  (SELECT pool, org_id FROM runs WHERE state = 'queued' ORDER BY pool, org_id LIMIT 1)
  UNION ALL
  SELECT next.pool, next.org_id FROM waiting CROSS JOIN LATERAL (
    SELECT pool, org_id FROM runs
    WHERE state = 'queued' AND (pool, org_id) > (waiting.pool, waiting.org_id)
    ORDER BY pool, org_id LIMIT 1) next
), active AS (
  SELECT org_id, count(*) AS n, count(*) FILTER (WHERE pool = 'scheduled') AS scheduled
  FROM runs WHERE state IN ('dispatched', 'running') AND pool <> 'control' GROUP BY org_id
), admissible AS (
  SELECT waiting.*, clock.vtime, clock.after_datasource_id, clock.after_user_id,
         coalesce(override.weight, 1) AS weight,
         greatest(coalesce(clock.vtime, 0), coalesce(pool_clock.vtime, 0)) AS tag
  FROM waiting
  LEFT JOIN active USING (org_id)
  LEFT JOIN limit_overrides override ON override.scope = 'organization' AND override.key = waiting.org_id
  LEFT JOIN fair_clocks clock ON clock.pool = waiting.pool AND clock.org_id = waiting.org_id
  LEFT JOIN pool_clocks pool_clock ON pool_clock.pool = waiting.pool
  CROSS JOIN LATERAL (SELECT coalesce(override.max_running, $2) AS most) bound
  WHERE waiting.pool = ANY ($1) AND (waiting.pool = 'control' OR (
    coalesce(active.n, 0) < most
    AND (waiting.pool <> 'scheduled' OR most <= 1
         OR coalesce(active.scheduled, 0) < most - greatest(1, floor(most * $3::float8)))))
), ranked AS (
  SELECT *, row_number() OVER by_tag AS rank, count(*) OVER (PARTITION BY pool) AS orgs
  FROM admissible WINDOW by_tag AS (PARTITION BY pool ORDER BY tag, org_id)
)
SELECT head.id AS "runId", ranked.pool, ranked.org_id AS "orgId", leaf.datasource_id AS "datasourceId",
       leaf.created_by AS "userId", head.priority, head.queued_at AS "queuedAt",
       greatest(0, head.expected_cost - coalesce(head.charged_cost, 0))::float8 AS "expectedCost",
       ranked.vtime, ranked.weight::float8 AS weight, leaf.n AS "leafNumber",
       ranked.after_datasource_id IS NOT NULL AS "hadCursor"
FROM ranked
CROSS JOIN LATERAL (
  WITH RECURSIVE leaf AS (
    (SELECT datasource_id, created_by, 1 AS n FROM (
       (SELECT datasource_id, created_by, 0 AS wrapped FROM runs
        WHERE state = 'queued' AND pool = ranked.pool AND org_id = ranked.org_id
          AND (datasource_id, created_by) > (coalesce(ranked.after_datasource_id, '${nil}'), coalesce(ranked.after_user_id, '${nil}'))
        ORDER BY datasource_id, created_by LIMIT 1)
       UNION ALL
       (SELECT datasource_id, created_by, 1 FROM runs
        WHERE state = 'queued' AND pool = ranked.pool AND org_id = ranked.org_id
        ORDER BY datasource_id, created_by LIMIT 1)
     ) first ORDER BY wrapped LIMIT 1)
    UNION ALL
    SELECT next.datasource_id, next.created_by, leaf.n + 1 FROM leaf CROSS JOIN LATERAL (
      SELECT datasource_id, created_by FROM runs
      WHERE state = 'queued' AND pool = ranked.pool AND org_id = ranked.org_id
        AND (datasource_id, created_by) > (leaf.datasource_id, leaf.created_by)
      ORDER BY datasource_id, created_by LIMIT 1) next
    WHERE leaf.n < ${leavesPerOrg}
  ) SELECT datasource_id, created_by, n FROM leaf
) leaf
CROSS JOIN LATERAL (
  SELECT id, priority, queued_at, expected_cost, charged_cost FROM runs
  WHERE state = 'queued' AND pool = ranked.pool AND org_id = ranked.org_id
    AND datasource_id = leaf.datasource_id AND created_by = leaf.created_by
  ORDER BY priority DESC, queued_at, id
  LIMIT least(${maxAdmissionsPerTick}, greatest(4, 2 * ${maxAdmissionsPerTick} / ranked.orgs))
) head
WHERE ranked.rank <= ${orgsPerTick}`;
