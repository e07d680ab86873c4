import fc from 'fast-check';
import { type RunErrorClass, type RunOrigin, retryPolicies } from '@loupe/common/models';
import { judge, mayPreempt } from './retry';

const first = { pool: 'interactive', origin: 'api', failures: 0, secondsSinceFirstFailure: null } as const;
const most = (): number => 0.999_999;
const errorClasses = Object.keys(retryPolicies) as RunErrorClass[];
const permanent = errorClasses.filter((name) => retryPolicies[name].retries === 0);
const passing = errorClasses.filter((name) => retryPolicies[name].retries > 0);

describe('judge', () => {
  it.each(permanent)('ends a run as failed after "%s", however new it is', (errorClass) => {
    expect(judge({ run: first, errorClass, elapsedMs: 1 })).toEqual({ kind: 'failed' });
  });

  it.each(passing)(
    'tries again after "%s" until the budget is spent, then gives the run up',
    (errorClass) => {
      const { retries } = retryPolicies[errorClass];
      const after = (failures: number) =>
        judge({
          run: { pool: 'interactive', origin: 'schedule', failures, secondsSinceFirstFailure: 1 },
          errorClass,
          elapsedMs: 1,
        });
      expect(after(retries - 1).kind).toBe('retry');
      expect(after(retries)).toEqual({ kind: 'dead' });
    },
  );

  it.each(errorClasses)(
    'never tries a test of a source again, nor makes it a dead letter: "%s"',
    (errorClass) => {
      expect(judge({ run: { ...first, pool: 'control' }, errorClass, elapsedMs: 1 })).toEqual({
        kind: 'failed',
      });
    },
  );

  it('lets a person wait for at most 2 s between tries', () => {
    expect(judge({ run: first, errorClass: 'overload', elapsedMs: 1 }, most)).toEqual({
      kind: 'retry',
      delayMs: 1_999,
    });
    const scheduled = judge(
      { run: { ...first, origin: 'schedule' }, errorClass: 'overload', elapsedMs: 1 },
      most,
    );
    expect(scheduled).toEqual({ kind: 'retry', delayMs: 4_999 });
  });

  it('gives an interactive run up once the next try would begin 8 s after its first failure', () => {
    const after = (seconds: number, elapsedMs: number) =>
      judge(
        {
          run: { pool: 'interactive', origin: 'api', failures: 2, secondsSinceFirstFailure: seconds },
          errorClass: 'connect',
          elapsedMs,
        },
        () => 0.5,
      );
    // The third delay is half of 2 s.
    expect(after(6, 1_000)).toEqual({ kind: 'retry', delayMs: 1_000 });
    expect(after(6, 1_001)).toEqual({ kind: 'dead' });
    expect(after(7.001, 0)).toEqual({ kind: 'dead' });
  });

  it('begins the window with the failure, not with the run: a first failure after minutes is tried again', () => {
    expect(judge({ run: first, errorClass: 'lost_connection', elapsedMs: 200_000 }).kind).toBe('retry');
  });

  it('never lets an interactive run begin again after the window, nor any run beyond its cap', () => {
    const failure = fc.record({
      errorClass: fc.constantFrom(...passing),
      origin: fc.constantFrom<RunOrigin>('api', 'trigger'),
      failures: fc.nat(6),
      since: fc.double({ min: 0, max: 20, noNaN: true }),
      random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    });
    fc.assert(
      fc.property(failure, ({ errorClass, origin, failures, since, random }) => {
        const run = {
          pool: 'interactive' as const,
          origin,
          failures,
          secondsSinceFirstFailure: failures === 0 ? null : since,
        };
        const verdict = judge({ run, errorClass, elapsedMs: 0 }, () => random);
        if (verdict.kind !== 'retry') return;
        expect(failures).toBeLessThan(retryPolicies[errorClass].retries);
        expect(verdict.delayMs).toBeLessThanOrEqual(retryPolicies[errorClass].capMs);
        if (origin !== 'api') return;
        expect(verdict.delayMs).toBeLessThanOrEqual(2_000);
        if (failures > 0) expect(since * 1_000 + verdict.delayMs).toBeLessThanOrEqual(8_000);
      }),
    );
  });
});

it('hands a run back five times', () => {
  expect([0, 4, 5].map((preempts) => mayPreempt({ pool: 'scheduled', preempts }))).toEqual([
    true,
    true,
    false,
  ]);
  expect(mayPreempt({ pool: 'control', preempts: 0 })).toBe(false);
});
