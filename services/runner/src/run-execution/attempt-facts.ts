import type { ClaimedRun } from '@loupe/common/models';
import type { AttemptFacts, RunLimit } from '@loupe/common/observability';
import type { AttemptOutcome } from './attempt-outcome';
import type { AttemptEnd } from './end-attempt';

/** What the connectors call the limits that they watch. */
const limitsOfCodes: Readonly<Partial<Record<string, RunLimit>>> = {
  result_bytes: 'bytes',
  result_columns: 'columns',
  cell_bytes: 'cell',
};

function limitOf(outcome: AttemptOutcome): RunLimit | undefined {
  switch (outcome.kind) {
    case 'succeeded':
      return outcome.result.manifest.truncated ? 'rows' : undefined;
    case 'timed_out':
      return 'time';
    case 'failed':
      return limitsOfCodes[outcome.failure.code ?? ''];
    default:
      return undefined;
  }
}

/** What is counted of an attempt. */
export function factsOf(
  { pool, datasource, waitedSeconds }: Pick<ClaimedRun, 'pool' | 'datasource' | 'waitedSeconds'>,
  { outcome, end, executedMs }: { outcome: AttemptOutcome; end: AttemptEnd; executedMs: number },
): AttemptFacts {
  const reason = outcome.kind === 'failed' ? outcome.failure.errorClass : undefined;
  return {
    pool,
    connector: datasource.type,
    outcome: end,
    reason,
    waitedSeconds,
    executedSeconds: executedMs / 1_000,
    resultBytes: outcome.kind === 'succeeded' ? outcome.result.manifest.byteCount : undefined,
    limit: limitOf(outcome),
    isRetried: end === 'retried',
    isStopUnconfirmed: outcome.isStopUnconfirmed === true,
    isLost: pool === 'quarantine' && reason === 'runner_lost' && end !== 'not_ours',
  };
}
