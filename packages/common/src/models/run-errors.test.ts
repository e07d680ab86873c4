import fc from 'fast-check';
import { fullJitter, retryPolicies } from './run-errors';

describe('retry policies', () => {
  it('never try a user error, a timeout or a cancellation again', () => {
    for (const errorClass of ['user', 'permission', 'timeout', 'cancelled', 'tls', 'too_large'] as const) {
      expect(retryPolicies[errorClass].retries).toBe(0);
    }
  });

  it('count failures to reach the datasource towards its breaker, and the statement’s own failures not', () => {
    expect(retryPolicies.connect.countsForBreaker).toBe(true);
    expect(retryPolicies.lost_connection.countsForBreaker).toBe(true);
    expect(retryPolicies.conflict.countsForBreaker).toBe(false);
    expect(retryPolicies.user.countsForBreaker).toBe(false);
  });
});

describe('full jitter', () => {
  it('doubles its bound with each failure up to the cap', () => {
    const almostOne = () => 1 - Number.EPSILON;
    const bounds = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => fullJitter(retryPolicies.connect, n, almostOne) + 1);
    expect(bounds).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('stays within 0 and the cap whatever the number of failures', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(retryPolicies)), fc.nat(5_000), random, (policy, n, r) => {
        const delay = fullJitter(policy, n, () => r);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(policy.capMs);
      }),
    );
  });
});
