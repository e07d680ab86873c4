import { isDatabaseAway, isPassing } from '@loupe/common/db';
import type { FireOutcome } from '@loupe/common/models';
import type { Logger, ScheduleMetrics } from '@loupe/common/observability';
import type {
  DueSchedule,
  FiringRepositories,
  ScheduleFireRepository,
} from '@loupe/common/repositories/engine';
import type { Transaction } from '@loupe/common/repositories';
import { fireSchedule, type FireTerms, timeAfter } from './fire-schedule';
import type { Task } from './task';

export interface FiringTools {
  transaction: Transaction<FiringRepositories>;
  fires: Pick<ScheduleFireRepository, 'secondsToNext'>;
  terms: FireTerms;
  /** A schedule that was made, enabled or changed since the last look is found after this at the latest. */
  pollIntervalSeconds: number;
  /** Runs wait: they need not do so until the next tick. */
  onFired: () => void;
  metrics: ScheduleMetrics;
  logger: Logger;
}

/** Short transactions: what one holds, nobody can change. */
const batch = 50;
/** A flood is worked off over several rounds, so that a round always ends. */
const batchesPerRound = 4;

/**
 * Fires the schedules whose time has come. Any number of replicas may: each holds what it fires, and passes over what
 * another holds. It looks when the next one is due, and no more often than that has to be.
 */
export function fireDueSchedules(tools: FiringTools): Task {
  let nextLookAt = -Infinity;
  return {
    name: 'fire-due-schedules',
    everyMs: 100,
    async run() {
      if (performance.now() < nextLookAt) return;
      const isDone = await fireBatches(tools);
      if (!isDone) return;
      const seconds = Math.min((await tools.fires.secondsToNext()) ?? Infinity, tools.pollIntervalSeconds);
      nextLookAt = performance.now() + seconds * 1_000;
    },
  };
}

/** False when more may be due. */
async function fireBatches(tools: FiringTools): Promise<boolean> {
  for (let n = 0; n < batchesPerRound; n += 1) {
    const fired = await tools.transaction((repositories) => fireBatch(tools, repositories));
    if (fired.some(({ outcome }) => outcome === 'queued')) tools.onFired();
    for (const { due, outcome } of fired) {
      tools.metrics.fired(outcome, (due.now.getTime() - due.fireAt.getTime()) / 1_000);
    }
    if (fired.length < batch) return true;
  }
  return false;
}

interface Fired {
  due: DueSchedule;
  outcome: FireOutcome;
}

async function fireBatch(tools: FiringTools, repositories: FiringRepositories): Promise<Fired[]> {
  const fired: Fired[] = [];
  // By organization, in every replica: firing locks what is known of an organization's queue, and none waits in a circle.
  const claimed = await repositories.fires.claimDue(batch);
  for (const due of claimed.toSorted((a, b) => (a.orgId < b.orgId ? -1 : 1))) {
    fired.push({ due, outcome: await fireOne(tools, repositories, due) });
  }
  return fired;
}

/** Whatever becomes of it, its time is written down, and none of the others has to wait for it. */
async function fireOne(
  { terms, logger }: FiringTools,
  repositories: FiringRepositories,
  due: DueSchedule,
): Promise<FireOutcome> {
  const { fires } = repositories;
  const nextRunAt = due.query.isGone ? null : nextOrNull(due, logger);
  try {
    return await fires.attempt(async () => {
      const fire = await fireSchedule(repositories, due, terms);
      await fires.record(due, { ...fire, nextRunAt });
      return fire.outcome;
    });
  } catch (error) {
    // The whole batch is taken back, and is due still at the next look.
    if (isDatabaseAway(error) || isPassing(error)) throw error;
    logger.error('A schedule could not fire; it goes on with its next time', { ...namesOf(due), error });
    await fires.recordError(due, nextRunAt);
    return 'error';
  }
}

/** Null: the schedule has to be disabled, or it would fire for ever. */
function nextOrNull(due: DueSchedule, logger: Logger): Date | null {
  try {
    return timeAfter(due);
  } catch (error) {
    logger.error('A schedule has no next time, and is disabled', { ...namesOf(due), error });
    return null;
  }
}

const namesOf = ({ id, orgId, fireAt }: DueSchedule) => ({ schedule_id: id, org_id: orgId, fire_at: fireAt });
