import type { RunPool } from '@loupe/common/models';
import type { Logger } from '@loupe/common/observability';
import type { EndingRepository, Hint, RunFailure } from '@loupe/common/repositories/engine';
import type { ExecutingRuns } from './executing-runs';

export interface UnansweredClaimsOptions {
  endings: Pick<EndingRepository, 'standing' | 'preempted' | 'failed' | 'cancelled'>;
  executing: Pick<ExecutingRuns, 'has'>;
  queueDeadlineSeconds: { interactive: number; scheduled: number };
  logger: Logger;
}

const controlLost: RunFailure = {
  errorClass: 'runner_lost',
  code: null,
  message: 'The runner lost its database; try again',
};

/**
 * Claims whose answer was lost with the connection. If one was granted, the run is ours and nobody executes it; the
 * session lives on, so no reaper would take it before its deadline. Such a run is handed back, at no cost to it.
 */
export interface UnansweredClaims {
  note: (hint: Hint & { pool: RunPool }, sessionId: string) => void;
  /** Looks at what was noted. Rejects while the database is away, and what was noted stays. */
  settle: () => Promise<void>;
}

export function createUnansweredClaims(options: UnansweredClaimsOptions): UnansweredClaims {
  const { endings, executing, queueDeadlineSeconds, logger } = options;
  const noted = new Map<string, { pool: RunPool; sessionId: string }>();

  async function handBack(runId: string, claim: { pool: RunPool; sessionId: string }): Promise<boolean> {
    const { pool, sessionId } = claim;
    const standing = await endings.standing(runId);
    if (standing?.state !== 'running' || standing.sessionId !== sessionId) return false;
    // Another hint for it was answered meanwhile. If that answer is just on its way the fence makes its work vain, no more.
    if (executing.has(runId)) return false;
    const fence = { runId, attempt: standing.attempt, sessionId };
    const deadline = queueDeadlineSeconds[pool === 'interactive' ? 'interactive' : 'scheduled'];
    const isGivenUp =
      pool === 'control' ? endings.failed(fence, controlLost) : endings.preempted(fence, deadline);
    return (await isGivenUp) || (await endings.cancelled(fence));
  }

  return {
    note: ({ runId, pool }, sessionId) => void noted.set(runId, { pool, sessionId }),
    async settle() {
      for (const [runId, claim] of noted) {
        if (await handBack(runId, claim))
          logger.warn('Handed back a run whose claim got no answer', { run_id: runId });
        noted.delete(runId);
      }
    },
  };
}
