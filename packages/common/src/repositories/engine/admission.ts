import { type Database, LastStatements, type Queryable, type TransactionWork } from '../../db';
import { type FairSelection, type RunPool, runPools } from '../../models';
import { type EngineView, readEngineView } from './engine-view';
import { settleCharges } from './settlement';
import { isIn } from '../one-run';
import { type LeafCursor, readWaiting, type Waiting, type WaitingRequest } from './waiting-runs';

/** One run that was admitted: what a hint carries. */
export interface Admission {
  runId: string;
  epoch: number;
  pool: RunPool;
}

/** What the end of a transaction admits. */
export type Admitted = LastStatements<Admission[]>;

/** What a dispatcher reads and writes, over all organizations, inside the transaction that holds the mutex. */
export interface AdmissionRepository {
  /**
   * Takes the dispatch mutex until the end of the transaction, and says whether there is anything to do: a glance, where a
   * look costs the server twenty times as much. Undefined when another process holds it.
   */
  enter(): Promise<Glance | undefined>;
  /**
   * Settles what there is to settle and looks at the engine, in one round trip. Each statement has its own snapshot, so what
   * it sees was committed before the mutex was got. Undefined, and nothing done, when another process holds that: so it may be
   * called together with `enter` where it will be needed.
   */
  look(): Promise<EngineView | undefined>;
  /** Who waits, pool by pool. */
  waiting(requests: readonly WaitingRequest[]): Promise<Map<RunPool, Waiting>>;
  /**
   * queued → dispatched (T2) for those that may still take it, the clocks as they stand after it, and where the next look at long
   * lists of leaves begins: the last that the transaction does.
   */
  admit(selections: ReadonlyMap<RunPool, FairSelection>, cursors?: readonly LeafCursor[]): Promise<Admitted>;
  /** Corrects the clocks by what ended runs really took. */
  settle(): Promise<void>;
}

export interface Glance {
  /** Where a run is queued. */
  waitingPools: RunPool[];
  /** A run has left its slot whose charge has not been settled. */
  isUnsettled: boolean;
}

/** The database under the engine's role, as far as admission needs it. */
export type AdmissionSource = Pick<Database, 'transaction' | 'one'>;

/**
 * The first run in the order of the only index that holds queued runs alone. For EXISTS the planner reads the table instead,
 * when it believes that many runs are queued, and finds one behind all that have ended.
 */
const isQueued = (condition = ''): string => `(SELECT true FROM runs WHERE state = 'queued' ${condition}
  ORDER BY pool, org_id, datasource_id, created_by, priority DESC, queued_at, id LIMIT 1) IS NOT NULL`;

const waitingPools = `coalesce((SELECT json_agg(asked.pool) FROM unnest('{${runPools.join(',')}}'::text[]) AS asked (pool)
  WHERE ${isQueued('AND pool = asked.pool')}), '[]')`;

/** Hands one transaction's repository to `work`; what it admitted is committed when this resolves. */
export const createAdmissions = (db: AdmissionSource) => ({
  transaction: <T>(work: (repository: AdmissionRepository) => ReturnType<TransactionWork<T>>): Promise<T> =>
    db.transaction((tx) => work(createAdmissionRepository(tx))),
  /** Whether any run is queued, whoever admits just now. */
  isWaiting: async (): Promise<boolean> =>
    (
      await db.one<{ isWaiting: boolean }>({
        name: 'dispatch.isWaiting',
        text: `SELECT ${isQueued()} AS "isWaiting"`,
      })
    ).isWaiting,
});

/**
 * Its snapshot may be older than the lock by a moment. Whoever commits a run in that moment dispatches afterwards, and finds
 * the mutex taken or free again.
 *
 * The look's plan does not depend on its values, but to make it takes longer than to follow it; left to itself the server
 * makes it anew each time. A plan that is kept must suit more runs than there were when it was made: a sequential scan never does.
 *
 * Its commit does not wait for the disk while everybody else waits for the mutex. A claim does, and what it builds on is
 * written before it; if the server crashes before that, runs are queued again, and no admission was ever acknowledged.
 */
const enterText = `SELECT ${waitingPools} AS "waitingPools",
    EXISTS (SELECT FROM unsettled_charges) AS "isUnsettled",
    set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
    set_config('synchronous_commit', 'off', true)
  FROM dispatch_mutex FOR UPDATE SKIP LOCKED`;

