import { setTimeout as delay } from 'node:timers/promises';
import {
  blockedVersion,
  cancelRun,
  type Idempotency,
  type OnceParts,
  type StartedRun,
  type StartRun,
  startRunOnce,
} from '@loupe/common/commands';
import { requestHash } from '@loupe/common/crypto';
import { conflict, LoupeError, notFound } from '@loupe/common/errors';
import type { CancelPublisher, RunEnds } from '@loupe/common/events';
import {
  type Actor,
  type DefaultLimits,
  explainWaiting,
  isFinal,
  type Page,
  type Query,
  roleIncludes,
  type Run,
  type RunWaiting,
  statusOf,
} from '@loupe/common/models';
import type {
  DatasourceRepository,
  QueryRepository,
  RunListRequest,
  RunWaitingRepository,
} from '@loupe/common/repositories';
import type { ResultReader } from '@loupe/common/results';
import type { Wait } from '../../http/wait-preference';
import type { StatementRule } from '../../http/statement-rule';
import type { RunResult } from './runs.contract';
import { createRequireAccepted } from './accepted-statement';
import { untilEnd } from './until-end';

interface RunParts extends OnceParts {
  runWaiting: RunWaitingRepository;
  queries: QueryRepository;
  datasources: DatasourceRepository;
  statementRule: StatementRule;
  results: ResultReader;
  cancellations: CancelPublisher;
  runEnds: RunEnds;
  /** Seconds a run may wait to begin. */
  queueDeadlineSeconds: number;
  /** Runs of one organization that may wait. */
  maxQueuedPerOrg: number;
  /** How many may execute at once, where nothing else is set. */
  runningLimits: DefaultLimits;
}

export interface RunOfQuery {
  queryId: string;
  parameters: Record<string, unknown>;
  timeoutSeconds?: number;
  maxRows?: number;
}

export interface AdHocRun {
  datasourceId: string;
  sql: string;
  timeoutSeconds: number;
  maxRows: number;
}

/** Who starts a run. */
export interface StartingCaller {
  actor: Actor;
  /** Sent again, a request with the same one makes no second run. */
  key: string | undefined;
  /** Answered once the run has ended, if that comes first. */
  wait: Wait | undefined;
}

export interface ExplainedRun {
  run: Run;
  waiting: RunWaiting | undefined;
}

export interface RunService {
  list(actor: Actor, request: RunListRequest): Promise<Page<Run>>;
  /** The run, once it has ended if `wait` allows that long, and why it does not execute yet where it waits. */
  explain(actor: Actor, id: string, wait: Wait | undefined): Promise<ExplainedRun>;
  /** Limits default to the query's; only an editor may raise them. */
  create(caller: StartingCaller, request: RunOfQuery): Promise<StartedRun>;
  execute(caller: StartingCaller, request: AdHocRun): Promise<StartedRun>;
  /** Resolves once the run has ended, or with its flag set when the source needs longer than two seconds to stop. */
  cancel(actor: Actor, id: string): Promise<Run>;
  result(actor: Actor, id: string): Promise<RunResult>;
}

const CANCEL_WAIT_MS = 2_000;
const CANCEL_POLL_MS = 30;

