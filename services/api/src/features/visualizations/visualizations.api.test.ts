import { createDatasource, createQuery, createVisualization } from '../../testing/resources';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
let editor: Client;
let viewer: Client;
let orgId: string;
let queryId: string;
beforeAll(async () => {
  api = await startTestApi();
  const admin = await api.member();
  orgId = admin.orgId;
  queryId = await createQuery(api.as(admin), await createDatasource(api.as(admin)));
  editor = api.as(await api.member({ orgId, role: 'editor' }));
  viewer = api.as(await api.member({ orgId, role: 'viewer' }));
});
afterAll(() => api.close());

const unknownId = '00000000-0000-7000-8000-000000000000';
const create = (fields: object = {}) =>
  editor.post('/visualizations').send({ query_id: queryId, name: 'Sales', chart_type: 'line', ...fields });

describe('POST /visualizations', () => {
  it('fills in the defaults', async () => {
    const { body } = await create({ config: null, tags: null }).expect(201);
    expect(body).toEqual({
      id: expect.any(String),
      org_id: orgId,
      query_id: queryId,
      name: 'Sales',
      chart_type: 'line',
      config: {},
      tags: [],
      version: 1,
      created_by: expect.any(String),
      created_at: expect.stringMatching(/Z$/),
      updated_at: body.created_at,
    });
  });

  it.each(['table', 'line', 'bar', 'pie', 'single_stat'])('takes a %s', async (type) => {
    const { body } = await create({ chart_type: type }).expect(201);
    expect(body.chart_type).toBe(type);
  });

  it('returns the config unchanged, the order of its members included', async () => {
    const config = {
      y_axis: ['n'],
      columns: [{ key: 'n', label: 'Zahl', width: 1.5, format: null }],
      a: { nested: { '': [true, -1e-7, '🦉'] } },
      stacked: false,
    };
    const { body } = await create({ name: '[Canvas] x - Visualization', config }).expect(201);
    const { body: read } = await viewer.get(`/visualizations/${body.id}`).expect(200);
    expect(read).toEqual(body);
    expect(JSON.stringify(read.config)).toBe(JSON.stringify(config));
  });

  it('keeps every digit of a config, also through an update and in a list', async () => {
    const text =
      '{"big":9223372036854775807,"far":[-123456789012345678901234567890,1e+300],"round":100000000000000000000}';
    const whole = `{"query_id":"${queryId}","name":"big","chart_type":"bar","config":${text}}`;
    const json = 'application/json';
    const created = await editor.post('/visualizations').type(json).send(whole).expect(201);
    expect(created.text).toContain(`"config":${text}`);
    const path = `/visualizations/${created.body.id}`;
    expect((await viewer.get(path).expect(200)).text).toContain(`"config":${text}`);
    const same = await editor.put(path).type(json).send(`{"config":${text}}`).expect(200);
    expect(same.body.version).toBe(1);
    const other = text.replace('807', '806');
    const changed = await editor.put(path).type(json).send(`{"config":${other}}`).expect(200);
    expect(changed.text).toContain(other);
    expect((await viewer.get('/visualizations?limit=1').expect(200)).text).toContain(other);
  });

  it('takes a config of 20 levels, and none of 21', async () => {
    const nested = (levels: number): object => (levels === 1 ? {} : { in: nested(levels - 1) });
    const { body } = await create({ config: nested(20) }).expect(201);
    expect(body.config).toEqual(nested(20));
    await create({ config: nested(21) }).expect(400);
  });

  it.each<[string, object, string]>([
    ['no query', { query_id: null }, 'query_id'],
    ['a query that is no UUID', { query_id: 'x' }, 'query_id'],
    ['no name', { name: undefined }, 'name'],
    ['a blank name', { name: '  ' }, 'name'],
    ['a name with a line break', { name: 'a\nb' }, 'name'],
    ['a name of 256 characters', { name: 'x'.repeat(256) }, 'name'],
    ['no chart type', { chart_type: undefined }, 'chart_type'],
    ['an unknown chart type', { chart_type: 'area' }, 'chart_type'],
    ['a chart type in capitals', { chart_type: 'BAR' }, 'chart_type'],
    ['a list for a config', { config: [] }, 'config'],
    ['a config of more than 256 KiB', { config: { text: 'x'.repeat(256 * 1024) } }, 'config'],
    ['51 tags', { tags: Array.from({ length: 51 }, (_, i) => `t${i}`) }, 'tags'],
  ])('refuses %s', async (_what, fields, field) => {
    const { body } = await create(fields).expect(400);
    expect(Object.keys(body.details.fields)).toEqual([field]);
  });

  it('refuses a query that does not exist, viewers, and requests without a token', async () => {
    const { body } = await create({ query_id: unknownId }).expect(404);
    expect(body.message).toBe('Query not found');
    const request = { query_id: queryId, name: 'x', chart_type: 'bar' };
    await viewer.post('/visualizations').send(request).expect(403);
    await api.anonymous.post('/api/v1/visualizations').send(request).expect(401);
  });
});

