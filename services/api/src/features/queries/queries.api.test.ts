import { createDatasource, createQuery, createRun } from '../../testing/resources';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
let editor: Client;
let viewer: Client;
let orgId: string;
let datasourceId: string;
beforeAll(async () => {
  api = await startTestApi();
  const admin = await api.member();
  orgId = admin.orgId;
  datasourceId = await createDatasource(api.as(admin));
  editor = api.as(await api.member({ orgId, role: 'editor' }));
  viewer = api.as(await api.member({ orgId, role: 'viewer' }));
});
afterAll(() => api.close());

const unknownId = '00000000-0000-7000-8000-000000000000';
const create = (body: object) =>
  editor.post('/queries').send({ datasource_id: datasourceId, name: 'Q', sql: 'SELECT 1', ...body });
const definition = { name: 'from', param_type: 'date', default: '2025-01-01', required: true };

async function versionsOf(id: string) {
  return api.app.rows<{ version: number; sql: string }>({
    name: 'test.versions',
    text: 'SELECT version, sql FROM query_versions WHERE query_id = $1 ORDER BY version',
    values: [id],
  });
}

describe('POST /queries', () => {
  it('fills in the defaults', async () => {
    const { body } = await create({ description: null, tags: null, parameters: null, max_rows: null }).expect(
      201,
    );
    expect(body).toEqual({
      id: expect.any(String),
      org_id: orgId,
      datasource_id: datasourceId,
      name: 'Q',
      description: null,
      sql: 'SELECT 1',
      parameters: [],
      timeout_seconds: 30,
      max_rows: 10_000,
      tags: [],
      version: 1,
      created_by: expect.any(String),
      created_at: expect.stringMatching(/Z$/),
      updated_at: body.created_at,
    });
    expect(await versionsOf(body.id)).toEqual([{ version: 1, sql: 'SELECT 1' }]);
  });

  it('returns what it was given', async () => {
    const sent = {
      name: '[Canvas] 🦉 query',
      description: '',
      sql: 'SELECT $from, $1 -- both are fine to save',
      parameters: [definition, { name: 'n', param_type: 'number', default: null, required: false }],
      timeout_seconds: 300,
      max_rows: 100_000,
      tags: ['sales', 'daily'],
    };
    const { body } = await create(sent).expect(201);
    expect(body).toMatchObject(sent);
    const { body: read } = await viewer.get(`/queries/${body.id}`).expect(200);
    expect(read).toEqual(body);
  });

  it('keeps integers of a default exact beyond what a double holds', async () => {
    const text = `{"datasource_id":"${datasourceId}","name":"x","sql":"SELECT 1","parameters":
      [{"name":"id","param_type":"number","default":9223372036854775807}]}`;
    const { body } = await editor
      .post('/queries')
      .set('Content-Type', 'application/json')
      .send(text)
      .expect(201);
    expect(body.parameters[0]).toMatchObject({ default: '9223372036854775807', required: false });
  });

  it('trims tags, as the filter does, and drops repeated ones', async () => {
    const { body } = await create({ tags: ['a', ' b\t', 'a ', 'x y'] }).expect(201);
    expect(body.tags).toEqual(['a', 'b', 'x y']);
  });

  it.each<[string, object, string]>([
    ['no SQL', { sql: undefined }, 'sql'],
    ['blank SQL', { sql: ' \n' }, 'sql'],
    ['SQL of 100,001 characters', { sql: 'x'.repeat(100_001) }, 'sql'],
    ['a blank name', { name: ' ' }, 'name'],
    ['a description of 2,001 characters', { description: 'x'.repeat(2_001) }, 'description'],
    ['a timeout of 0', { timeout_seconds: 0 }, 'timeout_seconds'],
    ['a timeout of 301', { timeout_seconds: 301 }, 'timeout_seconds'],
    ['a timeout as text', { timeout_seconds: '30' }, 'timeout_seconds'],
    ['half a row', { max_rows: 1.5 }, 'max_rows'],
    ['100,001 rows', { max_rows: 100_001 }, 'max_rows'],
    ['51 tags', { tags: Array.from({ length: 51 }, (_, i) => `t${i}`) }, 'tags'],
    ['a tag of 51 characters', { tags: ['x'.repeat(51)] }, 'tags[0]'],
    ['an empty tag', { tags: [''] }, 'tags[0]'],
    ['a blank tag', { tags: [' '] }, 'tags[0]'],
    ['a tag with a comma, at which the filter splits', { tags: ['a,b'] }, 'tags[0]'],
    ['null for a tag', { tags: [null] }, 'tags[0]'],
    ['a number for a tag', { tags: [1] }, 'tags[0]'],
    [
      'a default of more than 8 KiB',
      { parameters: [{ ...definition, default: '€'.repeat(3_000) }] },
      'parameters[0].default',
    ],
    [
      'definitions of more than 256 KiB together',
      {
        parameters: Array.from({ length: 50 }, (_, i) => ({
          ...definition,
          name: `p${i}`,
          default: 'x'.repeat(6_000),
        })),
      },
      'parameters',
    ],
    [
      '51 definitions',
      { parameters: Array.from({ length: 51 }, (_, i) => ({ ...definition, name: `p${i}` })) },
      'parameters',
    ],
    [
      'an unknown parameter type',
      { parameters: [{ ...definition, param_type: 'uuid' }] },
      'parameters[0].param_type',
    ],
    ['a parameter name with a dash', { parameters: [{ ...definition, name: 'a-b' }] }, 'parameters[0].name'],
    ['a parameter defined twice', { parameters: [definition, definition] }, 'parameters[1].name'],
    ['a datasource that is no UUID', { datasource_id: 'x' }, 'datasource_id'],
  ])('refuses %s', async (_what, fields, field) => {
    const { body } = await create(fields).expect(400);
    expect(Object.keys(body.details.fields)).toEqual([field]);
    expect(body.message).toContain(field);
  });

  it('refuses a datasource that does not exist, and viewers', async () => {
    const { body } = await create({ datasource_id: unknownId }).expect(404);
    expect(body.message).toBe('Datasource not found');
    const request = { datasource_id: datasourceId, name: 'x', sql: 'SELECT 1' };
    await viewer.post('/queries').send(request).expect(403);
    await api.anonymous.post('/api/v1/queries').send(request).expect(401);
  });
});

