import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseAway } from '@loupe/common/db';
import { type ClaimedRun, maxLost, type RunState } from '@loupe/common/models';
import type { EndingRepository, RunFailure, Standing } from '@loupe/common/repositories/engine';
import type { AttemptOutcome } from './attempt-outcome';
import { judge, lossDelayMs, mayPreempt } from './retry';

export interface EndingTools {
  endings: EndingRepository;
  resultTtlDays: number;
  queueDeadlineSeconds: { interactive: number; scheduled: number };
}

/** What became of the run. `not_ours`: another attempt or the reaper has it; this one has written nothing. */
export type AttemptEnd =
  'succeeded' | 'failed' | 'dead' | 'retried' | 'timed_out' | 'cancelled' | 'preempted' | 'not_ours';

export interface EndedAttempt {
  run: ClaimedRun;
  outcome: AttemptOutcome;
  /** Milliseconds since the claim. */
  elapsedMs: number;
}

/** A finished result is worth waiting for the database; afterwards the reaper has long moved the run. */
const persistForMs = 600_000;
const pauseMs = { first: 200, longest: 5_000 };

/**
 * Writes the end of an attempt, once, and says what it was. The guarded statement is never tried again with a weaker
 * guard: when it changes nothing, the row is read, and the only other end that is ours to write is `cancelled`.
 */
export async function endAttempt(tools: EndingTools, attempt: EndedAttempt): Promise<AttemptEnd> {
  if (attempt.outcome.kind === 'abandoned') return 'not_ours';
  const end = planEnd(tools, attempt);
  return persistently(async () => {
    if (await end.write()) return end.name;
    const standing = await tools.endings.standing(attempt.run.runId);
    return settle(tools, attempt, { end, standing });
  });
}

interface PlannedEnd {
  name: AttemptEnd;
  /** True when it changed the row. */
  write: () => Promise<boolean>;
}

function planEnd(tools: EndingTools, { run, outcome, elapsedMs }: EndedAttempt): PlannedEnd {
  const { endings, resultTtlDays } = tools;
  switch (outcome.kind) {
    case 'succeeded': {
      const ttlDays = run.pool === 'control' ? controlResultTtlDays : resultTtlDays;
      const stored = { ...outcome.result, ttlDays };
      return { name: 'succeeded', write: () => endings.succeeded(run, stored) };
    }
    case 'timed_out':
      return { name: 'timed_out', write: () => endings.timedOut(run, outcome.message) };
    case 'cancelled':
      return { name: 'cancelled', write: () => endings.cancelled(run) };
    case 'preempted':
      return mayPreempt(run)
        ? { name: 'preempted', write: () => endings.preempted(run, queueDeadline(tools, run)) }
        : planFailure(tools, run, { failure: interrupted(run), elapsedMs });
    case 'abandoned':
      return { name: 'not_ours', write: () => Promise.resolve(true) };
    case 'failed':
      return planFailure(tools, run, { failure: outcome.failure, elapsedMs });
  }
}

/** Whoever asked for it reads it at once, and nobody else ever does: five minutes. */
const controlResultTtlDays = 5 / (24 * 60);

const interrupted = ({ pool }: ClaimedRun): RunFailure => ({
  errorClass: pool === 'control' ? 'runner_lost' : 'unknown',
  code: null,
  message:
    pool === 'control'
      ? 'The runner that executed it shuts down; try again'
      : 'The run was interrupted too often by runners that shut down',
});

function planFailure(
  tools: EndingTools,
  run: ClaimedRun,
  { failure, elapsedMs }: { failure: RunFailure; elapsedMs: number },
): PlannedEnd {
  const { endings } = tools;
  if (failure.errorClass === 'runner_lost' && run.pool !== 'control') return planLoss(tools, run, failure);
  const verdict = judge({ run, errorClass: failure.errorClass, elapsedMs });
  switch (verdict.kind) {
    case 'failed':
      return { name: 'failed', write: () => endings.failed(run, failure) };
    case 'dead':
      return { name: 'dead', write: () => endings.dead(run, failure) };
    case 'retry': {
      const retry = { failure, delayMs: verdict.delayMs, queueDeadlineSeconds: queueDeadline(tools, run) };
      return { name: 'retried', write: () => endings.retried(run, retry) };
    }
  }
}

/** The process that executed it was lost, and with it nobody else's run. */
function planLoss(tools: EndingTools, run: ClaimedRun, failure: RunFailure): PlannedEnd {
  const { endings } = tools;
  const lost = run.lost + 1;
  if (lost >= maxLost) {
    const message = `The run was given up: ${lost} processes that executed it were lost`;
    return { name: 'dead', write: () => endings.deadByLoss(run, { ...failure, message }) };
  }
  const retry = { failure, delayMs: lossDelayMs(lost), queueDeadlineSeconds: queueDeadline(tools, run) };
  return { name: 'retried', write: () => endings.lost(run, retry) };
}

const queueDeadline = ({ queueDeadlineSeconds }: EndingTools, run: ClaimedRun): number =>
  run.origin === 'api' ? queueDeadlineSeconds.interactive : queueDeadlineSeconds.scheduled;

/** What it means that the guarded statement changed nothing. */
async function settle(
  tools: EndingTools,
  { run, outcome }: EndedAttempt,
  { end, standing }: { end: PlannedEnd; standing: Standing | undefined },
): Promise<AttemptEnd> {
  const { endings } = tools;
  const isOurs = standing?.attempt === run.attempt && standing.sessionId === run.sessionId;
  if (!isOurs) return 'not_ours';
  if (standing.state === 'running') {
    if (standing.cancelRequested) return (await endings.cancelled(run)) ? 'cancelled' : 'not_ours';
    // A stop that nobody recorded: the attempt came to nothing, and another one shall do it.
    return (await endings.preempted(run, queueDeadline(tools, run))) ? 'preempted' : 'not_ours';
  }
  // An earlier try committed and its answer was lost on the way, or the reaper was faster.
  const result = outcome.kind === 'succeeded' ? outcome.result.manifest.id : null;
  const isOurEnd = standing.resultId === result && statesAfter[end.name].includes(standing.state);
  return isOurEnd ? end.name : 'not_ours';
}

/** Where a run stands after each end, and where it may have gone since without another claim. */
const statesAfter: Record<AttemptEnd, readonly RunState[]> = {
  succeeded: ['succeeded'],
  failed: ['failed'],
  dead: ['dead'],
  retried: ['retry_wait', 'queued', 'dispatched'],
  timed_out: ['timed_out'],
  cancelled: ['cancelled'],
  preempted: ['queued', 'dispatched'],
  not_ours: [],
};

/** Tries again while the database is away; anything else is thrown, and the reaper ends the run. */
async function persistently<T>(work: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + persistForMs;
  for (let pause = pauseMs.first; ; pause = Math.min(pause * 2, pauseMs.longest)) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseAway(error) || performance.now() > giveUpAt) throw error;
      await delay(pause);
    }
  }
}