describe('PUT /visualizations/{id}', () => {
  it('keeps absent fields and nulls, and replaces the config as a whole', async () => {
    const { body: before } = await create({ config: { a: 1, b: 2 }, tags: ['t'] }).expect(201);
    const change = { config: { b: 3 }, name: null, tags: null, chart_type: 'pie' };
    const { body: after } = await editor.put(`/visualizations/${before.id}`).send(change).expect(200);
    const { updated_at } = after;
    expect(after).toEqual({ ...before, config: { b: 3 }, chart_type: 'pie', version: 2, updated_at });
    expect(new Date(updated_at).getTime()).toBeGreaterThanOrEqual(new Date(before.updated_at).getTime());
  });

  it.each([{}, null])('with what it has (%p) changes nothing', async (change) => {
    const { body: before } = await create({ config: { a: [1, { b: null }] }, tags: ['t'] }).expect(201);
    const { body: after } = await editor
      .put(`/visualizations/${before.id}`)
      .send(change ?? before)
      .expect(200);
    expect(after).toEqual(before);
  });

  it('moves to another query, and not to one that does not exist', async () => {
    const { body: before } = await create().expect(201);
    const other = await createQuery(editor, await createDatasource(api.as(await api.member({ orgId }))));
    const { body } = await editor.put(`/visualizations/${before.id}`).send({ query_id: other }).expect(200);
    expect(body.query_id).toBe(other);
    const answer = await editor.put(`/visualizations/${before.id}`).send({ query_id: unknownId }).expect(404);
    expect(answer.body.message).toBe('Query not found');
  });

  it('loses neither of two changes at once', async () => {
    const id = await createVisualization(editor, queryId);
    await Promise.all(
      [{ name: 'New' }, { tags: ['new'] }, { config: { is: 'new' } }].map((change) =>
        editor.put(`/visualizations/${id}`).send(change).expect(200),
      ),
    );
    const { body } = await viewer.get(`/visualizations/${id}`).expect(200);
    expect(body).toMatchObject({ name: 'New', tags: ['new'], config: { is: 'new' }, version: 4 });
  });

  it('refuses bad input, viewers, unknown ids, and requests without a token', async () => {
    const id = await createVisualization(editor, queryId);
    await editor.put(`/visualizations/${id}`).send({ chart_type: 'x' }).expect(400);
    await viewer.put(`/visualizations/${id}`).send({ name: 'x' }).expect(403);
    await editor.put(`/visualizations/${unknownId}`).send({ name: 'x' }).expect(404);
    await editor.put('/visualizations/nonsense').send({ name: 'x' }).expect(404);
    await api.anonymous.put(`/api/v1/visualizations/${id}`).send({ name: 'x' }).expect(401);
  });
});

describe('DELETE /visualizations/{id}', () => {
  it('hides it', async () => {
    const id = await createVisualization(editor, queryId);
    await editor.delete(`/visualizations/${id}`).expect(204);
    await viewer.get(`/visualizations/${id}`).expect(404);
    await editor.put(`/visualizations/${id}`).send({ name: 'x' }).expect(404);
    await editor.delete(`/visualizations/${id}`).expect(404);
    const { body } = await viewer.get('/visualizations?limit=100').expect(200);
    expect(body.data.map((one: { id: string }) => one.id)).not.toContain(id);
  });

  it('is for editors', async () => {
    const id = await createVisualization(editor, queryId);
    await viewer.delete(`/visualizations/${id}`).expect(403);
    await api.anonymous.delete(`/api/v1/visualizations/${id}`).expect(401);
    await editor.delete(`/visualizations/${unknownId}`).expect(404);
  });
});

describe('GET /visualizations', () => {
  let other: Client;
  let first: string;
  beforeAll(async () => {
    other = api.as(await api.member());
    const source = await createDatasource(other);
    first = await createQuery(other, source);
    await createVisualization(other, first, { name: 'Alpha', tags: ['x', 'y'] });
    await createVisualization(other, await createQuery(other, source), { name: 'beta_%', tags: ['x'] });
  });
  const names = async (query: string): Promise<string[]> => {
    const { body } = await other.get(`/visualizations?${query}`).expect(200);
    return body.data.map(({ name }: { name: string }) => name);
  };

  it('answers with the envelope', async () => {
    const { body } = await other.get('/visualizations?limit=1&offset=1').expect(200);
    expect(body).toMatchObject({
      total: 2,
      page: 2,
      per_page: 1,
      total_pages: 2,
      has_next: false,
      has_prev: true,
    });
  });

  it.each([
    ['', ['beta_%', 'Alpha']],
    ['sort_by=name&sort_direction=asc', ['Alpha', 'beta_%']],
    ['search=_%25', ['beta_%']],
    ['search=ALPHA', ['Alpha']],
    ['tags=x,y', ['Alpha']],
    ['tags=y&tags_match=any', ['Alpha']],
  ])('finds by %p', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  it('filters by query', async () => {
    expect(await names(`query_id=${first}`)).toEqual(['Alpha']);
    await other.get('/visualizations?query_id=x').expect(400);
    await other.get('/visualizations?sort_by=chart_type').expect(400);
    await api.anonymous.get('/api/v1/visualizations').expect(401);
  });
});
