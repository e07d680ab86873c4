import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createAccessTokens } from '@loupe/common/crypto';
import { type Ground, openGround } from '../testing/contract/ground';
import { createQuery } from '../testing/resources';

// What the environment of the API changes, as far as it shows from outside.

const allowed = ['https://app.example.com', 'http://localhost:3000'];
const admin = { ADMIN_USERNAME: 'root@example.com', ADMIN_PASSWORD: 'a long password' };

const [current, previous, foreign] = Array.from(
  { length: 3 },
  () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
) as [KeyObject, KeyObject, KeyObject];
const keySet = [current, previous]
  .map((key) => key.export({ type: 'pkcs8', format: 'pem' }).toString())
  .join('');

let open: Ground;
let strict: Ground;
beforeAll(async () => {
  open = await openGround();
  strict = await openGround({
    CORS_ALLOWED_ORIGINS: allowed.join(', '),
    CSP_MODE: 'development',
    ENABLE_HSTS: 'true',
    JWT_SIGNING_KEYS: keySet,
    JWT_EXPIRATION_HOURS: '2',
    REDIS_URL: '',
    ...admin,
  });
});
afterAll(async () => {
  await open.close();
  await strict.close();
});

const preflight = (ground: Ground, origin: string, headers = 'authorization') =>
  ground.api.anonymous.options('/api/v1/runs').set({
    Origin: origin,
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': headers,
  });
const from = (ground: Ground, origin: string) => ground.anonymous.get('/health/live').set('Origin', origin);
const listOf = (header: string | undefined): string[] => (header ?? '').split(',').map((one) => one.trim());

describe('7.4', () => {
  it.each(allowed)('7.4/origins › %s', async (origin) => {
    expect((await from(strict, origin)).headers['access-control-allow-origin']).toBe(origin);
    const { headers } = await preflight(strict, origin).expect(204);
    expect(headers['access-control-allow-origin']).toBe(origin);
  });

  it.each(['https://evil.example.com', 'https://app.example.com.evil.example', 'null'])(
    '7.4/origins › not %s',
    async (origin) => {
      expect((await from(strict, origin)).headers).not.toHaveProperty('access-control-allow-origin');
      expect((await preflight(strict, origin)).headers).not.toHaveProperty('access-control-allow-origin');
    },
  );

  it('7.4/methods', async () => {
    const { headers } = await preflight(strict, allowed[0]!).expect(204);
    expect(listOf(headers['access-control-allow-methods'])).toEqual(
      expect.arrayContaining(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']),
    );
  });

  it('7.4/headers', async () => {
    const { headers } = await preflight(strict, allowed[0]!).expect(204);
    const wanted = [
      ...['Authorization', 'Accept', 'Content-Type', 'X-Request-Id', 'Idempotency-Key', 'If-Match'],
      ...['If-None-Match', 'Last-Event-ID', 'X-Device-Token'],
    ];
    expect(listOf(headers['access-control-allow-headers'])).toEqual(expect.arrayContaining(wanted));
  });

  it('7.4/no credentials', async () => {
    for (const ground of [open, strict]) {
      const answers = [await from(ground, allowed[0]!), await preflight(ground, allowed[0]!)];
      for (const { headers } of answers)
        expect(headers).not.toHaveProperty('access-control-allow-credentials');
    }
  });

  it('7.4/preflight cached', async () => {
    for (const ground of [open, strict]) {
      const { headers } = await preflight(ground, allowed[0]!).expect(204);
      expect(headers['access-control-max-age']).toBe('3600');
    }
  });

  it('7.4/unset', async () => {
    const { headers } = await preflight(open, 'https://anything.example', 'x-own,authorization').expect(204);
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(listOf(headers['access-control-allow-headers'])).toEqual(['x-own', 'authorization']);
    expect((await from(open, 'https://anything.example')).headers['access-control-allow-origin']).toBe('*');
  });

  it('7.4/exposed', async () => {
    for (const ground of [open, strict]) {
      const { headers } = await from(ground, allowed[0]!);
      expect(listOf(headers['access-control-expose-headers'])).toEqual(
        expect.arrayContaining(['X-Request-Id', 'Retry-After', 'ETag', 'Content-Disposition']),
      );
    }
  });

  it('7.4/on errors', async () => {
    const answer = await strict.anonymous.get('/nothing').set('Origin', allowed[0]!).expect(404);
    expect(answer.headers['access-control-allow-origin']).toBe(allowed[0]);
  });
});

describe('7.1', () => {
  it('7.1/CORS_ALLOWED_ORIGINS › unset, with a warning', () => {
    expect(open.api.log()).toMatch(/CORS_ALLOWED_ORIGINS/);
    expect(strict.api.log()).not.toMatch(/CORS_ALLOWED_ORIGINS/);
  });

  it('7.1/CSP_MODE', async () => {
    const { headers } = await strict.anonymous.get('/health/live');
    const policy = headers['content-security-policy'] as string;
    expect(policy).toMatch(/script-src[^;]*'unsafe-inline'[^;]*'unsafe-eval'/);
    expect(policy).toMatch(/style-src[^;]*'unsafe-inline'/);
    expect(policy).not.toContain('upgrade-insecure-requests');
  });

  it('7.1/ENABLE_HSTS', async () => {
    const { headers } = await strict.anonymous.get('/health/live');
    expect(headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains; preload');
  });

  const signIn = () =>
    strict.anonymous
      .post('/auth/login')
      .send({ email: admin.ADMIN_USERNAME, password: admin.ADMIN_PASSWORD })
      .expect(200);

  it('7.1/ADMIN_USERNAME, ADMIN_PASSWORD', async () => {
    const { body } = await signIn();
    expect(body.user).toMatchObject({ email: admin.ADMIN_USERNAME, name: 'Admin', role: 'admin' });
    const { name } = await strict.api.app.one<{ name: string }>({
      name: 'test.organizationName',
      text: 'SELECT name FROM organizations WHERE id = $1',
      values: [body.user.org_id],
    });
    expect(name).toBe('Default Organization');
  });

  it('7.1/JWT_SIGNING_KEYS', async () => {
    const { userId, orgId, sessionId } = strict.members.viewer;
    const signing = { issuer: 'loupe', audience: 'loupe-api', lifetimeSeconds: 3_600 };
    const signedBy = (key: KeyObject): string =>
      createAccessTokens({ ...signing, signingKeys: [key] }).issue({ userId, orgId, sessionId }).token;
    const kidOf = (token: string): unknown =>
      JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid;
    const ask = (key: KeyObject) =>
      strict.anonymous.get('/auth/me').set('Authorization', `Bearer ${signedBy(key)}`);
    await ask(current).expect(200);
    await ask(previous).expect(200);
    await ask(foreign).expect(401);
    expect(kidOf((await signIn()).body.token)).toBe(kidOf(signedBy(current)));
  });

  it('7.1/JWT_EXPIRATION_HOURS', async () => {
    const { body } = await signIn();
    const { iat, exp } = JSON.parse(Buffer.from(body.token.split('.')[1], 'base64url').toString());
    expect(exp - iat).toBe(2 * 3_600);
  });

  it('7.1/REDIS_URL › unset', async () => {
    const query = await createQuery(strict.editor, strict.datasourceId);
    const { body: run } = await strict.viewer.post('/runs').send({ query_id: query }).expect(201);
    await strict.editor.post(`/runs/${run.id}/cancel`).expect(200);
  });
});
