import { openFailFastRedis } from '@loupe/common/redis';
import { eventually } from '@loupe/common/testing';
import { call, createCustomer, type Customer } from './customer';
import { type FaultStack, startFaultStack } from './fault-stack';
import { violations } from './invariants';
import { waits } from './waits';

let stack: FaultStack;
beforeAll(async () => {
  stack = await startFaultStack();
});
afterAll(() => stack.close());

const short = 'SELECT count(*) FROM generate_series(1, 200000)';
const organizations = 5;
const runsOfEach = 20;

async function redisDo<T>(work: (redis: ReturnType<typeof openFailFastRedis>) => Promise<T>): Promise<T> {
  const redis = openFailFastRedis(stack.redis.url);
  try {
    await eventually('Redis answers', () => redis.status === 'ready');
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

const completed = async (): Promise<number> => {
  const { n } = await stack.engine.one<{ n: number }>({
    name: 'test.completed',
    text: `SELECT count(*)::int AS n FROM runs WHERE state = 'succeeded'`,
  });
  return n;
};

it('loses no run and runs none twice when Redis forgets everything in the middle of a burst', async () => {
  const customers = await Promise.all(
    Array.from({ length: organizations }, () => createCustomer(stack.api, stack.source)),
  );
  const burst = customers.flatMap((customer) =>
    Array.from({ length: runsOfEach }, async () => ({ customer, id: await customer.start(short) })),
  );
  const forgetting = (async () => {
    for (const after of [1, 30, 60]) {
      await eventually(`${after} have completed`, async () => (await completed()) >= after, 60_000);
      await redisDo((redis) => redis.flushall());
    }
  })();
  const runs = await Promise.all(burst);
  await forgetting;
  const ends = await Promise.all(runs.map(({ customer, id }) => customer.final(id)));
  expect(ends).toHaveLength(organizations * runsOfEach);
  for (const end of ends) expect(end).toMatchObject({ status: 'completed', attempt: 1 });
  const ids = runs.map(({ id }) => id);
  expect(await violations(stack.engine, ids)).toEqual([]);

  const { p50, p99 } = await waits(stack.engine, ids);
  process.stdout.write(
    `FLUSHALL in a burst of ${ids.length} runs: wait p50 ${p50.toFixed(2)} s, p99 ${p99.toFixed(2)} s\n`,
  );
  expect(p99).toBeLessThan(15);
});

it('goes on without Redis, says so, and takes hints again when it is back', async () => {
  const customer = await createCustomer(stack.api, stack.source);
  const readiness = async () => (await call(`${stack.api}/health/ready`)).body;
  await eventually('all is well', async () => (await readiness()).status === 'healthy');

  await stack.redis.kill();
  await eventually('it is noticed', async () => (await readiness()).status === 'degraded');
  const answers = await Promise.all(Array.from({ length: 12 }, () => customer.execute(short)));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  const ids = answers.map(({ body }) => body.id as string);
  for (const id of ids) expect(await customer.final(id)).toMatchObject({ status: 'completed', attempt: 1 });
  expect((await call(`${stack.api}/health/ready`)).status).toBe(200);

  await stack.redis.start();
  await eventually('it is noticed', async () => (await readiness()).status === 'healthy');
  await eventually('a run comes to the runner by its hint', () => hintReachesRunner(customer, ids), 30_000);
  expect(await violations(stack.engine, ids)).toEqual([]);
});

/** The queue's own log says whether the hint of a new run was taken from it. */
async function hintReachesRunner(customer: Customer, ids: string[]): Promise<boolean> {
  const id = await customer.start(short);
  ids.push(id);
  expect(await customer.final(id)).toMatchObject({ status: 'completed', attempt: 1 });
  const log = await redisDo((redis) =>
    redis.xrange(`{${stack.redis.namespace}}:runs-interactive:events`, '-', '+'),
  );
  return log.some(([, fields]) => fields.includes('completed') && fields.includes(`r-${id}-1`));
}
