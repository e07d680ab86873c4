import { createDeadRun } from '../../testing/dead-runs';
import { createDatasource, createQuery, createRun } from '../../testing/resources';
import { claimRun, endRun } from '../../testing/run-states';
import type { Member } from '../../testing/members';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
let admin: Member;
let editor: Client;
let viewer: Client;
let stranger: Client;
let datasourceId: string;
let queryId: string;
beforeAll(async () => {
  api = await startTestApi({ MAX_QUEUED_RUNS_PER_ORG: '3' });
});
afterAll(() => api.close());
beforeEach(async () => {
  // Nobody is there to whom the API could hand out what the tests queue.
  await api.database.asOwner('UPDATE runner_sessions SET closed_at = now()');
  admin = await api.member();
  editor = api.as(await api.member({ orgId: admin.orgId, role: 'editor' }));
  viewer = api.as(await api.member({ orgId: admin.orgId, role: 'viewer' }));
  stranger = api.as(await api.member());
  datasourceId = await createDatasource(api.as(admin));
  queryId = await createQuery(editor, datasourceId);
});

const unknownId = '00000000-0000-7000-8000-000000000000';
const dead = (errorClass?: 'connect' | 'overload' | 'unknown') =>
  createDeadRun({ api, client: editor }, queryId, errorClass);

describe('GET /runs/dead', () => {
  it('lists what was given up, and shows why', async () => {
    const first = await dead();
    const second = await dead('overload');
    await createRun(editor, queryId);
    const { body } = await viewer.get('/runs/dead?sort=created_at').expect(200);
    expect(body).toMatchObject({ total: 2, page: 1, has_next: false });
    expect(body.data.map(({ id }: { id: string }) => id)).toEqual([first, second]);
    const { body: one } = await viewer.get(`/runs/${second}`).expect(200);
    expect(one).toEqual({ ...body.data[1], waiting: null });
    expect(one).toMatchObject({
      ...{ status: 'failed', dead: true, error_class: 'overload', replay_of: null },
      ...{ attempt: 1, failures: 1, lost: 0, error_message: 'The datasource does not answer' },
    });
    expect((await stranger.get('/runs/dead').expect(200)).body.total).toBe(0);
  });

  it('pages and filters', async () => {
    const first = await dead();
    await dead('overload');
    const other = await createDeadRun(
      { api, client: editor },
      await createQuery(editor, await createDatasource(api.as(admin))),
    );
    const list = async (query: string) => (await viewer.get(`/runs/dead?${query}`).expect(200)).body;
    expect(await list('limit=1&offset=1')).toMatchObject({
      total: 3,
      page: 2,
      has_next: true,
      has_prev: true,
    });
    expect(await list('error_class=overload')).toMatchObject({ total: 1 });
    expect((await list(`datasource_id=${datasourceId}&error_class=connect`)).data[0].id).toBe(first);
    expect((await list(`query_id=${queryId}`)).total).toBe(2);
    expect((await list(`sort_by=completed_at&limit=1`)).data[0].id).toBe(other);
    expect((await list(`query_id=${unknownId}`)).total).toBe(0);
  });

  it.each([
    'limit=x',
    'offset=1.5',
    'query_id=1',
    'datasource_id=x',
    'error_class=nonsense',
    'sort_by=statement',
    'sort_direction=up',
    'created_after=yesterday',
  ])('refuses %s', async (query) => {
    await viewer.get(`/runs/dead?${query}`).expect(400);
  });

  it('needs a token', async () => {
    await api.anonymous.get('/api/v1/runs/dead').expect(401);
  });
});

describe('POST /runs/{id}/replay', () => {
  it('makes a new run of the caller’s that executes the same, and leaves the dead one', async () => {
    const id = await dead();
    const { body } = await editor.post(`/runs/${id}/replay`).expect(201);
    expect(body).toMatchObject({
      status: 'queued',
      origin: 'replay',
      replay_of: id,
      query_id: queryId,
      dead: false,
    });
    expect(body.id).not.toBe(id);
    const [original, replay] = await api.database.asOwner(
      `SELECT statement, bound_values, max_rows, timeout_seconds, query_version, state, pool FROM runs
       WHERE id = ANY ($1) ORDER BY created_at`,
      [[id, body.id]],
    );
    expect(replay).toEqual({ ...original, state: 'queued', pool: 'scheduled' });
    expect((await viewer.get(`/runs/${id}`).expect(200)).body).toMatchObject({
      status: 'failed',
      dead: true,
    });
    await viewer.get(`/runs/${body.id}`).expect(200);
  });

  it('refuses a run that is not dead, and says what it is', async () => {
    const queued = await createRun(editor, queryId);
    expect((await editor.post(`/runs/${queued}/replay`).expect(409)).body.message).toContain('queued');
    await endRun(api, await claimRun(api, queued), ['[1,1]']);
    const { body } = await editor.post(`/runs/${queued}/replay`).expect(409);
    expect(body).toMatchObject({
      message: expect.stringContaining('completed'),
      error: { type: 'conflict' },
    });
  });

  it('needs an editor, and a run of the organization', async () => {
    const id = await dead();
    await viewer.post(`/runs/${id}/replay`).expect(403);
    await api.anonymous.post(`/api/v1/runs/${id}/replay`).expect(401);
    const foreign = await stranger.post(`/runs/${id}/replay`).set('X-Request-Id', 'same').expect(404);
    const unknown = await stranger.post(`/runs/${unknownId}/replay`).set('X-Request-Id', 'same').expect(404);
    expect(foreign.text).toBe(unknown.text);
    await editor.post('/runs/x/replay').expect(404);
  });

  it('refuses what was deleted, and a full queue', async () => {
    const id = await dead();
    for (let i = 0; i < 3; i += 1) await createRun(editor, queryId);
    const { body, headers } = await editor.post(`/runs/${id}/replay`).expect(429);
    expect(body.details.code).toBe('queue_full');
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    await editor.delete(`/queries/${queryId}`).expect(204);
    expect((await editor.post(`/runs/${id}/replay`).expect(409)).body.message).toContain('deleted');
  });
});

