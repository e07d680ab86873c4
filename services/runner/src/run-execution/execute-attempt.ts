import {
  ConnectorError,
  type ConnectorSession,
  type ExecuteOutcome,
  type ResultLimits,
  type RowSink,
} from '@loupe/common/connectors';
import { LoupeError } from '@loupe/common/errors';
import type { ClaimedRun } from '@loupe/common/models';
import type { ResultWriter } from '@loupe/common/results';
import { type AttemptOutcome, internalFailure } from './attempt-outcome';
import { openAttemptSession, type SessionTools } from './attempt-session';
import { stopCauseOf } from './stop-reason';

export interface AttemptTools extends SessionTools {
  limits: ResultLimits;
}

export interface ExecutedAttempt {
  outcome: AttemptOutcome;
  /**
   * Gives the source's connection back; calling it again does nothing. After a success that means work for the source, which need not come between its
   * answer and the end of the run; after anything else it has been given up already.
   */
  giveBack: () => void;
}

/**
 * Executes a claimed run in its source and streams the rows into `writer`. Never rejects: what happened is the outcome.
 * It holds no connection to the metadata database while the source works; the writer takes one for each chunk.
 */
export async function executeAttempt(
  tools: AttemptTools,
  run: ClaimedRun,
  { writer, signal }: { writer: ResultWriter; signal: AbortSignal },
): Promise<ExecutedAttempt> {
  const began = performance.now();
  let session: ConnectorSession | undefined;
  const giveBack = (): void => void session?.close();
  try {
    session = await openAttemptSession(tools, run, signal);
    const use = { limits: tools.limits, signal, timeoutSeconds: timeLeft(run, began) };
    const { truncated, executionTimeMs } = await perform(session, run, { use, sink: sinkOf(writer) });
    const result = await writer.finish({ truncated, executionTimeMs });
    return { outcome: { kind: 'succeeded', result }, giveBack };
  } catch (error) {
    await session?.close();
    const isStopUnconfirmed = isUnconfirmed(error, signal);
    return { outcome: { ...outcomeOf(error, run, signal), isStopUnconfirmed }, giveBack };
  }
}

const sinkOf = (writer: ResultWriter): RowSink => ({
  columns: (columns) => writer.columns(columns),
  rows: (rows) => writer.rows(rows),
});

/** Statements have their whole time once they begin; what shall answer within seconds has connected at its own cost. */
function timeLeft({ kind, timeoutSeconds }: ClaimedRun, began: number): number {
  if (kind === 'query') return timeoutSeconds;
  return Math.max(leastMs, Math.floor(timeoutSeconds * 1_000 - (performance.now() - began))) / 1_000;
}

/** A timeout of nothing would mean none. */
const leastMs = 100;

function perform(
  session: ConnectorSession,
  { kind, statement: text, boundValues: values, maxRows }: ClaimedRun,
  { use, sink }: { use: Parameters<ConnectorSession['describe']>[0]; sink: RowSink },
): Promise<ExecuteOutcome> {
  switch (kind) {
    case 'query':
      return session.execute({ ...use, text, values, maxRows }, sink);
    case 'probe':
      return session.probe(use, sink);
    case 'describe':
      return session.describe(use, sink);
  }
}

/** A process that was killed before it had answered cannot have heard from the source. */
const isUnconfirmed = (error: unknown, signal: AbortSignal): boolean =>
  error instanceof ConnectorError &&
  (!error.isStopConfirmed || (signal.aborted && error.errorClass === 'runner_lost'));

/** Our own signal and the connector's class tell cases apart, never a text. */
function outcomeOf(error: unknown, run: ClaimedRun, signal: AbortSignal): AttemptOutcome {
  switch (stopCauseOf(signal)) {
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'preempted':
      return { kind: 'preempted' };
    case 'session_lost':
      return { kind: 'abandoned' };
    case undefined:
      break;
  }
  if (error instanceof ConnectorError) {
    if (error.errorClass === 'timeout') {
      return { kind: 'timed_out', message: timeoutMessage(run) };
    }
    const code = error.sqlState ?? error.code ?? null;
    return { kind: 'failed', failure: { errorClass: error.errorClass, code, message: error.message } };
  }
  // Ours: the metadata database went away under the writer, a secret that does not open, a bug. The text says no more.
  if (error instanceof LoupeError) {
    return { kind: 'failed', failure: { ...internalFailure, code: error.kind } };
  }
  return { kind: 'failed', failure: internalFailure, fault: error };
}

const timeoutMessage = ({ kind, timeoutSeconds }: ClaimedRun): string =>
  kind === 'query'
    ? `The query ran longer than its limit of ${timeoutSeconds} s`
    : 'The database did not answer in time';
