import { newId } from '@loupe/common/crypto';
import type { LimitScope } from '@loupe/common/models';
import { createEndingRepository, createRunnerSessionRepository } from '@loupe/common/repositories/engine';
import { eventually } from '@loupe/common/testing';
import type { Member } from '../../testing/members';
import { createDatasource } from '../../testing/resources';
import { claimRun, endRun } from '../../testing/run-states';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
let member: Member;
let client: Client;
let datasourceId: string;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());
beforeEach(async () => {
  for (const table of ['limit_overrides', 'breakers', 'pauses']) {
    await api.database.asOwner(`DELETE FROM ${table}`);
  }
  await api.database.asOwner('UPDATE runner_sessions SET closed_at = now()');
  member = await api.member();
  client = api.as(member);
  datasourceId = await createDatasource(client);
});

async function start(): Promise<string> {
  const { body } = await client
    .post('/runs/execute')
    .send({ datasource_id: datasourceId, sql: 'SELECT 1' })
    .expect(201);
  return (body as { id: string }).id;
}

interface Waiting {
  reason: string;
  position: number | null;
  retry_at: string | null;
}

async function waitingOf(id: string): Promise<Waiting | null> {
  const { body } = await client.get(`/runs/${id}`).expect(200);
  return (body as { waiting: Waiting | null }).waiting;
}

const openSession = (slots = 1): Promise<void> =>
  createRunnerSessionRepository(api.runner).open({
    ...{ id: newId(), runnerId: 'test', pools: ['interactive'], slots, leaseSeconds: 600 },
  });

const reason = (name: string, more: object = {}): object =>
  expect.objectContaining({
    reason: name,
    position: 1,
    retry_at: null,
    message: expect.any(String),
    ...more,
  });

it('is nothing for a run that executes or has ended', async () => {
  const id = await start();
  const run = await claimRun(api, id);
  expect(await waitingOf(id)).toBeNull();
  await endRun(api, run, ['[1,2]']);
  expect(await waitingOf(id)).toBeNull();
});

it('costs one statement more, and only while the run waits', async () => {
  const id = await start();
  const read = (): Promise<string[]> => api.statementsOf(() => client.get(`/runs/${id}`).expect(200));
  expect(await read()).toEqual(['users.findBySession', 'runs.find', 'runs.waiting']);
  await claimRun(api, id);
  expect(await read()).toEqual(['users.findBySession', 'runs.find']);
});

it('is for a runner, where none is there, with the place in the line', async () => {
  const [first, second] = [await start(), await start()];
  expect(await waitingOf(first)).toEqual({
    ...{ reason: 'no_runner', position: 1, retry_at: null },
    message: 'No runner is there that takes runs of this kind',
  });
  expect(await waitingOf(second)).toEqual(reason('no_runner', { position: 2 }));
});

it('is told of an admitted run too, which has no place any more', async () => {
  await openSession();
  const id = await start();
  await eventually('it is admitted', async () => (await waitingOf(id))?.reason === 'dispatched');
  expect(await waitingOf(id)).toEqual(reason('dispatched', { position: null }));
});

it('is for others, when nothing else holds the run back', async () => {
  await openSession();
  const ids = [];
  for (let i = 0; i < 7; i += 1) ids.push(await start());
  const last = ids.at(-1)!;
  await eventually('some are admitted', async () => ((await waitingOf(last))?.position ?? 7) < 7);
  expect(await waitingOf(last)).toEqual(reason('queue', { position: expect.any(Number) }));
});

