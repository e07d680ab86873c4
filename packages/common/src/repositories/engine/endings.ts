import type { Queryable } from '../../db';
import {
  cancelledMessage,
  type ResultChunk,
  type ResultManifest,
  retryPolicies,
  type RunErrorClass,
  type RunFence,
  type RunState,
} from '../../models';
import { breakerToHeal, healBreaker, tripBreaker } from './breaker-statements';
import { isIn } from '../one-run';

/** Why a run did not succeed, as it is stored. `message` is written for the user. */
export interface RunFailure {
  errorClass: RunErrorClass;
  /** SQLSTATE or driver code, where there is one. */
  code: string | null;
  message: string;
}

export interface Retry {
  failure: RunFailure;
  delayMs: number;
  /** Seconds it may then wait to begin. */
  queueDeadlineSeconds: number;
}

export interface StoredResult {
  manifest: ResultManifest;
  /** May be less than one. */
  ttlDays: number;
  /** The only chunk of a small result, written with the end itself; larger ones are in the store already. */
  onlyChunk?: ResultChunk;
}

/**
 * How the owner of an attempt ends it. Each is one guarded statement that is true when it changed the row. False means
 * "not yours any more", or, unless it is `cancelled`, that its cancellation was accepted: `standing` tells which.
 */
export interface EndingRepository {
  /** T5 */
  succeeded(fence: RunFence, result: StoredResult): Promise<boolean>;
  /** T6 */
  failed(fence: RunFence, failure: RunFailure): Promise<boolean>;
  /** T7: tried again after `delayMs`. */
  retried(fence: RunFence, retry: Retry): Promise<boolean>;
  /** T7 after the process that executed it was lost, which is a budget of its own. */
  lost(fence: RunFence, retry: Retry): Promise<boolean>;
  /** T8 */
  dead(fence: RunFence, failure: RunFailure): Promise<boolean>;
  /** T8 after the last loss that is allowed: the run kills what executes it. */
  deadByLoss(fence: RunFence, failure: RunFailure): Promise<boolean>;
  /** T9: the source has stopped. */
  cancelled(fence: RunFence): Promise<boolean>;
  /** T10 */
  timedOut(fence: RunFence, message: string): Promise<boolean>;
  /** T11: handed back by a runner that shuts down; it keeps its place in the queue. */
  preempted(fence: RunFence, queueDeadlineSeconds: number): Promise<boolean>;
  /** The row as it stands, for an owner whose guarded statement changed nothing. */
  standing(runId: string): Promise<Standing | undefined>;
}

export interface Standing {
  state: RunState;
  attempt: number;
  sessionId: string | null;
  cancelRequested: boolean;
  resultId: string | null;
}

const owned = `id = $1 AND attempt = $2 AND session_id = $3 AND ${isIn('running')}`;
const notCancelled = 'cancel_requested_at IS NULL';
const fenceValues = (fence: RunFence): unknown[] => [fence.runId, fence.attempt, fence.sessionId];

interface Ending<Given extends unknown[]> {
  name: string;
  /** What becomes of the row. Values begin at $4. */
  assignments: string;
  guard: string;
  values: (...given: Given) => unknown[];
}

const failureAssignments = 'error_class = $4, error_code = $5, error_message = $6';
const failureValues = (failure: RunFailure): unknown[] => [failure.errorClass, failure.code, failure.message];

const retryValues = ({ failure, delayMs, queueDeadlineSeconds }: Retry): unknown[] => [
  ...failureValues(failure),
  delayMs / 1_000,
  queueDeadlineSeconds,
];

const endings = {
  failed: {
    name: 'runs.failed',
    assignments: `state = 'failed', finished_at = now(), ${failureAssignments}`,
    guard: notCancelled,
    values: failureValues,
  },
  retried: {
    name: 'runs.retried',
    assignments: `state = 'retry_wait', failures = failures + 1, ${failureAssignments},
      first_failure_at = coalesce(first_failure_at, now()), run_at = now() + make_interval(secs => $7),
      queue_deadline_at = now() + make_interval(secs => $7) + make_interval(secs => $8)`,
    guard: notCancelled,
    values: retryValues,
  },
  lost: {
    name: 'runs.lost',
    assignments: `state = 'retry_wait', lost = lost + 1, charged_cost = NULL, ${failureAssignments},
      run_at = now() + make_interval(secs => $7),
      queue_deadline_at = now() + make_interval(secs => $7) + make_interval(secs => $8)`,
    guard: notCancelled,
    values: retryValues,
  },
  deadByLoss: {
    name: 'runs.deadByLoss',
    assignments: `state = 'dead', lost = lost + 1, finished_at = now(), ${failureAssignments}`,
    guard: notCancelled,
    values: failureValues,
  },
  dead: {
    name: 'runs.dead',
    assignments: `state = 'dead', failures = failures + 1, finished_at = now(), ${failureAssignments}`,
    guard: notCancelled,
    values: failureValues,
  },
  cancelled: {
    name: 'runs.cancelled',
    assignments: `state = 'cancelled', finished_at = now(), error_message = '${cancelledMessage}'`,
    guard: 'cancel_requested_at IS NOT NULL',
    values: () => [],
  },
  timedOut: {
    name: 'runs.timedOut',
    assignments: `state = 'timed_out', finished_at = now(), error_message = $4`,
    guard: notCancelled,
    values: (message: string) => [message],
  },
  preempted: {
    name: 'runs.preempted',
    assignments: `state = 'queued', preempts = preempts + 1,
      queue_deadline_at = now() + make_interval(secs => $4)`,
    guard: notCancelled,
    values: (queueDeadlineSeconds: number) => [queueDeadlineSeconds],
  },
};

