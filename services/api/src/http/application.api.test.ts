import { connect } from 'node:net';
import { once } from 'node:events';
import { createDatasource } from '../testing/resources';
import { startTestApi, type TestApi } from '../testing/test-api';
import type { Member } from '../testing/members';

let api: TestApi;
let member: Member;
beforeAll(async () => {
  api = await startTestApi();
  member = await api.member();
});
afterAll(() => api.close());

const post = (body: string | Buffer, type = 'application/json') =>
  api.as(member).post('/datasources').set('Content-Type', type).send(body);

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const headersOfAll = {
  'cache-control': 'no-store, no-cache, must-revalidate, private',
  pragma: 'no-cache',
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'x-xss-protection': '1; mode=block',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'permissions-policy': 'geolocation=(), microphone=(), camera=()',
  'content-security-policy':
    "default-src 'self';script-src 'self';style-src 'self';img-src 'self' data: https:;font-src 'self' data:;" +
    "frame-ancestors 'none';base-uri 'self';form-action 'self';upgrade-insecure-requests",
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'X-Request-Id,Retry-After,ETag,Content-Disposition,Idempotent-Replayed,Preference-Applied',
};

describe('every answer', () => {
  it.each([
    ['a success', '/api/v1/health/live', 200],
    ['metrics', '/metrics', 200],
    ['a missing token', '/api/v1/auth/me', 401],
    ['an unknown address', '/api/v1/nothing', 404],
    ['an address outside the API', '/nothing', 404],
  ])('carries the security headers: %s', async (_what, path, status) => {
    const answer = await api.anonymous.get(path).expect(status);
    expect(answer.headers).toMatchObject(headersOfAll);
    expect(answer.headers['x-request-id']).toMatch(uuid);
    expect(answer.headers['x-powered-by']).toBeUndefined();
    expect(answer.headers['strict-transport-security']).toBeUndefined();
    expect(answer.headers.etag).toBeUndefined();
  });

  it.each([
    ['takes the caller’s request id', 'abc-123', 'abc-123'],
    ['replaces one with spaces', 'a b', uuid],
    ['replaces one of 129 characters', 'x'.repeat(129), uuid],
  ])('%s', async (_what, given, expected) => {
    const answer = await api.anonymous.get('/api/v1/health/live').set('X-Request-Id', given);
    expect(answer.headers['x-request-id']).toMatch(expected);
  });

  it('promises TLS for a year, and allows inline code, only where the configuration says so', async () => {
    const own = await startTestApi({
      ENABLE_HSTS: 'true',
      CSP_MODE: 'development',
      CORS_ALLOWED_ORIGINS: 'https://app.example.com',
    });
    try {
      const known = await own.anonymous.get('/api/v1/health/live').set('Origin', 'https://app.example.com');
      expect(known.headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains; preload');
      expect(known.headers['content-security-policy']).toContain(
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
      );
      expect(known.headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
      expect(known.headers['access-control-allow-origin']).toBe('https://app.example.com');
      const other = await own.anonymous.get('/api/v1/health/live').set('Origin', 'https://evil.example.com');
      expect(other.headers['access-control-allow-origin']).toBeUndefined();
      expect(other.headers.vary).toContain('Origin');
    } finally {
      await own.close();
    }
  });
});

describe('a preflight', () => {
  it('is answered without a token and may be kept for an hour', async () => {
    const answer = await api.anonymous
      .options('/api/v1/runs')
      .set({ Origin: 'https://x.example.com', 'Access-Control-Request-Method': 'POST' })
      .set('Access-Control-Request-Headers', 'authorization')
      .expect(204);
    expect(answer.headers['access-control-max-age']).toBe('3600');
    expect(answer.headers['access-control-allow-methods']).toBe('GET,POST,PUT,DELETE,PATCH,OPTIONS');
    expect(answer.headers['access-control-allow-headers']).toBe('authorization');
  });
});

describe('an error', () => {
  it('has one shape that both kinds of client read', async () => {
    const answer = await api.anonymous.get('/api/v1/nothing').expect(404);
    const id = answer.headers['x-request-id'];
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.body).toEqual({
      message: 'Address not found',
      details: { error_id: id },
      error: { type: 'not_found', message: 'Address not found', error_id: id },
    });
  });

  it('names the methods that a known address offers', async () => {
    const answer = await api.anonymous.patch('/api/v1/queries').expect(405);
    expect(answer.headers.allow).toBe('GET, POST, HEAD, OPTIONS');
    expect(answer.body.error.type).toBe('method_not_allowed');
    await api.anonymous.delete('/metrics').expect(405);
    await api.anonymous.get('/api/v1/auth/login').expect(405);
  });

  it('lets literal addresses win over ids', async () => {
    const answer = await api.as(member).get('/runs/execute').expect(405);
    expect(answer.headers.allow).toBe('POST, OPTIONS');
  });

  it.each(['TRACE', 'OPTIONSX', 'GET /x HTTP/1.1\r\nbroken'])('answers %s in JSON', async (method) => {
    const text = await raw(`${method} /api/v1/queries HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 40[045] /);
    expect(JSON.parse(text.slice(text.indexOf('{')))).toHaveProperty('error.error_id');
  });

  it.each([
    ['headers beyond 16 KiB', `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['what is no HTTP', 'hello\r\n\r\n', 400],
    ['a request without a host', 'GET /api/v1/health/live HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['a tunnel', 'CONNECT db.example.com:5432 HTTP/1.1\r\nHost: x\r\n\r\n', 405],
    [
      'a body in broken pieces',
      `POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
        'Transfer-Encoding: chunked\r\n\r\nnonsense\r\n',
      400,
    ],
  ])('refuses %s with the headers of every answer', async (_what, request, status) => {
    const text = await raw(request);
    const [head = '', body = ''] = text.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    const sent = Object.fromEntries(
      head
        .split('\r\n')
        .slice(1)
        .map((line) => {
          const colon = line.indexOf(': ');
          return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
        }),
    );
    expect(sent).toMatchObject(headersOfAll);
    expect(JSON.parse(body)).toHaveProperty('details.error_id', sent['x-request-id']);
  });

  it('is not what an unknown expectation leads to', async () => {
    const text = await raw(
      'GET /api/v1/health/live HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nConnection: close\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each(['not-a-uuid', '%E0%A4%A', '..%2F..', '1', "' OR 1=1 --"])(
    'takes the id "%s" for one that names nothing',
    async (id) => {
      const { body } = await api
        .as(member)
        .get(`/queries/${encodeURI(id).replaceAll('%25', '%')}`)
        .expect(404);
      expect(body.error.type).toBe('not_found');
    },
  );
});

describe('a body', () => {
  it.each<[string, string | Buffer, string]>([
    ['malformed JSON', '{"name": ', 'valid JSON'],
    ['a bare word', 'name', 'valid JSON'],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'valid UTF-8'],
    ['U+0000 in a value', '{"name": "a\\u0000b"}', 'U+0000'],
    ['U+0000 in a key', '{"a\\u0000": 1}', 'U+0000'],
    ['a lone surrogate', '{"name": "\\ud800"}', 'surrogate'],
    ['__proto__', '{"name": "x", "__proto__": {"admin": true}}', '__proto__'],
    ['__proto__, deep inside', '{"settings": {"a": [{"__proto__": 1}]}}', '__proto__'],
    ['a number beyond what a double holds', '{"rest": [{"n": -1e400}]}', 'too large'],
    ['21 levels', `{"settings": ${'{"a":'.repeat(20)}{}${'}'.repeat(21)}`, '20 levels'],
    ['100,000 levels', '['.repeat(100_000) + ']'.repeat(100_000), '20 levels'],
    ['an array', '[]', 'must be an object'],
    ['null', 'null', 'must be an object'],
    ['a number', '1', 'must be an object'],
  ])('with %s is refused', async (_what, body, words) => {
    // As it is: a Buffer would otherwise be turned into JSON first.
    const answer = await post(body)
      .serialize((bytes) => bytes as string)
      .expect(400);
    expect(answer.body.error.type).toBe('bad_request');
    expect(answer.body.message).toContain(words);
  });

  it('of 20 levels is read', async () => {
    const { body } = await post(`{"name": "x", "settings": ${'{"a":'.repeat(19)}{}${'}'.repeat(20)}`).expect(
      400,
    );
    expect(body.message).toContain('settings.host');
  });

  it('of another content type is refused', async () => {
    await post('name=x', 'application/x-www-form-urlencoded').expect(400);
    await post('{}', 'text/plain').expect(400);
  });

  it('that is compressed is refused', async () => {
    await post('{}').set('Content-Encoding', 'gzip').expect(400);
  });

  it('of 2 MiB is read, and one byte more is too large', async () => {
    const bodyOf = (bytes: number): string => {
      const frame = '{"name":"","rest":""}';
      return `{"name":"","rest":"${'x'.repeat(bytes - frame.length)}"}`;
    };
    await post(bodyOf(2 * 1024 * 1024)).expect(400);
    const answer = await post(bodyOf(2 * 1024 * 1024 + 1)).expect(413);
    expect(answer.body.error.type).toBe('payload_too_large');
  });

  it('is not read before the caller is known', async () => {
    await api.anonymous
      .post('/api/v1/datasources')
      .set('Content-Type', 'application/json')
      .send('{"')
      .expect(401);
  });

  it('may hold fields that nobody knows', async () => {
    await createDatasource(api.as(member), { org_id: 'ignored', id: 'ignored', surprise: { deep: [1] } });
  });

  it('may have any number of fields, called anything but __proto__', async () => {
    const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`f${i}`, i]));
    await createDatasource(api.as(member), { ...many, constructor: 1, prototype: { constructor: 2 } });
  });

  it('may be absent, without a content type', async () => {
    const id = '00000000-0000-7000-8000-000000000000';
    await api.as(member).post(`/runs/${id}/cancel`).expect(404);
    await api.as(member).post(`/runs/${id}/cancel`).set('Content-Length', '0').expect(404);
    const { body } = await api.as(member).post('/queries').expect(400);
    expect(Object.keys(body.details.fields)).toEqual(['datasource_id', 'name', 'sql']);
  });
});

describe('GET /metrics', () => {
  it('counts requests under their template, and unknown addresses under one name', async () => {
    await api.as(member).get('/queries/00000000-0000-7000-8000-000000000000').expect(404);
    await api.as(member).delete('/dashboards/x/tiles/y').expect(404);
    await api.anonymous.get('/api/v1/some/where').expect(404);
    const answer = await api.anonymous.get('/metrics').expect(200);
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.text).toMatch(
      /loupe_api_http_requests_total\{method="GET",endpoint="\/api\/v1\/queries\/:id",status="404"\} \d/,
    );
    expect(answer.text).toContain('endpoint="/api/v1/dashboards/:id/tiles/:id"');
    expect(answer.text).toMatch(
      /loupe_api_http_requests_total\{method="GET",endpoint="unknown",status="404"\} \d/,
    );
    expect(answer.text).toContain('loupe_db_pool_connections_max 12');
    expect(answer.text).not.toContain('/some/where');
    expect(answer.text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}/);
  });
});

async function raw(request: string): Promise<string> {
  const socket = connect(api.port, '127.0.0.1');
  const pieces: Buffer[] = [];
  socket.on('data', (piece) => pieces.push(piece));
  // A server that refuses the request may reset what it has not read.
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  socket.write(request);
  await closed;
  return Buffer.concat(pieces).toString();
}
