import { type ActiveGroup, createTally, type EngineLimits, type RunOwner } from './limits';
import { fairPools, type RunPool } from './run';

/** Live runs that share pool, organization, datasource and user. */
export interface LiveGroup extends RunOwner {
  queued: number;
  dispatched: number;
  running: number;
  retrying: number;
  /** Of those that wait for their next attempt, the ones whose time comes within a minute. */
  retryingSoon: number;
  /** Seconds since the longest-waiting queued one was queued; null without one. */
  oldestQueuedSeconds: number | null;
}

export interface PoolDemand {
  pool: RunPool;
  /** Slots that the pool could use now: what is active, and what waits and may begin as far as limits go. */
  slots: number;
  /** Seconds that the longest-waiting run has waited that only lacks a slot; 0 without one. */
  oldestRunnableAgeSeconds: number;
  queued: number;
  dispatched: number;
  running: number;
  retrying: number;
}

interface DemandInput {
  live: readonly LiveGroup[];
  /** With breakers and pauses of datasources in them. */
  limits: EngineLimits;
  pausedPools: readonly RunPool[];
}

/**
 * How many slots each pool could use, by the rules of admission itself with endless slots: so neither a backlog behind an
 * organization's own limit nor a paused datasource makes anybody pay for runners that would stand idle.
 */
export function demandOf({ live, limits, pausedPools }: DemandInput): PoolDemand[] {
  const active: ActiveGroup[] = live.map((group) => ({ ...group, count: group.dispatched + group.running }));
  const tally = createTally(active, limits);
  // Too few slots in all are no reason not to count as waiting: that is what an operator has to hear of.
  const now = createTally(active, { ...limits, global: Number.POSITIVE_INFINITY });
  return fairPools.map((pool) => {
    const groups = live.filter((group) => group.pool === pool);
    const sum = (of: (group: LiveGroup) => number): number =>
      groups.reduce((total, group) => total + of(group), 0);
    const waiting = pausedPools.includes(pool) ? [] : groups;
    const runnable = waiting.reduce((total, group) => total + admissible(group, tally), 0);
    const oldest = waiting
      .filter((group) => now.blockedBy(group) === undefined)
      .reduce((age, { oldestQueuedSeconds }) => Math.max(age, oldestQueuedSeconds ?? 0), 0);
    return {
      pool,
      slots: sum(({ dispatched, running }) => dispatched + running) + runnable,
      oldestRunnableAgeSeconds: oldest,
      queued: sum(({ queued }) => queued),
      dispatched: sum(({ dispatched }) => dispatched),
      running: sum(({ running }) => running),
      retrying: sum(({ retrying }) => retrying),
    };
  });
}

/** How many of a group's waiting runs fit, counted into the tally. */
function admissible(group: LiveGroup, tally: ReturnType<typeof createTally>): number {
  const waiting = group.queued + group.retryingSoon;
  let count = 0;
  while (count < waiting && tally.blockedBy(group) === undefined) {
    tally.add(group);
    count += 1;
  }
  return count;
}
