import { randomUUID } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import { Pool } from 'pg';
import { createDeferreds, type Deferreds } from './deferreds';
import { redisConnection, type Ground } from './ground';
import { nextNumber, type Sample, type Variant } from './variant';

const queueName = 'minimum';
const prefix = '{loupe-benchmark}';

const tables = `
  CREATE TABLE runs (id uuid PRIMARY KEY, statement text NOT NULL, state text NOT NULL DEFAULT 'queued',
    created_at timestamptz NOT NULL DEFAULT now(), dispatched_at timestamptz, started_at timestamptz,
    finished_at timestamptz, rows text) WITH (fillfactor = 80)`;

/** The four commits, one statement each: accepted, admitted, claimed, ended with the result. */
const steps = {
  accept: 'INSERT INTO runs (id, statement) VALUES ($1, $2)',
  admit: `UPDATE runs SET state = 'dispatched', dispatched_at = now() WHERE id = $1 AND state = 'queued'`,
  claim: `UPDATE runs SET state = 'running', started_at = now() WHERE id = $1 AND state = 'dispatched'
          RETURNING statement, extract(epoch FROM now() - created_at)::float8 * 1000 AS waited`,
  end: `UPDATE runs SET state = 'succeeded', finished_at = now(), rows = $2 WHERE id = $1 AND state = 'running'`,
  read: 'SELECT rows FROM runs WHERE id = $1',
};

type Step = (name: keyof typeof steps, values: unknown[]) => Promise<Record<string, unknown>>;

/**
 * The least that keeps the same promise: BullMQ, one query on a kept connection, and a small commit for each step. No
 * tenants, limits, fairness, fences, history or HTTP; client and worker share a process, and the end needs no question.
 */
export async function createBareMinimum(ground: Ground): Promise<Variant> {
  const own = new Pool({ connectionString: ground.minimumUrl, max: ground.slots });
  const source = new Pool({ connectionString: ground.source.url, max: ground.slots, idleTimeoutMillis: 0 });
  await own.query(tables);
  const step: Step = async (name, values) => {
    const { rows, rowCount } = await own.query<Record<string, unknown>>({ name, text: steps[name], values });
    if (rowCount !== 1) throw new Error(`${name} changed nothing`);
    return rows[0] ?? {};
  };
  const ended = createDeferreds<number>();
  const queue = new Queue<{ id: string }>(queueName, {
    connection: redisConnection(ground.redisUrl),
    prefix,
  });
  const worker = createWorker(ground, { step, source, ended });
  await worker.waitUntilReady();

  async function once(): Promise<Sample> {
    const [id, number] = [randomUUID(), nextNumber()];
    const began = performance.now();
    const end = ended.of(id);
    await step('accept', [id, `SELECT ${number} AS n`]);
    await step('admit', [id]);
    await queue.add('run', { id }, { jobId: id });
    const toStart = await end;
    const toFinal = performance.now() - began;
    const { rows } = await step('read', [id]);
    if (rows !== `[[${number}]]`) throw new Error(`got ${String(rows)} for ${number}`);
    return { toStart, toFinal, toResult: performance.now() - began };
  }

  return {
    name: 'minimum',
    once,
    async close() {
      await worker.close();
      await queue.close();
      await Promise.all([own.end(), source.end()]);
    },
  };
}

interface WorkerParts {
  step: Step;
  source: Pool;
  ended: Deferreds<number>;
}

const createWorker = ({ redisUrl, slots }: Ground, { step, source, ended }: WorkerParts) =>
  new Worker<{ id: string }>(
    queueName,
    async ({ data: { id } }) => {
      try {
        const { statement, waited } = await step('claim', [id]);
        const { rows } = await source.query<unknown[]>({ text: statement as string, rowMode: 'array' });
        await step('end', [id, JSON.stringify(rows)]);
        ended.resolve(id, waited as number);
      } catch (error) {
        ended.reject(id, error as Error);
      }
    },
    {
      connection: redisConnection(redisUrl),
      prefix,
      concurrency: slots,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    },
  );
