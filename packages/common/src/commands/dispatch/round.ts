import {
  type ActiveGroup,
  admissionBudget,
  capacityOf,
  controlAtLimit,
  controlRoom,
  fairPools,
  type FairSelection,
  type RunPool,
  selectControl,
  selectFairly,
  type Tally,
  type WaitingOrg,
} from '../../models';
import type { EngineView, Waiting, WaitingRequest } from '../../repositories/engine';

/** First come, first served needs to know all who wait; far fewer test connections at once. */
const orgsInControl = 1_000;

/** Before anything is admitted: what a pool may get, at most. */
const budgetOf = (pool: RunPool, view: Parameters<typeof capacityOf>[1], tally: Tally): number =>
  Math.min(tally.room(), admissionBudget(capacityOf(pool, view)));

const clockOf = (pool: RunPool, { clocks }: EngineView): number =>
  clocks.find((clock) => clock.pool === pool)?.vtime ?? 0;

/** Where it is worth looking for runs: a pool that is paused, or whose runners are busy, costs nothing. */
export function looksFor(view: EngineView, tally: Tally): WaitingRequest[] {
  const looks = fairPools
    .filter((pool) => !view.pausedPools.includes(pool))
    .map((pool) => {
      const budget = budgetOf(pool, view, tally);
      const atLimit = tally.atLimit(pool);
      // Each organization has a run to give: more of them than runs to admit cannot have their turn.
      return { pool, budget, orgs: budget, virtualTime: clockOf(pool, view), atLimit };
    });
  const control: WaitingRequest = {
    ...{ pool: 'control', budget: controlRoom(view), orgs: orgsInControl, virtualTime: 0 },
    atLimit: controlAtLimit(view),
  };
  return [control, ...looks].filter(({ budget }) => budget > 0);
}

/** Pool by pool; what one has been given counts for the budgets and limits of the next. */
export function selectFromPools(
  view: EngineView,
  waiting: ReadonlyMap<RunPool, Waiting>,
  tally: Tally,
): Map<RunPool, FairSelection> {
  const active: ActiveGroup[] = [...view.active];
  const orgsIn = (pool: RunPool): WaitingOrg[] => weigh(waiting.get(pool)?.orgs ?? [], pool, view);
  const selections = new Map<RunPool, FairSelection>();
  const keep = (pool: RunPool, selection: FairSelection): void => {
    if (selection.admitted.length === 0) return;
    selections.set(pool, selection);
    active.push(...selection.admitted.map((run) => ({ ...run, count: 1 })));
  };
  keep('control', selectControl(orgsIn('control'), view));
  for (const pool of fairPools.filter((one) => waiting.has(one))) {
    const budget = budgetOf(pool, { ...view, active }, tally);
    keep(pool, selectFairly({ budget, virtualTime: clockOf(pool, view), orgs: orgsIn(pool) }, tally));
  }
  return selections;
}

/** Adds what the view knows of the organizations. */
function weigh(orgs: Waiting['orgs'], pool: RunPool, { overrides, active }: EngineView): WaitingOrg[] {
  const weights = new Map(
    overrides.flatMap(({ scope, key, weight }) => (scope === 'organization' ? [[key, weight] as const] : [])),
  );
  const charges = new Map<string, number>();
  for (const group of active.filter((one) => one.pool === pool)) {
    charges.set(group.orgId, (charges.get(group.orgId) ?? 0) + group.charged);
  }
  return orgs.map((org) => {
    const weight = weights.get(org.orgId) ?? 1;
    const settledVtime = org.vtime && org.vtime - (charges.get(org.orgId) ?? 0) / weight;
    return { ...org, weight, settledVtime };
  });
}
