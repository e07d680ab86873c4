import { createDatasource, createQuery } from '../../testing/resources';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
let admin: Client;
let editor: Client;
let viewer: Client;
let stranger: Client;
let datasourceId: string;
beforeAll(async () => {
  api = await startTestApi();
  const member = await api.member();
  const { orgId } = member;
  admin = api.as(member);
  datasourceId = await createDatasource(admin);
  editor = api.as(await api.member({ orgId, role: 'editor' }));
  viewer = api.as(await api.member({ orgId, role: 'viewer' }));
  stranger = api.as(await api.member());
});
afterAll(() => api.close());

const unknownId = '00000000-0000-7000-8000-000000000000';
const definition = { name: 'from', param_type: 'date', default: null, required: true };

/** A query of three versions. */
async function query(): Promise<string> {
  const id = await createQuery(editor, datasourceId, { name: 'First', sql: 'SELECT 1\nFROM t' });
  const changes = [
    { name: 'Second', tags: ['x'] },
    { sql: 'SELECT 2\nFROM t', parameters: [definition] },
  ];
  for (const change of changes) await editor.put(`/queries/${id}`).send(change).expect(200);
  return id;
}

describe('GET /queries/{id}/versions', () => {
  it('lists what was saved, newest first, a page at a time', async () => {
    const id = await query();
    const { body } = await viewer.get(`/queries/${id}/versions?limit=2`).expect(200);
    expect(body).toMatchObject({ total: 3, page: 1, per_page: 2, total_pages: 2, has_next: true });
    expect(body.data).toMatchObject([
      { version: 3, name: 'Second', sql: 'SELECT 2\nFROM t', tags: ['x'], parameters: [definition] },
      { version: 2, name: 'Second', sql: 'SELECT 1\nFROM t', tags: ['x'], parameters: [] },
    ]);
    const { body: next } = await viewer.get(`/queries/${id}/versions?limit=2&offset=2`).expect(200);
    expect(next.data).toMatchObject([{ version: 1, name: 'First', tags: [] }]);
    const { body: past } = await viewer.get(`/queries/${id}/versions?offset=9`).expect(200);
    expect(past).toMatchObject({ data: [], total: 3 });
  });

  it('refuses a bad page, what is not there or not ours, and requests without a token', async () => {
    const id = await query();
    await viewer.get(`/queries/${id}/versions?limit=x`).expect(400);
    await viewer.get(`/queries/${unknownId}/versions`).expect(404);
    await stranger.get(`/queries/${id}/versions`).expect(404);
    await api.anonymous.get(`/api/v1/queries/${id}/versions`).expect(401);
  });

  it('ends with the query', async () => {
    const id = await query();
    await editor.delete(`/queries/${id}`).expect(204);
    await viewer.get(`/queries/${id}/versions`).expect(404);
    await viewer.get(`/queries/${id}/versions/1`).expect(404);
    await viewer.get(`/queries/${id}/versions/diff?from=1&to=2`).expect(404);
    await editor.post(`/queries/${id}/versions/1/restore`).expect(404);
  });
});

describe('GET /queries/{id}/versions/{version}', () => {
  it('is the query as it was saved then, and never changes', async () => {
    const id = await query();
    const { body } = await viewer.get(`/queries/${id}/versions/2`).expect(200);
    expect(body).toEqual({
      query_id: id,
      version: 2,
      datasource_id: datasourceId,
      name: 'Second',
      description: null,
      sql: 'SELECT 1\nFROM t',
      parameters: [],
      timeout_seconds: 30,
      max_rows: 10_000,
      tags: ['x'],
      created_by: expect.any(String),
      created_at: expect.stringMatching(/Z$/),
    });
    await editor.put(`/queries/${id}`).send({ name: 'Later' }).expect(200);
    expect((await viewer.get(`/queries/${id}/versions/2`).expect(200)).body).toEqual(body);
  });

  it.each(['4', '0', '-1', '1.5', '01', 'latest', '99999999999999999999', unknownId])(
    'answers 404 to %s',
    async (version) => {
      await viewer.get(`/queries/${await query()}/versions/${version}`).expect(404);
    },
  );

  it('answers 404 for a query that is not ours, and 401 without a token', async () => {
    const id = await query();
    await stranger.get(`/queries/${id}/versions/1`).expect(404);
    await api.anonymous.get(`/api/v1/queries/${id}/versions/1`).expect(401);
  });
});

