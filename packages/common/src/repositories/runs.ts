import { newId } from '../crypto';
import { justAfter, listPage, type Queryable } from '../db';
import {
  cancelledMessage,
  type ListRequest,
  mapPage,
  type NewRun,
  type OrgScope,
  type Page,
  poolOf,
  type Run,
  type RunStatus,
  statesOf,
} from '../models';
import { isOf } from './one-run';
import { atMostQueued, countedAtOnce, countsAsQueued, hasQueueRoom, remembersFor } from './queue-room';
import { type MadeRun, newRunOf, runColumns, runOf, type RunRow } from './run-rows';

export interface RunListRequest extends ListRequest {
  queryId?: string;
  scheduleId?: string;
  status?: RunStatus;
  /** Bounds of created_at, both inclusive. */
  startDate?: Date;
  endDate?: Date;
}

/** Runs as requests make and see them. Moving them is the engine's: repositories/engine. */
export interface RunRepository {
  /** `gone`: its datasource or query is deleted, be it in this very moment. `queue_full`: as many wait as may. */
  insert(scope: OrgScope, run: NewRun): Promise<Run | 'gone' | 'queue_full'>;
  find(scope: OrgScope, id: string): Promise<Run | undefined>;
  list(scope: OrgScope, request: RunListRequest): Promise<Page<Run>>;
  /**
   * Asks for the end of a live run: one that does not execute is cancelled at once, one that does keeps running with
   * its flag set until the source has stopped. Resolves to the row as it stands then; a final run is left as it is.
   */
  requestCancel(scope: OrgScope, request: { id: string; userId: string }): Promise<Run | undefined>;
  /** The same for every live run of a datasource; resolves to those that still execute. */
  cancelOfDatasource(scope: OrgScope, request: { datasourceId: string; userId: string }): Promise<Run[]>;
  /** The same for every live run of a query. */
  cancelOfQuery(scope: OrgScope, request: { queryId: string; userId: string }): Promise<Run[]>;
}

const columns = runColumns.join(', ');

/** What a cancellation sets. It takes effect in the same statement unless the run executes. */
const cancelAssignments = `
  cancel_requested_at = coalesce(cancel_requested_at, now()),
  cancel_requested_by = coalesce(cancel_requested_by, $2),
  state = CASE WHEN state = 'running' THEN state ELSE 'cancelled' END,
  finished_at = CASE WHEN state = 'running' THEN finished_at ELSE now() END,
  error_message = CASE WHEN state = 'running' THEN error_message ELSE '${cancelledMessage}' END`;
const live = `state IN ('queued', 'dispatched', 'running', 'retry_wait')`;

export function createRunRepository(db: Queryable): RunRepository {
  async function cancelWhere(name: string, condition: string, values: unknown[]): Promise<Run[]> {
    const rows = await db.rows<RunRow>({
      name,
      // Locked in the order of their ids, as runs that end together are: none waits for another in a circle.
      text: `UPDATE runs SET ${cancelAssignments}
             WHERE id IN (SELECT id FROM runs WHERE org_id = $1 AND ${live} AND ${condition} ORDER BY id FOR UPDATE)
             RETURNING ${columns}`,
      values,
    });
    return rows.map(runOf);
  }
  const find = async (scope: OrgScope, id: string): Promise<Run | undefined> => {
    const row = await db.row<RunRow>({
      name: 'runs.find',
      joins: true,
      text: `SELECT ${columns} FROM runs WHERE id = $2 AND ${isOf('$1')} AND kind = 'query'`,
      values: [scope.orgId, id],
    });
    return row && runOf(row);
  };

  return {
    find,
    insert: (scope, run) => insert(db, scope, run),
    list: (scope, request) => list(db, scope, request),
    async requestCancel(scope, { id, userId }) {
      const [changed] = await cancelWhere('runs.cancel', `id = $3 AND kind = 'query'`, [
        scope.orgId,
        userId,
        id,
      ]);
      return changed ?? find(scope, id);
    },
    async cancelOfDatasource(scope, { datasourceId, userId }) {
      const values = [scope.orgId, userId, datasourceId];
      const cancelled = await cancelWhere('runs.cancelOfDatasource', 'datasource_id = $3', values);
      return cancelled.filter((run) => run.state === 'running');
    },
    async cancelOfQuery(scope, { queryId, userId }) {
      const cancelled = await cancelWhere('runs.cancelOfQuery', 'query_id = $3', [
        scope.orgId,
        userId,
        queryId,
      ]);
      return cancelled.filter((run) => run.state === 'running');
    },
  };
}

