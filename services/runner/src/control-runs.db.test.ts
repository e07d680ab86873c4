import type { EndedControlRun } from '@loupe/common/commands';
import { createDatasourceRepository } from '@loupe/common/repositories';
import { createResultReader } from '@loupe/common/results';
import { eventually, type Tenant } from '@loupe/common/testing';
import { historyOf, runIn } from './testing/run-store';
import { heavyStatement, openRunnerBench, type RunnerBench, type StartedRunner } from './testing/test-runner';

// A whole runner in this process, without Redis: connection tests and schemas, which have slots and rules of their own.

let bench: RunnerBench;
let runner: StartedRunner;
beforeAll(async () => {
  bench = await openRunnerBench();
  runner = bench.start({ RUNNER_SLOTS: '1' });
  await eventually('the session is open', () => runner.health.startup());
});
afterAll(() => bench.close());

async function rowsOf({ resultId }: EndedControlRun, { orgId }: Tenant = bench.tenant): Promise<unknown[]> {
  const results = createResultReader(bench.app);
  const manifest = await results.manifest({ orgId }, resultId ?? '');
  if (manifest === undefined) throw new Error('there is no result');
  const pieces: string[] = [];
  for await (const piece of results.rows({ orgId }, manifest)) pieces.push(piece);
  return JSON.parse(`[${pieces.join('')}]`) as unknown[];
}

it('tests and describes a source while every slot is busy', async () => {
  const busy = await bench.run({ statement: heavyStatement });
  await runIn(bench.engine, busy, 'running');
  await bench.source.admin((client) => client.query('CREATE TABLE seen (n integer NOT NULL, word text)'));
  await bench.source.admin((client) => client.query('GRANT SELECT ON seen TO PUBLIC'));
  const [probe, schema] = await Promise.all([bench.check('probe'), bench.check('describe')]);
  expect(await rowsOf(probe)).toEqual([[expect.any(Number), expect.any(Array)]]);
  expect(await rowsOf(schema)).toEqual([
    [
      'public',
      'seen',
      [
        { name: 'n', data_type: 'integer', is_nullable: false },
        { name: 'word', data_type: 'text', is_nullable: true },
      ],
    ],
  ]);
  expect(await runIn(bench.engine, busy, 'running')).toMatchObject({ attempt: 1 });
});

it('keeps the answer for minutes, not for days', async () => {
  const { resultId } = await bench.check('probe');
  const { minutes } = await bench.engine.one<{ minutes: number }>({
    name: 'test.expiry',
    text: 'SELECT extract(epoch FROM expires_at - created_at)::float8 / 60 AS minutes FROM results WHERE id = $1',
    values: [resultId],
  });
  expect(minutes).toBeCloseTo(5, 1);
});

describe('a source that cannot be used', () => {
  it.each([
    ['refuses the connection', { port: 1 }, 'connect'],
    ['refuses the login', { user: 'nobody_here' }, 'permission'],
  ])('%s: fails at once, is not tried again, and closes nothing', async (_, settings, errorClass) => {
    const tenant = await bench.tenantOf(settings);
    for (let round = 0; round < 6; round += 1) {
      const run = await bench.check('probe', tenant);
      expect(run).toMatchObject({ state: 'failed', errorClass, resultId: null });
      expect(run.errorMessage).not.toMatch(/127\.0\.0\.1|nobody_here/);
      expect(await historyOf(bench.engine, run.id)).toEqual(['queued', 'dispatched', 'running', 'failed']);
    }
    const breakers = await bench.engine.rows({
      name: 'test.breakers',
      text: 'SELECT open_until FROM breakers WHERE datasource_id = $1',
      values: [tenant.datasourceId],
    });
    expect(breakers).toEqual([]);
  });

  it('was deleted: says so', async () => {
    const tenant = await bench.tenantOf();
    await createDatasourceRepository(bench.app).delete(tenant, tenant.datasourceId);
    expect(await bench.check('describe', tenant)).toMatchObject({
      state: 'failed',
      errorClass: 'configuration',
      errorMessage: 'The datasource was deleted',
    });
  });
});

it('teaches the fair queue nothing about what queries on the source cost', async () => {
  const tenant = await bench.tenantOf();
  const { id } = await bench.check('probe', tenant);
  await eventually('its charge is settled', async () => {
    await bench.run();
    const row = await bench.engine.one<{ charged: number | null }>({
      name: 'test.charge',
      text: 'SELECT charged_cost AS charged FROM runs WHERE id = $1',
      values: [id],
    });
    return row.charged === null;
  });
  const learnt = await bench.engine.rows({
    name: 'test.costs',
    text: 'SELECT subject_id FROM run_costs WHERE org_id = $1',
    values: [tenant.orgId],
  });
  expect(learnt).toEqual([]);
});

it('is brought to a runner by a hint where there is Redis, sooner than any poll', async () => {
  const hinted = await openRunnerBench({ hints: true });
  const { url, namespace } = hinted.redis;
  const withRedis = hinted.start({ REDIS_URL: url, REDIS_NAMESPACE: namespace });
  await eventually('the session is open', () => withRedis.health.startup());
  await hinted.check('probe');
  const began = performance.now();
  const run = await hinted.check('probe');
  // The poll takes what no hint has brought for 2 s.
  expect(performance.now() - began).toBeLessThan(1_500);
  expect(run).toMatchObject({ state: 'succeeded' });
  await hinted.close();
});
