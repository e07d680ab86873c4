import type { Database, Queryable } from '../../db';
import {
  type ActiveGroup,
  type Candidate,
  type EngineSnapshot,
  maxAdmissionsPerTick,
  type RunPool,
  type ServingSession,
} from '../../models';

/** One run that was admitted: what a hint carries. */
export interface Admission {
  runId: string;
  epoch: number;
  pool: RunPool;
}

/** What a dispatcher reads and writes, over all organizations, inside the transaction that holds the mutex. */
export interface AdmissionRepository {
  /**
   * Takes the dispatch mutex until the end of the transaction and looks, in one round trip: each statement has its own
   * snapshot, so what it sees was committed before the mutex was got. Undefined when another process holds it.
   */
  look(request: { pools: readonly RunPool[]; perOrg: number }): Promise<AdmissionView | undefined>;
  /**
   * queued → dispatched (T2), for those that may still take it. Passes over a row that somebody is cancelling: waiting
   * for one while holding others could deadlock with a delete that cancels many.
   */
  admit(runIds: readonly string[]): Promise<Admission[]>;
}

export interface AdmissionView {
  snapshot: EngineSnapshot;
  /** The first runs of each organization that waits in one of the pools and has fewer than `perOrg` active. */
  candidates: Candidate[];
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
    async look({ pools, perOrg }) {
      const [mutex, view, waiting] = await Promise.all([
        db.rows({
          name: 'dispatch.mutex',
          text: 'SELECT only_row FROM dispatch_mutex FOR UPDATE SKIP LOCKED',
        }),
        snapshot(db),
        candidates(db, pools, perOrg),
      ]);
      return mutex.length === 1 ? { snapshot: view, candidates: waiting } : undefined;
    },
    admit: async (runIds) => {
      const rows = await db.rows<{ id: string; epoch: number; pool: RunPool }>({
        name: 'dispatch.admit',
        text: `UPDATE runs SET state = 'dispatched', epoch = epoch + 1, dispatched_at = now()
               WHERE id IN (SELECT id FROM runs
                            WHERE id = ANY ($1::uuid[]) AND state = 'queued' AND cancel_requested_at IS NULL
                            FOR UPDATE SKIP LOCKED)
               RETURNING id, epoch, pool`,
        values: [runIds],
      });
      return rows.map(({ id, epoch, pool }) => ({ runId: id, epoch, pool }));
    },
  };
}

async function snapshot(db: Queryable): Promise<EngineSnapshot> {
  return db.one<{ sessions: ServingSession[]; active: ActiveGroup[] }>({
    name: 'dispatch.snapshot',
    text: `SELECT
             coalesce((SELECT json_agg(json_build_object('pools', pools, 'slots', slots)) FROM runner_sessions
                       WHERE closed_at IS NULL AND NOT draining AND expires_at > now()), '[]') AS sessions,
             coalesce((SELECT json_agg(json_build_object('pool', pool, 'orgId', org_id, 'count', n)) FROM (
                         SELECT pool, org_id, count(*) AS n FROM runs
                         WHERE state IN ('dispatched', 'running') GROUP BY pool, org_id) grouped), '[]') AS active`,
  });
}

/**
 * A loose index scan over runs_ready: one probe per pool and organization that waits, however many runs each has queued.
 * Organizations at their limit are passed over by name, so their backlog is never read.
 *
 * selectRuns takes an organization's runs in order, each when its turn has come: with the youngest of it and those before it.
 * So of the organizations in a pool those with the oldest first runs are enough, as many as one tick may admit runs: each of
 * them has one to admit before any other organization's turn. A flood in one pool thus hides no other pool's runs, and none
 * of an organization's urgent ones.
 */
async function candidates(db: Queryable, pools: readonly RunPool[], perOrg: number): Promise<Candidate[]> {
  return db.rows<Candidate>({
    name: 'dispatch.candidates',
    text: `WITH RECURSIVE waiting AS (
             (SELECT pool, org_id FROM runs WHERE state = 'queued' ORDER BY pool, org_id LIMIT 1)
             UNION ALL
             SELECT next.pool, next.org_id FROM waiting CROSS JOIN LATERAL (
               SELECT pool, org_id FROM runs
               WHERE state = 'queued' AND (pool, org_id) > (waiting.pool, waiting.org_id)
               ORDER BY pool, org_id LIMIT 1) next
           ), full_orgs AS (
             SELECT org_id FROM runs WHERE state IN ('dispatched', 'running') AND pool <> 'control'
             GROUP BY org_id HAVING count(*) >= $2
           ), first AS (
             SELECT waiting.pool, waiting.org_id,
                    row_number() OVER (PARTITION BY waiting.pool ORDER BY head.queued_at) AS place
             FROM waiting CROSS JOIN LATERAL (
               SELECT queued_at FROM runs
               WHERE state = 'queued' AND pool = waiting.pool AND org_id = waiting.org_id
               ORDER BY priority DESC, queued_at, id LIMIT 1
             ) head
             WHERE waiting.pool = ANY ($1) AND waiting.org_id NOT IN (SELECT org_id FROM full_orgs)
           )
           SELECT run.id AS "runId", first.pool, first.org_id AS "orgId", run.priority, run.queued_at AS "queuedAt"
           FROM first CROSS JOIN LATERAL (
             SELECT id, priority, queued_at FROM runs
             WHERE state = 'queued' AND pool = first.pool AND org_id = first.org_id
             ORDER BY priority DESC, queued_at, id LIMIT $2
           ) run
           WHERE first.place <= ${maxAdmissionsPerTick}`,
    values: [pools, perOrg],
  });
}
