import type { Database, Queryable } from '../../db';
import type { ActiveCounts, Candidate, PoolCapacity, RunPool } from '../../models';

/** One run that was admitted: what a hint carries. */
export interface Admission {
  runId: string;
  epoch: number;
  pool: RunPool;
}

/** What a dispatcher reads and writes, over all organizations, inside the transaction that holds the mutex. */
export interface AdmissionRepository {
  /** Takes the dispatch mutex until the end of the transaction; false when another process holds it. */
  takeMutex(): Promise<boolean>;
  /** Slots and active runs of the pools that have runs waiting or active. */
  capacities(pools: readonly RunPool[]): Promise<Map<RunPool, PoolCapacity>>;
  active(): Promise<ActiveCounts>;
  /** The first runs of each organization that waits in the pool, at most `perOrg` of each, none of those left out. */
  candidates(
    pool: RunPool,
    request: { perOrg: number; withoutOrgs: readonly string[] },
  ): Promise<Candidate[]>;
  /** queued → dispatched (T2), for those that may still take it. */
  admit(runIds: readonly string[]): Promise<Admission[]>;
}

/** The database under the engine's role, as far as admission needs it. */
export type AdmissionSource = Pick<Database, 'transaction'>;

/** Hands one transaction's repository to `work`; what it admitted is committed when this resolves. */
export const createAdmissions = (db: AdmissionSource) => ({
  transaction: <T>(work: (repository: AdmissionRepository) => Promise<T>): Promise<T> =>
    db.transaction((tx) => work(createAdmissionRepository(tx))),
});

function createAdmissionRepository(db: Queryable): AdmissionRepository {
  return {
    takeMutex: async () =>
      (
        await db.rows({
          name: 'dispatch.mutex',
          text: 'SELECT only_row FROM dispatch_mutex FOR UPDATE SKIP LOCKED',
        })
      ).length === 1,
    capacities: (pools) => capacities(db, pools),
    active: () => active(db),
    candidates: (pool, request) => candidates(db, pool, request),
    admit: async (runIds) => {
      const rows = await db.rows<{ id: string; epoch: number; pool: RunPool }>({
        name: 'dispatch.admit',
        text: `UPDATE runs SET state = 'dispatched', epoch = epoch + 1, dispatched_at = now()
               WHERE id = ANY ($1::uuid[]) AND state = 'queued' AND cancel_requested_at IS NULL
               RETURNING id, epoch, pool`,
        values: [runIds],
      });
      return rows.map(({ id, epoch, pool }) => ({ runId: id, epoch, pool }));
    },
  };
}

async function capacities(db: Queryable, pools: readonly RunPool[]): Promise<Map<RunPool, PoolCapacity>> {
  const rows = await db.rows<{ pool: RunPool; slots: number; active: number; active_on_sessions: number }>({
    name: 'dispatch.capacities',
    text: `WITH open AS (
             SELECT pools, slots FROM runner_sessions WHERE closed_at IS NULL AND NOT draining AND expires_at > now()
           ), active AS (
             SELECT pool, count(*)::int AS n FROM runs WHERE state IN ('dispatched', 'running') GROUP BY pool
           )
           SELECT wanted.pool,
                  (SELECT coalesce(sum(slots), 0)::int FROM open WHERE wanted.pool = ANY (pools)) AS slots,
                  coalesce((SELECT n FROM active WHERE active.pool = wanted.pool), 0) AS active,
                  (SELECT coalesce(sum(n), 0)::int FROM active
                   WHERE active.pool = wanted.pool OR EXISTS (
                     SELECT FROM open WHERE wanted.pool = ANY (pools) AND active.pool = ANY (pools))) AS active_on_sessions
           FROM unnest($1::text[]) AS wanted (pool)`,
    values: [pools],
  });
  return new Map(
    rows.map((row) => [
      row.pool,
      { slots: row.slots, active: row.active, activeOnSessions: row.active_on_sessions },
    ]),
  );
}

async function active(db: Queryable): Promise<ActiveCounts> {
  const rows = await db.rows<{ org_id: string; n: number }>({
    name: 'dispatch.active',
    text: `SELECT org_id, count(*)::int AS n FROM runs
           WHERE state IN ('dispatched', 'running') AND pool <> 'control' GROUP BY org_id`,
  });
  return {
    total: rows.reduce((sum, row) => sum + row.n, 0),
    byOrg: new Map(rows.map((row) => [row.org_id, row.n])),
  };
}

/** The most that one tick looks at; far more than it admits. */
const maxCandidates = 1_000;

/** A loose index scan over runs_ready: one probe per organization that waits, however many runs each has queued. */
async function candidates(
  db: Queryable,
  pool: RunPool,
  { perOrg, withoutOrgs }: { perOrg: number; withoutOrgs: readonly string[] },
): Promise<Candidate[]> {
  const rows = await db.rows<{ id: string; org_id: string; priority: number; queued_at: Date }>({
    name: 'dispatch.candidates',
    text: `WITH RECURSIVE waiting AS (
             (SELECT org_id FROM runs WHERE state = 'queued' AND pool = $1 ORDER BY org_id LIMIT 1)
             UNION ALL
             SELECT (SELECT org_id FROM runs WHERE state = 'queued' AND pool = $1 AND org_id > waiting.org_id
                     ORDER BY org_id LIMIT 1)
             FROM waiting WHERE waiting.org_id IS NOT NULL
           )
           SELECT head.id, waiting.org_id, head.priority, head.queued_at
           FROM waiting CROSS JOIN LATERAL (
             SELECT id, priority, queued_at FROM runs
             WHERE state = 'queued' AND pool = $1 AND org_id = waiting.org_id
             ORDER BY priority DESC, queued_at, id LIMIT $2
           ) head
           WHERE waiting.org_id IS NOT NULL AND waiting.org_id <> ALL ($3::uuid[])
           ORDER BY head.queued_at LIMIT ${maxCandidates}`,
    values: [pool, perOrg, withoutOrgs],
  });
  return rows.map((row) => ({
    runId: row.id,
    orgId: row.org_id,
    priority: row.priority,
    queuedAt: row.queued_at,
  }));
}