describe('GET /queries/{id}/versions/diff', () => {
  it('tells the fields that differ, and the lines of the SQL', async () => {
    const id = await query();
    const { body } = await viewer.get(`/queries/${id}/versions/diff?from=1&to=3`).expect(200);
    expect(body).toEqual({
      query_id: id,
      from: 1,
      to: 3,
      changes: {
        name: { from: 'First', to: 'Second' },
        sql: { from: 'SELECT 1\nFROM t', to: 'SELECT 2\nFROM t' },
        parameters: { from: [], to: [definition] },
        tags: { from: [], to: ['x'] },
      },
      sql_diff: expect.stringContaining('-SELECT 1\n+SELECT 2\n FROM t'),
    });
    const { body: same } = await viewer.get(`/queries/${id}/versions/diff?from=2&to=2`).expect(200);
    expect(same).toMatchObject({ changes: {}, sql_diff: null });
  });

  it.each(['', 'from=1', 'from=1&to=x', 'from=0&to=1', 'from=1&to=1.5', 'from=1&to=99999999999'])(
    'refuses %p',
    async (versions) => {
      await viewer.get(`/queries/${await query()}/versions/diff?${versions}`).expect(400);
    },
  );

  it('answers 404 for what is not there or not ours, and 401 without a token', async () => {
    const path = `/queries/${await query()}/versions/diff`;
    await viewer.get(`${path}?from=1&to=4`).expect(404);
    await viewer.get(`${path}?from=4&to=1`).expect(404);
    await stranger.get(`${path}?from=1&to=2`).expect(404);
    await api.anonymous.get(`/api/v1${path}?from=1&to=2`).expect(401);
  });
});

describe('POST /queries/{id}/versions/{version}/restore', () => {
  it('makes a new version of what the old one held', async () => {
    const id = await query();
    const { body } = await editor.post(`/queries/${id}/versions/1/restore`).expect(200);
    expect(body).toMatchObject({
      id,
      version: 4,
      name: 'First',
      sql: 'SELECT 1\nFROM t',
      tags: [],
      parameters: [],
    });
    expect((await viewer.get(`/queries/${id}`).expect(200)).body).toEqual(body);
    expect((await viewer.get(`/queries/${id}/versions/4`).expect(200)).body).toMatchObject({ name: 'First' });
    expect((await viewer.get(`/queries/${id}/versions/3`).expect(200)).body).toMatchObject({
      name: 'Second',
    });
  });

  it('changes nothing where nothing differs', async () => {
    const id = await query();
    const { body } = await editor.post(`/queries/${id}/versions/3/restore`).expect(200);
    expect(body.version).toBe(3);
  });

  it('undoes nobody’s change unseen', async () => {
    const id = await query();
    const restore = (seen: string) => editor.post(`/queries/${id}/versions/1/restore`).set('If-Match', seen);
    await restore('"2"').expect(412);
    await restore('3').expect(400);
    const { headers } = await restore('"3"').expect(200);
    expect(headers['etag']).toBe('"4"');
  });

  it('cannot bring back a datasource that is deleted', async () => {
    const gone = await createDatasource(admin);
    const id = await createQuery(editor, gone);
    await editor.put(`/queries/${id}`).send({ datasource_id: datasourceId }).expect(200);
    await admin.delete(`/datasources/${gone}`).expect(204);
    const { body } = await editor.post(`/queries/${id}/versions/1/restore`).expect(409);
    expect(body).toMatchObject({
      error: { type: 'conflict' },
      message: 'The datasource of version 1 is deleted',
    });
    expect((await viewer.get(`/queries/${id}`).expect(200)).body.version).toBe(2);
  });

  it('refuses viewers, what is not there or not ours, and requests without a token', async () => {
    const id = await query();
    const path = `/queries/${id}/versions/1/restore`;
    await viewer.post(path).expect(403);
    await stranger.post(path).expect(404);
    await editor.post(`/queries/${id}/versions/9/restore`).expect(404);
    await editor.post(`/queries/${unknownId}/versions/1/restore`).expect(404);
    await api.anonymous.post(`/api/v1${path}`).expect(401);
  });
});
