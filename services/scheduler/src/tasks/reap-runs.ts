import { isDatabaseAway } from '@loupe/common/db';
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
  const { reaping, hints, logger } = tools;
  const { retries = 0, ...moved } = await takeSteps(tools);
  if (Object.values(moved).some((count = 0) => count > 0)) logger.warn('Reaped', moved);
  if (retries + (moved.unclaimed ?? 0) > 0) tools.onReady();
  if (hints?.status() === 'ready') await hints.push(await reaping.unclaimed());
}

type Step = (tools: ReapingTools) => Promise<number>;

/** In this order, so that what a session held is freed in the round that closes it. */
const steps: Readonly<Record<string, Step>> = {
  retries: ({ reaping }) => reaping.requeueRetries(),
  unclaimed: ({ reaping }) => reaping.requeueUnclaimed(),
  cancelled: ({ reaping }) => reaping.finishCancellations(),
  overdue: ({ reaping }) => reaping.timeOutOverdue(),
  waited_too_long: ({ reaping }) => reaping.timeOutQueued(),
  sessions: async ({ reaping, continuity }) => (continuity.isSteady() ? reaping.closeExpiredSessions() : 0),
  lost: ({ reaping, queueDeadlineSeconds }) => reaping.reclaimLost(queueDeadlineSeconds),
};

/** What each step moved. One that fails keeps none of the others from its work: each minds clocks that nobody else does. */
async function takeSteps(tools: ReapingTools): Promise<Partial<Record<string, number>>> {
  const moved: Partial<Record<string, number>> = {};
  for (const [name, step] of Object.entries(steps)) {
    try {
      moved[name] = await step(tools);
      tools.continuity.answered();
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      tools.logger.error('A step of the reaper failed', { step: name, error });
    }
  }
  return moved;
}