export function createRunService(parts: RunParts): RunService {
  const { runs, queries, queueDeadlineSeconds, maxQueuedPerOrg } = parts;
  const requireAccepted = createRequireAccepted(parts);
  const start = { origin: 'api', queueDeadlineSeconds, maxQueuedPerOrg } as const;
  const find = async (actor: Actor, id: string): Promise<Run> => found(await runs.find(actor, id));
  const begin = async (
    { actor, key, wait }: StartingCaller,
    asked: [string, RunOfQuery | AdHocRun],
    prepare: (actor: Actor) => Promise<StartRun>,
  ): Promise<StartedRun> => {
    const started = await startRunOnce(parts, idempotencyOf(actor, key, asked), () => prepare(actor));
    if (wait === undefined) return started;
    const { run } = started;
    // It is made: whatever becomes of the waiting, an error would have it made again.
    const ended = await untilEnd(parts, actor, { id: run.id, known: run, wait }).catch(() => run);
    return { ...started, run: ended };
  };
  return {
    explain: async (actor, id, wait) =>
      explain(
        parts,
        actor,
        wait === undefined ? await find(actor, id) : await untilEnd(parts, actor, { id, wait }),
      ),
    list: (actor, request) => runs.list(actor, request),
    create: (caller, request) =>
      begin(caller, ['POST /runs', request], async (actor) => {
        const query = await queries.find(actor, request.queryId);
        if (query === undefined) throw notFound('Query');
        if (query.isBlocked) throw blockedVersion();
        const { id, version, datasourceId, sql, parameters: definitions } = query;
        const limits = limitsOf(actor, query, request);
        const what = { datasourceId, query: { id, version }, sql, definitions, values: request.parameters };
        return { actor, ...start, ...what, ...limits };
      }),
    execute: (caller, request) =>
      begin(caller, ['POST /runs/execute', request], async (actor) => {
        await requireAccepted(actor, request);
        // No definitions: a `$name` in the statement has nothing to stand for, and is refused.
        return { actor, ...start, ...request, query: null, definitions: [], values: {} };
      }),
    cancel: (actor, id) => cancel(parts, actor, id),
    result: (actor, id) => resultOf(parts, actor, id),
  };
}

function idempotencyOf(
  actor: Actor,
  key: string | undefined,
  [operation, request]: [string, RunOfQuery | AdHocRun],
): Idempotency | undefined {
  return key === undefined ? undefined : { actor, key, bodyHash: requestHash(operation, request) };
}

function found<R>(run: R | undefined): R {
  if (run === undefined) throw notFound('Run');
  return run;
}

/** One statement more, and only while the run waits. */
async function explain(parts: RunParts, actor: Actor, run: Run): Promise<ExplainedRun> {
  if (run.state === 'running' || isFinal(run.state)) return { run, waiting: undefined };
  const facts = await parts.runWaiting.facts(actor, run.id);
  return { run, waiting: facts && explainWaiting(facts, parts.runningLimits) };
}

function limitsOf(
  actor: Actor,
  query: Query,
  request: RunOfQuery,
): Pick<Query, 'timeoutSeconds' | 'maxRows'> {
  const { timeoutSeconds = query.timeoutSeconds, maxRows = query.maxRows } = request;
  const raises = timeoutSeconds > query.timeoutSeconds || maxRows > query.maxRows;
  if (raises && !roleIncludes(actor.role, 'editor')) {
    throw new LoupeError(
      'forbidden',
      `Raising a query's limits needs the role editor; you are ${actor.role}`,
    );
  }
  return { timeoutSeconds, maxRows };
}

async function cancel(parts: RunParts, actor: Actor, id: string): Promise<Run> {
  refuseFinal(found(await parts.runs.find(actor, id)));
  let run = found(await cancelRun(parts, actor, { id, userId: actor.userId }));
  const giveUpAt = performance.now() + CANCEL_WAIT_MS;
  while (!isFinal(run.state) && performance.now() < giveUpAt) {
    await delay(CANCEL_POLL_MS);
    run = found(await parts.runs.find(actor, id));
  }
  // It may have ended by itself just before it was asked to.
  if (run.state !== 'cancelled') refuseFinal(run);
  return run;
}

function refuseFinal(run: Run): void {
  if (isFinal(run.state)) throw conflict(`The run has already ended; its status is ${statusOf(run.state)}`);
}

async function resultOf({ results }: RunParts, actor: Actor, id: string): Promise<RunResult> {
  const { state, manifest } = found(await results.ofRun(actor, id));
  if (!isFinal(state)) {
    throw new LoupeError('not_found', `The run is not finished; its status is ${statusOf(state)}`, {
      code: 'run_not_finished',
    });
  }
  if (manifest === undefined) {
    throw new LoupeError('not_found', `The run has no result; its status is ${statusOf(state)}`, {
      code: 'run_has_no_result',
    });
  }
  if (manifest.expiredAt !== null) {
    throw new LoupeError('gone', 'The result was deleted because of its age; run the query again', {
      code: 'result_expired',
    });
  }
  const { columns, rowCount, executionTimeMs, truncated } = manifest;
  return {
    runId: id,
    columns,
    rowCount,
    executionTimeMs,
    truncated,
    rows: results.rows(actor, manifest),
  };
}
