import { insertRun } from '@loupe/common/commands';
import { LoupeError } from '@loupe/common/errors';
import { type FireOutcome, nextTime, type RunErrorClass } from '@loupe/common/models';
import type { DueSchedule, Fire, FiringRepositories } from '@loupe/common/repositories/engine';

/** How long fired runs may wait to begin, and how many runs of one organization may. */
export interface FireTerms {
  queueDeadlineSeconds: number;
  maxQueuedPerOrg: number;
}

/** What keeps a run from being queued; the schedule goes on. */
interface Refusal {
  outcome: FireOutcome;
  errorClass: RunErrorClass;
  message: string;
}

/**
 * Makes the run of a due schedule, of the query as it is now: one that waits, or one that has failed and says why, so that
 * whoever looks for its runs finds each time. Only a deleted query has none.
 */
export async function fireSchedule(
  { fires, runs }: FiringRepositories,
  due: DueSchedule,
  terms: FireTerms,
): Promise<Fire> {
  if (due.query.isGone) return { outcome: 'query_gone', runId: null };
  const made = due.query.isBlocked ? blocked : await insertOrRefuse(runs, due, terms);
  if (typeof made === 'string') return { outcome: 'queued', runId: made };
  const { outcome, errorClass, message } = made;
  return { outcome, runId: await fires.insertFailedRun(due, { errorClass, code: outcome, message }) };
}

const blocked: Refusal = {
  outcome: 'query_blocked',
  errorClass: 'user',
  message:
    'The run was not started: this version of the query is blocked, because its runs brought down every process that executed them',
};

/** The id of the run that waits. */
async function insertOrRefuse(
  runs: FiringRepositories['runs'],
  due: DueSchedule,
  terms: FireTerms,
): Promise<string | Refusal> {
  const { datasourceId, id, version, sql, definitions, timeoutSeconds, maxRows } = due.query;
  try {
    const run = await insertRun(runs, {
      actor: { orgId: due.orgId, userId: due.createdBy },
      origin: 'schedule',
      scheduleId: due.id,
      ...{ datasourceId, query: { id, version }, sql, definitions, values: due.parameters },
      ...{ timeoutSeconds, maxRows },
      ...terms,
    });
    return run.id;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    return refusal;
  }
}

function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof LoupeError)) return undefined;
  if (error.kind === 'invalid') {
    return { outcome: 'invalid_parameters', errorClass: 'user', message: error.message };
  }
  return error.code === 'queue_full'
    ? {
        ...{ outcome: 'queue_full', errorClass: 'overload' },
        message: 'The run was not started: too many runs of the organization were waiting',
      }
    : undefined;
}

/**
 * The first time after both this one and now: what was missed meanwhile has collapsed into this fire. Throws where there is
 * none that lies ahead, which nothing that passed the checks of a save can bring about.
 */
export function timeAfter(due: DueSchedule): Date {
  const past = due.now > due.fireAt ? due.now : due.fireAt;
  const next = nextTime(due, past);
  if (next === undefined || next <= past) {
    throw new Error(
      `"${due.cronExpression}" in ${due.timezone} has no time after ${past.toISOString()}: ${String(next)}`,
    );
  }
  return next;
}
