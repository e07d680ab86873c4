import { newId } from '@loupe/common/crypto';
import { createQueryRepository } from '@loupe/common/repositories';
import { createDatasource, createQuery } from '../../testing/resources';
import type { Member } from '../../testing/members';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

// Which statements are accepted is tested with the gate itself; here, that it stands at every door.

let api: TestApi;
let editor: Client;
let datasourceId: string;
let member: Member;
beforeAll(async () => {
  api = await startTestApi();
  member = await api.member();
  editor = api.as(member);
  datasourceId = await createDatasource(editor);
});
afterAll(() => api.close());

const waiting = 'SELECT 1,\n  "pg_sleep"(60)';
const problem = 'must not call pg_sleep: it waits (line 2, column 3)';

const refusal = (field: string) => ({
  message: `${field} ${problem}`,
  details: { fields: { [field]: problem } },
  error: { type: 'bad_request' },
});

const query = (sql: string) => ({ datasource_id: datasourceId, name: 'Sales', sql });

describe('a query', () => {
  it('is not created with a statement that is not accepted', async () => {
    const { body } = await editor.post('/queries').send(query(waiting)).expect(400);
    expect(body).toMatchObject(refusal('sql'));
  });

  it('tells of its definitions and its statement at once', async () => {
    const definition = { name: 'a', param_type: 'number', required: false };
    const body = { ...query('DROP TABLE t'), parameters: [definition, definition] };
    const { body: answer } = await editor.post('/queries').send(body).expect(400);
    expect(Object.keys(answer.details.fields).sort()).toEqual(['parameters[1].name', 'sql']);
  });

  it('is saved with parameters, and with placeholders that no run could fill', async () => {
    await editor.post('/queries').send(query('SELECT $day, $1;')).expect(201);
  });

  it('keeps its statement when the new one is refused', async () => {
    const id = await createQuery(editor, datasourceId);
    const { body } = await editor.put(`/queries/${id}`).send({ sql: waiting }).expect(400);
    expect(body).toMatchObject(refusal('sql'));
    const { body: kept } = await editor.get(`/queries/${id}`).expect(200);
    expect(kept).toMatchObject({ sql: 'SELECT 1', version: 1 });
  });

  it('cannot be told by its statement from another organization’s', async () => {
    const id = await createQuery(editor, datasourceId);
    const stranger = api.as(await api.member());
    await stranger.put(`/queries/${id}`).send({ sql: waiting }).expect(404);
    await stranger.post('/queries').send(query(waiting)).expect(404);
  });
});

describe('a statement that was saved before it would have been refused', () => {
  let id: string;
  beforeAll(async () => {
    const text = { name: 'Old', description: null, sql: waiting, parameters: [], tags: [] };
    const limits = { timeoutSeconds: 30, maxRows: 100 };
    const stored = { id: newId(), datasourceId, createdBy: member.userId, ...text, ...limits };
    ({ id } = await createQueryRepository(api.app).insert(member, stored));
  });

  it('may stay when the rest changes', async () => {
    await editor.put(`/queries/${id}`).send({ name: 'Other', sql: waiting }).expect(200);
  });

  it('can be restored', async () => {
    await editor.put(`/queries/${id}`).send({ sql: 'SELECT 2' }).expect(200);
    const { body } = await editor.post(`/queries/${id}/versions/1/restore`).expect(200);
    expect(body.sql).toBe(waiting);
  });

  it('can be run: its read-only transaction is what protects the source', async () => {
    await editor.post('/runs').send({ query_id: id }).expect(201);
  });
});

describe('an import', () => {
  const element = (name: string, sql: string) => ({ name, sql });

  it('says which elements are refused, and imports none', async () => {
    const queries = [element('kept', 'SELECT 1'), element('a', waiting), element('b', 'SELECT 2; SELECT 3')];
    const { body } = await editor
      .post('/queries/import')
      .send({ datasource_id: datasourceId, queries })
      .expect(400);
    expect(body.details.fields).toEqual({
      'queries[1].sql': problem,
      'queries[2].sql': 'must be one statement; there are 2, and here begins the second (line 1, column 11)',
    });
    const { body: found } = await editor.get('/queries?search=kept').expect(200);
    expect(found.total).toBe(0);
  });
});

describe('an ad-hoc run', () => {
  it('is not made of a statement that is not accepted', async () => {
    const { body } = await editor
      .post('/runs/execute')
      .send({ datasource_id: datasourceId, sql: waiting })
      .expect(400);
    expect(body).toMatchObject(refusal('sql'));
  });

  it('of the worst text is refused, and the API goes on', async () => {
    const sql = '('.repeat(100_000);
    await editor.post('/runs/execute').send({ datasource_id: datasourceId, sql }).expect(400);
    await editor.post('/runs/execute').send({ datasource_id: datasourceId, sql: 'SELECT 1' }).expect(201);
  });
});
