import type { FairSelection, WaitingOrg, WaitingRun } from './fair-queue';
import type { ActiveGroup, AtLimit } from './limits';
import type { ServingSession } from './pool-capacity';
import type { ControlKind } from './run';

/** Runs of `control` (connection tests, schema browsing) that each runner takes beside its slots. */
export const controlSlotsPerSession = 2;

/**
 * Seconds from being made to being over, waiting included (REST contract, section 2.3): whoever asked still waits for the answer.
 */
export const controlLifetimeSeconds: Readonly<Record<ControlKind, number>> = { probe: 10, describe: 15 };

/** Runs of `control` that one organization may have waiting: what is beyond would be over before its turn came. */
export const maxWaitingControlPerOrg = 20;

/** Active runs of `control` that one organization may have. */
const maxControlPerOrg = 2;

/** What the engine has in `control`. */
interface ControlView {
  sessions: readonly ServingSession[];
  active: readonly ActiveGroup[];
}

/** Organizations that have as many of their runs in `control` active as they may. */
export const controlAtLimit = ({ active }: ControlView): AtLimit => ({
  ...{ datasourceIds: [], memberKeys: [] },
  orgIds: [...countsByOrg(active)].flatMap(([orgId, count]) => (count >= maxControlPerOrg ? [orgId] : [])),
});

function countsByOrg(active: readonly ActiveGroup[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { pool, orgId, count } of active) {
    if (pool === 'control') counts.set(orgId, (counts.get(orgId) ?? 0) + count);
  }
  return counts;
}

/** How many more runs of `control` the runners take. */
export function controlRoom({ sessions, active }: ControlView): number {
  const inUse = active.reduce((sum, { pool, count }) => sum + (pool === 'control' ? count : 0), 0);
  return Math.max(0, sessions.length * controlSlotsPerSession - inUse);
}

/**
 * `control` is small and short: first come, first served, outside all limits but its own, so that a repaired datasource can be
 * tested while everything else of it is held back.
 */
export function selectControl(waiting: readonly WaitingOrg[], view: ControlView): FairSelection {
  const counts = countsByOrg(view.active);
  const admitted = waiting
    .flatMap(({ runs }) => runs)
    .sort(byArrival)
    .filter(({ orgId }) => {
      const count = counts.get(orgId) ?? 0;
      if (count >= maxControlPerOrg) return false;
      counts.set(orgId, count + 1);
      return true;
    })
    .slice(0, controlRoom(view));
  return { admitted, vtimes: new Map(), virtualTime: 0 };
}

/** Ids are made in the order of time: they tell apart what came within a millisecond. */
const byArrival = (a: WaitingRun, b: WaitingRun): number =>
  a.queuedAt.getTime() - b.queuedAt.getTime() || (a.runId < b.runId ? -1 : 1);
