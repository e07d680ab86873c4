import { createDatasource } from '../../testing/resources';
import type { Member } from '../../testing/members';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
let admin: Member;
let client: Client;
let viewer: Member;
let datasourceId: string;
beforeAll(async () => {
  api = await startTestApi({
    MAX_CONCURRENT_QUERIES_PER_ORG: '8',
    MAX_CONCURRENT_QUERIES_PER_DATASOURCE: '5',
    MAX_QUEUED_RUNS_PER_ORG: '70',
  });
  admin = await api.member();
  client = api.as(admin);
  viewer = await api.member({ orgId: admin.orgId, role: 'viewer' });
  datasourceId = await createDatasource(client);
});
afterAll(() => api.close());

const unknownId = '00000000-0000-7000-8000-000000000000';
const setDatasource = (value: unknown, by = client, id = datasourceId) =>
  by.put(`/datasources/${id}/limit`).send({ max_running: value });
const setUser = (value: unknown, by = client, id = viewer.userId) =>
  by.put(`/organizations/users/${id}/limit`).send({ max_running: value });

it('shows what is in force, and what was set', async () => {
  const { body: before } = await client.get('/organizations/limits').expect(200);
  expect(before).toEqual({
    organization: { max_running: 8, max_queued: 70, weight: 1 },
    defaults: { datasource_max_running: 5, user_max_running: null },
    ...{ datasources: [], users: [] },
  });
  const { body: set } = await setDatasource(8).expect(200);
  expect(set).toEqual({ datasource_id: datasourceId, max_running: 8 });
  await setUser(2).expect(200);
  await setUser(0).expect(200);
  const { body: after } = await api.as(viewer).get('/organizations/limits').expect(200);
  expect(after.datasources).toEqual([{ datasource_id: datasourceId, max_running: 8 }]);
  expect(after.users).toEqual([{ user_id: viewer.userId, max_running: 0 }]);
});

it('goes back to the default with null', async () => {
  await setDatasource(1).expect(200);
  expect((await setDatasource(null).expect(200)).body).toEqual({
    datasource_id: datasourceId,
    max_running: null,
  });
  await setUser(1).expect(200);
  await setUser(null).expect(200);
  await setUser(null).expect(200);
  const { body } = await client.get('/organizations/limits').expect(200);
  expect(body).toMatchObject({ datasources: [], users: [] });
});

it('shows nothing of whom or what the organization has no more', async () => {
  const leaver = await api.member({ orgId: admin.orgId, role: 'viewer' });
  const deleted = await createDatasource(client);
  await setUser(1, client, leaver.userId).expect(200);
  await setDatasource(1, client, deleted).expect(200);
  await client.delete(`/datasources/${deleted}`).expect(204);
  await api.database.asOwner('UPDATE memberships SET deleted_at = now() WHERE user_id = $1', [leaver.userId]);
  const { body } = await client.get('/organizations/limits').expect(200);
  expect(body).toMatchObject({ datasources: [], users: [] });
  await setUser(2, client, leaver.userId).expect(404);
});

it('stays within what operators have set for the organization', async () => {
  await setDatasource(9).expect(400);
  await api.engine.execute({
    name: 'test.limit',
    text: `INSERT INTO limit_overrides (id, scope, org_id, key, max_running, max_queued, weight, set_by)
           VALUES (gen_random_uuid(), 'organization', $1, $1, 20, 5, 2.5, 'test')`,
    values: [admin.orgId],
  });
  await setDatasource(20).expect(200);
  const { body } = await setUser(21).expect(400);
  expect(body.details.fields).toEqual({ max_running: expect.stringContaining('20') });
  const { body: view } = await client.get('/organizations/limits').expect(200);
  expect(view.organization).toEqual({ max_running: 20, max_queued: 5, weight: 2.5 });
});

it.each([-1, 1.5, '3', true, [], 1_000_001, undefined])('refuses %p', async (value) => {
  await setDatasource(value).expect(400);
  await setUser(value).expect(400);
});

it('is an admin’s business', async () => {
  const editor = api.as(await api.member({ orgId: admin.orgId, role: 'editor' }));
  await setDatasource(1, editor).expect(403);
  await setUser(1, editor).expect(403);
  await api.anonymous.get('/api/v1/organizations/limits').expect(401);
});

it('knows nobody and nothing of another organization', async () => {
  const stranger = await api.member();
  const foreign = await createDatasource(api.as(stranger));
  const texts = await Promise.all(
    [setDatasource(1, client, foreign), setDatasource(1, client, unknownId)].map(
      async (request) => (await request.set('X-Request-Id', 'same').expect(404)).text,
    ),
  );
  expect(texts[0]).toBe(texts[1]);
  await setUser(1, client, stranger.userId).expect(404);
  await setUser(1, client, unknownId).expect(404);
  await setUser(1, client, 'x').expect(404);
  const { body } = await api.as(stranger).get('/organizations/limits').expect(200);
  expect(body).toMatchObject({ datasources: [], users: [] });
});
