import {
  type ClaimedRun,
  fullJitter,
  maxPreempts,
  retryPolicies,
  type RunErrorClass,
} from '@loupe/common/models';

/** What becomes of a run after a failed attempt. */
export type Verdict = { kind: 'failed' } | { kind: 'dead' } | { kind: 'retry'; delayMs: number };

/** A person waits for an interactive run: it is tried again for this long after its first failure, and no longer. */
const interactiveWindowMs = 8_000;
const interactiveDelayCapMs = 2_000;

export interface FailedAttempt {
  run: Pick<ClaimedRun, 'pool' | 'origin' | 'failures' | 'secondsSinceFirstFailure'>;
  errorClass: RunErrorClass;
  /** Milliseconds since the claim. */
  elapsedMs: number;
}

/**
 * Decides by the error's class alone. A class that is never tried again ends the run as failed; a budget that is spent
 * ends it as dead, a dead letter.
 */
export function judge(attempt: FailedAttempt, random: () => number = Math.random): Verdict {
  const { run, errorClass, elapsedMs } = attempt;
  const policy = retryPolicies[errorClass];
  // Somebody waits for the answer of a test for a few seconds, and then asks again.
  if (run.pool === 'control' || policy.retries === 0) return { kind: 'failed' };
  if (run.failures >= policy.retries) return { kind: 'dead' };
  if (run.origin !== 'api') return { kind: 'retry', delayMs: fullJitter(policy, run.failures + 1, random) };

  const capped = { ...policy, capMs: Math.min(policy.capMs, interactiveDelayCapMs) };
  const delayMs = fullJitter(capped, run.failures + 1, random);
  const sinceFirstMs =
    run.secondsSinceFirstFailure === null ? 0 : run.secondsSinceFirstFailure * 1_000 + elapsedMs;
  return sinceFirstMs + delayMs > interactiveWindowMs ? { kind: 'dead' } : { kind: 'retry', delayMs };
}

/** Milliseconds until a run is tried again that lost the process that executed it; for everybody as for a person who waits. */
export const lossDelayMs = (lost: number): number =>
  fullJitter({ ...retryPolicies.runner_lost, capMs: interactiveDelayCapMs }, lost);

/** May a run be handed back once more by a runner that shuts down, at no cost to it? */
export const mayPreempt = (run: Pick<ClaimedRun, 'pool' | 'preempts'>): boolean =>
  run.pool !== 'control' && run.preempts < maxPreempts;
