import { loadConfig } from '@loupe/common/config';
import { createReleaseStack, type ReleaseStack } from '@loupe/common/lifecycle';
import { createLogger, createMetrics, type HealthProbes } from '@loupe/common/observability';
import { eventually, openRunStage, type RunStage, startTcpProxy, testRedis } from '@loupe/common/testing';
import { startSchedulerApp } from './app';
import { schedulerConfig } from './config';

// A whole scheduler in this process.

let stage: RunStage;
let opened: ReleaseStack[];
beforeEach(async () => {
  stage = await openRunStage();
  opened = [];
});
afterEach(async () => {
  for (const stack of opened) await stack.releaseAll(10_000);
  await stage.close();
});

function start(settings: Record<string, string> = {}): { health: HealthProbes; stack: ReleaseStack } {
  const stack = createReleaseStack();
  opened.push(stack);
  const config = loadConfig(schedulerConfig, {
    DATABASE_URL: stage.database.url,
    DB_SSL_MODE: 'disable',
    ...settings,
  });
  const logger = createLogger({ service: 'scheduler', level: 'error', format: 'json' });
  const metrics = createMetrics('scheduler', { version: '0.0.0-test' });
  return { health: startSchedulerApp(config, { stack, logger, metrics }), stack };
}

const stateIs = (id: string, wanted: string) =>
  eventually(`run ${id} is ${wanted}`, async () => {
    const [run] = await stage.database.asOwner<{ state: string }>('SELECT state FROM runs WHERE id = $1', [
      id,
    ]);
    return run?.state === wanted;
  });

it('admits what waits, and times out what waits for too long, without anybody asking', async () => {
  const waiting = await stage.queued();
  const tooLate = await stage.queued();
  await stage.database.asOwner(`UPDATE runs SET queue_deadline_at = now() - interval '1 s' WHERE id = $1`, [
    tooLate.runId,
  ]);
  const { stack } = start();
  await stateIs(waiting.runId, 'dispatched');
  await stateIs(tooLate.runId, 'timed_out');
  expect(await stack.releaseAll(10_000)).toEqual({ failed: [], unreleased: [] });
});

it('does the same beside another one, and each run is admitted once', async () => {
  start();
  start({ REDIS_URL: testRedis().url, REDIS_NAMESPACE: testRedis().namespace });
  const waiting = await Promise.all(Array.from({ length: 10 }, () => stage.queued()));
  for (const { runId } of waiting) await stateIs(runId, 'dispatched');
  const rows = await stage.database.asOwner<{ epoch: number }>('SELECT DISTINCT epoch FROM runs');
  expect(rows).toEqual([{ epoch: 1 }]);
});

it('is alive while the database is away, not ready, and goes on when it is back', async () => {
  const database = await startTcpProxy(stage.database.url);
  const { health } = start({ DATABASE_URL: database.lead(stage.database.url) });
  const readiness = async () => (await health.ready()).database?.status;
  await eventually('it is ready', async () => (await readiness()) === 'healthy');
  await database.cut();
  expect(await readiness()).toBe('unhealthy');
  expect(await health.live()).toBe(true);
  const { runId } = await stage.queued();
  await database.restore();
  await stateIs(runId, 'dispatched');
  expect(await readiness()).toBe('healthy');
  await opened[0]?.releaseAll(10_000);
  await database.close();
});
