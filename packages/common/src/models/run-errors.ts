/**
 * Why an attempt of a run ended without a result. The class alone decides whether the run is tried again and
 * whether the failure speaks against the datasource; message texts decide nothing.
 */
export type RunErrorClass =
  | 'connect'
  | 'overload'
  | 'conflict'
  | 'lost_connection'
  | 'runner_lost'
  | 'unknown'
  | 'timeout'
  | 'cancelled'
  | 'user'
  | 'permission'
  | 'configuration'
  | 'tls'
  | 'too_large';

export interface RetryPolicy {
  /** How many times a run may be tried again after failures of this class; 0 = never. */
  retries: number;
  baseMs: number;
  capMs: number;
  /** Whether the failure counts towards the datasource's breaker. */
  countsForBreaker: boolean;
}

const never: RetryPolicy = { retries: 0, baseMs: 0, capMs: 0, countsForBreaker: false };

/** One row per class. Statements are read-only, so executing one again is always safe. */
export const retryPolicies: Readonly<Record<RunErrorClass, RetryPolicy>> = {
  connect: { retries: 5, baseMs: 1_000, capMs: 60_000, countsForBreaker: true },
  overload: { retries: 6, baseMs: 5_000, capMs: 120_000, countsForBreaker: true },
  conflict: { retries: 5, baseMs: 100, capMs: 5_000, countsForBreaker: false },
  lost_connection: { retries: 2, baseMs: 1_000, capMs: 30_000, countsForBreaker: true },
  runner_lost: { retries: 2, baseMs: 1_000, capMs: 30_000, countsForBreaker: false },
  unknown: { retries: 1, baseMs: 5_000, capMs: 5_000, countsForBreaker: false },
  timeout: never,
  cancelled: never,
  user: never,
  permission: never,
  configuration: never,
  tls: never,
  too_large: never,
};

/** All classes, for filters. */
export const runErrorClasses = Object.keys(retryPolicies) as RunErrorClass[];

/**
 * Milliseconds to wait before the next try, drawn evenly from 0 up to the policy's exponential bound ("full
 * jitter"), so that runs which failed together do not come back together.
 *
 * @param failures how often the run failed already, at least 1
 * @param random a number in [0, 1)
 */
export function fullJitter(
  policy: RetryPolicy,
  failures: number,
  random: () => number = Math.random,
): number {
  const bound = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(Math.max(failures - 1, 0), 30));
  return Math.floor(random() * bound);
}
