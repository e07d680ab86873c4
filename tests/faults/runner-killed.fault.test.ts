import { eventually } from '@loupe/common/testing';
import { createCustomer } from './customer';
import { type FaultStack, startFaultStack } from './fault-stack';
import { violations } from './invariants';

let stack: FaultStack;
beforeAll(async () => {
  stack = await startFaultStack();
});
afterAll(() => stack.close());

/** About three seconds of work. */
const someSeconds =
  'SELECT count(*) FROM generate_series(1, 6000) a, generate_series(1, 5000) b WHERE a <> b';

it('completes a run once whose runner was killed, and only that one runs again', async () => {
  const customer = await createCustomer(stack.api, stack.source);
  const before = await customer.start('SELECT 1');
  await customer.final(before);
  const id = await customer.start(someSeconds);
  await eventually('it executes', async () => (await stack.source.running()).length === 1);

  await stack.services.kill('runner');
  await stack.services.ready('runner');
  const restarted = performance.now();
  expect(await customer.final(id)).toMatchObject({ status: 'completed', attempt: 2, error_message: null });
  expect(performance.now() - restarted).toBeLessThan(30_000);
  expect(await customer.result(id)).toMatchObject({ row_count: 1, rows: [[29_995_000]] });
  expect(await customer.run(before)).toMatchObject({ status: 'completed', attempt: 1 });
  expect(await stack.source.running()).toEqual([]);
  expect(await violations(stack.engine, [before, id])).toEqual([]);
});

it('lets a runner that was frozen for longer than its lease write nothing of what it had begun', async () => {
  const customer = await createCustomer(stack.api, stack.source);
  const id = await customer.start(someSeconds);
  await eventually('it executes', async () => (await stack.source.running()).length === 1);
  stack.services.signal('runner', 'SIGSTOP');
  try {
    await eventually('it counts as lost', async () => (await customer.run(id)).status === 'queued', 40_000);
  } finally {
    stack.services.signal('runner', 'SIGCONT');
  }
  expect(await customer.final(id)).toMatchObject({ status: 'completed', attempt: 2 });
  expect(stack.services.crashes('runner')).toBe(1);
  const sessions = await stack.engine.rows<{ attempt: number }>({
    name: 'test.attemptsEnded',
    text: `SELECT attempt FROM run_events WHERE run_id = $1 AND from_state = 'running' ORDER BY seq`,
    values: [id],
  });
  expect(sessions).toEqual([{ attempt: 1 }, { attempt: 2 }]);
  expect(await violations(stack.engine, [id])).toEqual([]);
});