/** What only the database knows, or nulls and why there is no run. */
type Inserted = (MadeRun | Record<keyof MadeRun, null>) & {
  /** What it refers to is there. */
  live: boolean;
  /** Runs that its organization may have queued. */
  most: number;
};

/** A queue that is too long to be counted for each run is counted now and then. */
async function insert(db: Queryable, scope: OrgScope, run: NewRun): Promise<Run | 'gone' | 'queue_full'> {
  let row = await insertIfRoom(db, scope, { run, countedBy: 'anybody' });
  if (row.id === null && row.live && row.most > countedAtOnce && (await hasQueueRoom(db, scope, row.most))) {
    row = await insertIfRoom(db, scope, { run, countedBy: 'whoeverCounted' });
  }
  if (row.id !== null) return newRunOf(scope, run, row);
  return row.live ? 'queue_full' : 'gone';
}

/**
 * Locks what the run refers to against being deleted, in the order in which deletes lock, and looks again once it has the lock:
 * either the delete sees this run and cancels it, or this sees the delete and inserts nothing. The expected cost comes from what
 * the query, else its datasource, took lately.
 */
async function insertIfRoom(
  db: Queryable,
  scope: OrgScope,
  { run, countedBy }: { run: NewRun; countedBy: keyof typeof remembersFor },
): Promise<Inserted> {
  return db.one({
    name: 'runs.insert',
    // It waits for whoever deletes the datasource or the query.
    joins: scope.orgId,
    text: `WITH live AS (
             SELECT datasource.id FROM (
               SELECT id FROM datasources WHERE org_id = $2 AND id = $4 AND deleted_at IS NULL FOR SHARE
             ) datasource LEFT JOIN LATERAL (
               SELECT id FROM queries WHERE org_id = $2 AND id = $5 AND deleted_at IS NULL FOR SHARE
             ) query ON true
             WHERE $5::uuid IS NULL OR query.id IS NOT NULL
           ), queue AS (
             SELECT coalesce(max(max_queued), $15) AS most FROM limit_overrides
             WHERE scope = 'organization' AND org_id = $2 AND key = $2
           ), inserted AS (
             INSERT INTO runs (id, org_id, kind, datasource_id, query_id, query_version, created_by, statement,
               bound_values, max_rows, timeout_seconds, origin, pool, queue_deadline_at, expected_cost, schedule_id)
             SELECT $1, $2, $3, live.id, $5, $6, $7, $8, $9, $10, $11, $12, $13, now() + make_interval(secs => $14),
               coalesce((SELECT seconds FROM run_costs WHERE org_id = $2 AND subject_id = $5),
                        (SELECT seconds FROM run_costs WHERE org_id = $2 AND subject_id = $4), 1),
               $17
             FROM live CROSS JOIN queue
             WHERE (${atMostQueued({ org: '$2', seconds: '$16' })}) < queue.most OR (
               SELECT count(*) < least(queue.most, ${countedAtOnce})
               FROM (SELECT FROM runs WHERE org_id = $2 AND ${countsAsQueued} LIMIT ${countedAtOnce}) counted)
             RETURNING id, created_at
           )
           SELECT inserted.id, inserted.created_at, EXISTS (SELECT FROM live) AS live, queue.most
           FROM queue LEFT JOIN inserted ON true`,
    values: [
      newId(), scope.orgId, run.kind, run.datasourceId, run.queryId, run.queryVersion, run.createdBy, run.statement,
      JSON.stringify(run.boundValues), run.maxRows, run.timeoutSeconds, run.origin, poolOf(run.origin),
      run.queueDeadlineSeconds, run.maxQueuedPerOrg, remembersFor[countedBy], run.scheduleId ?? null,
    ], // prettier-ignore
  });
}

async function list(db: Queryable, scope: OrgScope, request: RunListRequest): Promise<Page<Run>> {
  const page = await listPage<RunRow>(
    db,
    {
      name: 'runs.list',
      table: 'runs',
      orgId: scope.orgId,
      columns: runColumns,
      sortable: { created_at: 'created_at', started_at: 'started_at', completed_at: 'finished_at' },
      deletable: false,
      filter: (query) => {
        void query.where('kind', 'query');
        if (request.queryId !== undefined) void query.where('query_id', request.queryId);
        if (request.scheduleId !== undefined) void query.where('schedule_id', request.scheduleId);
        if (request.status !== undefined) void query.whereIn('state', statesOf(request.status));
        if (request.startDate !== undefined) void query.where('created_at', '>=', request.startDate);
        if (request.endDate !== undefined) void query.where('created_at', '<', justAfter(request.endDate));
      },
    },
    request,
  );
  return mapPage(page, runOf);
}
