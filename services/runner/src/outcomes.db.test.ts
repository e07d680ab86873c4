import { createDatasourceRepository, createRunRepository } from '@loupe/common/repositories';
import { createRun, eventually } from '@loupe/common/testing';
import { historyOf, readRun, runIn } from './testing/run-store';
import { heavyStatement, openRunnerBench, type RunnerBench, type StartedRunner } from './testing/test-runner';

// A whole runner in this process, without Redis, against a source with a login of its own: how runs end by themselves.

let bench: RunnerBench;
let runner: StartedRunner;
beforeAll(async () => {
  bench = await openRunnerBench();
  runner = bench.start({
    MAX_RESULT_BYTES: '1000000',
    MAX_RESULT_CELL_BYTES: '1000',
    MAX_RESULT_COLUMNS: '3',
  });
  await eventually('the session is open', () => runner.health.startup());
});
afterAll(() => bench.close());

const final = (id: string) =>
  runIn(bench.engine, id, 'succeeded', 'failed', 'cancelled', 'timed_out', 'dead');

it('is ready and alive', async () => {
  expect(await runner.health.live()).toBe(true);
  expect(await runner.health.ready()).toEqual({
    database: { status: 'healthy', latency_ms: expect.any(Number) },
    session: { status: 'healthy' },
  });
});

describe('a run', () => {
  it('ends with its rows', async () => {
    const id = await bench.run({
      statement: `SELECT n, $1::text AS word FROM generate_series(1, 3) n ORDER BY n`,
      boundValues: ['x'],
    });
    expect(await final(id)).toMatchObject({
      state: 'succeeded',
      attempt: 1,
      row_count: 3,
      error_message: null,
    });
    expect(await historyOf(bench.engine, id)).toEqual(['queued', 'dispatched', 'running', 'succeeded']);
  });

  it('ends with no rows, where there are none', async () => {
    expect(await final(await bench.run({ statement: 'SELECT 1 WHERE false' }))).toMatchObject({
      state: 'succeeded',
      row_count: 0,
    });
  });

  it('stores a large result in chunks, all of them its own attempt’s', async () => {
    const id = await bench.run({ statement: `SELECT repeat('x', 900) FROM generate_series(1, 1000)` });
    expect(await final(id)).toMatchObject({ state: 'succeeded', row_count: 1_000 });
    const { chunks } = await bench.engine.one<{ chunks: number }>({
      name: 'test.chunks',
      text: `SELECT count(*)::int AS chunks FROM result_chunks c JOIN results r USING (run_id, attempt)
             WHERE run_id = $1 AND seq < chunk_count`,
      values: [id],
    });
    expect(chunks).toBeGreaterThan(2);
  });

  it('cuts rows beyond its limit', async () => {
    const id = await bench.run({ statement: 'SELECT generate_series(1, 50)', maxRows: 7 });
    expect(await final(id)).toMatchObject({ state: 'succeeded', row_count: 7 });
  });

  it('fails with the database’s own words and the place of the mistake', async () => {
    const run = await final(await bench.run({ statement: 'SELECT nothing FROM generate_series(1, 2)' }));
    expect(run).toMatchObject({ state: 'failed', attempt: 1, error_class: 'user', error_code: '42703' });
    expect(run.error_message).toContain('column "nothing" does not exist');
    expect(run.error_message).toMatch(/\b8\b/);
  });

  it('fails when it tries to write, and writes nothing', async () => {
    await bench.source.admin((client) => client.query('CREATE TABLE kept AS SELECT 1 AS n'));
    await bench.source.admin((client) => client.query('GRANT ALL ON kept TO PUBLIC'));
    const run = await final(await bench.run({ statement: 'DELETE FROM kept' }));
    expect(run).toMatchObject({ state: 'failed', attempt: 1 });
    const { rows } = await bench.source.admin((client) => client.query('SELECT * FROM kept'));
    expect(rows).toHaveLength(1);
  });

  it('times out, and leaves nothing running in its source', async () => {
    const run = await final(await bench.run({ statement: heavyStatement, timeoutSeconds: 1 }));
    expect(run).toMatchObject({
      state: 'timed_out',
      attempt: 1,
      error_message: 'The query ran longer than its limit of 1 s',
    });
    expect(await bench.source.running()).toEqual([]);
  });

  it.each([
    ['value', `SELECT repeat('x', 1001)`],
    ['row count', `SELECT repeat('x', 900) FROM generate_series(1, 2000)`],
    ['column count', 'SELECT 1, 2, 3, 4'],
  ])('fails when its result is too large by its %s, and leaves no chunk behind', async (_, statement) => {
    const id = await bench.run({ statement });
    expect(await final(id)).toMatchObject({
      state: 'failed',
      attempt: 1,
      error_class: 'too_large',
      result_id: null,
    });
    await eventually('its chunks are gone', async () => {
      const rows = await bench.engine.rows({
        name: 'test.chunksOfRun',
        text: 'SELECT seq FROM result_chunks WHERE run_id = $1',
        values: [id],
      });
      return rows.length === 0;
    });
  });

  it('stops and is cancelled when its flag is set, by the flag alone', async () => {
    const id = await bench.run({ statement: heavyStatement });
    await eventually('the statement runs', async () => (await bench.source.running()).length === 1);
    const began = performance.now();
    const { tenant } = bench;
    await createRunRepository(bench.app).requestCancel(tenant, { id, userId: tenant.userId });
    await eventually('the statement is gone', async () => (await bench.source.running()).length === 0);
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(await final(id)).toMatchObject({ state: 'cancelled', result_id: null });
  });
});

