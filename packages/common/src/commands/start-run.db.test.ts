import { newId } from '../crypto';
import type { Queryable } from '../db';
import type { Run } from '../models';
import { createRunRepository } from '../repositories';
import { createRun, createTenant, eventually, openRunStage, type RunStage, type Tenant } from '../testing';
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

it('makes nothing for a datasource that is not there', async () => {
  const before = await count();
  await expect(start({ datasourceId: newId() })).rejects.toMatchObject({ kind: 'not_found' });
  expect(await count()).toBe(before);
});

describe('when the datasource is deleted in the same moment', () => {
  const remove = (tx: Queryable, { orgId, datasourceId }: Tenant) =>
    tx.execute({
      name: 'test.deleteDatasource',
      text: 'UPDATE datasources SET deleted_at = now() WHERE org_id = $1 AND id = $2',
      values: [orgId, datasourceId],
    });
  const isWaiting = (query: string) =>
    eventually('the second statement waits for the first transaction', async () => {
      const waiting = await stage.database.asOwner(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1`,
        [query],
      );
      return waiting.length > 0;
    });

  it('a delete that came first leaves nothing behind', async () => {
    const tenant = await createTenant(stage.app);
    let starting: Promise<Run> | undefined;
    await stage.app.transaction(async (tx) => {
      await remove(tx, tenant);
      starting = start({ actor: tenant, datasourceId: tenant.datasourceId });
      starting.catch(() => undefined);
      await isWaiting('%INSERT INTO runs%');
    });
    await expect(starting).rejects.toMatchObject({ kind: 'not_found' });
  });

  it('a delete that comes second sees the run, and cancels it', async () => {
    const tenant = await createTenant(stage.app);
    let removing: Promise<unknown> | undefined;
    const run = await stage.app.transaction(async (tx) => {
      const made = await createRun(tx, tenant);
      removing = stage.app.transaction(async (second) => {
        await remove(second, tenant);
        const request = { datasourceId: tenant.datasourceId, userId: tenant.userId };
        await createRunRepository(second).cancelOfDatasource(tenant, request);
      });
      await isWaiting('UPDATE datasources%');
      return made;
    });
    await removing;
    expect(await stage.row(run.id)).toMatchObject({ state: 'cancelled' });
  });
});
