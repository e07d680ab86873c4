import { newId } from '../crypto';
import type { NewRun, Run, RunState, RunStatus } from '../models';
import { createTenant, openRunStage, type RunStage, type Tenant } from '../testing';
import { createRunRepository, type RunListRequest, type RunRepository } from './runs';

let stage: RunStage;
let runs: RunRepository;
beforeAll(async () => {
  stage = await openRunStage();
  runs = createRunRepository(stage.app);
});
afterAll(() => stage.close());

const page = (choices: Partial<RunListRequest> = {}): RunListRequest => ({
  ...{ limit: 100, offset: 0, sort: [{ field: 'created_at', descending: true }] },
  ...choices,
});

async function savedQuery(tenant: Tenant): Promise<string> {
  const id = newId();
  await stage.app.execute({
    name: 'test.query',
    text: `INSERT INTO queries (id, org_id, datasource_id, name, sql, timeout_seconds, max_rows, created_by)
           VALUES ($1, $2, $3, 'a query', 'SELECT 1', 30, 100, $4)`,
    values: [id, tenant.orgId, tenant.datasourceId, tenant.userId],
  });
  await stage.app.execute({
    name: 'test.queryVersion',
    text: `INSERT INTO query_versions (org_id, query_id, version, datasource_id, name, sql, parameters, timeout_seconds,
             max_rows, tags, created_by)
           VALUES ($1, $2, 1, $3, 'a query', 'SELECT 1', '[]', 30, 100, '{}', $4)`,
    values: [tenant.orgId, id, tenant.datasourceId, tenant.userId],
  });
  return id;
}

async function insert(tenant: Tenant, choices: Partial<NewRun>): Promise<Run> {
  const run = await runs.insert(tenant, {
    ...{ kind: 'query', datasourceId: tenant.datasourceId, queryId: null, queryVersion: null },
    ...{ createdBy: tenant.userId, statement: 'SELECT 1', boundValues: [], maxRows: 1, timeoutSeconds: 1 },
    ...{ origin: 'api', queueDeadlineSeconds: 600, maxQueuedPerOrg: 1_000 },
    ...choices,
  });
  if (typeof run === 'string') throw new Error(`the run was not inserted: ${run}`);
  return run;
}

const insertFor = (tenant: Tenant, queryId: string): Promise<Run> =>
  insert(tenant, { queryId, queryVersion: 1 });

describe('a new run', () => {
  it('is queued, never executed, and waits until its deadline at most', async () => {
    const { runId } = await stage.queued({ queueDeadlineSeconds: 77 });
    expect(await runs.find(stage.tenant, runId)).toEqual({
      ...{ id: runId, orgId: stage.tenant.orgId, kind: 'query', datasourceId: stage.tenant.datasourceId },
      ...{
        queryId: null,
        createdBy: stage.tenant.userId,
        origin: 'api',
        pool: 'interactive',
        state: 'queued',
      },
      ...{ createdAt: expect.any(Date), startedAt: null, finishedAt: null, attempt: 0, sessionId: null },
      ...{ errorClass: null, errorMessage: null, failures: 0, lost: 0 },
      ...{ cancelRequestedAt: null, resultId: null, replayOf: null, scheduleId: null },
    });
    const { queue_deadline_at, created_at } = (await stage.row(runId)) as Record<string, Date>;
    expect(queue_deadline_at!.getTime() - created_at!.getTime()).toBe(77_000);
  });

  it.each([
    ['api', 'interactive'],
    ['schedule', 'scheduled'],
    ['trigger', 'scheduled'],
    ['replay', 'scheduled'],
  ] as const)('of origin %s waits in the pool %s', async (origin, pool) => {
    const { runId } = await stage.queued({ origin });
    expect(await runs.find(stage.tenant, runId)).toMatchObject({ origin, pool });
  });

  it('keeps its values apart from NULL, and its text as it is', async () => {
    const statement = `SELECT $1, '?', '{"a":1}'::jsonb ? 'a' -- ü \u{1F600}`;
    const { runId } = await stage.queued({ statement, boundValues: [null, '', 'null', '\\'] });
    expect(await stage.row(runId)).toMatchObject({ statement, bound_values: [null, '', 'null', '\\'] });
  });
});

