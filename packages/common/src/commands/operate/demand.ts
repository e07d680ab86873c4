import { type DefaultLimits, demandOf, limitsOf, type PoolDemand, type RunPool } from '../../models';
import { type OperatorSource, readDemandView } from '../../repositories/engine';

/** A pool's demand, and what an operator wants to see beside it. */
export interface PoolStatus extends PoolDemand {
  /** Runs that were given up. */
  dead: number;
  paused: boolean;
}

/** True demand, from the rows themselves: what autoscaling goes by. */
export async function readDemand(db: OperatorSource, defaults: DefaultLimits): Promise<PoolStatus[]> {
  const { live, overrides, heldDatasources, pausedPools, dead } = await readDemandView(db);
  const limits = limitsOf(defaults, { overrides, heldDatasources });
  const deadOf = (pool: RunPool): number => dead.find((row) => row.pool === pool)?.count ?? 0;
  return demandOf({ live, limits, pausedPools }).map((demand) => ({
    ...demand,
    dead: deadOf(demand.pool),
    paused: pausedPools.includes(demand.pool),
  }));
}
