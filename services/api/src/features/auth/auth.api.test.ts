import { startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const register = (body: object) => api.anonymous.post('/api/v1/auth/register').send(body);
const login = (body: object) => api.anonymous.post('/api/v1/auth/login').send(body);
const me = (token: string) => api.anonymous.get('/api/v1/auth/me').set('Authorization', `Bearer ${token}`);

let count = 0;
const somebody = (more: object = {}) => {
  count += 1;
  return { email: `person${count}@example.com`, password: 'correct horse', name: 'Ada Lovelace', ...more };
};

describe('POST /auth/register', () => {
  it('makes an organization whose admin is signed in, and answers both shapes', async () => {
    const person = somebody({ email: '  Ada@Example.COM ' });
    const { body } = await register(person).expect(201);
    expect(body).toMatchObject({ email: 'ada@example.com', name: 'Ada Lovelace', role: 'admin' });
    expect(body.user).toEqual({
      id: body.id,
      org_id: body.org_id,
      email: body.email,
      name: body.name,
      role: body.role,
      created_at: body.created_at,
      updated_at: body.updated_at,
    });
    expect(JSON.stringify(body)).not.toMatch(/password|hash/i);
    const { body: user } = await me(body.token).expect(200);
    expect(user).toEqual(body.user);
  });

  it('names the organization after the user unless it is given a name', async () => {
    const { body: first } = await register(somebody()).expect(201);
    const { body: second } = await register(somebody({ org_name: 'Analytical Engines' })).expect(201);
    const { rows } = await organizations([first.org_id, second.org_id]);
    expect(rows).toEqual([{ name: "Ada Lovelace's Org" }, { name: 'Analytical Engines' }]);
  });

  it('stores the refresh token hashed', async () => {
    const { body } = await register(somebody()).expect(201);
    const row = await api.app.one<{ found: string }>({
      name: 'test.token',
      text: `SELECT count(*) AS found FROM refresh_tokens WHERE org_id = $1 AND token_hash = sha256(convert_to($2, 'UTF8'))`,
      values: [body.org_id, body.refresh_token],
    });
    expect(row.found).toBe('1');
  });

  it('refuses an address that is taken, in any letter case', async () => {
    const person = somebody();
    await register(person).expect(201);
    const { body } = await register({ ...person, email: person.email.toUpperCase() }).expect(409);
    expect(body.error.type).toBe('conflict');
  });

  it('lets one of two racing registrations win and leaves no organization of the other', async () => {
    const person = somebody();
    const answers = await Promise.all([
      register({ ...person, org_name: 'Race' }),
      register({ ...person, org_name: 'Race' }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    const { rows } = await countOf(`SELECT count(*)::int AS n FROM organizations WHERE name = 'Race'`);
    expect(rows).toEqual([{ n: 1 }]);
  });

  it('names every field that breaks a rule', async () => {
    const { body } = await register({ email: 'nobody', password: 'short', name: ' ' }).expect(400);
    expect(Object.keys(body.details.fields)).toEqual(['email', 'password', 'name']);
    expect(body.message).toContain('email');
    expect(body.message).not.toContain('nobody');
  });

  it.each([
    ['a password of 7 characters', { password: '1234567' }],
    ['a password of 129 characters', { password: 'x'.repeat(129) }],
    ['a name of 256 characters', { name: 'x'.repeat(256) }],
    ['a number for a name', { name: 7 }],
    ['no address', { email: undefined }],
  ])('refuses %s', async (_what, fields) => {
    await register(somebody(fields)).expect(400);
  });

  it('counts characters, not bytes', async () => {
    await register(somebody({ name: '🦉'.repeat(255), password: '🦉'.repeat(8) })).expect(201);
  });
});

describe('POST /auth/login', () => {
  it('signs in with the address in any letter case', async () => {
    const person = somebody();
    await register(person).expect(201);
    const { body } = await login({ email: person.email.toUpperCase(), password: person.password }).expect(
      200,
    );
    expect(Object.keys(body).sort()).toEqual(['refresh_token', 'token', 'user']);
    await me(body.token).expect(200);
  });

  it('tells a wrong password and an unknown address apart in nothing', async () => {
    const person = somebody();
    await register(person).expect(201);
    const id = { 'X-Request-Id': 'the-same' };
    const wrong = await login({ email: person.email, password: 'incorrect' }).set(id).expect(401);
    const unknown = await login({ email: 'nobody@example.com', password: 'incorrect' }).set(id).expect(401);
    expect(unknown.text).toBe(wrong.text);
  });

  it('uses the newest membership', async () => {
    const person = somebody();
    const { body: registered } = await register(person).expect(201);
    const other = await api.member();
    await api.app.execute({
      name: 'test.join',
      text: `INSERT INTO memberships (org_id, user_id, role, created_at) VALUES ($1, $2, 'viewer', now() + interval '1 minute')`,
      values: [other.orgId, registered.id],
    });
    const { body } = await login(person).expect(200);
    expect(body.user).toMatchObject({ org_id: other.orgId, role: 'viewer' });
  });

  it('refuses input that cannot be right', async () => {
    await login({ email: 'nobody', password: 'x' }).expect(400);
    await login({ email: 'nobody@example.com', password: '' }).expect(400);
  });
});

describe('GET /auth/me', () => {
  it('costs one statement', async () => {
    const member = await api.member();
    const statements = await api.statementsOf(() => me(member.token).expect(200));
    expect(statements).toEqual(['users.findBySession']);
  });

  it.each(['Basic abc', 'Bearer', 'Bearer not-a-token', 'Bearer a b'])(
    'refuses the header "%s"',
    async (header) => {
      const answer = await api.anonymous.get('/api/v1/auth/me').set('Authorization', header).expect(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(answer.body.error.type).toBe('unauthorized');
    },
  );

  it('refuses a request without a token', async () => {
    await api.anonymous.get('/api/v1/auth/me').expect(401);
  });

  it.each([
    ['a revoked session', 'UPDATE sessions SET revoked_at = now() WHERE org_id = $1'],
    ['an expired session', 'UPDATE sessions SET expires_at = now() WHERE org_id = $1'],
    ['a removed member', 'UPDATE memberships SET deleted_at = now() WHERE org_id = $1'],
    ['a deleted organization', 'UPDATE organizations SET deleted_at = now() WHERE id = $1'],
  ])('refuses the token of %s at once', async (_what, text) => {
    const member = await api.member();
    await me(member.token).expect(200);
    await api.app.execute({ name: 'test.end', text, values: [member.orgId], dynamic: true });
    await me(member.token).expect(401);
  });

  it('takes a changed role from the database, not from the token', async () => {
    const member = await api.member({ role: 'admin' });
    await api.app.execute({
      name: 'test.demote',
      text: `UPDATE memberships SET role = 'viewer' WHERE org_id = $1`,
      values: [member.orgId],
    });
    const { body } = await me(member.token).expect(200);
    expect(body.role).toBe('viewer');
    await api
      .as(member)
      .post('/queries')
      .send({ datasource_id: member.orgId, name: 'x', sql: 'SELECT 1' })
      .expect(403);
  });
});

describe('the first admin', () => {
  it('is made at start, once, and signs in', async () => {
    const settings = { ADMIN_USERNAME: 'Root@example.com', ADMIN_PASSWORD: 'a long password' };
    const own = await startTestApi(settings);
    try {
      const { body } = await own.anonymous
        .post('/api/v1/auth/login')
        .send({ email: 'root@example.com', password: settings.ADMIN_PASSWORD })
        .expect(200);
      expect(body.user).toMatchObject({ name: 'Admin', role: 'admin' });
      expect(own.log()).not.toContain(settings.ADMIN_PASSWORD);
    } finally {
      await own.close();
    }
  });
});

async function organizations(ids: string[]) {
  return {
    rows: await api.app.rows({
      name: 'test.organizations',
      text: 'SELECT name FROM organizations WHERE id = ANY ($1) ORDER BY created_at',
      values: [ids],
    }),
  };
}

const countOf = async (text: string) => ({
  rows: await api.app.rows({ name: 'test.count', text, dynamic: true }),
});
