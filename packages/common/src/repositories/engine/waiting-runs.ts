import type { Queryable } from '../../db';
import type { AtLimit, RunPool, WaitingOrg, WaitingRun } from '../../models';

export interface WaitingRequest {
  pool: RunPool;
  /** How many runs may be admitted. */
  budget: number;
  /** How many organizations are looked at: those with the lowest tags of all that have a run which no limit holds back. */
  orgs: number;
  /** Where the pool's clock stands. */
  virtualTime: number;
  /** Nobody's runs of these are looked at. */
  atLimit: AtLimit;
}

/** An organization that waits, without what a tick knows of it already. */
type WaitingInPool = Omit<WaitingOrg, 'weight' | 'settledVtime'>;

export interface Waiting {
  orgs: WaitingInPool[];
  /** Where the next look at an organization's leaves begins, for those that had too many, or had. */
  cursors: LeafCursor[];
}

export interface LeafCursor {
  pool: RunPool;
  orgId: string;
  /** The last leaf looked at; null when the next look begins with the first. */
  after: LeafKey | null;
}

interface LeafKey {
  datasourceId: string;
  userId: string;
}

interface Row {
  orgId: string;
  vtime: number | null;
  hadCursor: boolean;
  /** Where the next look goes on; null when this one came to the end. */
  lastLeaf: LeafKey | null;
  /** Null when all of its leaves stand at a limit. */
  runs: (LeafKey & { runId: string; priority: number; queuedAt: number; expectedCost: number })[] | null;
}

/** Leaves of one organization that one tick looks at; the next one goes on where it ended, so none is left out. */
const leavesPerOrg = 64;

/** Runs of a leaf that a tick sees, where many organizations wait: more than one has its turn in seldom. */
const fewestPerLeaf = 4;

/** Organizations that are looked at for their next leaves alone; they must not take the places of those that can be served. */
const sparePlaces = 16;

/**
 * Who waits in a pool, as far as a tick can need it. A loose index scan over runs_ready: one probe per organization, then, for
 * the organizations with the lowest tags alone, one per leaf; so the cost does not grow with how many runs are queued. What
 * stands at a limit is passed over by name: no blocked run is ever scanned past, and none takes another's place.
 */
export async function readWaiting(db: Queryable, request: WaitingRequest): Promise<Waiting> {
  const { pool, budget, orgs, virtualTime, atLimit } = request;
  const rows = await db.rows<Row>({
    name: 'dispatch.waiting',
    text: waitingText,
    values: [
      ...[pool, virtualTime, orgs + sparePlaces, budget],
      ...[atLimit.orgIds, atLimit.datasourceIds, atLimit.memberKeys],
    ],
  });
  return {
    orgs: rows.flatMap(({ runs, orgId, vtime }) =>
      runs === null
        ? []
        : [{ orgId, vtime: vtime ?? undefined, runs: runs.map((run) => runOf(run, pool, orgId)) }],
    ),
    cursors: rows.flatMap((row) => cursorAfter(row, pool)),
  };
}

const runOf = (run: NonNullable<Row['runs']>[number], pool: RunPool, orgId: string): WaitingRun => ({
  ...run,
  ...{ pool, orgId, queuedAt: new Date(run.queuedAt) },
});

const cursorAfter = ({ orgId, hadCursor, lastLeaf }: Row, pool: RunPool): LeafCursor[] =>
  hadCursor || lastLeaf !== null ? [{ pool, orgId, after: lastLeaf }] : [];

const last = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const queued = `state = 'queued' AND pool = $1`;
const standsAtLimit = (leaf: string): string => `${leaf}.datasource_id = ANY ($6::uuid[])`;
/** From one leaf to the next; a datasource that stands at its limit is left as a whole, however many people wait for it. */
const nextLeaf = `
  SELECT datasource_id, created_by FROM runs
  WHERE ${queued} AND org_id = in_order.id AND (datasource_id, created_by) >
    (leaf.datasource_id, CASE WHEN ${standsAtLimit('leaf')} THEN '${last}' ELSE leaf.created_by END)
  ORDER BY datasource_id, created_by LIMIT 1`;