describe('PUT /queries/{id}', () => {
  it('keeps absent fields, and clears a description that is null', async () => {
    const { body: before } = await create({ description: 'old', tags: ['a'] }).expect(201);
    const change = { name: 'new', description: null, tags: null, timeout_seconds: null };
    const { body: after } = await editor.put(`/queries/${before.id}`).send(change).expect(200);
    expect(after).toEqual({
      ...before,
      name: 'new',
      description: null,
      version: 2,
      updated_at: after.updated_at,
    });
    expect(new Date(after.updated_at).getTime()).toBeGreaterThan(new Date(before.updated_at).getTime());
  });

  it('with the whole object as it was changes nothing and makes no version', async () => {
    const { body: before } = await create({ parameters: [definition], tags: ['a'], description: 'd' }).expect(
      201,
    );
    const { body: after } = await editor.put(`/queries/${before.id}`).send(before).expect(200);
    expect(after).toEqual(before);
    expect(await versionsOf(before.id)).toHaveLength(1);
  });

  it('writes a version for each save that changes something', async () => {
    const id = await createQuery(editor, datasourceId);
    for (const sql of ['SELECT 2', 'SELECT 3']) await editor.put(`/queries/${id}`).send({ sql }).expect(200);
    expect(await versionsOf(id)).toEqual([
      { version: 1, sql: 'SELECT 1' },
      { version: 2, sql: 'SELECT 2' },
      { version: 3, sql: 'SELECT 3' },
    ]);
  });

  it('gives two saves at once a version each', async () => {
    const id = await createQuery(editor, datasourceId);
    await Promise.all(
      ['SELECT 2', 'SELECT 3', 'SELECT 4'].map((sql) =>
        editor.put(`/queries/${id}`).send({ sql }).expect(200),
      ),
    );
    expect((await versionsOf(id)).map(({ version }) => version)).toEqual([1, 2, 3, 4]);
  });

  it('moves the query to another datasource of the organization', async () => {
    const id = await createQuery(editor, datasourceId);
    const other = await createDatasource(api.as(await api.member({ orgId })));
    const { body } = await editor.put(`/queries/${id}`).send({ datasource_id: other }).expect(200);
    expect(body.datasource_id).toBe(other);
    const answer = await editor.put(`/queries/${id}`).send({ datasource_id: unknownId }).expect(404);
    expect(answer.body.message).toBe('Datasource not found');
  });

  it('refuses bad input, viewers and unknown ids', async () => {
    const id = await createQuery(editor, datasourceId);
    await editor.put(`/queries/${id}`).send({ max_rows: 0 }).expect(400);
    await editor
      .put(`/queries/${id}`)
      .send({ parameters: [{ ...definition, name: '1' }] })
      .expect(400);
    await viewer.put(`/queries/${id}`).send({ name: 'x' }).expect(403);
    await editor.put(`/queries/${unknownId}`).send({ name: 'x' }).expect(404);
    await editor.put('/queries/nonsense').send({ name: 'x' }).expect(404);
  });
});

