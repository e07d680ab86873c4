import { cancelRun } from '@loupe/common/commands';
import { openCancelPublisher } from '@loupe/common/events';
import { createRunRepository } from '@loupe/common/repositories';
import { createReapingRepository } from '@loupe/common/repositories/engine';
import { eventually, startTcpProxy } from '@loupe/common/testing';
import { historyOf, readRun, runIn } from './testing/run-store';
import { heavyStatement, openRunnerBench, type RunnerBench, type StartedRunner } from './testing/test-runner';

// A whole runner in this process: how it is stopped, and how it stops what it executes.

let bench: RunnerBench;
beforeAll(async () => {
  bench = await openRunnerBench({ hints: true });
});
afterAll(() => bench.close());

const withRedis = () => ({ REDIS_URL: bench.redis.url, REDIS_NAMESPACE: bench.redis.namespace });

async function started(settings?: Record<string, string>): Promise<StartedRunner> {
  const runner = bench.start(settings);
  await eventually('the session is open', () => runner.health.startup());
  return runner;
}

const inSource = (count: number) =>
  eventually(
    `${count} statements run in the source`,
    async () => (await bench.source.running()).length === count,
  );

async function openSessions(): Promise<{ id: string; draining: boolean }[]> {
  return bench.engine.rows({
    name: 'test.sessions',
    text: 'SELECT id, draining FROM runner_sessions WHERE closed_at IS NULL',
  });
}

it('is told over Redis what to cancel, and has stopped it within 250 ms', async () => {
  const runner = await started(withRedis());
  const cancellations = openCancelPublisher(bench.redis);
  const { app, engine, tenant } = bench;
  const times: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const id = await bench.run({ statement: heavyStatement });
    await inSource(1);
    const began = performance.now();
    const runs = createRunRepository(app);
    await cancelRun({ runs, cancellations }, tenant, { id, userId: tenant.userId });
    expect(await runIn(engine, id, 'cancelled')).toMatchObject({ result_id: null });
    times.push(performance.now() - began);
    expect(await bench.source.running()).toEqual([]);
  }
  // The median: flags are read each second as well, and the machine may be busy once.
  expect(times.sort((a, b) => a - b)[1]).toBeLessThan(250);
  await cancellations.close();
  expect(await runner.stop()).toEqual({ failed: [], unreleased: [] });
});

it('lets a short run finish, hands a long one back, and lets go of its session', async () => {
  await bench.source.admin((client) => client.query('CREATE TABLE busy AS SELECT 1 AS n'));
  await bench.source.admin((client) => client.query('GRANT SELECT ON busy TO PUBLIC'));
  const runner = await started(withRedis());
  await bench.source.admin(async (client) => {
    await client.query('BEGIN; LOCK TABLE busy');
    const [short, long] = [
      await bench.run({ statement: 'SELECT n FROM busy' }),
      await bench.run({ statement: heavyStatement }),
    ];
    await inSource(2);
    const stopped = runner.stop();
    await eventually('it drains', async () => (await openSessions())[0]?.draining);
    await client.query('COMMIT');
    expect(await stopped).toEqual({ failed: [], unreleased: [] });
    expect(await readRun(bench.engine, short)).toMatchObject({
      state: 'succeeded',
      row_count: 1,
      preempts: 0,
    });
    expect(await readRun(bench.engine, long)).toMatchObject({
      state: 'queued',
      preempts: 1,
      failures: 0,
      lost: 0,
    });
    expect(await bench.source.running()).toEqual([]);
    expect(await openSessions()).toEqual([]);

    // The next runner takes it, as a second attempt.
    const next = await started(withRedis());
    expect(await runIn(bench.engine, long, 'running')).toMatchObject({ attempt: 2 });
    await createRunRepository(bench.app).requestCancel(bench.tenant, {
      id: long,
      userId: bench.tenant.userId,
    });
    await runIn(bench.engine, long, 'cancelled');
    await next.stop();
  });
});

it('stops what it executes when its session was closed, writes nothing, and goes on with a new one', async () => {
  const runner = await started();
  const id = await bench.run({ statement: heavyStatement });
  await inSource(1);
  const before = await readRun(bench.engine, id);
  await bench.engine.execute({
    name: 'test.closeSessions',
    text: 'UPDATE runner_sessions SET closed_at = now(), draining = true WHERE closed_at IS NULL',
  });
  await inSource(0);
  await eventually('a new session is open', async () => (await openSessions()).length === 1);
  await eventually('the attempt has ended', () => runner.log().includes('"end":"not_ours"'));
  expect(await readRun(bench.engine, id)).toEqual(before);

  await createReapingRepository(bench.engine).reclaimLost({ interactive: 600, scheduled: 600 });
  expect(await readRun(bench.engine, id)).toMatchObject({ state: 'retry_wait', lost: 1, failures: 0 });
  await createRunRepository(bench.app).requestCancel(bench.tenant, { id, userId: bench.tenant.userId });
  expect(await historyOf(bench.engine, id)).toEqual([
    'queued',
    'dispatched',
    'running',
    'retry_wait',
    'cancelled',
  ]);
  await runner.stop();
});

it('stops in its time although the source hangs', async () => {
  const { host, port } = bench.source.settings;
  const proxy = await startTcpProxy(`postgres://${host}:${port}`);
  const tenant = await bench.tenantOf({ host: '127.0.0.1', port: proxy.port });
  const runner = await started({ ...withRedis(), SHUTDOWN_GRACE_SECONDS: '3' });
  const id = await bench.run({ tenant, statement: heavyStatement });
  await inSource(1);
  proxy.freeze();
  const began = performance.now();
  expect((await runner.stop()).unreleased).toEqual([]);
  expect(performance.now() - began).toBeLessThan(4_000);
  // Whoever reaps sees a closed session, and need not wait for the lease.
  expect(await openSessions()).toEqual([]);
  await createReapingRepository(bench.engine).reclaimLost({ interactive: 600, scheduled: 600 });
  await runIn(bench.engine, id, 'retry_wait');
  await proxy.close();
  await inSource(0);
});

it('stops in its time although Redis hangs', async () => {
  const proxy = await startTcpProxy(bench.redis.url);
  const runner = await started({
    ...withRedis(),
    REDIS_URL: proxy.lead(bench.redis.url),
    SHUTDOWN_GRACE_SECONDS: '3',
  });
  const first = await bench.run();
  await runIn(bench.engine, first, 'succeeded');
  proxy.freeze();
  const began = performance.now();
  expect((await runner.stop()).unreleased).toEqual([]);
  expect(performance.now() - began).toBeLessThan(4_000);
  expect(await openSessions()).toEqual([]);
  await proxy.close();
});

it('stops in its time although the database hangs', async () => {
  const proxy = await startTcpProxy(bench.database.url);
  const runner = await started({
    DATABASE_URL: proxy.lead(bench.database.url),
    SHUTDOWN_GRACE_SECONDS: '3',
  });
  const id = await bench.run({ statement: heavyStatement });
  await inSource(1);
  proxy.freeze();
  const began = performance.now();
  const stopped = runner.stop();
  await inSource(0);
  await stopped;
  expect(performance.now() - began).toBeLessThan(4_000);
  expect((await readRun(bench.engine, id)).state).toBe('running');
  // The process would be gone by now; here its last statements still wait for an answer.
  await proxy.close();
  await eventually('the attempt has given up', () => runner.log().includes('could not be written'));
});