function createAdmissionRepository(db: Queryable): AdmissionRepository {
  return {
    async enter() {
      const row = await db.row<Glance>({ name: 'dispatch.enter', text: enterText });
      return row && { waitingPools: row.waitingPools, isUnsettled: row.isUnsettled };
    },
    async look() {
      const [, view] = await Promise.all([settleCharges(db), readEngineView(db)]);
      return view;
    },
    async waiting(requests) {
      const found = await Promise.all(requests.map((request) => readWaiting(db, request)));
      return new Map(requests.map(({ pool }, i) => [pool, found[i] ?? { orgs: [], cursors: [] }]));
    },
    admit: (selections, cursors = []) =>
      Promise.resolve(new LastStatements(admitAndMove(db, selections, cursors))),
    settle: () => settleCharges(db),
  };
}

async function admitAndMove(
  db: Queryable,
  selections: ReadonlyMap<RunPool, FairSelection>,
  cursors: readonly LeafCursor[],
): Promise<Admission[]> {
  const runIds = [...selections.values()].flatMap(({ admitted }) => admitted.map(({ runId }) => runId));
  const [admitted] = await Promise.all([
    runIds.length === 0 ? [] : admit(db, runIds),
    selections.size === 0 ? undefined : writeClocks(db, selections),
    cursors.length === 0 ? undefined : moveCursors(db, cursors),
  ]);
  return admitted;
}

/**
 * Passes over a row that somebody is cancelling: waiting for one while holding others could deadlock with a delete that
 * cancels many.
 */
async function admit(db: Queryable, runIds: readonly string[]): Promise<Admission[]> {
  const rows = await db.rows<{ id: string; epoch: number; pool: RunPool }>({
    name: 'dispatch.admit',
    text: `UPDATE runs SET state = 'dispatched', epoch = epoch + 1, dispatched_at = now(),
             charged_cost = expected_cost
           WHERE id IN (SELECT id FROM runs
                        WHERE id = ANY ($1::uuid[]) AND ${isIn('queued')} AND cancel_requested_at IS NULL
                        FOR UPDATE SKIP LOCKED)
           RETURNING id, epoch, pool`,
    values: [runIds],
  });
  return rows.map(({ id, epoch, pool }) => ({ runId: id, epoch, pool }));
}

async function writeClocks(db: Queryable, selections: ReadonlyMap<RunPool, FairSelection>): Promise<void> {
  const clocks = [...selections].flatMap(([pool, { vtimes }]) =>
    [...vtimes].map(([orgId, vtime]) => ({ pool, orgId, vtime })),
  );
  await db.execute({
    name: 'dispatch.clocks',
    text: `WITH orgs AS (
             INSERT INTO fair_clocks (pool, org_id, vtime)
             SELECT * FROM unnest($1::text[], $2::uuid[], $3::float8[])
             ON CONFLICT (pool, org_id) DO UPDATE SET vtime = excluded.vtime
           )
           UPDATE pool_clocks SET vtime = now_at.vtime
           FROM unnest($4::text[], $5::float8[]) AS now_at (pool, vtime)
           WHERE pool_clocks.pool = now_at.pool AND pool_clocks.vtime < now_at.vtime`,
    values: [
      clocks.map(({ pool }) => pool),
      clocks.map(({ orgId }) => orgId),
      clocks.map(({ vtime }) => vtime),
      [...selections.keys()],
      [...selections.values()].map(({ virtualTime }) => virtualTime),
    ],
  });
}

async function moveCursors(db: Queryable, cursors: readonly LeafCursor[]): Promise<void> {
  await db.execute({
    name: 'dispatch.cursors',
    text: `INSERT INTO fair_clocks (pool, org_id, vtime, after_datasource_id, after_user_id)
           SELECT moved.pool, moved.org_id, coalesce(pool_clocks.vtime, 0), moved.datasource_id, moved.user_id
           FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[]) AS moved (pool, org_id, datasource_id, user_id)
           LEFT JOIN pool_clocks ON pool_clocks.pool = moved.pool
           ON CONFLICT (pool, org_id) DO UPDATE SET
             after_datasource_id = excluded.after_datasource_id, after_user_id = excluded.after_user_id`,
    values: [
      cursors.map(({ pool }) => pool),
      cursors.map(({ orgId }) => orgId),
      cursors.map(({ after }) => after?.datasourceId ?? null),
      cursors.map(({ after }) => after?.userId ?? null),
    ],
  });
}
