import { eventually } from '@loupe/common/testing';
import { createCustomer } from './customer';
import { type FaultStack, startFaultStack } from './fault-stack';
import { violations } from './invariants';

let stack: FaultStack;
beforeAll(async () => {
  stack = await startFaultStack();
});
afterAll(() => stack.close());

const heavy = 'SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b WHERE a <> b';

it('has a heavy statement stopped in its source within a second, whichever way the runner hears of it', async () => {
  const customer = await createCustomer(stack.api, stack.source);
  const ids: string[] = [];
  for (const withRedis of [true, true, false]) {
    if (!withRedis) await stack.redis.kill();
    const id = await customer.start(heavy, { timeout_seconds: 120 });
    ids.push(id);
    await eventually('it executes', async () => (await stack.source.running()).length === 1);
    const began = performance.now();
    const [answer] = await Promise.all([
      customer.cancel(id),
      eventually('it is gone', async () => (await stack.source.running()).length === 0),
    ]);
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(answer).toMatchObject({
      status: 200,
      body: { run_id: id, cancel_requested_at: expect.any(String) },
    });
    expect(await customer.final(id)).toMatchObject({ status: 'cancelled', attempt: 1 });
  }
  expect((await customer.cancel(ids[0] ?? '')).status).toBe(409);
  expect(await violations(stack.engine, ids)).toEqual([]);
});