it('finds no run of another organization, and none of another kind', async () => {
  const stranger = await createTenant(stage.app);
  const { runId } = await stage.queued();
  expect(await runs.find(stranger, runId)).toBeUndefined();
  const probe = await insert(stage.tenant, { kind: 'probe' });
  expect(await runs.find(stage.tenant, probe.id)).toBeUndefined();
  expect(
    await runs.requestCancel(stage.tenant, { id: probe.id, userId: stage.tenant.userId }),
  ).toBeUndefined();
  expect((await runs.list(stage.tenant, page())).items.map(({ id }) => id)).not.toContain(probe.id);
});

describe('the list', () => {
  it('is filtered by status, which may stand for several states', async () => {
    const tenant = await createTenant(stage.app);
    const states: RunState[] = [
      ...(['queued', 'dispatched', 'running', 'retry_wait'] as const),
      ...(['succeeded', 'failed', 'cancelled', 'timed_out', 'dead'] as const),
    ];
    for (const state of states) await stage.inState(state, { tenant });
    const found = async (status: RunStatus): Promise<RunState[]> =>
      (await runs.list(tenant, page({ status }))).items.map(({ state }) => state).sort();
    expect(await found('queued')).toEqual(['dispatched', 'queued', 'retry_wait']);
    expect(await found('running')).toEqual(['running']);
    expect(await found('completed')).toEqual(['succeeded']);
    expect(await found('failed')).toEqual(['dead', 'failed']);
    expect(await found('cancelled')).toEqual(['cancelled']);
    expect(await found('timeout')).toEqual(['timed_out']);
    expect(await runs.list(tenant, page({ limit: 2 }))).toMatchObject({ total: 9 });
  });

  it('is filtered by query and by time of creation, both ends included', async () => {
    const tenant = await createTenant(stage.app);
    const queryId = await savedQuery(tenant);
    const first = await insertFor(tenant, queryId);
    const second = await insertFor(tenant, queryId);
    const adHoc = await stage.queued({ tenant });
    const ids = async (choices: Partial<RunListRequest>): Promise<string[]> =>
      (await runs.list(tenant, page(choices))).items.map(({ id }) => id);
    expect(await ids({ queryId })).toEqual([second.id, first.id]);
    expect(await ids({})).toEqual([adHoc.runId, second.id, first.id]);
    expect(await ids({ endDate: first.createdAt, startDate: first.createdAt })).toContain(first.id);
    expect(await ids({ startDate: new Date(Date.now() + 60_000) })).toEqual([]);
    expect(await ids({ endDate: new Date(first.createdAt.getTime() - 1) })).toEqual([]);
  });

  it('puts runs that have not begun last, in either direction', async () => {
    const tenant = await createTenant(stage.app);
    const waiting = await stage.inState('queued', { tenant });
    const [first, second] = [
      await stage.inState('running', { tenant }),
      await stage.inState('failed', { tenant }),
    ];
    const ids = async (descending: boolean): Promise<string[]> =>
      (await runs.list(tenant, page({ sort: [{ field: 'started_at', descending }] }))).items.map(
        ({ id }) => id,
      );
    expect(await ids(true)).toEqual([second, first, waiting]);
    expect(await ids(false)).toEqual([first, second, waiting]);
  });
});

describe('cancelling all runs of something', () => {
  it('ends what does not execute, flags what does, and leaves what is final or another’s', async () => {
    const tenant = await createTenant(stage.app);
    const neighbour = await createTenant(stage.app);
    const waiting = await stage.inState('queued', { tenant });
    const retrying = await stage.inState('retry_wait', { tenant });
    const running = await stage.inState('running', { tenant });
    const ended = await stage.inState('failed', { tenant });
    const foreign = await stage.inState('queued', { tenant: neighbour });
    const { userId, datasourceId } = tenant;
    const executing = await runs.cancelOfDatasource(tenant, { datasourceId, userId });
    expect(executing.map(({ id }) => id)).toEqual([running]);
    const states = await Promise.all(
      [waiting, retrying, running, ended, foreign].map(async (id) => (await stage.row(id))['state']),
    );
    expect(states).toEqual(['cancelled', 'cancelled', 'running', 'failed', 'queued']);
    expect(await runs.cancelOfDatasource(neighbour, { datasourceId, userId })).toEqual([]);
  });

  it('reaches the runs of one query alone', async () => {
    const queryId = await savedQuery(stage.tenant);
    const run = await insertFor(stage.tenant, queryId);
    const other = await stage.queued();
    expect(await runs.cancelOfQuery(stage.tenant, { queryId, userId: stage.tenant.userId })).toEqual([]);
    expect(await runs.find(stage.tenant, run.id)).toMatchObject({ state: 'cancelled' });
    expect(await runs.find(stage.tenant, other.runId)).toMatchObject({ state: 'queued' });
  });
});
