import { startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

interface Tokens {
  token: string;
  refresh_token: string;
}

let count = 0;
async function signIn(): Promise<Tokens & { id: string; org_id: string }> {
  count += 1;
  const person = { email: `sessions${count}@example.com`, password: 'correct horse', name: 'Ada' };
  return (await api.anonymous.post('/api/v1/auth/register').send(person).expect(201)).body;
}

const bearer = (token: string): [string, string] => ['Authorization', `Bearer ${token}`];
const refresh = (token: string) => api.anonymous.post('/api/v1/auth/refresh').set(...bearer(token));
const logout = (token: string) => api.anonymous.post('/api/v1/auth/logout').set(...bearer(token));
const me = (token: string) => api.anonymous.get('/api/v1/auth/me').set(...bearer(token));

describe('POST /auth/refresh', () => {
  it('exchanges a refresh token for new tokens, again and again', async () => {
    const first = await signIn();
    let { refresh_token: token } = first;
    for (let i = 0; i < 3; i += 1) {
      const { body } = await refresh(token).expect(200);
      expect(body).toEqual({ token: expect.any(String), refresh_token: expect.any(String) });
      expect(body.refresh_token).not.toBe(token);
      await me(body.token).expect(200);
      token = body.refresh_token;
    }
    // The access token of the sign-in is still good: it is the same session.
    await me(first.token).expect(200);
  });

  it('refuses a token that was used, and ends the session with all its tokens', async () => {
    const first = await signIn();
    const second: Tokens = (await refresh(first.refresh_token).expect(200)).body;
    const other = await signIn();
    const { body } = await refresh(first.refresh_token).expect(401);
    expect(body.error.type).toBe('unauthorized');
    await refresh(second.refresh_token).expect(401);
    await me(second.token).expect(401);
    await me(first.token).expect(401);
    await me(other.token).expect(200);
  });

  it('gives new tokens to one of many that come at once', async () => {
    const { refresh_token: token } = await signIn();
    const answers = await Promise.all(Array.from({ length: 4 }, () => refresh(token)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401]);
  });

  it('refuses an expired one without ending the session', async () => {
    const { token, refresh_token: old, org_id: orgId } = await signIn();
    await api.database.asOwner(`UPDATE refresh_tokens SET expires_at = now() WHERE org_id = '${orgId}'`);
    await refresh(old).expect(401);
    await me(token).expect(200);
  });

  it('accepts refresh tokens alone, and other routes none', async () => {
    const { token, refresh_token: refreshToken } = await signIn();
    await refresh(token).expect(401);
    await refresh('x').expect(401);
    await me(refreshToken).expect(401);
    await api.anonymous.post('/api/v1/auth/refresh').expect(401);
    await api.anonymous.post('/api/v1/auth/refresh').set('Authorization', 'Basic x').expect(401);
  });

  it('lengthens the session, but not beyond 90 days from the sign-in', async () => {
    const { refresh_token: token, org_id: orgId } = await signIn();
    await api.database.asOwner(
      `UPDATE sessions SET created_at = now() - interval '80 days', expires_at = now() + interval '1 day' WHERE org_id = '${orgId}'`,
    );
    await refresh(token).expect(200);
    const session = await api.app.one<{ days: number }>({
      name: 'test.session',
      text: `SELECT round(extract(epoch FROM expires_at - now()) / 86400)::integer AS days FROM sessions WHERE org_id = $1`,
      values: [orgId],
    });
    expect(session.days).toBe(10);
  });
});

describe('POST /auth/logout', () => {
  it('ends this session and no other', async () => {
    const { token, refresh_token: refreshToken, id } = await signIn();
    const { body: again } = await api.anonymous
      .post('/api/v1/auth/login')
      .send({ email: `sessions${count}@example.com`, password: 'correct horse' })
      .expect(200);
    const { body } = await logout(token).expect(200);
    expect(body.message).toEqual(expect.any(String));
    await me(token).expect(401);
    await logout(token).expect(401);
    await refresh(refreshToken).expect(401);
    expect((await me(again.token).expect(200)).body.id).toBe(id);
  });

  it('needs a token', async () => {
    await api.anonymous.post('/api/v1/auth/logout').expect(401);
  });
});
