import {
  createDashboard,
  createDatasource,
  createQuery,
  createTile,
  createVisualization,
} from '../../testing/resources';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
let editor: Client;
let viewer: Client;
let orgId: string;
let visualizationId: string;
beforeAll(async () => {
  api = await startTestApi();
  const admin = await api.member();
  orgId = admin.orgId;
  editor = api.as(await api.member({ orgId, role: 'editor' }));
  viewer = api.as(await api.member({ orgId, role: 'viewer' }));
  const queryId = await createQuery(editor, await createDatasource(api.as(admin)));
  visualizationId = await createVisualization(editor, queryId);
});
afterAll(() => api.close());

const unknownId = '00000000-0000-7000-8000-000000000000';
const create = (fields: object = {}) => editor.post('/dashboards').send({ name: 'Sales', ...fields });

describe('POST /dashboards', () => {
  it('fills in the defaults, and has no tiles yet', async () => {
    const { body } = await create({ parameters: null, tags: null }).expect(201);
    expect(body).toEqual({
      id: expect.any(String),
      org_id: orgId,
      name: 'Sales',
      description: null,
      parameters: [],
      tags: [],
      tiles: [],
      version: 1,
      created_by: expect.any(String),
      created_at: expect.stringMatching(/Z$/),
      updated_at: body.created_at,
    });
  });

  it('returns what it was given', async () => {
    const sent = {
      name: 'Umsätze: “all” [2025]',
      description: '',
      parameters: [
        { name: 'from', param_type: 'date', default: null, label: 'From', extra: [1] },
        { name: 'to' },
      ],
      tags: ['sales'],
    };
    const { body } = await create(sent).expect(201);
    expect(body).toMatchObject(sent);
    const { body: read } = await viewer.get(`/dashboards/${body.id}`).expect(200);
    expect(read).toEqual(body);
  });

  it.each<[string, object, string]>([
    ['no name', { name: null }, 'name'],
    ['a name with a control character', { name: 'a\u0007' }, 'name'],
    ['a description of 2,001 characters', { description: 'x'.repeat(2_001) }, 'description'],
    ['an object for parameters', { parameters: {} }, 'parameters'],
    ['null for a parameter', { parameters: [null] }, 'parameters[0]'],
    ['parameters of more than 256 KiB', { parameters: [{ x: 'x'.repeat(256 * 1024) }] }, 'parameters'],
    ['a text for tags', { tags: 'a' }, 'tags'],
  ])('refuses %s', async (_what, fields, field) => {
    const { body } = await create(fields).expect(400);
    expect(Object.keys(body.details.fields)).toEqual([field]);
  });

  it('refuses viewers, and requests without a token', async () => {
    await viewer.post('/dashboards').send({ name: 'x' }).expect(403);
    await api.anonymous.post('/api/v1/dashboards').send({ name: 'x' }).expect(401);
  });
});

describe('GET /dashboards/{id}', () => {
  it('answers with its tiles from top to bottom, then from left to right', async () => {
    const id = await createDashboard(editor);
    for (const [title, pos_x, pos_y] of [
      ['d', 0, 7],
      ['c', 6, 2],
      ['a', 9, 0],
      ['b', 1, 2],
    ] as const)
      // prettier-ignore
      await createTile(editor, id, { visualization_id: visualizationId, title, pos_x, pos_y });
    const { body } = await viewer.get(`/dashboards/${id}`).expect(200);
    expect(body.tiles.map((tile: { title: string }) => tile.title)).toEqual(['a', 'b', 'c', 'd']);
    expect(body).toMatchObject({ version: 5 });
    const { body: list } = await viewer.get('/dashboards?limit=1').expect(200);
    expect(list.data).toEqual([body]);
  });

  it('keeps every digit of parameters and of bindings', async () => {
    const [big, text] = [
      '9223372036854775807',
      (client: Client) => client.get('/dashboards?limit=1').expect(200),
    ];
    const json = (path: string, body: string) =>
      editor.post(path).set('Content-Type', 'application/json').send(body).expect(201);
    const { body } = await json('/dashboards', `{"name":"big","parameters":[{"default":${big}}]}`);
    const tile = `{"visualization_id":"${visualizationId}","parameter_bindings":{"a":${big}}}`;
    await json(`/dashboards/${body.id}/tiles`, tile);
    expect((await text(viewer)).text).toMatch(new RegExp(`"default":${big}.*"a":${big}`));
  });

  it('knows no other organization’s, and no unknown one', async () => {
    const stranger = api.as(await api.member());
    const id = await createDashboard(editor);
    await stranger.get(`/dashboards/${id}`).expect(404);
    await viewer.get(`/dashboards/${unknownId}`).expect(404);
    await viewer.get('/dashboards/nonsense').expect(404);
    await api.anonymous.get(`/api/v1/dashboards/${id}`).expect(401);
  });
});

