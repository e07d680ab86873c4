import { createHash } from 'node:crypto';
import { newId } from '@loupe/common/crypto';
import { createRunnerSessionRepository } from '@loupe/common/repositories/engine';
import { createDeadRun } from '../../testing/dead-runs';
import { createDatasource, createQuery, createRun } from '../../testing/resources';
import type { Member } from '../../testing/members';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');
const [annasToken, bensToken] = ['annas-token-1f3a', 'bens-token-77c0'];

let api: TestApi;
let member: Member;
let client: Client;
let operator: Client;
let datasourceId: string;
let queryId: string;
beforeAll(async () => {
  api = await startTestApi({
    OPERATOR_TOKENS: `anna:${hashOf(annasToken)}, ben:${hashOf(bensToken).toUpperCase()}`,
    MAX_QUEUED_RUNS_PER_ORG: '50',
  });
  operator = api.as({ token: annasToken } as Member);
  member = await api.member();
  client = api.as(member);
  datasourceId = await createDatasource(client);
  queryId = await createQuery(client, datasourceId);
});
afterAll(() => api.close());

const unknownId = '00000000-0000-7000-8000-000000000000';
const reason = 'the reason of the test';
const dead = () => createDeadRun({ api, client }, queryId);

async function lastAction(): Promise<Record<string, unknown>> {
  const { body } = await operator.get('/operator/actions').expect(200);
  return body.data[0];
}

/** Every address, with the least that it needs to be answered with success or 404. */
const addresses: [method: 'get' | 'post' | 'put', path: string, body: object | undefined][] = [
  ['get', '/operator/demand', undefined],
  ['get', '/operator/actions', undefined],
  ['get', '/operator/pauses', undefined],
  ['post', '/operator/pools/interactive/pause', { reason }],
  ['post', '/operator/pools/interactive/resume', { reason }],
  ['post', `/operator/datasources/${unknownId}/pause`, { reason }],
  ['post', `/operator/datasources/${unknownId}/resume`, { reason }],
  ['get', '/operator/limits', undefined],
  ['put', '/operator/limits/global', { max_running: null, reason }],
  ['get', `/operator/organizations/${unknownId}/limits`, undefined],
  ['put', `/operator/organizations/${unknownId}/limits`, { weight: 1, reason }],
  ['get', '/operator/sessions', undefined],
  ['post', `/operator/sessions/${unknownId}/drain`, { reason }],
  ['get', '/operator/runs/dead', undefined],
  ['post', '/operator/runs/replay', { filter: {}, reason }],
  ['post', `/operator/runs/${unknownId}/replay`, { reason }],
];

describe('the door', () => {
  it.each(addresses)('%s %s opens to no user, and to no other token', async (method, path, body) => {
    await client[method](path).send(body).expect(401);
    await api
      .as({ token: 'annas-token-1f3' } as Member)
      [method](path)
      .send(body)
      .expect(401);
    await api
      .as({ token: hashOf(annasToken) } as Member)
      [method](path)
      .send(body)
      .expect(401);
    await api.anonymous[method](`/api/v1${path}`).send(body).expect(401);
  });

  it('takes each operator’s token, and lets it open nothing else', async () => {
    await operator.get('/operator/demand').expect(200);
    await api
      .as({ token: bensToken } as Member)
      .get('/operator/demand')
      .expect(200);
    await operator.get('/runs').expect(401);
    await operator.get('/auth/me').expect(401);
  });

  it.each(addresses.filter(([, , body]) => body !== undefined))(
    '%s %s wants a reason',
    async (method, path, body) => {
      for (const missing of [undefined, '', ' ', 5, 'a'.repeat(501)]) {
        await operator[method](path)
          .send({ ...body, reason: missing })
          .expect(400);
      }
    },
  );

  it('does not exist without tokens', async () => {
    const closed = await startTestApi();
    try {
      const user = closed.as(await closed.member());
      const unknown = await user.get('/nothing').set('X-Request-Id', 'same').expect(404);
      for (const [method, path, body] of addresses) {
        const answer = await user[method](path).set('X-Request-Id', 'same').send(body).expect(404);
        expect(answer.text).toBe(unknown.text);
      }
    } finally {
      await closed.close();
    }
  });
});

