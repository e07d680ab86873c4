import { eventually } from '@loupe/common/testing';
import { runIn } from './testing/run-store';
import { openRunnerBench, type RunnerBench } from './testing/test-runner';

// A whole runner in this process, without Redis: it finds its runs by looking for them.

let bench: RunnerBench;
beforeAll(async () => {
  bench = await openRunnerBench();
});
afterAll(() => bench.close());

it('takes the next run as soon as a slot is free, not when it is time to look again', async () => {
  const runner = bench.start({ RUNNER_SLOTS: '1' });
  await eventually('the session is open', () => runner.health.startup());
  const ids = await Promise.all(Array.from({ length: 20 }, () => bench.run()));
  const began = performance.now();
  for (const id of ids) expect(await runIn(bench.engine, id, 'succeeded')).toMatchObject({ attempt: 1 });
  // By looking four times a second alone it would take five.
  expect(performance.now() - began).toBeLessThan(3_000);
});
