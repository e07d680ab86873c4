import { type Ground, openGround } from '../testing/contract/ground';

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.close());

let count = 0;
const somebody = (more: object = {}) => {
  count += 1;
  return { email: `auth${count}@example.com`, password: 'correct horse', name: 'Ada', ...more };
};
const register = (body: object) => ground.anonymous.post('/auth/register').send(body);
const login = (body: object) => ground.anonymous.post('/auth/login').send(body);
const withToken = (method: 'get' | 'post', path: string, token: string) =>
  ground.anonymous[method](path).set('Authorization', `Bearer ${token}`);
const me = (token: string) => withToken('get', '/auth/me', token);

const user = {
  id: expect.any(String),
  org_id: expect.any(String),
  email: expect.any(String),
  name: 'Ada',
  role: 'admin',
  created_at: expect.stringMatching(/Z$/),
  updated_at: expect.stringMatching(/Z$/),
};

describe('POST /auth/register', () => {
  it('2.1/POST /auth/register › 201 with both shapes', async () => {
    const { body, text } = await register(somebody()).expect(201);
    expect(body.user).toEqual(user);
    expect(body).toEqual({
      ...body.user,
      user: body.user,
      token: expect.any(String),
      refresh_token: expect.any(String),
    });
    expect(text).not.toMatch(/password|hash|pepper/i);
  });

  it('2.1/POST /auth/register › login follows at once', async () => {
    const person = somebody();
    for (let i = 0; i < 2; i += 1) {
      const next = { ...person, email: `${i}${person.email}` };
      await register(next).expect(201);
      await login(next).expect(200);
    }
  });

  it('2.1/POST /auth/register › first user is admin of a new organization', async () => {
    const { body: one } = await register(somebody()).expect(201);
    const { body: other } = await register(somebody()).expect(201);
    expect([one.role, other.role]).toEqual(['admin', 'admin']);
    expect(one.org_id).not.toBe(other.org_id);
  });

  it.each([
    ['2.1/field role › accepted and ignored', { role: 'viewer' }],
    ['2.1/field role › whatever it is', { role: { not: 'a role' } }],
    ['2.1/field org_name › null', { org_name: null }],
  ])('%s', async (_row, more) => {
    const { body } = await register(somebody(more)).expect(201);
    expect(body.role).toBe('admin');
  });

  it.each([
    ['2.1/field org_name › given', { org_name: 'Analytical Engines' }, 'Analytical Engines'],
    ['2.1/field org_name › default', { name: 'Grace' }, "Grace's Org"],
  ])('%s', async (_row, more, expected) => {
    const { body } = await register(somebody(more)).expect(201);
    const { name } = await ground.api.app.one<{ name: string }>({
      name: 'test.organizationName',
      text: 'SELECT name FROM organizations WHERE id = $1',
      values: [body.org_id],
    });
    expect(name).toBe(expected);
  });

  it.each(['email', 'password', 'name'])('2.1/required fields › %s', async (field) => {
    for (const value of [undefined, null, 7]) {
      const { body } = await register(somebody({ [field]: value })).expect(400);
      expect(Object.keys(body.details.fields)).toEqual([field]);
    }
  });
});

describe('POST /auth/login', () => {
  it('2.1/POST /auth/login › 200', async () => {
    const person = somebody();
    await register(person).expect(201);
    const { body } = await login(person).expect(200);
    expect(body).toEqual({ user, token: expect.any(String), refresh_token: expect.any(String) });
  });

  it.each([
    ['2.1/POST /auth/login › no e-mail → 400', { email: undefined }],
    ['2.1/POST /auth/login › no password → 400', { password: undefined }],
    ['2.1/POST /auth/login › no address → 400', { email: 'nobody' }],
  ])('%s', async (_row, more) => {
    await login(somebody(more)).expect(400);
  });

  it('2.1/POST /auth/login › unknown and wrong take the same time', async () => {
    const person = somebody();
    await register(person).expect(201);
    const shortest = async (email: string): Promise<number> => {
      const times: number[] = [];
      for (let i = 0; i < 4; i += 1) {
        const began = performance.now();
        await login({ email, password: 'incorrect' }).expect(401);
        times.push(performance.now() - began);
      }
      return Math.min(...times);
    };
    // Without a hash to compute, an unknown address would be answered in a hundredth of the time.
    expect(await shortest('nobody@example.com')).toBeGreaterThan((await shortest(person.email)) / 5);
  });
});

describe('sessions', () => {
  it('2.1/POST /auth/logout', async () => {
    const { body: first } = await register(somebody()).expect(201);
    const { body } = await withToken('post', '/auth/logout', first.token).expect(200);
    expect(body.message).toMatch(/\S/);
    await me(first.token).expect(401);
    await withToken('post', '/auth/refresh', first.refresh_token).expect(401);
  });

  it('2.1/POST /auth/refresh', async () => {
    const { body: first } = await register(somebody()).expect(201);
    const { body } = await withToken('post', '/auth/refresh', first.refresh_token).expect(200);
    expect(body).toEqual({ token: expect.any(String), refresh_token: expect.any(String) });
    await me(body.token).expect(200);
    await withToken('post', '/auth/refresh', first.refresh_token).expect(401);
  });

  it('2.1/POST /auth/refresh › the user must still exist', async () => {
    const { body: first } = await register(somebody()).expect(201);
    const other = await ground.api.member({ orgId: first.org_id });
    await ground.api.as(other).delete(`/organizations/users/${first.id}`).expect(204);
    await withToken('post', '/auth/refresh', first.refresh_token).expect(401);
  });

  it('2.1/GET /auth/me', async () => {
    const { body: first } = await register(somebody()).expect(201);
    const { body } = await me(first.token).expect(200);
    expect(body).toEqual(first.user);
  });
});
