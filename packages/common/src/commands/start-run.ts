import { conflict, LoupeError, notFound } from '../errors';
import type { OrgScope, ParameterDefinition, Run, RunOrigin } from '../models';
import type { RunRepository } from '../repositories';
import { bindParameters } from '../sql';
import type { Dispatcher } from './dispatch';

export interface StartRun {
  actor: OrgScope & { userId: string };
  origin: RunOrigin;
  /** The schedule whose run it is; absent where a person asks. */
  scheduleId?: string;
  datasourceId: string;
  /** The saved query and the version of it that runs; null for an ad-hoc statement. */
  query: { id: string; version: number } | null;
  sql: string;
  definitions: readonly ParameterDefinition[];
  /** Name → value, as the request gave them. */
  values: Record<string, unknown>;
  timeoutSeconds: number;
  maxRows: number;
  /** Seconds it may wait to begin. */
  queueDeadlineSeconds: number;
  /** Runs of the organization that may wait. */
  maxQueuedPerOrg: number;
}

/**
 * Makes a run: it is committed when this resolves, whatever becomes of Redis and of this process afterwards. Parameters
 * that cannot be bound throw an `invalid` error, a query or datasource that is gone `not_found`, a full queue `rate_limited`, and
 * nothing is made.
 */
export async function startRun(
  { runs, dispatcher }: { runs: RunRepository; dispatcher: Pick<Dispatcher, 'dispatch'> },
  request: StartRun,
): Promise<Run> {
  const run = await insertRun(runs, request);
  dispatcher.dispatch();
  return run;
}

/** The row alone: for a transaction, after which somebody calls dispatch(). Throws as `startRun` does. */
export async function insertRun(runs: RunRepository, request: StartRun): Promise<Run> {
  const { actor, query, sql, definitions, values } = request;
  const bound = bindParameters({ sql, definitions, values });
  const run = await runs.insert(actor, {
    kind: 'query',
    datasourceId: request.datasourceId,
    queryId: query?.id ?? null,
    queryVersion: query?.version ?? null,
    scheduleId: request.scheduleId,
    createdBy: actor.userId,
    statement: bound.text,
    boundValues: bound.values,
    maxRows: request.maxRows,
    timeoutSeconds: request.timeoutSeconds,
    origin: request.origin,
    queueDeadlineSeconds: request.queueDeadlineSeconds,
    maxQueuedPerOrg: request.maxQueuedPerOrg,
  });
  if (run === 'gone') throw notFound(query === null ? 'Datasource' : 'Query');
  if (run === 'queue_full') throw queueFull();
  return run;
}

/** A queue of this length takes longer to drain than anybody should wait between two tries. */
const retryAfterSeconds = 10;

export const queueFull = (): LoupeError =>
  new LoupeError('rate_limited', 'Too many runs of your organization are waiting; try again later', {
    code: 'queue_full',
    retryAfterSeconds,
  });

/** Its runs kept killing what executed them; nobody has let it run again. */
export const blockedVersion = (): LoupeError =>
  conflict(
    'This version of the query is blocked: three of its runs within an hour brought down every process that executed them. ' +
      'Change the query, or let it run again with POST /queries/{id}/acknowledge',
    { code: 'query_blocked' },
  );