describe('pauses', () => {
  it('hold a pool back until somebody resumes it', async () => {
    const { body } = await operator.post('/operator/pools/scheduled/pause').send({ reason }).expect(200);
    expect(body).toEqual({ scope: 'pool', key: 'scheduled', paused: true });
    expect(await lastAction()).toMatchObject({
      ...{ operator: 'anna', action: 'pool.pause', target: { pool: 'scheduled' }, reason },
    });
    await operator.post('/operator/pools/scheduled/pause').send({ reason: 'a newer one' }).expect(200);
    const { body: list } = await operator.get('/operator/pauses').expect(200);
    expect(list.data).toEqual([
      {
        scope: 'pool',
        key: 'scheduled',
        reason: 'a newer one',
        paused_by: 'anna',
        paused_at: expect.any(String),
      },
    ]);
    await operator.post('/operator/pools/scheduled/resume').send({ reason }).expect(200);
    expect((await operator.get('/operator/pauses').expect(200)).body.data).toEqual([]);
    await operator.post('/operator/pools/scheduled/resume').send({ reason }).expect(409);
  });

  it('hold a datasource back, and demand with it', async () => {
    const id = await createDatasource(client);
    await createRun(client, await createQuery(client, id));
    const slots = async (): Promise<number> =>
      (await operator.get('/operator/demand').expect(200)).body.pools[0].demand_slots;
    const before = await slots();
    await operator.post(`/operator/datasources/${id}/pause`).send({ reason }).expect(200);
    expect(await slots()).toBe(before - 1);
    await operator.post(`/operator/datasources/${id}/resume`).send({ reason }).expect(200);
    expect(await slots()).toBe(before);
    await operator.post(`/operator/datasources/${id}/resume`).send({ reason }).expect(409);
  });

  it('know no other pool, and no datasource that is not there', async () => {
    await operator.post('/operator/pools/control/pause').send({ reason }).expect(404);
    await operator.post(`/operator/datasources/${unknownId}/pause`).send({ reason }).expect(404);
    await operator.post(`/operator/datasources/${unknownId}/resume`).send({ reason }).expect(404);
    await operator.post('/operator/datasources/x/pause').send({ reason }).expect(404);
  });
});

describe('limits', () => {
  it('of an organization: what is absent stays, null goes back to the default', async () => {
    const path = `/operator/organizations/${member.orgId}/limits`;
    expect((await operator.get(path).expect(200)).body).toMatchObject({ org_id: member.orgId, weight: null });
    await operator.put(path).send({ max_running: 30, max_queued: 60, reason }).expect(200);
    const { body } = await operator.put(path).send({ max_running: null, weight: 2.5, reason }).expect(200);
    expect(body).toMatchObject({ max_running: null, weight: 2.5, max_queued: 60, set_by: 'anna', reason });
    expect(await lastAction()).toMatchObject({
      action: 'organization.limits',
      target: { org_id: member.orgId, max_running: null, weight: 2.5 },
    });
    expect((await operator.get(path).expect(200)).body).toEqual(body);
    const { body: all } = await operator.get('/operator/limits').expect(200);
    expect(all.organizations).toEqual([body]);
    const { body: seen } = await client.get('/organizations/limits').expect(200);
    expect(seen.organization).toEqual({ max_running: 10, weight: 2.5, max_queued: 60 });
    await operator.put(path).send({ max_queued: null, weight: null, reason }).expect(200);
  });

  it('of the queue: the next run is refused', async () => {
    const crowded = await api.member();
    const theirs = api.as(crowded);
    const query = await createQuery(theirs, await createDatasource(theirs));
    await operator
      .put(`/operator/organizations/${crowded.orgId}/limits`)
      .send({ max_queued: 1, reason })
      .expect(200);
    await createRun(theirs, query);
    await theirs.post('/runs').send({ query_id: query }).expect(429);
  });

  it('of all', async () => {
    const { body } = await operator
      .put('/operator/limits/global')
      .send({ max_running: 5, reason })
      .expect(200);
    expect(body.global).toEqual({ max_running: 5 });
    const { body: unset } = await operator.put('/operator/limits/global').send({ max_running: null, reason });
    expect(unset.global).toEqual({ max_running: null });
  });

  it.each([
    { max_running: -1 },
    { max_running: 1_000_001 },
    { max_running: 1.5 },
    { max_running: '5' },
    { weight: 0 },
    { weight: 0.009 },
    { weight: 1_001 },
    { max_queued: -1 },
    { max_queued: 10_000_001 },
    {},
  ])('refuse %j', async (body) => {
    await operator
      .put(`/operator/organizations/${member.orgId}/limits`)
      .send({ ...body, reason })
      .expect(400);
  });

  it.each([{ max_running: -1 }, { max_running: 1_000_001 }, { max_running: 'x' }, {}])(
    'refuse %j for all',
    async (body) => {
      await operator
        .put('/operator/limits/global')
        .send({ ...body, reason })
        .expect(400);
    },
  );

  it.each([unknownId, 'x'])('know no organization %s', async (id) => {
    const path = `/operator/organizations/${id}/limits`;
    await operator.get(path).expect(404);
    await operator.put(path).send({ weight: 2, reason }).expect(404);
  });
});

