import { newId } from '../crypto';
import { listPage, type Queryable } from '../db';
import {
  type DeadRunFilter,
  type DeadRunSelection,
  type ListRequest,
  mapPage,
  maxReplays,
  type Page,
  poolOf,
  type ReplayObstacle,
  type Run,
} from '../models';
import { countsAsQueued } from './queue-room';
import { runColumns, runOf, type RunRow } from './run-rows';

// What the dead letters of one organization and those of all have in common. `orgId` null means all.

export interface DeadRunListRequest extends ListRequest, DeadRunFilter {}

/** A dead run that was named or found, and what stands in the way of its replay. */
export interface DeadRunCandidate {
  runId: string;
  orgId: string;
  obstacle: ReplayObstacle | null;
}

export interface ReplayRequest {
  runIds: readonly string[];
  /** Whose runs the new ones are; null: whose the dead ones were. */
  createdBy: string | null;
  queueDeadlineSeconds: number;
  /** Runs of the organization that may wait; no more are made. */
  maxQueuedPerOrg: number;
}

export async function listDead(
  db: Queryable,
  orgId: string | null,
  request: DeadRunListRequest,
): Promise<Page<Run>> {
  const page = await listPage<RunRow>(
    db,
    {
      name: 'deadRuns.list',
      table: 'runs',
      orgId,
      columns: runColumns,
      sortable: { created_at: 'created_at', started_at: 'started_at', completed_at: 'finished_at' },
      deletable: false,
      filter: (query) => {
        void query.where({ kind: 'query', state: 'dead' });
        if (request.queryId !== undefined) void query.where('query_id', request.queryId);
        if (request.datasourceId !== undefined) void query.where('datasource_id', request.datasourceId);
        if (request.errorClass !== undefined) void query.where('error_class', request.errorClass);
      },
    },
    request,
  );
  return mapPage(page, runOf);
}

/** Its datasource and its query still exist: a replay executes nothing that was deleted. */
const isWhole = `EXISTS (SELECT FROM datasources d WHERE d.id = dead.datasource_id AND d.deleted_at IS NULL)
  AND (dead.query_id IS NULL
       OR EXISTS (SELECT FROM queries q WHERE q.id = dead.query_id AND q.deleted_at IS NULL))`;

/** Runs of this version of the query brought down whatever executed them, and nobody has let it run again. */
const isBlocked = `EXISTS (SELECT FROM blocked_query_versions b
  WHERE b.query_id = dead.query_id AND b.query_version = dead.query_version AND b.acknowledged_at IS NULL)`;

/** At most `maxReplays` of them, oldest first, and how many there are. */
export async function findDead(
  db: Queryable,
  orgId: string | null,
  selection: DeadRunSelection,
): Promise<{ candidates: DeadRunCandidate[]; total: number }> {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const conditions = [`kind = 'query'`, ...(orgId === null ? [] : [`org_id = ${bind(orgId)}`])];
  if ('ids' in selection) {
    conditions.push(`id = ANY (${bind(selection.ids)}::uuid[])`);
  } else {
    const { queryId, datasourceId, errorClass } = selection.filter;
    // Whoever calls twice, or goes on after a first part, makes nothing twice.
    conditions.push(`state = 'dead'`, isWhole, `NOT ${isBlocked}`);
    conditions.push('NOT EXISTS (SELECT FROM runs r WHERE r.replay_of = dead.id)');
    if (queryId !== undefined) conditions.push(`query_id = ${bind(queryId)}`);
    if (datasourceId !== undefined) conditions.push(`datasource_id = ${bind(datasourceId)}`);
    if (errorClass !== undefined) conditions.push(`error_class = ${bind(errorClass)}`);
  }
  const rows = await db.rows<DeadRunCandidate & { total: string }>({
    name: 'deadRuns.find',
    text: `SELECT id AS "runId", org_id AS "orgId", count(*) OVER () AS total,
             CASE WHEN state <> 'dead' THEN 'not_dead' WHEN NOT (${isWhole}) THEN 'deleted'
               WHEN ${isBlocked} THEN 'blocked' END AS obstacle
           FROM runs dead WHERE ${conditions.join(' AND ')} ORDER BY finished_at, id LIMIT ${maxReplays}`,
    values,
    dynamic: true,
  });
  const candidates = rows.map(({ runId, orgId: of, obstacle }) => ({ runId, orgId: of, obstacle }));
  return { candidates, total: Number(rows[0]?.total ?? 0) };
}

/**
 * New runs for as many of the dead ones, in the order given, as the organization's queue has room for. One that is not dead
 * any more, whose datasource or query was deleted, or whose query's version is blocked is passed over.
 */
export async function replayDead(db: Queryable, orgId: string, request: ReplayRequest): Promise<Run[]> {
  const rows = await db.rows<RunRow>({
    name: 'deadRuns.replay',
    text: `INSERT INTO runs (id, org_id, kind, datasource_id, query_id, query_version, created_by, statement, bound_values,
             max_rows, timeout_seconds, origin, pool, priority, queue_deadline_at, expected_cost, replay_of)
           SELECT wanted.new_id, dead.org_id, dead.kind, dead.datasource_id, dead.query_id, dead.query_version,
             coalesce($4, dead.created_by), dead.statement, dead.bound_values, dead.max_rows, dead.timeout_seconds,
             'replay', '${poolOf('replay')}', dead.priority, now() + make_interval(secs => $5), dead.expected_cost, dead.id
           FROM unnest($2::uuid[], $3::uuid[]) WITH ORDINALITY AS wanted (dead_id, new_id, place)
           JOIN runs dead ON dead.id = wanted.dead_id
           WHERE dead.org_id = $1 AND dead.kind = 'query' AND dead.state = 'dead'
             AND ${isWhole} AND NOT ${isBlocked}
           ORDER BY wanted.place
           LIMIT (SELECT greatest(0,
             coalesce((SELECT max_queued FROM limit_overrides
                       WHERE scope = 'organization' AND org_id = $1 AND key = $1), $6)
             - (SELECT count(*) FROM runs WHERE org_id = $1 AND ${countsAsQueued})))
           RETURNING ${runColumns.join(', ')}`,
    values: [
      orgId,
      request.runIds,
      request.runIds.map(() => newId()),
      request.createdBy,
      request.queueDeadlineSeconds,
      request.maxQueuedPerOrg,
    ],
  });
  return rows.map(runOf);
}
