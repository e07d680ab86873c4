import type { FairSelection, WaitingOrg } from './fair-queue';
import type { ActiveGroup } from './limits';
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

/**
 * `control` is small and short: first come, first served, outside all limits but its own, so that a repaired datasource can be
 * tested while everything else of it is held back.
 */
export function selectControl(
  waiting: readonly WaitingOrg[],
  { sessions, active }: { sessions: readonly ServingSession[]; active: readonly ActiveGroup[] },
): FairSelection {
  const counts = new Map<string, number>();
  for (const { pool, orgId, count } of active) {
    if (pool === 'control') counts.set(orgId, (counts.get(orgId) ?? 0) + count);
  }
  const inUse = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const room = Math.max(0, sessions.length * controlSlotsPerSession - inUse);
  const admitted = waiting
    .flatMap(({ runs }) => runs)
    .sort((a, b) => a.queuedAt.getTime() - b.queuedAt.getTime())
    .filter(({ orgId }) => {
      const count = counts.get(orgId) ?? 0;
      if (count >= maxControlPerOrg) return false;
      counts.set(orgId, count + 1);
      return true;
    })
    .slice(0, room);
  return { admitted, vtimes: new Map(), virtualTime: 0 };
}
