import { Counter, Histogram } from 'prom-client';
import type { Metrics } from './metrics';

export interface ScheduleMetrics {
  /** A schedule has fired, so many seconds after it was due. */
  fired: (outcome: string, lagSeconds: number) => void;
}

/** What a scheduler says about the schedules that it fires. */
export function createScheduleMetrics({ registry }: Metrics): ScheduleMetrics {
  const fires = new Counter({
    name: 'loupe_schedule_fires_total',
    help: 'Times at which a schedule was due, by what became of them.',
    labelNames: ['outcome'],
    registers: [registry],
  });
  const lag = new Histogram({
    name: 'loupe_schedule_lag_seconds',
    help: 'From the time at which a schedule was due to its fire.',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
    registers: [registry],
  });
  return {
    fired(outcome, lagSeconds) {
      fires.inc({ outcome });
      lag.observe(lagSeconds);
    },
  };
}
