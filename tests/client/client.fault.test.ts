import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { createLoupeClient, dataOf, type LoupeClient, LoupeRunError, signIn } from '@loupe/client';
import { type SampleLoupe, startSampleLoupe } from './sample-loupe';

const slow = 'SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b WHERE a <> b';

let stack: SampleLoupe;
let loupe: LoupeClient;
let datasourceId: string;

beforeAll(async () => {
  stack = await startSampleLoupe();
  loupe = await signIn(stack);
  const { data } = await dataOf(loupe.api.GET('/datasources'));
  datasourceId = data[0]!.id;
});
afterAll(() => stack.stop());

const statement = (sql: string, more = {}) => ({ datasource_id: datasourceId, sql, ...more });

/** As a reader of the README runs it: plain Node.js, and the packages as they are built. */
async function runExample(name: string): Promise<string> {
  const file = resolve(__dirname, '../../packages/client/examples', name);
  const { stdout } = await promisify(execFile)(process.execPath, [file, stack.credentialsFile]);
  return stdout;
}

it('runs its example, an ES module', async () => {
  const lines = (await runExample('sample-query.mjs')).trim().split('\n');
  expect(lines[0]).toMatch(/^signed in as /);
  const count = Number(/^Flight delays by distance: (\d+) rows after \d+ ms$/.exec(lines[1]!)?.[1]);
  expect(count).toBeGreaterThan(5);
  expect(lines).toHaveLength(3 + count);
});

it('runs its example in CommonJS', async () => {
  const { total } = await dataOf(loupe.api.GET('/queries'));
  const names = (await runExample('list-queries.cjs')).trim().split('\n');
  expect(names).toHaveLength(total);
  expect(names).toContain('Flight delays by distance');
});

it('runs a statement, waits for its end and reads the rows', async () => {
  const run = await loupe.runStatement(statement(`SELECT 1 AS one, 'é' AS "É", NULL AS nothing`));
  expect(run).toMatchObject({ status: 'completed', datasource_id: datasourceId });
  const result = await loupe.result(run.id);
  expect(result).toMatchObject({ runId: run.id, rowCount: 1, truncated: false });
  expect(result.columns.map(({ name }) => name)).toEqual(['one', 'É', 'nothing']);
  await expect(Array.fromAsync(result)).resolves.toEqual([[1, 'é', null]]);
});

it('is told of the end by the server, and asks no more than it must', async () => {
  const asked: string[] = [];
  const { email, password, url } = stack;
  const client = await signIn({
    ...{ email, password, url },
    fetch: async (request) => {
      const answer = await fetch(request);
      const told = answer.headers.get('preference-applied') ?? 'at once';
      asked.push(`${request.method} ${new URL(request.url).pathname.split('/')[3]!}: ${told}`);
      return answer;
    },
  });
  await client.runStatement(statement('SELECT count(*) FROM generate_series(1, 1000000)'));
  expect(asked).toEqual(['POST auth: at once', 'POST runs: wait=20']);
});

it('starts one run for one key', async () => {
  const body = statement('SELECT 2');
  const options = { idempotencyKey: `once-${Date.now()}` };
  const [first, second] = [await loupe.runStatement(body, options), await loupe.runStatement(body, options)];
  expect(second.id).toBe(first.id);
  await expect(loupe.waitForRun(first.id)).resolves.toMatchObject({ id: first.id, status: 'completed' });
});

it.each([
  ['failed', statement('SELECT no_such_column')],
  ['timeout', statement(slow, { timeout_seconds: 1 })],
])('throws the run that ended as %s', async (status, { sql, ...more }) => {
  const error = await loupe
    .runStatement({ ...more, datasource_id: datasourceId, sql })
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(LoupeRunError);
  expect(error).toMatchObject({ status, run: { status } });
});

it('leaves the run alone when the waiting is given up, and cancels it if asked to', async () => {
  const given = { idempotencyKey: `given-up-${Date.now()}`, signal: AbortSignal.timeout(500) };
  const body = statement(slow);
  await expect(loupe.runStatement(body, given)).rejects.toMatchObject({ name: 'TimeoutError' });
  const again = { idempotencyKey: given.idempotencyKey };
  const cancelled = loupe.runStatement(body, {
    ...again,
    signal: AbortSignal.timeout(500),
    cancelOnAbort: true,
  });
  await expect(cancelled).rejects.toMatchObject({ name: 'TimeoutError' });
  await expect(loupe.runStatement(body, again)).rejects.toMatchObject({ status: 'cancelled' });
});

it('goes through a list page by page', async () => {
  const { total } = await dataOf(loupe.api.GET('/runs'));
  const params = { query: { limit: 2 } };
  const ids = (await Array.fromAsync(loupe.items('/runs', { params }))).map(({ id }) => id);
  expect(ids).toHaveLength(total);
  expect(new Set(ids).size).toBe(total);
});

it('goes through a list from an offset on', async () => {
  const { total } = await dataOf(loupe.api.GET('/queries'));
  const params = { query: { limit: 1, offset: 1, sort: 'name' } };
  const names = (await Array.fromAsync(loupe.items('/queries', { params }))).map(({ name }) => name);
  expect(names).toHaveLength(total - 1);
  expect(new Set(names).size).toBe(total - 1);
});

it('streams a long result, and leaves it half-way', async () => {
  const sql = `SELECT n, repeat('x', 200) FROM generate_series(1, 50000) n`;
  const run = await loupe.runStatement(statement(sql, { max_rows: 50_000 }));
  let sum = 0;
  for await (const [n] of await loupe.result(run.id)) sum += n as number;
  expect(sum).toBe((50_000 * 50_001) / 2);
  for await (const [n] of await loupe.result(run.id)) if (n === 100) break;
  const unread = await loupe.result(run.id);
  await unread.close();
  await expect(Array.fromAsync(unread)).resolves.toEqual([]);
});

it('says what was wrong with a request', async () => {
  const id = '019a8c5e-7d21-7c3a-9a41-5b8f0e6d2c17';
  await expect(loupe.result(id)).rejects.toMatchObject({ status: 404, type: 'not_found' });
  await expect(loupe.runStatement({ datasource_id: 'x', sql: '' })).rejects.toMatchObject({
    status: 400,
    type: 'bad_request',
    fields: { datasource_id: expect.any(String), sql: expect.any(String) },
  });
});

it('stays signed in beyond its access token', async () => {
  const { email, password, url } = stack;
  const { refresh_token: refreshToken } = await dataOf(
    loupe.api.POST('/auth/login', { body: { email, password } }),
  );
  const told: string[] = [];
  const client = createLoupeClient({
    ...{ url, token: 'expired', refreshToken },
    onTokens: (tokens) => told.push(tokens.token),
  });
  const users = await Promise.all([1, 2, 3].map(() => dataOf(client.api.GET('/auth/me'))));
  expect(users.map((user) => user.email)).toEqual([email, email, email]);
  expect(told).toHaveLength(1);
});
