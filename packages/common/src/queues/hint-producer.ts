import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { RunPool } from '../models';
import { openFailFastRedis, type RedisTarget } from '../redis';
import { jobId, keyPrefix, queueName, type RunHint } from './run-hints';

export type RedisStatus = 'ready' | 'away';

/** Pushes hints. Never waits longer than a second, never throws: the reaper pushes again what was lost. */
export interface HintProducer {
  /** How many were handed to Redis. */
  push(hints: readonly (RunHint & { pool: RunPool })[]): Promise<number>;
  status(): RedisStatus;
  close: () => Promise<void>;
}

const addTimeoutMs = 1_000;

export function openHintProducer(target: RedisTarget): HintProducer {
  const redis = openFailFastRedis(target);
  const queues = new Map<RunPool, Queue<RunHint>>();

  function queueOf(pool: RunPool): Queue<RunHint> {
    const queue = queues.get(pool) ?? openQueue(pool, redis, target.namespace);
    queues.set(pool, queue);
    return queue;
  }

  return {
    async push(hints) {
      if (redis.status !== 'ready' || hints.length === 0) return 0;
      const groups = [...Map.groupBy(hints, (hint) => hint.pool)];
      const pushed = await Promise.all(groups.map(([pool, group]) => add(queueOf(pool), group)));
      return pushed.reduce((sum, n) => sum + n, 0);
    },
    status: () => (redis.status === 'ready' ? 'ready' : 'away'),
    async close() {
      await Promise.all([...queues.values()].map((queue) => settled(queue.close(), 0)));
      redis.disconnect();
    },
  };
}

function openQueue(pool: RunPool, redis: Redis, namespace: string): Queue<RunHint> {
  const queue = new Queue<RunHint>(queueName(pool), {
    connection: redis,
    prefix: keyPrefix(namespace),
    defaultJobOptions: { attempts: 1, removeOnComplete: true, removeOnFail: true },
    streams: { events: { maxLen: 1_000 } },
    skipWaitingForReady: true,
    // Otherwise its first step is to ask for the version, and a queue whose first step fails stays unusable for good.
    skipVersionCheck: true,
  });
  queue.on('error', () => undefined);
  return queue;
}

function add(queue: Queue<RunHint>, hints: readonly RunHint[]): Promise<number> {
  const jobs = hints.map(({ runId, epoch }) => ({
    name: 'run',
    data: { runId, epoch },
    opts: { jobId: jobId({ runId, epoch }) },
  }));
  const [job] = jobs;
  // One alone needs no transaction in Redis around it.
  const added = jobs.length === 1 && job ? queue.add(job.name, job.data, job.opts) : queue.addBulk(jobs);
  return settled(added, hints.length);
}

/**
 * `value` once `promise` has resolved; 0 if it rejected or did neither within the limit: an add to a queue that was
 * built while Redis was down can stay open for ever.
 */
async function settled(promise: Promise<unknown>, value: number): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<number>((resolve) => {
    timer = setTimeout(resolve, addTimeoutMs, 0).unref();
  });
  try {
    return await Promise.race([
      promise.then(
        () => value,
        () => 0,
      ),
      limit,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
