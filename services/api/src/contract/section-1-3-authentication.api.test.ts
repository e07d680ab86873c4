import { generateKeyPairSync } from 'node:crypto';
import { createAccessTokens, newId } from '@loupe/common/crypto';
import { type Ground, openGround } from '../testing/contract/ground';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signing = { issuer: 'loupe', audience: 'loupe-api', lifetimeSeconds: 3_600 };
const ours = { ...signing, signingKeys: [privateKey] };

let ground: Ground;
beforeAll(async () => {
  ground = await openGround({
    JWT_SIGNING_KEYS: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  });
});
afterAll(() => ground.close());

const person = { email: 'authentication@example.com', password: 'correct horse', name: 'Ada' };
const bearer = (token: string) => `Bearer ${token}`;
const me = (authorization: string) => ground.anonymous.get('/auth/me').set('Authorization', authorization);
const part = (token: string, index: number) =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString());

interface SignIn {
  id: string;
  org_id: string;
  token: string;
  refresh_token: string;
}
let count = 0;
async function signUp(): Promise<SignIn> {
  count += 1;
  const { body } = await ground.anonymous
    .post('/auth/register')
    .send({ ...person, email: `${count}${person.email}` })
    .expect(201);
  return body;
}

it.each([
  ['1.3/without a token › health', '/api/v1/health'],
  ['1.3/without a token › liveness', '/api/v1/health/live'],
  ['1.3/without a token › readiness', '/api/v1/health/ready'],
  ['1.3/without a token › metrics', '/metrics'],
  ['1.3/without a token › the OpenAPI document', '/api/v1/openapi.json'],
  ['1.3/without a token › its page', '/api/v1/docs'],
])('%s', async (_row, path) => {
  const { status } = await ground.api.anonymous.get(path);
  // The page leads on to its own folder.
  expect([200, 301]).toContain(status);
});

it('1.3/header', async () => {
  const { token } = await signUp();
  await me(bearer(token)).expect(200);
  await ground.anonymous.get(`/auth/me?token=${token}`).expect(401);
  await ground.anonymous.get('/auth/me').set('Cookie', `auth_token=${token}`).expect(401);
});

it('1.3/token is a JWT, ES256 with kid', async () => {
  const { token } = await signUp();
  expect(part(token, 0)).toMatchObject({ alg: 'ES256', kid: expect.any(String) });
});

it('1.3/claims', async () => {
  const { token, id, org_id: orgId } = await signUp();
  const claims = part(token, 1);
  expect(claims).toMatchObject({ sub: id, org: orgId, typ: 'access', iss: 'loupe', aud: 'loupe-api' });
  for (const name of ['sid', 'jti']) expect(claims[name]).toEqual(expect.any(String));
  for (const name of ['iat', 'exp']) expect(claims[name]).toEqual(expect.any(Number));
  expect(claims).not.toHaveProperty('role');
});

it('1.3/role, membership and session are checked per request', async () => {
  const editor = await ground.api.member({ orgId: ground.orgId, role: 'editor' });
  const create = () => ground.api.as(editor).post('/dashboards').send({ name: 'x' });
  await create().expect(201);
  await ground.admin.put(`/organizations/users/${editor.userId}/role`).send({ role: 'viewer' }).expect(200);
  await create().expect(403);
  await ground.admin.delete(`/organizations/users/${editor.userId}`).expect(204);
  await create().expect(401);
});

it('1.3/access lifetime', async () => {
  const { iat, exp } = part((await signUp()).token, 1);
  expect(exp - iat).toBe(24 * 3_600);
});

it('1.3/refresh lifetime', async () => {
  const { org_id: orgId, refresh_token: token } = await signUp();
  const stored = await ground.api.app.one<{ days: number; text: string }>({
    name: 'test.refreshToken',
    text: `SELECT round(extract(epoch FROM expires_at - now()) / 86400)::integer AS days, t::text AS text
           FROM refresh_tokens t WHERE org_id = $1`,
    values: [orgId],
  });
  expect(stored.days).toBe(24);
  expect(token.split('.')).not.toHaveLength(3);
  expect(stored.text).not.toContain(token);
});

it('1.3/rotation', async () => {
  const { refresh_token: first } = await signUp();
  const refresh = (token: string) =>
    ground.anonymous.post('/auth/refresh').set('Authorization', bearer(token));
  const { body: next } = await refresh(first).expect(200);
  await refresh(first).expect(401);
  await refresh(next.refresh_token).expect(401);
  await me(bearer(next.token)).expect(401);
});

it('1.3/token kinds', async () => {
  const { token, refresh_token: refreshToken } = await signUp();
  await me(bearer(refreshToken)).expect(401);
  await ground.anonymous.post('/auth/refresh').set('Authorization', bearer(token)).expect(401);
});

describe('1.3/401', () => {
  const subject = () => {
    const { userId, orgId, sessionId } = ground.members.viewer;
    return { userId, orgId, sessionId };
  };

  it('is not what a good token gets', async () => {
    await me(bearer(createAccessTokens(ours).issue(subject()).token)).expect(200);
  });

  it.each<[string, () => string | undefined]>([
    ['1.3/401 › header missing', () => undefined],
    ['1.3/401 › scheme other than Bearer', () => `Basic ${createAccessTokens(ours).issue(subject()).token}`],
    ['1.3/401 › no token', () => 'Bearer'],
    ['1.3/401 › no JWT', () => 'Bearer nonsense'],
    [
      '1.3/401 › bad signature',
      () => {
        const signingKeys = [generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey];
        return bearer(createAccessTokens({ ...signing, signingKeys }).issue(subject()).token);
      },
    ],
    [
      '1.3/401 › changed claims',
      () => {
        const { token } = createAccessTokens(ours).issue(subject());
        const [head, , signature] = token.split('.');
        const claims = JSON.stringify({ ...part(token, 1), sub: ground.members.admin.userId });
        return bearer([head, Buffer.from(claims).toString('base64url'), signature].join('.'));
      },
    ],
    [
      '1.3/401 › expired',
      () => bearer(createAccessTokens({ ...ours, lifetimeSeconds: -60 }).issue(subject()).token),
    ],
    [
      '1.3/401 › user no longer exists',
      () => bearer(createAccessTokens(ours).issue({ ...subject(), userId: newId() }).token),
    ],
    [
      '1.3/401 › user not in the token’s organization',
      () => bearer(createAccessTokens(ours).issue({ ...subject(), orgId: newId() }).token),
    ],
  ])('%s', async (_row, authorization) => {
    const header = authorization();
    const request = ground.anonymous.get('/auth/me');
    const { body } = await (header === undefined ? request : request.set('Authorization', header)).expect(
      401,
    );
    expect(body.error.type).toBe('unauthorized');
  });

  it('1.3/401 › revoked', async () => {
    const { token } = await signUp();
    await ground.anonymous.post('/auth/logout').set('Authorization', bearer(token)).expect(200);
    await me(bearer(token)).expect(401);
  });
});
