import type { RunPool } from './run';

/** An open, non-draining runner session. */
export interface ServingSession {
  pools: readonly RunPool[];
  slots: number;
}

/** Active runs (dispatched or running) of one organization in one pool. */
export interface ActiveGroup {
  pool: RunPool;
  orgId: string;
  count: number;
}

/** What a dispatcher sees in the moment in which it holds the mutex. */
export interface EngineSnapshot {
  sessions: readonly ServingSession[];
  active: readonly ActiveGroup[];
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

export function capacityOf(pool: RunPool, { sessions, active }: EngineSnapshot): PoolCapacity {
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

/** Active runs as limits see them: over all pools but `control`, which limits do not touch. */
export function activeCounts({ active }: EngineSnapshot): ActiveCounts {
  const byOrg = new Map<string, number>();
  for (const { pool, orgId, count } of active) {
    if (pool !== 'control') byOrg.set(orgId, (byOrg.get(orgId) ?? 0) + count);
  }
  return { byOrg, total: [...byOrg.values()].reduce((sum, count) => sum + count, 0) };
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

/** A queued run that may be admitted. */
export interface Candidate {
  runId: string;
  pool: RunPool;
  orgId: string;
  priority: number;
  queuedAt: Date;
}

export interface SelectionLimits {
  budget: number;
  /** Active runs an organization may have, over all pools. */
  perOrg: number;
  /** Active runs in all. */
  global: number;
}

export interface ActiveCounts {
  total: number;
  byOrg: ReadonlyMap<string, number>;
}

/**
 * Chooses who is admitted: first come, first served over all organizations, higher priority first inside one, none
 * beyond a limit. Pure, so that its promises are tested as properties.
 */
export function selectRuns(
  candidates: readonly Candidate[],
  active: ActiveCounts,
  limits: SelectionLimits,
): Candidate[] {
  const room = Math.min(limits.budget, limits.global - active.total);
  const counts = new Map(active.byOrg);
  const selected: Candidate[] = [];
  for (const candidate of inOrder(candidates)) {
    if (selected.length >= room) break;
    const count = counts.get(candidate.orgId) ?? 0;
    if (count >= limits.perOrg) continue;
    counts.set(candidate.orgId, count + 1);
    selected.push(candidate);
  }
  return selected;
}

/** Merges the organizations' own queues (by priority, then age) by the age of what stands first in each. */
function* inOrder(candidates: readonly Candidate[]): Generator<Candidate> {
  const queues = [...Map.groupBy(candidates, (candidate) => candidate.orgId).values()].map((queue) =>
    queue.sort((a, b) => b.priority - a.priority || age(a, b)),
  );
  for (;;) {
    const heads = queues.flatMap((queue) => (queue[0] === undefined ? [] : [{ head: queue[0], queue }]));
    const first = heads.reduce<(typeof heads)[number] | undefined>(
      (best, next) => (best === undefined || age(next.head, best.head) < 0 ? next : best),
      undefined,
    );
    if (first === undefined) return;
    first.queue.shift();
    yield first.head;
  }
}

const age = (a: Candidate, b: Candidate): number =>
  a.queuedAt.getTime() - b.queuedAt.getTime() || (a.runId < b.runId ? -1 : 1);
