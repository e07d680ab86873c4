import { isDatabaseAway } from '@loupe/common/db';
import type { ClaimedRun, RunPool } from '@loupe/common/models';
import type { Hint, ClaimRepository } from '@loupe/common/repositories/engine';
import type { Slots } from './slots';
import type { UnansweredClaim } from './unanswered-claims';

export interface IntakeOptions {
  claims: ClaimRepository;
  slots: Slots;
  pools: readonly RunPool[];
  /** The open session, if there is one. */
  sessionId: () => string | undefined;
  /** Aborted when no more runs shall be taken. */
  stopping: AbortSignal;
  /** Executes a run; the slot is free again when it resolves. Never rejects. */
  execute: (run: ClaimedRun) => Promise<void>;
  /** A slot is free again, and no hint was waiting for it. */
  onFree: () => void;
  /** The database went away before it answered: the claim may have been granted, and its slot is held until that is known. */
  onUnanswered: (claim: UnansweredClaim) => void;
}

/** How runs come in: each needs a slot first, then a claim that the database grants. */
export interface Intake {
  /** Waits for a slot, claims, and begins to execute. Resolves once the claim is decided. */
  take(hint: Hint & { pool: RunPool }): Promise<void>;
  /**
   * Claims what was admitted at least `minAgeSeconds` ago and came by no hint, as far as slots are free. Resolves to how
   * many were claimed.
   */
  poll(minAgeSeconds: number): Promise<number>;
  /** A claim of the run is under way: it may be granted already. */
  isClaiming(runId: string): boolean;
}

export function createIntake(options: IntakeOptions): Intake {
  const { claims, slots, pools, stopping } = options;
  const underWay = new Set<Hint>();

  /** Holds the slot until the run has ended, or gives it back when the claim is refused. */
  async function claim(hint: Hint & { pool: RunPool }, release: () => void): Promise<boolean> {
    underWay.add(hint);
    try {
      const run = await ask(options, hint, release);
      if (run === undefined) {
        release();
        return false;
      }
      void options.execute(run).finally(() => {
        release();
        if (slots.free(hint.pool) > 0) options.onFree();
      });
      return true;
    } finally {
      underWay.delete(hint);
    }
  }

  return {
    isClaiming: (runId) => [...underWay].some((hint) => hint.runId === runId),
    async take(hint) {
      let release: () => void;
      try {
        release = await slots.acquire(hint.pool, stopping);
      } catch {
        // Shutting down: the run stays admitted, and another runner's poll finds it.
        return;
      }
      await claim(hint, release);
    },
    async poll(minAgeSeconds) {
      const free = Math.max(...pools.map((pool) => slots.free(pool)));
      if (stopping.aborted || options.sessionId() === undefined || free <= 0) return 0;
      let claimed = 0;
      const servable = pools.filter((pool) => slots.free(pool) > 0);
      for (const hint of await claims.waiting(servable, { minAgeSeconds, limit: free })) {
        const release = slots.tryAcquire(hint.pool);
        if (release !== undefined && (await claim(hint, release))) claimed += 1;
      }
      return claimed;
    },
  };
}

/** The run, if the claim is granted. Without an answer the slot stays with whoever finds out. */
async function ask(
  { claims, stopping, onUnanswered, ...options }: IntakeOptions,
  hint: Hint & { pool: RunPool },
  release: () => void,
): Promise<ClaimedRun | undefined> {
  const sessionId = options.sessionId();
  if (sessionId === undefined || stopping.aborted) return undefined;
  try {
    return await claims.claim(hint, sessionId);
  } catch (error) {
    if (isDatabaseAway(error)) onUnanswered({ ...hint, sessionId, release });
    else release();
    throw error;
  }
}
