import type { ActiveGroup } from './limits';
import type { RunPool } from './run';

/** An open, non-draining runner session. */
export interface ServingSession {
  pools: readonly RunPool[];
  slots: number;
}

/** What a dispatcher knows of one pool before it admits runs. */
export interface PoolCapacity {
  /** Slots of the sessions that serve the pool. */
  slots: number;
  /** Active runs of this pool and of every pool that those sessions serve, so that nobody's slots count twice. */
  activeOnSessions: number;
  /** Active runs of this pool alone. */
  active: number;
}

export function capacityOf(
  pool: RunPool,
  { sessions, active }: { sessions: readonly ServingSession[]; active: readonly ActiveGroup[] },
): PoolCapacity {
  const serving = sessions.filter((session) => session.pools.includes(pool));
  const reached = new Set<RunPool>([pool, ...serving.flatMap((session) => session.pools)]);
  const count = (matches: (of: RunPool) => boolean): number =>
    active.reduce((sum, group) => sum + (matches(group.pool) ? group.count : 0), 0);
  return {
    slots: serving.reduce((sum, session) => sum + session.slots, 0),
    activeOnSessions: count((of) => reached.has(of)),
    active: count((of) => of === pool),
  };
}

/** Most runs that one tick admits to one pool: keeps the mutex short. */
export const maxAdmissionsPerTick = 100;

/**
 * How many runs one tick may admit to a pool: a quarter more than its slots, and four, so that a freed slot finds its
 * next run waiting; never so many that a flood in one pool fills what another needs (a floor of an eighth of the slots
 * stays open to each).
 */
export function admissionBudget({ slots, activeOnSessions, active }: PoolCapacity): number {
  if (slots === 0) return 0;
  const room = Math.ceil(1.25 * slots) + 4 - activeOnSessions;
  const floor = Math.max(1, Math.floor(slots / 8)) - active;
  return Math.min(maxAdmissionsPerTick, Math.max(0, room, floor));
}