describe('a run whose datasource cannot be used', () => {
  it('fails when it was deleted', async () => {
    const tenant = await bench.tenantOf();
    // A run that is queued is cancelled by the delete; this one slips through, as one that is being claimed does.
    const { id } = await bench.app.transaction(async (tx) => {
      const made = await createRun(tx, tenant);
      expect(await createDatasourceRepository(tx).delete(tenant, tenant.datasourceId)).toBe(true);
      return made;
    });
    await bench.run();
    expect(await final(id)).toMatchObject({
      state: 'failed',
      error_class: 'configuration',
      error_message: 'The datasource was deleted',
    });
  });

  it('fails when the source refuses the login, without a second try', async () => {
    const tenant = await bench.tenantOf({ user: 'nobody_here' });
    expect(await final(await bench.run({ tenant }))).toMatchObject({
      state: 'failed',
      attempt: 1,
      error_class: 'permission',
    });
  });

  it('is tried again when the source cannot be reached, and given up in the time a person waits', async () => {
    const tenant = await bench.tenantOf({ port: 1 });
    const id = await bench.run({ tenant });
    expect(await runIn(bench.engine, id, 'retry_wait')).toMatchObject({
      error_class: 'connect',
      failures: 1,
    });
  });

  it('ends when its secret opens in another place only, and tells nobody why', async () => {
    const other = await bench.tenantOf();
    const tenant = await bench.tenantOf({}, other.datasourceId);
    const run = await runIn(bench.engine, await bench.run({ tenant }), 'retry_wait');
    expect(run).toMatchObject({ error_class: 'unknown', error_message: 'An internal error ended the run' });
    await bench.engine.execute({
      name: 'test.retryNow',
      text: `UPDATE runs SET state = 'queued' WHERE state = 'retry_wait' AND org_id = $1`,
      values: [tenant.orgId],
    });
    const [{ id }] = (await bench.engine.rows<{ id: string }>({
      name: 'test.runOf',
      text: 'SELECT id FROM runs WHERE org_id = $1',
      values: [tenant.orgId],
    })) as [{ id: string }];
    await bench.run();
    expect(await final(id)).toMatchObject({ state: 'dead', attempt: 2, failures: 2 });
    expect(runner.log()).not.toContain('sealed');
  });
});

it('is tried again, and then given up, when the database refuses the end that it came to', async () => {
  await bench.database.asOwner(`
    CREATE FUNCTION refuse_result() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.row_count = 4711 THEN RAISE EXCEPTION 'refused'; END IF; RETURN NEW; END $$`);
  await bench.database.asOwner(
    'CREATE TRIGGER refuse_result BEFORE INSERT ON results FOR EACH ROW EXECUTE FUNCTION refuse_result()',
  );
  const id = await bench.run({ statement: 'SELECT generate_series(1, 4711)' });
  expect(await runIn(bench.engine, id, 'retry_wait')).toMatchObject({
    error_class: 'unknown',
    error_message: 'An internal error ended the run',
  });
});

it('says of an attempt how it ended, and nothing of what it held', async () => {
  const secret = 'c4n4ry';
  const ids = [
    await bench.run({ statement: `SELECT '${secret}' AS ${secret}` }),
    await bench.run({ statement: `SELECT ${secret}` }),
  ];
  for (const id of ids) {
    await final(id);
    await eventually('the end is logged', () => runner.log().includes(`"run_id":"${id}"`));
  }
  expect(runner.log()).toContain('"end":"succeeded"');
  expect(runner.log()).not.toContain(secret);
  expect(runner.log()).not.toContain(bench.source.settings.password);
  expect(await readRun(bench.engine, ids[0] ?? '')).toMatchObject({ state: 'succeeded' });
});
