import { eventually } from '@loupe/common/testing';
import { call, createCustomer } from './customer';
import { type FaultStack, startFaultStack } from './fault-stack';
import { violations } from './invariants';
import { redisProbe } from './redis-probe';

let stack: FaultStack;
beforeAll(async () => {
  stack = await startFaultStack();
});
afterAll(() => stack.close());

const short = 'SELECT count(*) FROM generate_series(1, 200000)';

it('goes on without Redis, says so, and takes hints again when it is back', async () => {
  const customer = await createCustomer(stack.apis, stack.source.settings);
  const { url } = stack.member('api');
  const readiness = async () => (await call(`${url}/health/ready`)).body;
  await eventually('all is well', async () => (await readiness()).status === 'healthy');

  await stack.redis.kill();
  await eventually('it is noticed', async () => (await readiness()).status === 'degraded');
  const answers = await Promise.all(Array.from({ length: 12 }, () => customer.execute(short)));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  const ids = answers.map(({ body }) => body.id as string);
  for (const id of ids) expect(await customer.final(id)).toMatchObject({ status: 'completed', attempt: 1 });
  expect((await call(`${url}/health/ready`)).status).toBe(200);

  await stack.redis.start();
  await eventually('it is noticed', async () => (await readiness()).status === 'healthy');
  const { hintsTaken } = redisProbe(stack);
  const hintReachesRunner = async (): Promise<boolean> => {
    const id = await customer.start(short);
    ids.push(id);
    expect(await customer.final(id)).toMatchObject({ status: 'completed', attempt: 1 });
    return (await hintsTaken()).has(id);
  };
  await eventually('a run comes to the runner by its hint', hintReachesRunner, 30_000);
  expect(await violations(stack.engine, { acknowledged: ids })).toEqual([]);
});
