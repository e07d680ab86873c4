import { Gauge } from 'prom-client';
import type { Metrics } from './metrics';

/** One pool's work, as the database sees it. */
export interface PoolWork {
  pool: string;
  /** Slots it could use now. */
  slots: number;
  oldestRunnableAgeSeconds: number;
  queued: number;
  dispatched: number;
  running: number;
  retrying: number;
  dead: number;
}

/** The gauges, and perhaps several Prometheus servers, share one reading of this age (milliseconds). */
const SHARED_FOR_MS = 1_000;

/**
 * Publishes what autoscaling goes by, read when somebody asks. A reading that fails leaves the gauges without a value: an
 * old number, or 0, would scale the runners away under their work.
 */
export function observeDemand({ registry }: Metrics, read: () => Promise<PoolWork[]>): void {
  let reading: Promise<PoolWork[] | undefined> | undefined;
  let readAt = -Infinity;
  const shared = (): Promise<PoolWork[] | undefined> => {
    if (!reading || performance.now() - readAt > SHARED_FOR_MS) {
      readAt = performance.now();
      reading = read().catch(() => undefined);
    }
    return reading;
  };
  for (const { name, help, samples, labelNames } of gauges) {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        this.reset();
        for (const work of (await shared()) ?? []) {
          for (const [labels, value] of samples(work)) this.set({ pool: work.pool, ...labels }, value);
        }
      },
    });
  }
}

interface Definition {
  name: string;
  help: string;
  labelNames: string[];
  samples: (work: PoolWork) => [Record<string, string>, number][];
}

const gauges: Definition[] = [
  {
    name: 'loupe_pool_demand_slots',
    help: 'Slots that the pool could use now: active runs, and those that only lack a slot.',
    labelNames: ['pool'],
    samples: ({ slots }) => [[{}, slots]],
  },
  {
    name: 'loupe_pool_oldest_runnable_age_seconds',
    help: 'Time since the oldest run that only lacks a slot was queued.',
    labelNames: ['pool'],
    samples: ({ oldestRunnableAgeSeconds }) => [[{}, oldestRunnableAgeSeconds]],
  },
  {
    name: 'loupe_pool_runs',
    help: 'Live runs.',
    labelNames: ['pool', 'state'],
    samples: ({ queued, dispatched, running, retrying }) => [
      [{ state: 'queued' }, queued],
      [{ state: 'dispatched' }, dispatched],
      [{ state: 'running' }, running],
      [{ state: 'retry_wait' }, retrying],
    ],
  },
  {
    name: 'loupe_runs_dead',
    help: 'Runs that were given up.',
    labelNames: ['pool'],
    samples: ({ dead }) => [[{}, dead]],
  },
];
