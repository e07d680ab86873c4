import type { RunPool } from '@loupe/common/models';
import type { Logger } from '@loupe/common/observability';
import type { EndingRepository, RunFailure } from '@loupe/common/repositories/engine';
import type { ExecutingRuns } from './executing-runs';

export interface UnansweredClaimsOptions {
  endings: Pick<EndingRepository, 'standing' | 'preempted' | 'failed' | 'cancelled'>;
  executing: Pick<ExecutingRuns, 'has'>;
  /** Whether another claim of the run is under way here. */
  isClaiming: (runId: string) => boolean;
  queueDeadlineSeconds: { interactive: number; scheduled: number };
  logger: Logger;
}

const controlLost: RunFailure = {
  errorClass: 'runner_lost',
  code: null,
  message: 'The runner lost its database; try again',
};

export interface UnansweredClaim {
  runId: string;
  pool: RunPool;
  sessionId: string;
  /** Gives its slot back. */
  release: () => void;
}

/**
 * Claims whose answer was lost with the connection. If one was granted, the run is ours and nobody executes it; the
 * session lives on, so no reaper would take it before its deadline. Such a run is handed back, at no cost to it. Until then
 * it counts as executing here: in its slot nothing else may.
 */
export interface UnansweredClaims {
  note: (claim: UnansweredClaim) => void;
  /** Looks at what was noted. Rejects while the database is away, and what was noted stays. */
  settle: () => Promise<void>;
}

export function createUnansweredClaims(options: UnansweredClaimsOptions): UnansweredClaims {
  const { endings, executing, isClaiming, queueDeadlineSeconds, logger } = options;
  const noted = new Set<UnansweredClaim>();

  /** Undefined while another claim of it is under way: it may be that one which was granted, and then it executes. */
  async function handBack({ runId, pool, sessionId }: UnansweredClaim): Promise<boolean | undefined> {
    const standing = await endings.standing(runId);
    if (standing?.state !== 'running' || standing.sessionId !== sessionId) return false;
    if (isClaiming(runId)) return undefined;
    if (executing.has(runId)) return false;
    const fence = { runId, attempt: standing.attempt, sessionId };
    const deadline = queueDeadlineSeconds[pool === 'interactive' ? 'interactive' : 'scheduled'];
    const isGivenUp =
      pool === 'control' ? endings.failed(fence, controlLost) : endings.preempted(fence, deadline);
    return (await isGivenUp) || (await endings.cancelled(fence));
  }

  return {
    note: (claim) => void noted.add(claim),
    async settle() {
      for (const claim of noted) {
        const isHandedBack = await handBack(claim);
        if (isHandedBack === undefined) continue;
        if (isHandedBack) logger.warn('Handed back a run whose claim got no answer', { run_id: claim.runId });
        noted.delete(claim);
        claim.release();
      }
    },
  };
}