describe('is for a limit', () => {
  const allow = (scope: LimitScope, key: string | null, most: number): Promise<object[]> =>
    api.database.asOwner(
      `INSERT INTO limit_overrides (id, scope, org_id, key, max_running, set_by)
       VALUES (gen_random_uuid(), $1, CASE WHEN $1 = 'global' THEN NULL ELSE $2::uuid END, $3, $4, 'test')`,
      [scope, member.orgId, key, most],
    );

  it.each([
    ['global', () => null],
    ['organization', () => member.orgId],
    ['datasource', () => datasourceId],
    ['user', () => member.userId],
  ] as [LimitScope, () => string | null][])('of scope %s', async (scope, key) => {
    await allow(scope, key(), 0);
    await openSession();
    expect(await waitingOf(await start())).toEqual(reason(`${scope}_limit`));
  });

  it('that another’s runs have reached together with ours', async () => {
    await openSession();
    await claimRun(api, await start());
    const stranger = api.as(await api.member());
    await allow('global', null, 1);
    const other = await createDatasource(stranger);
    const { body } = await stranger
      .post('/runs/execute')
      .send({ datasource_id: other, sql: 'SELECT 1' })
      .expect(201);
    const { body: read } = await stranger.get(`/runs/${(body as { id: string }).id}`).expect(200);
    expect((read as { waiting: unknown }).waiting).toEqual(reason('global_limit'));
  });
});

it('is for a datasource that keeps failing, until it is tried again', async () => {
  await api.database.asOwner(
    `INSERT INTO breakers (datasource_id, org_id, trips, open_until) VALUES ($1, $2, 1, now() + interval '20 s')`,
    [datasourceId, member.orgId],
  );
  await openSession();
  const id = await start();
  expect(await waitingOf(id)).toEqual(
    reason('breaker_open', { retry_at: expect.stringMatching(/^\d{4}-.*Z$/) }),
  );
});

it('is for the one run that tries a failing datasource again', async () => {
  await api.database.asOwner(
    `INSERT INTO breakers (datasource_id, org_id, trips, open_until) VALUES ($1, $2, 1, now() - interval '1 s')`,
    [datasourceId, member.orgId],
  );
  await claimRun(api, await start());
  expect(await waitingOf(await start())).toEqual(reason('breaker_open'));
});

it.each([
  ['pool', () => 'interactive'],
  ['datasource', () => datasourceId],
] as [string, () => string][])(
  'is for the end of a pause of its %s, whose reason it tells',
  async (scope, key) => {
    await api.database.asOwner(
      `INSERT INTO pauses (scope, key, reason, paused_by) VALUES ($1, $2, 'maintenance till noon', 'ops')`,
      [scope, key()],
    );
    await openSession();
    expect(await waitingOf(await start())).toEqual(
      reason('paused', { message: expect.stringContaining('maintenance till noon') }),
    );
  },
);

it('is for the next try, at its time', async () => {
  const id = await start();
  const failure = { errorClass: 'connect', code: null, message: 'refused' } as const;
  await createEndingRepository(api.runner).retried(await claimRun(api, id), {
    ...{ failure, delayMs: 60_000, queueDeadlineSeconds: 600 },
  });
  const waiting = await waitingOf(id);
  expect(waiting).toEqual(reason('retry', { position: null, retry_at: expect.any(String) }));
  expect(new Date(waiting!.retry_at!).getTime()).toBeGreaterThan(Date.now());
});

describe('a full queue', () => {
  it('refuses the next run with 429, says when to come again, and fills no other organization’s', async () => {
    await api.database.asOwner(
      `INSERT INTO limit_overrides (id, scope, org_id, key, max_queued, set_by)
       VALUES (gen_random_uuid(), 'organization', $1, $1, 2, 'test')`,
      [member.orgId],
    );
    await start();
    const last = await start();
    const refused = await client
      .post('/runs/execute')
      .send({ datasource_id: datasourceId, sql: 'SELECT 1' })
      .expect(429);
    expect(refused.body).toMatchObject({ details: { code: 'queue_full' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    const stranger = api.as(await api.member());
    await stranger
      .post('/runs/execute')
      .send({ datasource_id: await createDatasource(stranger), sql: 'SELECT 1' })
      .expect(201);
    await client.post(`/runs/${last}/cancel`).expect(200);
    await start();
  });
});
