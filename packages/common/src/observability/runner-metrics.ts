import { Gauge } from 'prom-client';
import type { Metrics } from './metrics';

/** One pool that a runner serves. */
export interface PoolLoad {
  pool: string;
  /** Runs of it that may execute at once. Pools share slots, so these must not be added up. */
  slots: number;
  busy: number;
}

/** Publishes what a runner could do and what it does, read when somebody asks. */
export function observeRunner(
  { registry }: Metrics,
  read: () => { pools: readonly PoolLoad[]; isDraining: boolean },
): void {
  const gauge = (name: string, help: string, value: (load: PoolLoad, isDraining: boolean) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['pool'],
      registers: [registry],
      collect() {
        const { pools, isDraining } = read();
        for (const load of pools) this.set({ pool: load.pool }, value(load, isDraining));
      },
    });
  gauge('loupe_runner_slots', 'Runs of the pool that may execute at once.', ({ slots }) => slots);
  gauge('loupe_runner_busy_slots', 'Runs of the pool that execute.', ({ busy }) => busy);
  gauge('loupe_runner_draining', 'Whether it takes no more runs.', (_load, isDraining) => Number(isDraining));
}
