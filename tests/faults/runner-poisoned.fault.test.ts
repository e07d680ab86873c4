import { createCustomer } from './customer';
import { type FaultStack, startFaultStack } from './fault-stack';
import { violations } from './invariants';

let stack: FaultStack;
beforeAll(async () => {
  stack = await startFaultStack({
    topology: { api: 1, scheduler: 1, runner: 1 },
    settings: {
      // Limits beyond what the processes can hold, so that a statement can bring one down.
      NODE_OPTIONS: '--max-old-space-size=128',
      RUNNER_QUARANTINE_MEMORY_MB: '64',
      MAX_RESULT_BYTES: String(1024 * 1024 * 1024),
      MAX_RESULT_CELL_BYTES: String(64 * 1024 * 1024),
    },
  });
});
afterAll(() => stack.close());

/** One row of 180 MB. */
const poison = `SELECT ${Array.from({ length: 3 }, () => `repeat('x', 60000000)`).join(', ')}`;

interface Fate {
  id: string;
  state: string;
  pool: string;
  attempt: number;
  lost: number;
  failures: number;
}

it('lets a run that kills its runner take others along once, and gives it up for its own third loss', async () => {
  const customer = await createCustomer(stack.apis, stack.source.settings);
  const good = async (count: number): Promise<string[]> =>
    Promise.all(
      Array.from({ length: count }, (_, n) =>
        customer.start(`SELECT count(*) + ${n} FROM generate_series(1, 500000) a`),
      ),
    );
  const runner = stack.member('runner');
  const restarted = runner.gone().then(() => runner.start());
  const before = await good(20);
  const poisoned = await customer.start(poison);
  const all = [...before, ...(await good(30))];

  expect(await customer.final(poisoned, 90_000)).toMatchObject({ status: 'failed', attempt: 3 });
  for (const id of all) expect(await customer.final(id)).toMatchObject({ status: 'completed' });

  const fates = await stack.engine.rows<Fate>({
    name: 'test.fates',
    text: 'SELECT id, state, pool, attempt, lost, failures FROM runs WHERE id = ANY ($1)',
    values: [[poisoned, ...all]],
  });
  const fateOf = (id: string): Fate | undefined => fates.find((fate) => fate.id === id);
  expect(fateOf(poisoned)).toMatchObject({ state: 'dead', pool: 'quarantine', lost: 3, failures: 0 });
  expect(Math.max(...all.map((id) => fateOf(id)?.lost ?? Infinity))).toBeLessThanOrEqual(1);
  // Once: whoever restarts it does so only after its first end.
  await restarted;
  expect(runner.isUp()).toBe(true);
  expect(await stack.source.running()).toEqual([]);
  expect(await violations(stack.engine, { acknowledged: [poisoned, ...all] })).toEqual([]);
});
