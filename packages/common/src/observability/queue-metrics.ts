import { Gauge } from 'prom-client';
import type { Metrics } from './metrics';

/** How much work waits, as the database sees it. */
export interface QueueDepths {
  /** Runs that could start now or are handed out. */
  waiting: number;
  /** Runs that wait for their next attempt. */
  retrying: number;
  /** Runs that were given up and can be replayed. */
  dead: number;
}

/** Three gauges, and perhaps several Prometheus servers, share one reading of this age (milliseconds). */
const SHARED_FOR_MS = 1000;

/**
 * Publishes the queue's depth, read when somebody asks. A reading that fails leaves the gauges without a value:
 * an old number would look like a calm queue. Names: REST contract, section 2.11.
 */
export function observeQueue({ registry }: Metrics, read: () => Promise<QueueDepths>): void {
  let reading: Promise<QueueDepths | undefined> | undefined;
  let readAt = -Infinity;
  const shared = (): Promise<QueueDepths | undefined> => {
    if (!reading || performance.now() - readAt > SHARED_FOR_MS) {
      readAt = performance.now();
      reading = read().catch(() => undefined);
    }
    return reading;
  };
  for (const [name, help, member] of [
    ['loupe_job_queue_depth', 'Runs that wait for a runner.', 'waiting'],
    ['loupe_job_retry_queue_depth', 'Runs that wait for their next attempt.', 'retrying'],
    ['loupe_job_dead_letter_queue_size', 'Runs that were given up.', 'dead'],
  ] as const) {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const depths = await shared();
        if (depths) this.set(depths[member]);
        else this.remove();
      },
    });
  }
}
