import { newId } from '@loupe/common/crypto';
import { eventually } from '@loupe/common/testing';
import { createCustomer } from './customer';
import { type FaultStack, startFaultStack } from './fault-stack';
import { violations } from './invariants';
import { waits } from './waits';

let stack: FaultStack;
beforeAll(async () => {
  stack = await startFaultStack();
});
afterAll(() => stack.close());

it('executes what it has acknowledged when the API is killed at once', async () => {
  const customer = await createCustomer(stack.api, stack.source);
  const ids: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    ids.push(await customer.start('SELECT 1'));
    await stack.services.kill('api');
    await stack.services.ready('api');
  }
  for (const id of ids) expect(await customer.final(id)).toMatchObject({ status: 'completed', attempt: 1 });
  expect((await waits(stack.engine, ids)).p99).toBeLessThan(5);
  expect(await violations(stack.engine, ids)).toEqual([]);
});

it('executes what was committed and never dispatched, without anybody asking', async () => {
  const customer = await createCustomer(stack.api, stack.source);
  const pattern = await customer.start('SELECT 1');
  await customer.final(pattern);
  // Killed between the commit and everything after it: nobody was told of this run.
  const id = await copyOf(pattern);
  await eventually('it has completed', async () => (await customer.run(id)).status === 'completed', 5_000);
  expect(await violations(stack.engine, [pattern, id])).toEqual([]);
});

/** The same run once more, as an API leaves it that dies right after the commit. */
async function copyOf(pattern: string): Promise<string> {
  const id = newId();
  await stack.engine.execute({
    name: 'test.copy',
    text: `INSERT INTO runs (id, org_id, kind, datasource_id, created_by, statement, bound_values, max_rows,
             timeout_seconds, origin, pool, queue_deadline_at)
           SELECT $1, org_id, kind, datasource_id, created_by, statement, bound_values, max_rows, timeout_seconds,
             origin, pool, now() + interval '10 min' FROM runs WHERE id = $2`,
    values: [id, pattern],
  });
  return id;
}
