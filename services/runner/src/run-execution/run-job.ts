import { newId } from '@loupe/common/crypto';
import type { Database } from '@loupe/common/db';
import type { RunEndPublisher } from '@loupe/common/events';
import type { ClaimedRun } from '@loupe/common/models';
import {
  type AttemptMetrics,
  type Logger,
  type RunMetrics,
  type RunOutcome,
  withLogContext,
} from '@loupe/common/observability';
import { createResultWriter } from '@loupe/common/results';
import { type AttemptEnd, endAttempt, type EndedAttempt, type EndingTools } from './end-attempt';
import { factsOf } from './attempt-facts';
import { type AttemptTools, executeAttempt } from './execute-attempt';
import { type AttemptOutcome, internalFailure } from './attempt-outcome';

export interface RunJobTools {
  /** Under the runner's role; for the result's chunks. */
  db: Database;
  attempt: AttemptTools;
  ending: EndingTools;
  /** Told of each run that has ended for good. */
  runEnds: Pick<RunEndPublisher, 'publish'>;
  metrics: RunMetrics & AttemptMetrics;
  logger: Logger;
}

/** One attempt of one run, from the claim to its end, with the log line and the metrics around it. Never rejects. */
export function runJob(tools: RunJobTools, run: ClaimedRun, signal: AbortSignal): Promise<void> {
  return withLogContext({ run_id: run.runId, org_id: run.orgId, attempt: run.attempt }, async () => {
    const began = performance.now();
    const claimed = tools.metrics.claimed(run.attempt === 1 ? 'new' : 'retry');
    try {
      const { outcome, end } = await attemptAndEnd(tools, run, signal);
      claimed(outcomeLabels[end]);
      tools.metrics.ended(factsOf(run, { outcome, end, executedMs: performance.now() - began }));
      tools.logger.info('Attempt ended', {
        end,
        pool: run.pool,
        waited_ms: Math.round(run.waitedSeconds * 1_000),
        duration_ms: Math.round(performance.now() - began),
        ...describe(outcome),
        ...(outcome.isStopUnconfirmed === true && { stop_unconfirmed: true }),
      });
    } catch (error) {
      // The run is not lost: its deadline stands in the database, and the reaper acts on it.
      claimed('interrupted');
      tools.logger.error('The end of an attempt could not be written', { error });
    }
  });
}

/** A source is not kept in its transaction for as long as the metadata database may be away. */
const longestHoldMs = 250;

async function attemptAndEnd(tools: RunJobTools, run: ClaimedRun, signal: AbortSignal) {
  const began = performance.now();
  const { orgId, runId, attempt } = run;
  const writer = createResultWriter(tools.db, { resultId: newId(), orgId, runId, attempt });
  const executed = tools.metrics.executing();
  const { outcome, giveBack } = await executeAttempt(tools.attempt, run, { writer, signal });
  const holding = setTimeout(giveBack, longestHoldMs);
  const end = await endAndTell(tools, { run, outcome, elapsedMs: performance.now() - began }).finally(() => {
    clearTimeout(holding);
    giveBack();
  });
  executed(outcomeLabels[end], outcome.kind === 'succeeded' ? outcome.result.manifest.rowCount : undefined);
  // Chunks that no result refers to are swept later in any case.
  if (end !== 'succeeded') await writer.discard().catch(() => undefined);
  return { outcome, end };
}

async function endAndTell(tools: RunJobTools, ended: EndedAttempt): Promise<AttemptEnd> {
  const end = await endOrFail(tools, ended);
  if (finalEnds.has(end)) tools.runEnds.publish(ended.run.runId);
  return end;
}

/** An end that the database refuses is a fault of ours: the run is tried again, or given up, as after any other. */
async function endOrFail(tools: RunJobTools, ended: EndedAttempt): Promise<AttemptEnd> {
  try {
    return await endAttempt(tools.ending, ended);
  } catch (error) {
    if (ended.outcome.kind === 'failed') throw error;
    tools.logger.error('The end of an attempt was refused', { error });
    return endAttempt(tools.ending, { ...ended, outcome: { kind: 'failed', failure: internalFailure } });
  }
}

const finalEnds = new Set<AttemptEnd>(['succeeded', 'failed', 'dead', 'timed_out', 'cancelled']);

const outcomeLabels: Record<AttemptEnd, RunOutcome> = {
  succeeded: 'completed',
  failed: 'failed',
  dead: 'failed',
  retried: 'retried',
  timed_out: 'timeout',
  cancelled: 'cancelled',
  preempted: 'interrupted',
  not_ours: 'interrupted',
};

/** What a log line may say of an outcome: counts and classes, no text of the source, no value. */
function describe(outcome: AttemptOutcome): Record<string, unknown> {
  if (outcome.kind === 'succeeded') {
    const { rowCount, byteCount, truncated, executionTimeMs } = outcome.result.manifest;
    return { rows: rowCount, bytes: byteCount, truncated, execution_ms: executionTimeMs };
  }
  if (outcome.kind === 'failed') {
    const { failure, fault } = outcome;
    return {
      error_class: failure.errorClass,
      error_code: failure.code,
      ...(fault !== undefined && { error: fault }),
    };
  }
  return {};
}
