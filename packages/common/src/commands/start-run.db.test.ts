import type { Run } from '../models';
import { createRunRepository } from '../repositories';
import { openRunStage, type RunStage } from '../testing';
import { startRun, type StartRun } from './start-run';

let stage: RunStage;
beforeAll(async () => {
  stage = await openRunStage();
});
afterAll(() => stage.close());

const request = (choices: Partial<StartRun> = {}): StartRun => ({
  ...{ actor: stage.tenant, origin: 'api', datasourceId: stage.tenant.datasourceId, query: null },
  ...{ sql: 'SELECT 1', definitions: [], values: {} },
  ...{ timeoutSeconds: 30, maxRows: 100, queueDeadlineSeconds: 600, maxQueuedPerOrg: 1_000 },
  ...choices,
});

const start = (choices: Partial<StartRun>, dispatch: () => void = () => undefined): Promise<Run> =>
  startRun({ runs: createRunRepository(stage.app), dispatcher: { dispatch } }, request(choices));

const count = async (): Promise<number> => (await stage.database.asOwner('SELECT FROM runs')).length;

it('makes a queued run, with its values bound and apart from the statement', async () => {
  const run = await start({
    sql: `SELECT * FROM t WHERE a = $a AND b = $b`,
    definitions: [
      { name: 'a', type: 'number', required: true, default: null },
      { name: 'b', type: 'string', required: false, default: "x'; DROP TABLE t" },
    ],
    values: { a: 7 },
    ...{ timeoutSeconds: 12, maxRows: 34 },
  });
  expect(run).toMatchObject({
    state: 'queued',
    orgId: stage.tenant.orgId,
    queryId: null,
    pool: 'interactive',
  });
  const row = await stage.row(run.id);
  expect(row).toMatchObject({ timeout_seconds: 12, max_rows: 34, kind: 'query', epoch: 0, attempt: 0 });
  expect(row['statement']).not.toContain('DROP');
  expect(row['bound_values']).toEqual(['7', "x'; DROP TABLE t"]);
});

it('has committed the run when it asks for its dispatch, once', async () => {
  const seen: Promise<number>[] = [];
  const before = await count();
  await start({}, () => seen.push(count()));
  expect(await Promise.all(seen)).toEqual([before + 1]);
});

it('makes nothing when a parameter cannot be bound', async () => {
  const before = await count();
  let dispatches = 0;
  const definitions = [{ name: 'a', type: 'number', required: true, default: null }] as const;
  await expect(
    start({ sql: 'SELECT $a', definitions, values: { a: 'not a number' } }, () => (dispatches += 1)),
  ).rejects.toMatchObject({ kind: 'invalid' });
  expect([await count(), dispatches]).toEqual([before, 0]);
});

it('makes nothing for a datasource of another organization', async () => {
  const before = await count();
  await expect(start({ datasourceId: '00000000-0000-7000-8000-000000000000' })).rejects.toMatchObject({
    kind: 'database',
  });
  expect(await count()).toBe(before);
});