describe('PUT /dashboards/{id}', () => {
  it('keeps absent fields and the tiles, and clears a description that is null', async () => {
    const id = await createDashboard(editor, {
      description: 'old',
      parameters: [{ name: 'p' }],
      tags: ['t'],
    });
    await createTile(editor, id, { visualization_id: visualizationId });
    const { body: before } = await viewer.get(`/dashboards/${id}`).expect(200);
    const change = { name: 'New', description: null, parameters: null };
    const { body: after } = await editor.put(`/dashboards/${id}`).send(change).expect(200);
    const { updated_at } = after;
    expect(after).toEqual({ ...before, name: 'New', description: null, version: 3, updated_at });
    expect(after.tiles).toHaveLength(1);
  });

  it('with the whole object as it was changes nothing', async () => {
    const id = await createDashboard(editor, { parameters: [{ name: 'p' }] });
    await createTile(editor, id, { visualization_id: visualizationId });
    const { body: before } = await viewer.get(`/dashboards/${id}`).expect(200);
    const { body: after } = await editor.put(`/dashboards/${id}`).send(before).expect(200);
    expect(after).toEqual(before);
  });

  it('refuses bad input, viewers, unknown ids, and requests without a token', async () => {
    const id = await createDashboard(editor);
    await editor.put(`/dashboards/${id}`).send({ name: '' }).expect(400);
    await viewer.put(`/dashboards/${id}`).send({ name: 'x' }).expect(403);
    await editor.put(`/dashboards/${unknownId}`).send({ name: 'x' }).expect(404);
    await api.anonymous.put(`/api/v1/dashboards/${id}`).send({ name: 'x' }).expect(401);
  });
});

describe('DELETE /dashboards/{id}', () => {
  it('hides it and its tiles', async () => {
    const id = await createDashboard(editor);
    const tile = await createTile(editor, id, { visualization_id: visualizationId });
    await editor.delete(`/dashboards/${id}`).expect(204);
    await viewer.get(`/dashboards/${id}`).expect(404);
    await viewer.get(`/dashboards/${id}/tiles`).expect(404);
    await editor.put(`/dashboards/${id}/tiles/${tile}`).send({ pos_x: 1 }).expect(404);
    await editor.delete(`/dashboards/${id}`).expect(404);
  });

  it('is for editors', async () => {
    const id = await createDashboard(editor);
    await viewer.delete(`/dashboards/${id}`).expect(403);
    await api.anonymous.delete(`/api/v1/dashboards/${id}`).expect(401);
  });
});

describe('GET /dashboards', () => {
  let other: Client;
  beforeAll(async () => {
    other = api.as(await api.member());
    await createDashboard(other, { name: 'Alpha', tags: ['x', 'y'], description: 'about owls' });
    await createDashboard(other, { name: 'beta', tags: ['x'] });
  });

  it.each([
    ['', ['beta', 'Alpha']],
    ['sort=name', ['Alpha', 'beta']],
    ['search=OWL', ['Alpha']],
    ['tags=x,y', ['Alpha']],
    ['offset=5', []],
  ])('finds by %p', async (query, expected) => {
    const { body } = await other.get(`/dashboards?${query}`).expect(200);
    expect(body.data.map(({ name }: { name: string }) => name)).toEqual(expected);
    expect(body.total).toBe(query.startsWith('search') || query.startsWith('tags') ? 1 : 2);
  });

  it('refuses what it cannot sort by', async () => {
    await other.get('/dashboards?sort_by=tiles').expect(400);
    await api.anonymous.get('/api/v1/dashboards').expect(401);
  });
});