describe('DELETE /queries/{id}', () => {
  it('hides it and cancels its live runs, which stay readable', async () => {
    const id = await createQuery(editor, datasourceId);
    const runId = await createRun(editor, id);
    await editor.delete(`/queries/${id}`).expect(204);
    await editor.get(`/queries/${id}`).expect(404);
    await editor.put(`/queries/${id}`).send({ name: 'x' }).expect(404);
    await editor.delete(`/queries/${id}`).expect(404);
    const { body: list } = await viewer.get('/queries?limit=100').expect(200);
    expect(list.data.map((query: { id: string }) => query.id)).not.toContain(id);
    const { body: run } = await viewer.get(`/runs/${runId}`).expect(200);
    expect(run).toMatchObject({ status: 'cancelled', query_id: id });
  });

  it('is for editors', async () => {
    const id = await createQuery(editor, datasourceId);
    await viewer.delete(`/queries/${id}`).expect(403);
    await editor.delete(`/queries/${unknownId}`).expect(404);
  });
});

describe('GET /queries', () => {
  let other: Client;
  let otherSource: string;
  beforeAll(async () => {
    other = api.as(await api.member());
    otherSource = await createDatasource(other);
    await createQuery(other, otherSource, { name: 'Alpha', tags: ['x', 'y'], description: 'about owls' });
    await createQuery(other, otherSource, { name: 'beta', tags: ['x'], sql: 'SELECT 100 AS "percent_%"' });
    await createQuery(other, await createDatasource(other), { name: 'Gamma', tags: ['y'] });
  });
  const names = async (query: string): Promise<string[]> => {
    const { body } = await other.get(`/queries?${query}`).expect(200);
    return body.data.map(({ name }: { name: string }) => name);
  };

  it('is newest first unless it is sorted', async () => {
    expect(await names('')).toEqual(['Gamma', 'beta', 'Alpha']);
    expect(await names('sort_by=name&sort_direction=asc')).toEqual(['Alpha', 'Gamma', 'beta']);
    expect(await names('sort=-updated_at,name')).toEqual(['Gamma', 'beta', 'Alpha']);
  });

  it.each([
    ['search=ALPHA', ['Alpha']],
    ['search=owl', ['Alpha']],
    ['search=t_%25', ['beta']],
    ['search=%25', ['beta']],
    ['tags=x', ['beta', 'Alpha']],
    ['tags=x,y', ['Alpha']],
    ['tags=x,y&tags_match=any', ['Gamma', 'beta', 'Alpha']],
    ['created_after=2020-01-01T00:00:00Z&created_before=2020-01-02T00:00:00Z', []],
    ['created_by=00000000-0000-7000-8000-000000000000', []],
  ])('filters by %s', async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  it('filters by datasource', async () => {
    expect(await names(`datasource_id=${otherSource}`)).toEqual(['beta', 'Alpha']);
    await other.get('/queries?datasource_id=x').expect(400);
  });
});
