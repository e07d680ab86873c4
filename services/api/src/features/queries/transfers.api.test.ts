import { createDatasource, createQuery } from '../../testing/resources';
import type { Member } from '../../testing/members';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
let member: Member;
let admin: Client;
let viewer: Client;
let datasourceId: string;
beforeAll(async () => {
  api = await startTestApi();
});
beforeEach(async () => {
  // Each test in an organization of its own: an export holds all of it.
  member = await api.member();
  admin = api.as(member);
  viewer = api.as(await api.member({ orgId: member.orgId, role: 'viewer' }));
  datasourceId = await createDatasource(admin, { name: 'Warehouse' });
});
afterAll(() => api.close());

const unknownId = '00000000-0000-7000-8000-000000000000';
const exported = async () => (await viewer.get('/queries/export').expect(200)).body;
const post = (queries: unknown, more: object = {}) =>
  admin.post('/queries/import').send({ queries, datasource_id: datasourceId, ...more });
const element = (name: string, more: object = {}) => ({ name, sql: `SELECT '${name}'`, ...more });
const namesOf = (queries: { name: string }[]): string[] => queries.map(({ name }) => name);

describe('GET /queries/export', () => {
  it('is a bare array of all queries, newest first, without ids', async () => {
    await createQuery(admin, datasourceId, { name: 'Old' });
    await createQuery(admin, datasourceId, {
      ...{ name: 'New', description: 'd', tags: ['t'], timeout_seconds: 5, max_rows: 6 },
      parameters: [{ name: 'p', param_type: 'number', default: 1, required: true }],
    });
    expect(await exported()).toEqual([
      {
        name: 'New',
        description: 'd',
        sql: 'SELECT 1',
        parameters: [{ name: 'p', param_type: 'number', default: 1, required: true }],
        timeout_seconds: 5,
        max_rows: 6,
        tags: ['t'],
        datasource_name: 'Warehouse',
      },
      expect.objectContaining({ name: 'Old', description: null, datasource_name: 'Warehouse' }),
    ]);
  });

  it('is an empty array where there are none, and holds none that are deleted', async () => {
    await admin.delete(`/queries/${await createQuery(admin, datasourceId)}`).expect(204);
    expect(await exported()).toEqual([]);
  });

  it('holds each query once, in order, however many there are', async () => {
    const names = Array.from({ length: 250 }, (_, i) => `q${i}`);
    await post(names.map((name) => element(name))).expect(200);
    expect(namesOf(await exported())).toEqual(names);
  });

  it('refuses requests without a token', async () => {
    await api.anonymous.get('/api/v1/queries/export').expect(401);
  });
});

describe('POST /queries/import', () => {
  it('takes an export back as it was', async () => {
    const definition = { name: 'p', param_type: 'string', default: null, required: false };
    await createQuery(admin, datasourceId, { name: 'One', parameters: [definition] });
    await createQuery(admin, datasourceId, { name: 'Two', description: null, tags: ['a', 'b'] });
    const file = await exported();
    const other = api.as(await api.member());
    const target = await createDatasource(other, { name: 'Elsewhere' });
    const { body } = await other
      .post('/queries/import')
      .send({ queries: file, datasource_id: target })
      .expect(200);
    expect(body).toEqual({ imported: 2, skipped: 0, skipped_names: [] });
    const { body: again } = await other.get('/queries/export').expect(200);
    expect(again).toEqual(file.map((query: object) => ({ ...query, datasource_name: 'Elsewhere' })));
  });

  it('makes queries of their own, with a first version', async () => {
    await post([element('a')]).expect(200);
    const { body: list } = await viewer.get('/queries').expect(200);
    expect(list.data).toMatchObject([
      { name: 'a', datasource_id: datasourceId, version: 1, created_by: member.userId, max_rows: 10_000 },
    ]);
    const { body: versions } = await viewer.get(`/queries/${list.data[0].id}/versions`).expect(200);
    expect(versions.data).toMatchObject([{ version: 1, name: 'a', created_by: member.userId }]);
  });

  it('leaves out names that are taken, by a query or earlier in the file', async () => {
    await createQuery(admin, datasourceId, { name: 'taken' });
    await admin.delete(`/queries/${await createQuery(admin, datasourceId, { name: 'free' })}`).expect(204);
    const file = ['taken', 'new', 'new', 'free', 'New'].map((name) => element(name));
    const { body } = await post(file, { skip_duplicates: null }).expect(200);
    expect(body).toEqual({ imported: 3, skipped: 2, skipped_names: ['taken', 'new'] });
    expect(namesOf(await exported())).toEqual(['new', 'free', 'New', 'taken']);
  });

  it('makes them all where duplicates are not to be skipped', async () => {
    await createQuery(admin, datasourceId, { name: 'taken' });
    const { body } = await post([element('taken'), element('taken')], { skip_duplicates: false }).expect(200);
    expect(body).toEqual({ imported: 2, skipped: 0, skipped_names: [] });
  });

  it('imports a file once, though it comes twice at the same time', async () => {
    const file = [element('a'), element('b')];
    const answers = await Promise.all([post(file).expect(200), post(file).expect(200)]);
    expect(answers.map(({ body }) => body.imported).sort()).toEqual([0, 2]);
    expect(namesOf(await exported())).toEqual(['a', 'b']);
  });

  it.each<[string, unknown, string]>([
    ['an element without SQL', { name: 'x' }, 'queries[1].sql'],
    ['an element with a blank name', { name: ' ', sql: 'SELECT 1' }, 'queries[1].name'],
    ['no object', 'SELECT 1', 'queries[1]'],
    ['null', null, 'queries[1]'],
    ['SQL of 100,001 characters', { name: 'x', sql: 'x'.repeat(100_001) }, 'queries[1].sql'],
    [
      'a parameter with a bad name',
      { name: 'x', sql: 'SELECT 1', parameters: [{ name: 'a-b', param_type: 'date' }] },
      'queries[1].parameters[0].name',
    ],
    [
      'a parameter of an unknown type',
      { name: 'x', sql: 'SELECT 1', parameters: [{ name: 'a', param_type: 'x' }] },
      'queries[1].parameters[0].param_type',
    ],
  ])('with %s imports nothing, and says where it is', async (_what, bad, field) => {
    const { body } = await post([element('good'), bad]).expect(400);
    expect(Object.keys(body.details.fields)).toEqual([field]);
    expect(await exported()).toEqual([]);
  });

  it('refuses what is no list, more than 1,000, and no datasource', async () => {
    for (const queries of [undefined, null, {}, 'x']) await post(queries).expect(400);
    const many = Array.from({ length: 1_001 }, (_, i) => element(`q${i}`));
    await post(many).expect(400);
    await post(many.slice(1)).expect(200);
    await post([], { datasource_id: undefined }).expect(400);
    expect((await post([]).expect(200)).body).toEqual({ imported: 0, skipped: 0, skipped_names: [] });
  });

  it('refuses a datasource that is not there or not ours, viewers, and requests without a token', async () => {
    const other = await createDatasource(api.as(await api.member()));
    for (const id of [unknownId, other]) {
      const { body } = await post([element('a')], { datasource_id: id }).expect(404);
      expect(body.message).toBe('Datasource not found');
    }
    const body = { queries: [element('a')], datasource_id: datasourceId };
    await viewer.post('/queries/import').send(body).expect(403);
    await api.anonymous.post('/api/v1/queries/import').send(body).expect(401);
    expect(await exported()).toEqual([]);
  });
});
