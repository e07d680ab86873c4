import { createDatasource, createQuery } from '../../testing/resources';
import type { Member } from '../../testing/members';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
let admin: Member;
let client: Client;
let datasourceId: string;
let queryId: string;
beforeAll(async () => {
  api = await startTestApi();
  admin = await api.member();
  client = api.as(admin);
  datasourceId = await createDatasource(client);
  queryId = await createQuery(client, datasourceId, { sql: 'SELECT 1' });
});
afterAll(() => api.close());

const post = (key: string, body: object = { query_id: queryId }, { by = client, path = '/runs' } = {}) =>
  by.post(path).set('Idempotency-Key', key).send(body);

const runCount = async (): Promise<number> => {
  const [row] = await api.database.asOwner<{ count: number }>('SELECT count(*)::int AS count FROM runs');
  return row!.count;
};

it('answers the same request with the same run, and says that it does', async () => {
  const first = await post('the-key').expect(201);
  expect(first.headers['idempotent-replayed']).toBeUndefined();
  const before = await runCount();
  const second = await post('the-key', { unknown: true, query_id: queryId, parameters: {} }).expect(201);
  expect(second.body.id).toBe(first.body.id);
  expect(second.headers['idempotent-replayed']).toBe('true');
  expect(await runCount()).toBe(before);
});

it('shows the run as it stands by then, and needs its query no more', async () => {
  const id = await createQuery(client, datasourceId);
  const first = await post('later', { query_id: id }).expect(201);
  await client.delete(`/queries/${id}`).expect(204);
  const { body } = await post('later', { query_id: id }).expect(201);
  expect(body).toMatchObject({ id: first.body.id, status: 'cancelled' });
});

it('refuses the key for another body, or at another address', async () => {
  await post('once').expect(201);
  const { body } = await post('once', { query_id: queryId, max_rows: 5 }).expect(409);
  expect(body).toMatchObject({ error: { type: 'conflict' }, details: { code: 'idempotency_key_reused' } });
  await post('once', { datasource_id: datasourceId, sql: 'SELECT 1' }, { path: '/runs/execute' }).expect(409);
});

it('works for statements as well', async () => {
  const body = { datasource_id: datasourceId, sql: 'SELECT 2' };
  const first = await post('statement', body, { path: '/runs/execute' }).expect(201);
  const second = await post('statement', body, { path: '/runs/execute' }).expect(201);
  expect(second.body.id).toBe(first.body.id);
  await post('statement', { ...body, sql: 'SELECT 3' }, { path: '/runs/execute' }).expect(409);
});

it('is each user’s own', async () => {
  const colleague = api.as(await api.member({ orgId: admin.orgId, role: 'viewer' }));
  const first = await post('shared').expect(201);
  const second = await post('shared', undefined, { by: colleague }).expect(201);
  expect(second.body.id).not.toBe(first.body.id);
});

it('makes one run of many requests that come at once', async () => {
  const before = await runCount();
  const answers = await Promise.all(Array.from({ length: 8 }, () => post('at-once')));
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === undefined)).toHaveLength(1);
  expect(await runCount()).toBe(before + 1);
});

it('makes nothing of a request that is refused, and lets the key be used', async () => {
  const before = await runCount();
  await post('refused', { query_id: '00000000-0000-7000-8000-000000000000' }).expect(404);
  await post('refused', { query_id: 'x' }).expect(400);
  expect(await runCount()).toBe(before);
  await post('refused').expect(201);
});

it('forgets after a day', async () => {
  const first = await post('a-day').expect(201);
  await api.database.asOwner(`UPDATE idempotency_keys SET expires_at = now() WHERE key = 'a-day'`);
  const second = await post('a-day', { query_id: queryId, max_rows: 5 }).expect(201);
  expect(second.body.id).not.toBe(first.body.id);
  const third = await post('a-day', { query_id: queryId, max_rows: 5 }).expect(201);
  expect(third.body.id).toBe(second.body.id);
});

it.each(['', 'two words', 'ümlaut', 'a'.repeat(256)])('refuses the key %p', async (key) => {
  const { body } = await post(key).expect(400);
  expect(body.message).toContain('Idempotency-Key');
});

it('takes the longest key, and costs nothing without one', async () => {
  await post('~'.repeat(255)).expect(201);
  const statements = await api.statementsOf(() =>
    client.post('/runs').send({ query_id: queryId }).expect(201),
  );
  expect(statements).toEqual(['users.findBySession', 'queries.find', 'runs.insert']);
});
