import type { Member } from '../../testing/members';
import { createDatasource } from '../../testing/resources';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
let admin: Member;
let editor: Member;
let viewer: Member;
beforeAll(async () => {
  api = await startTestApi();
});
beforeEach(async () => {
  admin = await api.member();
  editor = await api.member({ orgId: admin.orgId, role: 'editor' });
  viewer = await api.member({ orgId: admin.orgId, role: 'viewer' });
});
afterAll(() => api.close());

const unknownId = '00000000-0000-7000-8000-000000000000';
const setRole = (client: Client, id: string, role: unknown) =>
  client.put(`/organizations/users/${id}/role`).send({ role });
const remove = (client: Client, id: string) => client.delete(`/organizations/users/${id}`);

describe('GET /organizations/users', () => {
  it('lists the organization’s own, newest first, to everybody in it', async () => {
    const { body } = await api.as(viewer).get('/organizations/users').expect(200);
    expect(body).toMatchObject({ total: 3, page: 1, per_page: 20, total_pages: 1, next_cursor: null });
    expect(body.data.map(({ id }: { id: string }) => id)).toEqual([
      viewer.userId,
      editor.userId,
      admin.userId,
    ]);
    expect(JSON.stringify(body)).not.toMatch(/password/);
  });

  it('goes page by page, by offset and by cursor', async () => {
    const list = (query: string) => api.as(admin).get(`/organizations/users?${query}`).expect(200);
    const { body: first } = await list('limit=2');
    expect(first).toMatchObject({ total: 3, has_next: true });
    const { body: byCursor } = await list(`limit=2&cursor=${first.next_cursor}`);
    expect(byCursor.data).toMatchObject([{ id: admin.userId }]);
    expect((await list('limit=2&offset=2')).body.data).toEqual(byCursor.data);
  });

  it('refuses what it cannot read, and who is not signed in', async () => {
    await api.as(viewer).get('/organizations/users?limit=x').expect(400);
    await api.anonymous.get('/api/v1/organizations/users').expect(401);
  });
});

describe('PUT /organizations/users/{id}/role', () => {
  it('takes effect with the next request', async () => {
    const { body } = await setRole(api.as(admin), viewer.userId, 'editor').expect(200);
    expect(body).toMatchObject({ id: viewer.userId, org_id: admin.orgId, role: 'editor' });
    expect((await api.as(viewer).get('/auth/me').expect(200)).body).toEqual(body);
    await setRole(api.as(admin), viewer.userId, 'admin').expect(200);
    await setRole(api.as(viewer), editor.userId, 'viewer').expect(200);
  });

  it('changes nothing when it is the role already', async () => {
    const { body: before } = await api.as(viewer).get('/auth/me').expect(200);
    expect((await setRole(api.as(admin), viewer.userId, 'viewer').expect(200)).body).toEqual(before);
  });

  it('refuses one’s own, in words that say so', async () => {
    const { body } = await setRole(api.as(admin), admin.userId, 'viewer').expect(400);
    expect(body.message).toContain('own role');
    await api.as(admin).get('/auth/me').expect(200);
  });

  it.each(['owner', '', 7, null, undefined, 'Admin'])('refuses the role %p', async (role) => {
    const { body } = await setRole(api.as(admin), viewer.userId, role).expect(400);
    expect(body.details.fields).toHaveProperty('role');
  });

  it('is for admins', async () => {
    for (const member of [editor, viewer]) {
      const { body } = await setRole(api.as(member), admin.userId, 'viewer').expect(403);
      expect(body.message).toContain('admin');
    }
    await api.anonymous
      .put(`/api/v1/organizations/users/${viewer.userId}/role`)
      .send({ role: 'admin' })
      .expect(401);
  });

  it('finds nobody of another organization', async () => {
    const stranger = await api.member();
    for (const id of [stranger.userId, unknownId, 'x'])
      await setRole(api.as(admin), id, 'viewer').expect(404);
    expect((await api.as(stranger).get('/auth/me').expect(200)).body.role).toBe('admin');
  });
});

