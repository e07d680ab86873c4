import { Queue, Worker } from 'bullmq';
import { createDeferreds } from './deferreds';
import { redisConnection, type Ground } from './ground';
import { nextNumber, type Variant } from './variant';

const queueName = 'bare';
const prefix = '{loupe-benchmark}';

/** BullMQ alone: a job that does nothing. What the queue costs, and no promise. */
export async function createRawQueue({ redisUrl, slots }: Ground): Promise<Variant> {
  const ended = createDeferreds<number>();
  const queue = new Queue<{ key: string }>(queueName, { connection: redisConnection(redisUrl), prefix });
  const worker = new Worker<{ key: string }>(
    queueName,
    ({ data }) => {
      ended.resolve(data.key, performance.now());
      return Promise.resolve();
    },
    {
      connection: redisConnection(redisUrl),
      prefix,
      concurrency: slots,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    },
  );
  await worker.waitUntilReady();
  return {
    name: 'queue',
    async once() {
      const key = `n${nextNumber()}`;
      const began = performance.now();
      const end = ended.of(key);
      await queue.add('run', { key }, { jobId: key });
      const startedAt = await end;
      const now = performance.now();
      return { toStart: startedAt - began, toFinal: now - began, toResult: now - began };
    },
    async close() {
      await worker.close();
      await queue.close();
    },
  };
}
