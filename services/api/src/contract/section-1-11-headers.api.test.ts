import type { Response } from 'supertest';
import { type Ground, openGround } from '../testing/contract/ground';
import { createDatasource } from '../testing/resources';

let ground: Ground;
let strangersSource: string;
/** One answer of every kind. */
let answers: [kind: string, answer: Response][];
beforeAll(async () => {
  ground = await openGround();
  // Of the stranger nothing may wait, so each of his runs is one too many.
  await ground.api.database.asOwner(
    `INSERT INTO limit_overrides (id, scope, org_id, key, max_queued, set_by)
     VALUES (gen_random_uuid(), 'organization', $1, $1, 0, 'test')`,
    [ground.members.stranger.orgId],
  );
  strangersSource = await createDatasource(ground.stranger);
  answers = await Promise.all(requests.map(async ([kind, ask]) => [kind, await ask()] as [string, Response]));
});
afterAll(() => ground.close());

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const requests: [kind: string, () => PromiseLike<Response>][] = [
  ['200', () => ground.viewer.get('/queries')],
  ['201', () => ground.editor.post('/dashboards').send({ name: 'x' })],
  ['health', () => ground.anonymous.get('/health')],
  ['metrics', () => ground.api.anonymous.get('/metrics')],
  ['304', () => ground.viewer.get(`/queries/${ground.queryId}`).set('If-None-Match', '*')],
  ['400', () => ground.viewer.get('/queries?limit=x')],
  ['401', () => ground.anonymous.get('/queries')],
  ['403', () => ground.viewer.delete(`/queries/${ground.queryId}`)],
  ['404', () => ground.viewer.get('/nothing')],
  ['405', () => ground.viewer.patch('/queries')],
  [
    '429',
    () => ground.stranger.post('/runs/execute').send({ datasource_id: strangersSource, sql: 'SELECT 1' }),
  ],
  ['413', () => ground.editor.post('/dashboards').send({ name: 'x'.repeat(2 * 1024 * 1024) })],
];

it.each([
  ['1.11/Cache-Control', 'cache-control', 'no-store, no-cache, must-revalidate, private'],
  ['1.11/Cache-Control › Pragma', 'pragma', 'no-cache'],
  ['1.11/X-Frame-Options', 'x-frame-options', 'DENY'],
  ['1.11/X-Content-Type-Options', 'x-content-type-options', 'nosniff'],
  ['1.11/X-XSS-Protection', 'x-xss-protection', '1; mode=block'],
  ['1.11/Referrer-Policy', 'referrer-policy', 'strict-origin-when-cross-origin'],
  ['1.11/Permissions-Policy', 'permissions-policy', 'geolocation=(), microphone=(), camera=()'],
])('%s', (_row, header, value) => {
  for (const [, { headers }] of answers) expect(headers).toHaveProperty(header, value);
});

it('1.11/on error answers › 429 says when to come again', () => {
  const [, { headers }] = answers.find(([kind]) => kind === '429')!;
  expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
});

it('1.11/on error answers › CORS as well', () => {
  for (const [kind, { headers, status }] of answers) {
    expect(headers).toHaveProperty('access-control-allow-origin', '*');
    if (/^\d/.test(kind)) expect(status).toBe(Number(kind));
  }
});

it.each([
  ['1.11/X-Request-Id › the caller’s', 'my request: 1/2', 'fresh'],
  ['1.11/X-Request-Id › 128 visible characters', '~'.repeat(128), 'kept'],
  ['1.11/X-Request-Id › 129 characters', '~'.repeat(129), 'fresh'],
  ['1.11/X-Request-Id › visible ASCII', 'abc-123_{}"', 'kept'],
])('%s', async (_row, sent, expected) => {
  const { headers } = await ground.anonymous.get('/health/live').set('X-Request-Id', sent);
  if (expected === 'kept') expect(headers['x-request-id']).toBe(sent);
  else expect(headers['x-request-id']).toMatch(uuid);
});

it('1.11/X-Request-Id › a fresh UUID', () => {
  const ids = answers.map(([, { headers }]) => headers['x-request-id']);
  for (const id of ids) expect(id).toMatch(uuid);
  expect(new Set(ids).size).toBe(ids.length);
});

it.each([
  ["1.11/Content-Security-Policy › everything 'self'", "default-src 'self'"],
  ['1.11/Content-Security-Policy › images', "img-src 'self' data: https:"],
  ['1.11/Content-Security-Policy › fonts', "font-src 'self' data:"],
  ['1.11/Content-Security-Policy › frame-ancestors', "frame-ancestors 'none'"],
  ['1.11/Content-Security-Policy › base-uri', "base-uri 'self'"],
  ['1.11/Content-Security-Policy › form-action', "form-action 'self'"],
  ['1.11/Content-Security-Policy › upgrade-insecure-requests', 'upgrade-insecure-requests'],
])('%s', (_row, directive) => {
  for (const [, { headers }] of answers) {
    const policy = headers['content-security-policy'] as string;
    expect(policy.split(';')).toContain(directive);
    expect(policy).not.toContain('unsafe');
  }
});

it('1.11/Strict-Transport-Security › not unless it is asked for', () => {
  for (const [, { headers }] of answers) expect(headers).not.toHaveProperty('strict-transport-security');
});
