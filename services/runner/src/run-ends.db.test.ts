import { openRunChannelSubscriber, runEndChannel, type RunChannelSubscriber } from '@loupe/common/events';
import { eventually } from '@loupe/common/testing';
import { runIn } from './testing/run-store';
import { openRunnerBench, type RunnerBench } from './testing/test-runner';

let bench: RunnerBench;
let listener: RunChannelSubscriber;
const told: string[] = [];
beforeAll(async () => {
  bench = await openRunnerBench({ hints: true });
  const { url, namespace } = bench.redis;
  const channel = runEndChannel(namespace);
  listener = openRunChannelSubscriber({ url, namespace, channel, onRun: (runId) => told.push(runId) });
  await eventually('somebody listens', () => listener.ready());
  const runner = bench.start({ REDIS_URL: url, REDIS_NAMESPACE: namespace });
  await eventually('the session is open', () => runner.health.startup());
});
afterAll(async () => {
  await listener.close();
  await bench.close();
});

it('a runner tells of each run that has ended for good, once, and not of one that is tried again', async () => {
  const good = await bench.run({ statement: 'SELECT 1' });
  const bad = await bench.run({ statement: 'SELECT nothing' });
  const unreachable = await bench.run({ tenant: await bench.tenantOf({ port: 1 }) });
  await runIn(bench.engine, good, 'succeeded');
  await runIn(bench.engine, bad, 'failed');
  await runIn(bench.engine, unreachable, 'retry_wait');
  await eventually('both ends are told', () => told.length >= 2);
  expect([...told].sort()).toEqual([good, bad].sort());
});