/** Where the last look ended, or from the beginning when nothing comes after that. */
const firstLeaf = `
  SELECT datasource_id, created_by FROM (
    (SELECT datasource_id, created_by, 1 AS place FROM runs
     WHERE ${queued} AND org_id = in_order.id AND in_order.after_datasource_id IS NOT NULL
       AND (datasource_id, created_by) > (in_order.after_datasource_id, in_order.after_user_id)
     ORDER BY datasource_id, created_by LIMIT 1)
    UNION ALL
    SELECT in_order.datasource_id, in_order.created_by, 2
  ) either ORDER BY place LIMIT 1`;
/**
 * An organization and the first of its leaves. Ordered by the leaf too, because no other index has that order: for the
 * organization alone the planner may take one that holds all runs that ever were.
 */
const firstOfOrg = (condition: string): string => `
  SELECT org_id, datasource_id, created_by FROM runs WHERE ${queued} ${condition}
  ORDER BY org_id, datasource_id, created_by LIMIT 1`;

const waitingText = `
WITH RECURSIVE org (id, datasource_id, created_by) AS (
  (${firstOfOrg('')})
  UNION ALL
  SELECT next.* FROM org CROSS JOIN LATERAL (${firstOfOrg('AND org_id > org.id')}) next
), runs_per_leaf AS (
  SELECT least($4::int, greatest(${fewestPerLeaf}, 2 * $4::int / count(*))) AS n FROM org
)
SELECT in_order.id AS "orgId", in_order.vtime, in_order.after_datasource_id IS NOT NULL AS "hadCursor", look.*
FROM (
  SELECT org.*, clock.vtime, clock.after_datasource_id, clock.after_user_id, greatest(clock.vtime, $2::float8) AS tag
  FROM org LEFT JOIN fair_clocks clock ON clock.pool = $1 AND clock.org_id = org.id
  WHERE org.id <> ALL ($5::uuid[])
  ORDER BY tag, org.id
) in_order CROSS JOIN LATERAL (
  WITH RECURSIVE leaf AS (
    SELECT first.*, CASE WHEN ${standsAtLimit('first')} THEN 0 ELSE 1 END AS n FROM (${firstLeaf}) first
    UNION ALL
    SELECT next.*, leaf.n + CASE WHEN ${standsAtLimit('next')} THEN 0 ELSE 1 END
    FROM leaf CROSS JOIN LATERAL (${nextLeaf}) next WHERE leaf.n < ${leavesPerOrg}
  )
  SELECT
    CASE WHEN max(leaf.n) >= ${leavesPerOrg} THEN
      (SELECT json_build_object('datasourceId', datasource_id, 'userId', created_by) FROM leaf
       ORDER BY datasource_id DESC, created_by DESC LIMIT 1) END AS "lastLeaf",
    json_agg(json_build_object(
      'runId', head.id, 'datasourceId', leaf.datasource_id, 'userId', leaf.created_by, 'priority', head.priority,
      'queuedAt', extract(epoch FROM head.queued_at) * 1000,
      'expectedCost', head.expected_cost
    )) FILTER (WHERE head.id IS NOT NULL) AS runs
  FROM leaf LEFT JOIN LATERAL (
    SELECT id, priority, queued_at, expected_cost FROM runs
    WHERE ${queued} AND org_id = in_order.id AND datasource_id = leaf.datasource_id AND created_by = leaf.created_by
      AND NOT ${standsAtLimit('leaf')} AND in_order.id || ' ' || leaf.created_by <> ALL ($7::text[])
    ORDER BY priority DESC, queued_at, id LIMIT (SELECT n FROM runs_per_leaf)
  ) head ON true
  HAVING count(head.id) > 0 OR max(leaf.n) >= ${leavesPerOrg} OR in_order.after_datasource_id IS NOT NULL
) look
ORDER BY in_order.tag, in_order.id
LIMIT $3`;
