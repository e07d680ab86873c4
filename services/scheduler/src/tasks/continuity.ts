/** How long a reaper must have seen the database answer without a gap before it may close anybody's session. */
const watchedForMs = 15_000;
const longestGapMs = 2_000;

/**
 * Knows whether the database has answered this process steadily. After an outage of PostgreSQL every lease has run out,
 * and no runner is to blame: a reaper that closed them would run everything again.
 */
export interface Continuity {
  /** A round trip to the database has succeeded. */
  answered(): void;
  isSteady(): boolean;
}

export function createContinuity(now: () => number = () => performance.now()): Continuity {
  let steadySince: number | undefined;
  let lastAt: number | undefined;
  return {
    answered() {
      const at = now();
      if (lastAt === undefined || at - lastAt > longestGapMs) steadySince = at;
      lastAt = at;
    },
    isSteady: () =>
      steadySince !== undefined &&
      lastAt !== undefined &&
      now() - lastAt <= longestGapMs &&
      lastAt - steadySince >= watchedForMs,
  };
}