describe('POST /runs/replay', () => {
  it('shows first what it would do, and then does it once', async () => {
    const [first, second] = [await dead(), await dead()];
    await dead('overload');
    const filter = { error_class: 'connect', datasource_id: datasourceId };
    const { body: shown } = await editor.post('/runs/replay').send({ filter }).expect(200);
    expect(shown).toEqual({
      ...{ dry_run: true, count: 2, run_ids: [first, second] },
      ...{ replays: [], skipped: [], remaining: 0 },
    });
    const { body: done } = await editor.post('/runs/replay').send({ filter, dry_run: false }).expect(200);
    expect(done).toMatchObject({ dry_run: false, count: 2, run_ids: [first, second], skipped: [] });
    expect(done.replays.map((one: { replay_of: string }) => one.replay_of)).toEqual([first, second]);
    const { body: run } = await viewer.get(`/runs/${done.replays[0].run_id}`).expect(200);
    expect(run).toMatchObject({ origin: 'replay', replay_of: first });
    const { body: again } = await editor.post('/runs/replay').send({ filter, dry_run: false }).expect(200);
    expect(again).toMatchObject({ count: 0, replays: [] });
  });

  it('takes ids, and reports each that cannot be replayed', async () => {
    const id = await dead();
    const queued = await createRun(editor, queryId);
    const gone = await createQuery(editor, datasourceId);
    const deleted = await createDeadRun({ api, client: editor }, gone);
    await editor.delete(`/queries/${gone}`).expect(204);
    const body = { ids: [id, queued, deleted, unknownId], dry_run: false };
    const { body: report } = await editor.post('/runs/replay').send(body).expect(200);
    expect(report).toMatchObject({ count: 1, run_ids: [id] });
    expect(report.skipped).toHaveLength(3);
    expect(report.skipped).toEqual(
      expect.arrayContaining([
        { run_id: unknownId, reason: 'not_found' },
        { run_id: queued, reason: 'not_dead' },
        { run_id: deleted, reason: 'deleted' },
      ]),
    );
    const { body: foreign } = await stranger.post('/runs/replay').send(body).expect(200);
    expect(foreign).toMatchObject({ count: 0, replays: [] });
    expect(foreign.skipped.map(({ reason }: { reason: string }) => reason)).toEqual(
      Array(4).fill('not_found'),
    );
  });

  it('makes no more than the queue has room for', async () => {
    const ids = [await dead(), await dead(), await dead(), await dead()];
    const { body } = await editor.post('/runs/replay').send({ filter: {}, dry_run: false }).expect(200);
    expect(body).toMatchObject({ count: 3, run_ids: ids.slice(0, 3) });
    expect(body.skipped).toEqual([{ run_id: ids[3], reason: 'queue_full' }]);
  });

  it.each<[string, object]>([
    ['nothing', {}],
    ['no ids', { ids: [] }],
    ['what is no id', { ids: ['x'] }],
    ['ids and a filter', { ids: [unknownId], filter: {} }],
    ['too many ids', { ids: Array.from({ length: 1_001 }, () => unknownId) }],
    ['an unknown error class', { filter: { error_class: 'nonsense' } }],
    ['a filter of the wrong type', { filter: { query_id: 5 } }],
    ['a list for a filter', { filter: [] }],
    ['a text for dry_run', { filter: {}, dry_run: 'no' }],
  ])('refuses %s', async (_what, body) => {
    await editor.post('/runs/replay').send(body).expect(400);
  });

  it('needs an editor', async () => {
    await viewer.post('/runs/replay').send({ filter: {} }).expect(403);
  });
});
