import { Counter } from 'prom-client';
import type { Metrics } from './metrics';

/**
 * What took an attempt from its run. `child`: the process that executed it alone died. `lease`: its runner stopped renewing its
 * session. `closed`: its runner closed its session and left it behind.
 */
export type LossCause = 'child' | 'lease' | 'closed';

/** What nobody who executed it can say any more, or not for sure. */
export interface LossMetrics {
  /** An attempt ended with what executed it. */
  lost: (pool: string, cause: LossCause) => void;
  /** A statement was to stop, and its source (of kind `connector`) did not say that it has. */
  unconfirmedStop: (connector: string) => void;
}

/** Runners count what they see themselves, reapers what no runner reported: add them up. */
export function createLossMetrics({ registry }: Metrics): LossMetrics {
  const registers = [registry];
  const losses = new Counter({
    name: 'loupe_run_lost_total',
    help: 'Attempts that ended with what executed them.',
    labelNames: ['pool', 'reason'],
    registers,
  });
  const stops = new Counter({
    name: 'loupe_run_unconfirmed_stops_total',
    help: 'Statements that were to stop, without a confirmation from their source.',
    labelNames: ['connector'],
    registers,
  });
  return {
    lost: (pool, reason) => losses.inc({ pool, reason }),
    unconfirmedStop: (connector) => stops.inc({ connector }),
  };
}