type BreakerEffect = 'tripped' | 'healed';

/** What a failure says about its datasource; nothing when it says neither that it is well nor that it is not. */
function breakerEffect({ errorClass }: RunFailure): BreakerEffect | undefined {
  if (retryPolicies[errorClass].countsForBreaker) return 'tripped';
  return errorClass === 'user' || errorClass === 'too_large' || errorClass === 'conflict'
    ? 'healed'
    : undefined;
}

export function createEndingRepository(db: Queryable): EndingRepository {
  const end = async (
    { name, assignments, guard }: Omit<Ending<never>, 'values'>,
    values: unknown[],
    effect?: BreakerEffect,
  ): Promise<boolean> => {
    const row = await db.row<Ended>({
      name: effect === undefined ? name : `${name}.${effect}`,
      // Outside the breaker as it is outside the limits: nobody shall close a datasource by testing it.
      text: `WITH moved AS (
               UPDATE runs SET ${assignments} WHERE ${owned} AND ${guard} RETURNING org_id, datasource_id, pool
             ), ended AS (SELECT org_id, datasource_id FROM moved WHERE pool <> 'control')
             ${effect === 'tripped' ? tripBreaker : ''}
             SELECT ${effect === 'healed' ? breakerToHeal : 'NULL'} AS to_heal FROM moved`,
      values,
    });
    return hasEnded(db, row);
  };
  const ending =
    <Given extends unknown[]>(how: Ending<Given>) =>
    (fence: RunFence, ...given: Given): Promise<boolean> =>
      end(how, [...fenceValues(fence), ...how.values(...given)]);
  const failing = (how: Ending<[RunFailure]>) => (fence: RunFence, failure: RunFailure) =>
    end(how, [...fenceValues(fence), ...how.values(failure)], breakerEffect(failure));

  return {
    succeeded: (fence, result) => succeeded(db, fence, result),
    failed: failing(endings.failed),
    retried: (fence, retry) =>
      end(
        endings.retried,
        [...fenceValues(fence), ...endings.retried.values(retry)],
        breakerEffect(retry.failure),
      ),
    lost: ending(endings.lost),
    dead: failing(endings.dead),
    deadByLoss: failing(endings.deadByLoss),
    cancelled: ending(endings.cancelled),
    timedOut: ending(endings.timedOut),
    preempted: ending(endings.preempted),
    standing: (runId) => standing(db, runId),
  };
}

interface Ended {
  /** Its datasource, if that has a breaker which shall hear that the source answered. */
  to_heal: string | null;
}

async function hasEnded(db: Queryable, row: Ended | undefined): Promise<boolean> {
  if (row === undefined) return false;
  // The end is committed, and no less so when the healing fails: the next success heals.
  if (row.to_heal !== null) await healBreaker(db, row.to_heal).catch(() => undefined);
  return true;
}

/** The end, the manifest and the reference appear together or not at all: one statement, one commit. */
async function succeeded(
  db: Queryable,
  fence: RunFence,
  { manifest, ttlDays, onlyChunk }: StoredResult,
): Promise<boolean> {
  const row = await db.row<Ended>({
    name: onlyChunk === undefined ? 'runs.succeeded' : 'runs.succeededWithChunk',
    joins: true,
    text: `WITH ended AS (
             UPDATE runs SET state = 'succeeded', finished_at = now(), result_id = $4,
               error_class = NULL, error_code = NULL, error_message = NULL
             WHERE ${owned} AND ${notCancelled} RETURNING org_id, id, attempt, datasource_id
           )${onlyChunk === undefined ? '' : chunkPart}
           INSERT INTO results (id, org_id, run_id, attempt, columns, row_count, byte_count, chunk_count, truncated,
             execution_time_ms, checksum, expires_at)
           SELECT $4, org_id, id, attempt, $5, $6, $7, $8, $9, $10, $11, now() + make_interval(secs => $12 * 86400.0) FROM ended
           RETURNING ${breakerToHeal} AS to_heal`,
    values: [
      ...fenceValues(fence), manifest.id, JSON.stringify(manifest.columns), manifest.rowCount, manifest.byteCount,
      manifest.chunkCount, manifest.truncated, manifest.executionTimeMs, manifest.checksum, ttlDays,
      ...(onlyChunk === undefined ? [] : [onlyChunk.encoding, onlyChunk.body]),
    ], // prettier-ignore
  });
  return hasEnded(db, row);
}

const chunkPart = `, chunk AS (
  INSERT INTO result_chunks (org_id, run_id, attempt, seq, encoding, body)
  SELECT org_id, id, attempt, 0, $13, $14 FROM ended
)`;

async function standing(db: Queryable, runId: string): Promise<Standing | undefined> {
  const row = await db.row<{
    state: RunState;
    attempt: number;
    session_id: string | null;
    cancel_requested: boolean;
    result_id: string | null;
  }>({
    name: 'runs.standing',
    text: `SELECT state, attempt, session_id, cancel_requested_at IS NOT NULL AS cancel_requested, result_id
           FROM runs WHERE id = $1`,
    values: [runId],
  });
  return (
    row && {
      state: row.state,
      attempt: row.attempt,
      sessionId: row.session_id,
      cancelRequested: row.cancel_requested,
      resultId: row.result_id,
    }
  );
}
