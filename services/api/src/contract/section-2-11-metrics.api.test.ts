import { type Ground, openGround, unknownId } from '../testing/contract/ground';
import { createRun } from '../testing/resources';

let ground: Ground;
let text: string;
beforeAll(async () => {
  ground = await openGround();
  await createRun(ground.editor, ground.queryId);
  await ground.viewer.get(`/runs/${unknownId}`).expect(404);
  text = (await ground.api.anonymous.get('/metrics').expect(200)).text;
});
afterAll(() => ground.close());

/** Sample lines of one metric, those of a histogram's buckets included. */
const linesOf = (name: string): string[] =>
  text.split('\n').filter((line) => new RegExp(`^${name}(_bucket|_sum|_count)?[{ ]`).test(line));

/** All but a bucket's own `le`. */
const labelsOf = (line: string): string[] =>
  [...line.matchAll(/[{,](\w+)="/g)].flatMap(([, label = '']) => (label === 'le' ? [] : [label]));

it.each<[row: string, type: string, labels: string[]]>([
  ['2.11/loupe_api_http_requests_total', 'counter', ['method', 'endpoint', 'status']],
  ['2.11/loupe_api_http_request_duration_seconds', 'histogram', ['method', 'endpoint']],
  ['2.11/loupe_api_http_requests_in_flight', 'gauge', ['method', 'endpoint']],
  ['2.11/loupe_db_pool_connections_active', 'gauge', []],
  ['2.11/loupe_db_pool_connections_idle', 'gauge', []],
  ['2.11/loupe_db_pool_connections_max', 'gauge', []],
  ['2.11/loupe_db_pool_acquire_duration_seconds', 'histogram', ['operation']],
  ['2.11/loupe_db_pool_acquire_timeout_total', 'counter', []],
  ['2.11/loupe_job_queue_depth', 'gauge', []],
  ['2.11/loupe_job_retry_queue_depth', 'gauge', []],
  ['2.11/loupe_job_dead_letter_queue_size', 'gauge', []],
])('%s', (row, type, labels) => {
  const name = row.slice(row.indexOf('/') + 1);
  expect(text).toContain(`# TYPE ${name} ${type}\n`);
  expect(linesOf(name)).not.toEqual([]);
  for (const line of linesOf(name)) expect(labelsOf(line)).toEqual(labels);
});

it('2.11/buckets of requests › 1 ms to 10 s', () => {
  const lines = linesOf('loupe_api_http_request_duration_seconds');
  const bounds = lines.flatMap((line) => /le="([\d.]+)"/.exec(line)?.[1] ?? []).map(Number);
  expect([Math.min(...bounds), Math.max(...bounds)]).toEqual([0.001, 10]);
});

it('2.11/identifiers are :id in labels', () => {
  expect(text).toContain('endpoint="/api/v1/runs/:id"');
  expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/);
});

it('2.11/loupe_job_queue_depth › counts what waits', () => {
  expect(linesOf('loupe_job_queue_depth')).toEqual(['loupe_job_queue_depth 1']);
});

it('2.11/text format, without a token', async () => {
  const answer = await ground.api.anonymous
    .get('/metrics')
    .set('Authorization', 'Bearer nonsense')
    .expect(200);
  expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
});

it('2.11/with the cache switched off', async () => {
  const own = await openGround({ CACHE_ENABLED: 'false' });
  try {
    const { text: without } = await own.api.anonymous.get('/metrics').expect(200);
    const names = [...text.matchAll(/^# TYPE (loupe_(?:api|db|job)_\w+) /gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThanOrEqual(11);
    for (const name of names) expect(without).toContain(`# TYPE ${name} `);
  } finally {
    await own.close();
  }
});
