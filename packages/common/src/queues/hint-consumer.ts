import { Worker } from 'bullmq';
import type { RunPool } from '../models';
import { redisOptions, type RedisTarget } from '../redis';
import type { RedisStatus } from './hint-producer';
import { keyPrefix, parseRunHint, queueName, type RunHint } from './run-hints';

export type HintConsumerOptions = RedisTarget & {
  pools: readonly RunPool[];
  /**
   * Called for one hint per pool at a time; the next one is fetched when it resolves. So a runner holds at most one
   * hint per pool beyond what it can start. The job ends with the claim, not with the run: execution is kept safe by the
   * lease in PostgreSQL, and no lock in Redis has to live as long as a query.
   */
  onHint: (hint: RunHint & { pool: RunPool }) => Promise<void>;
  onError?: (error: Error) => void;
};

/** Receives hints from the pools' queues. */
export interface HintConsumer {
  /** `ready` when every pool's worker is connected. */
  status(): RedisStatus;
  /** Takes no more hints; does not wait for the ones in hand. */
  pause(): Promise<void>;
  close: () => Promise<void>;
}

export function openHintConsumer(options: HintConsumerOptions): HintConsumer {
  const workers = options.pools.map((pool) => openWorker(pool, options));
  return {
    status: () => (workers.every((worker) => worker.ready()) ? 'ready' : 'away'),
    pause: async () => void (await Promise.allSettled(workers.map(({ worker }) => worker.pause(true)))),
    close: async () => void (await Promise.allSettled(workers.map(({ worker }) => worker.close(true)))),
  };
}

function openWorker(pool: RunPool, options: HintConsumerOptions) {
  const worker = new Worker<unknown>(
    queueName(pool),
    async (job) => {
      const hint = parseRunHint(job.data);
      if (hint !== undefined) await options.onHint({ ...hint, pool });
    },
    {
      connection: { ...redisOptions(options), maxRetriesPerRequest: null, socketTimeout: 20_000 },
      prefix: keyPrefix(options.namespace),
      concurrency: 1,
      lockDuration: 60_000,
      stalledInterval: 30_000,
      // A redelivered job merely fails its claim.
      maxStalledCount: 100,
      drainDelay: 10,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    },
  );
  worker.on('error', (error) => options.onError?.(error));
  return { worker, ready: readinessOf(worker) };
}

/**
 * The worker's own `ready` event comes once, however often its connections break. Its two clients, the one that waits for
 * jobs and the one for everything else, live as long as it does and know whether they are connected.
 */
function readinessOf(worker: Worker): () => boolean {
  const { client, blockingClient } = worker.getBackend();
  let clients: { readonly status: string }[] = [];
  Promise.all([client, blockingClient]).then(
    (both) => (clients = both.filter((one) => one !== undefined)),
    // Closed before it was ever connected.
    () => undefined,
  );
  return () => clients.length > 0 && clients.every(({ status }) => status === 'ready') && worker.isRunning();
}
