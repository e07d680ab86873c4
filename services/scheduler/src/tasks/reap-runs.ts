import type { HintProducer } from '@loupe/common/queues';
import type { QueueDeadlines, ReapingRepository } from '@loupe/common/repositories/engine';
import type { Logger } from '@loupe/common/observability';
import type { Continuity } from './continuity';
import type { Task } from './task';

export interface ReapingTools {
  reaping: ReapingRepository;
  /** Absent without Redis. */
  hints: HintProducer | undefined;
  continuity: Continuity;
  queueDeadlineSeconds: QueueDeadlines;
  /** Runs became ready: they need not wait for the next tick. */
  onReady: () => void;
  logger: Logger;
}

/** Keeps the clock of every live state: whatever its owner should have done and did not, this does. */
export const reapRuns = (tools: ReapingTools): Task => ({
  name: 'reap-runs',
  everyMs: 1_000,
  run: () => reap(tools),
});

async function reap(tools: ReapingTools): Promise<void> {
  const { reaping, hints, continuity, logger } = tools;
  const retried = await reaping.requeueRetries();
  continuity.answered();
  const unclaimed = await reaping.requeueUnclaimed();
  const moved = {
    cancelled: await reaping.finishCancellations(),
    overdue: await reaping.timeOutOverdue(),
    waited_too_long: await reaping.timeOutQueued(),
    sessions: continuity.isSteady() ? await reaping.closeExpiredSessions() : 0,
    lost: await reaping.reclaimLost(tools.queueDeadlineSeconds),
    unclaimed,
  };
  continuity.answered();
  if (Object.values(moved).some((count) => count > 0)) logger.warn('Reaped', moved);
  if (retried + unclaimed > 0) tools.onReady();
  if (hints?.status() === 'ready') await hints.push(await reaping.unclaimed());
}
