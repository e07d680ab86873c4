import { type AttemptOutcome, internalFailure } from './attempt-outcome';
import { factsOf } from './attempt-facts';
import type { AttemptEnd } from './end-attempt';

const run = {
  pool: 'interactive',
  waitedSeconds: 2,
  datasource: {
    ...{ id: 'd', type: 'postgres', settings: {}, sealedSecrets: null, version: 1, deleted: false },
  },
} as const;

const facts = (outcome: AttemptOutcome, end: AttemptEnd) => factsOf(run, { outcome, end, executedMs: 1_500 });
const failed = (code: string, errorClass: 'too_large' | 'connect' = 'too_large'): AttemptOutcome => ({
  kind: 'failed',
  failure: { ...internalFailure, errorClass, code },
});

it('tells how long an attempt waited and took, and how it ended', () => {
  expect(facts(failed('08006', 'connect'), 'retried')).toEqual({
    ...{ pool: 'interactive', connector: 'postgres', outcome: 'retried', reason: 'connect' },
    ...{ waitedSeconds: 2, executedSeconds: 1.5, resultBytes: undefined, limit: undefined },
    ...{ isRetried: true, isLost: false, isStopUnconfirmed: false },
  });
});

it.each([
  ['result_bytes', 'bytes'],
  ['result_columns', 'columns'],
  ['cell_bytes', 'cell'],
])('knows "%s" for the limit "%s"', (code, limit) => {
  expect(facts(failed(code), 'failed').limit).toBe(limit);
});

it('takes a timeout for the limit of time, and no end of the caller’s for any', () => {
  expect(facts({ kind: 'timed_out', message: '' }, 'timed_out').limit).toBe('time');
  expect(facts({ kind: 'cancelled' }, 'cancelled').limit).toBeUndefined();
});

it('counts a loss where a child process was lost, and is not another attempt’s to count', () => {
  const outcome: AttemptOutcome = {
    kind: 'failed',
    failure: { ...internalFailure, errorClass: 'runner_lost' },
  };
  const lost = (pool: 'quarantine' | 'control', end: AttemptEnd) =>
    factsOf({ ...run, pool }, { outcome, end, executedMs: 1 }).isLost;
  expect(lost('quarantine', 'retried')).toBe(true);
  expect(lost('quarantine', 'not_ours')).toBe(false);
  expect(lost('control', 'failed')).toBe(false);
});