describe('runner sessions', () => {
  it('are listed, and drained one by one', async () => {
    const id = newId();
    const sessions = createRunnerSessionRepository(api.runner);
    await sessions.open({ id, runnerId: 'the-runner', pools: ['scheduled'], slots: 3, leaseSeconds: 600 });
    const { body } = await operator.get('/operator/sessions').expect(200);
    const mine = body.data.find((one: { id: string }) => one.id === id);
    expect(mine).toMatchObject({
      runner_id: 'the-runner',
      pools: ['scheduled'],
      slots: 3,
      running: 0,
      draining: false,
    });
    const { body: drained } = await operator
      .post(`/operator/sessions/${id}/drain`)
      .send({ reason })
      .expect(200);
    expect(drained.data).toEqual([{ ...mine, draining: true }]);
    expect(await lastAction()).toMatchObject({ action: 'session.drain', target: { session_id: id } });
    await sessions.close(id);
    await operator.post(`/operator/sessions/${id}/drain`).send({ reason }).expect(404);
    await operator.post('/operator/sessions/x/drain').send({ reason }).expect(404);
  });
});

describe('dead letters of all organizations', () => {
  it('are listed without what they asked', async () => {
    const id = await dead();
    const { body } = await operator.get(`/operator/runs/dead?org_id=${member.orgId}`).expect(200);
    expect(body.data[0]).toMatchObject({ id, org_id: member.orgId, error_class: 'connect', failures: 1 });
    expect(Object.keys(body.data[0])).not.toEqual(expect.arrayContaining(['statement']));
    expect((await operator.get(`/operator/runs/dead?org_id=${unknownId}`).expect(200)).body.total).toBe(0);
    await operator.get('/operator/runs/dead?org_id=x').expect(400);
    await operator.get('/operator/runs/dead?offset=x').expect(400);
  });

  it('are replayed for those who started them', async () => {
    const id = await dead();
    const { body } = await operator.post(`/operator/runs/${id}/replay`).send({ reason }).expect(201);
    expect(body).toMatchObject({
      org_id: member.orgId,
      replay_of: id,
      created_by: member.userId,
      state: 'queued',
    });
    expect(await lastAction()).toMatchObject({
      action: 'run.replay',
      target: { run_ids: [id], replays: [body.id] },
    });
    await operator.post(`/operator/runs/${body.id}/replay`).send({ reason }).expect(409);
    await operator.post(`/operator/runs/${unknownId}/replay`).send({ reason }).expect(404);
    await operator.post('/operator/runs/x/replay').send({ reason }).expect(404);
  });

  it('are replayed in bulk, organization by organization', async () => {
    const other = api.as(await api.member());
    const otherQuery = await createQuery(other, await createDatasource(other));
    const ids = [await dead(), await createDeadRun({ api, client: other }, otherQuery)];
    const before = await lastAction();
    const { body: shown } = await operator.post('/operator/runs/replay').send({ ids, reason }).expect(200);
    expect(shown).toMatchObject({ dry_run: true, count: 2, run_ids: ids });
    expect(await lastAction()).toEqual(before);
    const { body: done } = await operator
      .post('/operator/runs/replay')
      .send({ ids: [...ids, unknownId], dry_run: false, reason })
      .expect(200);
    expect(done).toMatchObject({ count: 2, skipped: [{ run_id: unknownId, reason: 'not_found' }] });
    expect(done.replays).toHaveLength(2);
    await other.get(`/runs/${done.replays[1].run_id}`).expect(200);
    const { body: rest } = await operator
      .post('/operator/runs/replay')
      .send({ filter: { org_id: member.orgId, error_class: 'connect' }, reason })
      .expect(200);
    expect(rest.run_ids).not.toContain(ids[0]);
    await operator.post('/operator/runs/replay').send({ reason }).expect(400);
  });
});

it('writes no token into the log', () => {
  expect(api.log()).not.toContain(annasToken);
  expect(api.log()).not.toContain(hashOf(annasToken));
});
