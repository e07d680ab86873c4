import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
let editor: Client;
let viewer: Client;
let orgId: string;
beforeAll(async () => {
  api = await startTestApi();
  ({ orgId } = await api.member());
  editor = api.as(await api.member({ orgId, role: 'editor' }));
  viewer = api.as(await api.member({ orgId, role: 'viewer' }));
});
afterAll(() => api.close());

const unknownId = '00000000-0000-7000-8000-000000000000';
const post = (fields: object = {}) => editor.post('/canvases').send({ name: 'Why', ...fields });
const create = async (fields: object = {}): Promise<string> => (await post(fields).expect(201)).body.id;

describe('POST /canvases', () => {
  it('fills in the defaults', async () => {
    const { body } = await post({ live: null, time_offset: null, time_custom_start: null }).expect(201);
    expect(body).toEqual({
      id: expect.any(String),
      org_id: orgId,
      name: 'Why',
      time_preset: '7d',
      time_offset: 0,
      time_custom_start: null,
      time_custom_end: null,
      live: false,
      tags: [],
      nodes: [],
      edges: [],
      version: 1,
      created_by: expect.any(String),
      created_at: expect.stringMatching(/Z$/),
      updated_at: body.created_at,
    });
  });

  it('returns what it was given', async () => {
    const sent = {
      name: 'W',
      time_preset: 'custom',
      time_offset: 3_600_000_000_000,
      live: true,
      tags: ['a'],
    };
    const times = {
      time_custom_start: '2025-01-01T00:00:00+01:00',
      time_custom_end: '2025-02-01T00:00:00.5Z',
    };
    const { body } = await post({ ...sent, ...times }).expect(201);
    expect(body).toMatchObject({
      ...sent,
      time_custom_start: '2024-12-31T23:00:00.000Z',
      time_custom_end: '2025-02-01T00:00:00.500Z',
    });
    expect((await viewer.get(`/canvases/${body.id}`).expect(200)).body).toEqual(body);
  });

  it.each(['now', '1h', '3h', '6h', '12h', '24h', '7d', '30d', '90d', 'custom'])(
    'takes the preset %s',
    async (preset) => {
      const { body } = await post({ time_preset: preset }).expect(201);
      expect(body.time_preset).toBe(preset);
    },
  );

  it.each<[string, object, string]>([
    ['no name', { name: undefined }, 'name'],
    ['an unknown preset', { time_preset: '2h' }, 'time_preset'],
    ['a negative offset', { time_offset: -1 }, 'time_offset'],
    ['an offset that no number holds exactly', { time_offset: 2 ** 60 }, 'time_offset'],
    ['a text for live', { live: 'true' }, 'live'],
    ['a day for a time', { time_custom_start: '2025-01-01' }, 'time_custom_start'],
    ['a day that does not exist', { time_custom_end: '2025-02-30T00:00:00Z' }, 'time_custom_end'],
  ])('refuses %s', async (_what, fields, field) => {
    const { body } = await post(fields).expect(400);
    expect(Object.keys(body.details.fields)).toEqual([field]);
  });

  it('takes any day that RFC 3339 can name', async () => {
    for (const time of ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])
      await post({ time_custom_start: time }).expect(201);
    expect((await post({ time_custom_start: '0000-01-01T00:00:00Z' })).status).toBeLessThan(500);
  });

  it('refuses viewers, and requests without a token', async () => {
    await viewer.post('/canvases').send({ name: 'x' }).expect(403);
    await api.anonymous.post('/api/v1/canvases').send({ name: 'x' }).expect(401);
  });
});

describe('PUT /canvases/{id}', () => {
  it('keeps absent fields and nulls', async () => {
    const { body: before } = await post({ time_custom_start: '2025-01-01T00:00:00Z', tags: ['a'] }).expect(
      201,
    );
    const change = { live: true, time_custom_start: null, tags: null, nodes: [], id: unknownId };
    const { body: after } = await editor.put(`/canvases/${before.id}`).send(change).expect(200);
    expect(after).toEqual({ ...before, live: true, version: 2, updated_at: after.updated_at });
  });

  it('with the whole object as it was changes nothing', async () => {
    const { body: before } = await post({ time_custom_start: '2025-01-01T00:00:00Z' }).expect(201);
    const { body: after } = await editor.put(`/canvases/${before.id}`).send(before).expect(200);
    expect(after).toEqual(before);
  });

  it('refuses bad input, viewers, unknown ids, and requests without a token', async () => {
    const id = await create();
    await editor.put(`/canvases/${id}`).send({ time_preset: '' }).expect(400);
    await viewer.put(`/canvases/${id}`).send({ name: 'x' }).expect(403);
    await editor.put(`/canvases/${unknownId}`).send({ name: 'x' }).expect(404);
    await api.anonymous.put(`/api/v1/canvases/${id}`).send({ name: 'x' }).expect(401);
  });
});

describe('DELETE /canvases/{id}', () => {
  it('hides it and what is on it', async () => {
    const id = await create();
    const node = { node_type: 'note', title: 'n' };
    const { body: made } = await editor.post(`/canvases/${id}/nodes`).send(node).expect(201);
    await viewer.delete(`/canvases/${id}`).expect(403);
    await api.anonymous.delete(`/api/v1/canvases/${id}`).expect(401);
    await editor.delete(`/canvases/${id}`).expect(204);
    await viewer.get(`/canvases/${id}`).expect(404);
    await editor.post(`/canvases/${id}/nodes`).send(node).expect(404);
    await editor.put(`/canvases/${id}/nodes/${made.id}`).send({ title: 'x' }).expect(404);
    await editor.delete(`/canvases/${id}`).expect(404);
  });
});

describe('GET /canvases', () => {
  it('finds by name and tags, and embeds what is on them', async () => {
    const other = api.as(await api.member());
    for (const [name, tags] of [
      ['Alpha', ['x', 'y']],
      ['beta', ['x']],
    ] as const)
      // prettier-ignore
      await other.post('/canvases').send({ name, tags }).expect(201);
    const names = async (query: string): Promise<string[]> => {
      const { body } = await other.get(`/canvases?${query}`).expect(200);
      return body.data.map(({ name, nodes, edges }: Record<string, unknown>) => {
        expect({ nodes, edges }).toEqual({ nodes: [], edges: [] });
        return name as string;
      });
    };
    expect(await names('')).toEqual(['beta', 'Alpha']);
    expect(await names('sort=name')).toEqual(['Alpha', 'beta']);
    expect(await names('search=ALP')).toEqual(['Alpha']);
    expect(await names('tags=x,y')).toEqual(['Alpha']);
    await other.get('/canvases?sort_by=live').expect(400);
    await viewer.get(`/canvases/${unknownId}`).expect(404);
    await api.anonymous.get('/api/v1/canvases').expect(401);
    await api.anonymous.get(`/api/v1/canvases/${unknownId}`).expect(401);
  });
});
