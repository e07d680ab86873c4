import { loadConfig } from '@loupe/common/config';
import { createReleaseStack, type ReleaseStack } from '@loupe/common/lifecycle';
import { createLogger, createMetrics, exposeMetrics, type HealthProbes } from '@loupe/common/observability';
import { eventually, openRunStage, type RunStage, startTcpProxy, testRedis } from '@loupe/common/testing';
import { startSchedulerApp } from './app';
import { schedulerConfig } from './config';
import { scheduleStage } from './testing/schedules';

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

interface Started {
  health: HealthProbes;
  stack: ReleaseStack;
  /** Value of a metric with these labels, as Prometheus would read it; undefined where there is none. */
  metric: (sample: string) => Promise<number | undefined>;
}

function start(settings: Record<string, string> = {}): Started {
  const stack = createReleaseStack();
  opened.push(stack);
  const config = loadConfig(schedulerConfig, {
    DATABASE_URL: stage.database.url,
    DB_SSL_MODE: 'disable',
    ...settings,
  });
  const logger = createLogger({ service: 'scheduler', level: 'error', format: 'json' });
  const metrics = createMetrics('scheduler', { version: '0.0.0-test' });
  return {
    health: startSchedulerApp(config, { stack, logger, metrics }),
    stack,
    async metric(sample) {
      const { body } = await exposeMetrics(metrics);
      const line = body.split('\n').find((text) => text.startsWith(`${sample} `));
      return line === undefined ? undefined : Number(line.slice(sample.length));
    },
  };
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

it('publishes what autoscaling goes by: work that only lacks a slot, whatever BullMQ holds', async () => {
  await stage.database.asOwner('UPDATE runner_sessions SET closed_at = now()');
  for (let i = 0; i < 12; i += 1) await stage.queued();
  await stage.inState('dead', { sessionId: await stage.session({ pools: ['scheduled'] }) });
  const { metric } = start();
  // Two more wait than the organization may run at once.
  expect(await metric('loupe_pool_demand_slots{pool="interactive"}')).toBe(10);
  expect(await metric('loupe_pool_demand_slots{pool="scheduled"}')).toBe(0);
  expect(await metric('loupe_pool_runs{pool="interactive",state="queued"}')).toBe(12);
  expect(await metric('loupe_pool_runs{pool="interactive",state="running"}')).toBe(0);
  expect(await metric('loupe_pool_oldest_runnable_age_seconds{pool="interactive"}')).toBeGreaterThan(0);
  expect(await metric('loupe_runs_dead{pool="interactive"}')).toBe(1);
});

it('counts runs that a closed session left behind', async () => {
  const sessionId = await stage.session();
  const { runId } = await stage.running({ sessionId });
  await stage.database.asOwner('UPDATE runner_sessions SET closed_at = now() WHERE id = $1', [sessionId]);
  const { metric } = start();
  await eventually('the run is taken back', async () => (await stage.row(runId))['lost'] === 1);
  await eventually(
    'it is counted',
    async () => (await metric('loupe_run_lost_total{pool="interactive",reason="closed"}')) === 1,
  );
});

it('publishes no demand rather than a wrong one while the database is away', async () => {
  const database = await startTcpProxy(stage.database.url);
  const { metric } = start({ DATABASE_URL: database.lead(stage.database.url) });
  expect(await metric('loupe_pool_demand_slots{pool="interactive"}')).toBe(0);
  await database.cut();
  await eventually(
    'the gauge has no value',
    async () => (await metric('loupe_pool_demand_slots{pool="interactive"}')) === undefined,
  );
  await opened[0]?.releaseAll(10_000);
  await database.close();
});

it('forgets idempotency keys whose day is over, and no others', async () => {
  const { runId } = await stage.queued();
  await stage.database.asOwner(
    `INSERT INTO idempotency_keys (org_id, user_id, key, body_hash, run_id, expires_at)
     SELECT $1, $2, 'key ' || n, 'x', $3, now() + CASE WHEN n = 0 THEN interval '1 h' ELSE interval '-1 s' END
     FROM generate_series(0, 6000) n`,
    [stage.tenant.orgId, stage.tenant.userId, runId],
  );
  start();
  await eventually('they are gone', async () => {
    const rows = await stage.database.asOwner<{ key: string }>('SELECT key FROM idempotency_keys');
    return rows.length === 1 && rows[0]?.key === 'key 0';
  });
});

it('fires schedules that are due, admits their runs, and says how late it was', async () => {
  const id = await scheduleStage(stage).due({ seconds: 2 });
  const { metric } = start();
  await eventually('its run is admitted', async () => {
    const rows = await stage.database.asOwner<{ state: string }>(
      'SELECT state FROM runs WHERE schedule_id = $1',
      [id],
    );
    return rows[0]?.state === 'dispatched';
  });
  expect(await metric('loupe_schedule_fires_total{outcome="queued"}')).toBe(1);
  expect(await metric('loupe_schedule_lag_seconds_sum')).toBeGreaterThanOrEqual(2);
  expect(await metric('loupe_schedule_lag_seconds_count')).toBe(1);
});