describe('DELETE /organizations/users/{id}', () => {
  it('ends all access at once, and leaves what the user made', async () => {
    await setRole(api.as(admin), editor.userId, 'admin').expect(200);
    const datasourceId = await createDatasource(api.as(editor));
    await remove(api.as(admin), editor.userId).expect(204);
    await api.as(editor).get('/auth/me').expect(401);
    const { body } = await api.as(admin).get(`/datasources/${datasourceId}`).expect(200);
    expect(body.created_by).toBe(editor.userId);
    const { body: list } = await api.as(admin).get('/organizations/users').expect(200);
    expect(list.total).toBe(2);
    await remove(api.as(admin), editor.userId).expect(404);
    await setRole(api.as(admin), editor.userId, 'viewer').expect(404);
  });

  it('refuses oneself, in words that say so', async () => {
    const { body } = await remove(api.as(admin), admin.userId).expect(400);
    expect(body.message).toContain('yourself');
  });

  it('is for admins', async () => {
    for (const member of [editor, viewer]) await remove(api.as(member), admin.userId).expect(403);
    await api.anonymous.delete(`/api/v1/organizations/users/${viewer.userId}`).expect(401);
  });

  it('finds nobody of another organization', async () => {
    const stranger = await api.member();
    for (const id of [stranger.userId, unknownId, 'x']) await remove(api.as(admin), id).expect(404);
    await api.as(stranger).get('/auth/me').expect(200);
  });
});

describe('two admins at once', () => {
  it.each<[string, (client: Client, id: string) => PromiseLike<{ status: number }>, number]>([
    ['demote', (client, id) => setRole(client, id, 'viewer'), 200],
    ['remove', (client, id) => remove(client, id), 204],
  ])('who %s each other leave one admin', async (_what, act, done) => {
    for (let round = 0; round < 5; round += 1) {
      const first = await api.member();
      const second = await api.member({ orgId: first.orgId });
      const statuses = await Promise.all([
        act(api.as(first), second.userId),
        act(api.as(second), first.userId),
      ]);
      const refusals = statuses.map(({ status }) => status).filter((status) => status !== done);
      expect(refusals).toHaveLength(1);
      expect([401, 403]).toContain(refusals[0]);
      const left = await api.app.one<{ admins: number }>({
        name: 'test.admins',
        text: `SELECT count(*)::integer AS admins FROM memberships WHERE org_id = $1 AND role = 'admin' AND deleted_at IS NULL`,
        values: [first.orgId],
      });
      expect(left.admins).toBe(1);
    }
  });
});

describe('who was removed', () => {
  const person = { email: 'grace@example.com', password: 'correct horse', name: 'Grace' };
  const register = (more: object = {}) =>
    api.anonymous.post('/api/v1/auth/register').send({ ...person, ...more });

  it('may register again, as the same user in a new organization with a new password', async () => {
    const { body: first } = await register().expect(201);
    const helper = await api.member({ orgId: first.org_id });
    await remove(api.as(helper), first.id).expect(204);
    const login = (password: string) =>
      api.anonymous.post('/api/v1/auth/login').send({ email: person.email, password });
    await login(person.password).expect(401);
    await api.anonymous
      .post('/api/v1/auth/refresh')
      .set('Authorization', `Bearer ${first.refresh_token}`)
      .expect(401);

    const answers = await Promise.all([
      register({ password: 'another horse', name: 'Grace H' }),
      register({ password: 'another horse', name: 'Grace H' }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    const again = answers.find(({ status }) => status === 201)?.body;
    expect(again).toMatchObject({ id: first.id, name: 'Grace H', role: 'admin' });
    expect(again.org_id).not.toBe(first.org_id);
    await login(person.password).expect(401);
    await login('another horse').expect(200);
  });
});
