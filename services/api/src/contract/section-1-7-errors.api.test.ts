import type { Response } from 'supertest';
import { asSuperuser, eventually } from '@loupe/common/testing';
import { type Ground, openGround, unknownId } from '../testing/contract/ground';
import { createDatasource, createRun } from '../testing/resources';
import { claimRun, confirmStop, expireResult, endRun } from '../testing/run-states';

let ground: Ground;
let databaseName: string;
beforeAll(async () => {
  ground = await openGround();
  databaseName = new URL(ground.api.database.ownerUrl).pathname.slice(1);
});
afterAll(() => ground.close());

/** The one shape that every error has. */
function expectError(answer: Response, status: number, type: string): void {
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toContain('application/json');
  const { message, details, error } = answer.body;
  expect(message).toMatch(/\S/);
  expect(details).toMatchObject({ error_id: answer.headers['x-request-id'] });
  expect(error).toEqual({ type, message, error_id: details.error_id });
}

const errorRow = /^1\.7\/(\w+)/;
const typeOf = (row: string): string => errorRow.exec(row)?.[1] ?? '';

const register = (more: object = {}) =>
  ground.anonymous
    .post('/auth/register')
    .send({ email: 'errors@example.com', password: 'correct horse', name: 'Ada', ...more });
const login = (password: string) =>
  ground.anonymous.post('/auth/login').send({ email: 'errors@example.com', password });
const query = (more: object) =>
  ground.editor
    .post('/queries')
    .send({ datasource_id: ground.datasourceId, name: 'x', sql: 'SELECT 1', ...more });
const malformed = (text: string) =>
  ground.editor.post('/queries').set('Content-Type', 'application/json').send(text);

it.each<[row: string, status: number, ask: () => PromiseLike<Response>]>([
  ['1.7/bad_request › malformed JSON', 400, () => malformed('{"name":')],
  ['1.7/bad_request › missing field', 400, () => query({ name: undefined })],
  ['1.7/bad_request › mistyped field', 400, () => query({ max_rows: 'many' })],
  ['1.7/bad_request › out of range', 400, () => query({ max_rows: 0 })],
  ['1.7/bad_request › rejected SQL', 400, () => query({ sql: 'DROP TABLE t' })],
  ['1.7/bad_request › another type of body', 400, () => malformed('[]')],
  [
    '1.7/bad_request › self-demotion',
    400,
    () =>
      ground.admin.put(`/organizations/users/${ground.members.admin.userId}/role`).send({ role: 'viewer' }),
  ],
  [
    '1.7/bad_request › self-removal',
    400,
    () => ground.admin.delete(`/organizations/users/${ground.members.admin.userId}`),
  ],
  ['1.7/unauthorized › no token', 401, () => ground.anonymous.get('/queries')],
  ['1.7/unauthorized › unknown e-mail', 401, () => login('incorrect')],
  ['1.7/forbidden', 403, () => ground.viewer.delete(`/queries/${ground.queryId}`)],
  ['1.7/not_found › no such resource', 404, () => ground.viewer.get(`/queries/${unknownId}`)],
  ['1.7/not_found › of another organization', 404, () => ground.stranger.get(`/queries/${ground.queryId}`)],
  ['1.7/not_found › unknown route', 404, () => ground.viewer.get('/no/such/route')],
  ['1.7/not_found › unknown route, without a token', 404, () => ground.anonymous.get('/no/such/route')],
  ['1.7/not_found › no UUID', 404, () => ground.viewer.get('/queries/1')],
  ['1.7/method_not_allowed', 405, () => ground.editor.patch(`/queries/${ground.queryId}`)],
  [
    '1.7/precondition_failed',
    412,
    () => ground.editor.put(`/queries/${ground.queryId}`).set('If-Match', '"0"').send({ name: 'y' }),
  ],
  ['1.7/payload_too_large', 413, () => query({ rest: 'x'.repeat(2 * 1024 * 1024) })],
])('%s → %i', async (row, status, ask) => {
  expectError(await ask(), status, typeOf(row));
});

it('1.7/bad_request › parameter problems', async () => {
  const { body } = await query({
    sql: 'SELECT $n',
    parameters: [{ name: 'n', param_type: 'number', required: true }],
  }).expect(201);
  const run = (parameters: object) => ground.viewer.post('/runs').send({ query_id: body.id, parameters });
  expectError(await run({}), 400, 'bad_request');
  expectError(await run({ n: 'x' }), 400, 'bad_request');
});

it('1.7/unauthorized › wrong password', async () => {
  await register().expect(201);
  expectError(await login('incorrect'), 401, 'unauthorized');
});

it('1.7/method_not_allowed › with Allow', async () => {
  const { headers } = await ground.editor.patch(`/queries/${ground.queryId}`).expect(405);
  expect(headers['allow']).toBe('GET, PUT, DELETE, HEAD, OPTIONS');
});

describe('1.7/conflict', () => {
  it('1.7/conflict › e-mail taken', async () => {
    const taken = { email: 'taken@example.com' };
    await register(taken).expect(201);
    expectError(await register(taken), 409, 'conflict');
  });

  it('1.7/conflict › duplicate edge', async () => {
    const { body: canvas } = await ground.editor.post('/canvases').send({ name: 'x' }).expect(201);
    const node = async () =>
      (
        await ground.editor
          .post(`/canvases/${canvas.id}/nodes`)
          .send({ node_type: 'note', title: 'x' })
          .expect(201)
      ).body.id;
    const edge = { from_node_id: await node(), to_node_id: await node() };
    const link = () => ground.editor.post(`/canvases/${canvas.id}/edges`).send(edge);
    await link().expect(201);
    expectError(await link(), 409, 'conflict');
  });

  it('1.7/conflict › cancel or replay of a run in the wrong state', async () => {
    const run = await createRun(ground.editor, ground.queryId);
    await ground.editor.post(`/runs/${run}/cancel`).expect(200);
    const cancelled = await ground.editor.post(`/runs/${run}/cancel`);
    expectError(cancelled, 409, 'conflict');
    expect(cancelled.body.message).toContain('cancelled');
    expectError(await ground.editor.post(`/runs/${run}/replay`), 409, 'conflict');
  });

  it('1.7/conflict › reused idempotency key', async () => {
    const start = (body: object) =>
      ground.editor
        .post('/runs')
        .set('Idempotency-Key', 'one')
        .send({ query_id: ground.queryId, ...body });
    await start({}).expect(201);
    expectError(await start({ max_rows: 5 }), 409, 'conflict');
  });
});

describe('a result', () => {
  const result = (run: string) => ground.viewer.get(`/runs/${run}/result`);

  it('1.7/run_not_finished', async () => {
    const run = await createRun(ground.viewer, ground.queryId);
    expectError(await result(run), 404, 'run_not_finished');
    await ground.editor.post(`/runs/${run}/cancel`).expect(200);
  });

  it('1.7/run_has_no_result', async () => {
    const run = await createRun(ground.viewer, ground.queryId);
    await ground.editor.post(`/runs/${run}/cancel`).expect(200);
    expectError(await result(run), 404, 'run_has_no_result');
  });

  it('1.7/result_expired', async () => {
    const run = await createRun(ground.viewer, ground.queryId);
    await endRun(ground.api, await claimRun(ground.api, run), ['[1,1]']);
    await expireResult(ground.api, run);
    expectError(await result(run), 410, 'result_expired');
  });
});

describe('failures of the server', () => {
  const internals = /canvases|hidden|SELECT|relation|connector|no such|at .*\.ts|sqlstate/i;

  it('1.7/database_error', async () => {
    const { database } = ground.api;
    await database.asOwner('ALTER TABLE canvases RENAME TO hidden');
    try {
      const answer = await ground.viewer.get('/canvases');
      expectError(answer, 500, 'database_error');
      expect(answer.text).not.toMatch(internals);
    } finally {
      await database.asOwner('ALTER TABLE hidden RENAME TO canvases');
    }
  });

  it('1.7/internal_error', async () => {
    const id = await createDatasource(ground.admin);
    // As a build of next year may leave it behind.
    await ground.api.database.asOwner(`UPDATE datasources SET ds_type = 'oracle' WHERE id = '${id}'`);
    try {
      const change = { connection_string: 'postgres://u:p@elsewhere.example.com/d' };
      const answer = await ground.admin.put(`/datasources/${id}`).send(change);
      expectError(answer, 500, 'internal_error');
      expect(answer.text).not.toMatch(internals);
    } finally {
      await ground.api.database.asOwner(`UPDATE datasources SET ds_type = 'postgres' WHERE id = '${id}'`);
    }
  });

  it('1.7/timeout', async () => {
    await asSuperuser(databaseName, async (client) => {
      await client.query('BEGIN');
      await client.query('LOCK TABLE canvases');
      const answer = ground.viewer.get('/canvases').then((response) => response);
      // The limit of a statement cancels it likewise, after 15 s.
      await eventually('the request waits, and is cancelled', async () => {
        const { rowCount } = await client.query(
          `SELECT pg_cancel_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
           WHERE relation = 'canvases'::regclass AND NOT granted AND datname = current_database()
             AND application_name LIKE 'loupe-api%'`,
        );
        return (rowCount ?? 0) > 0;
      });
      expectError(await answer, 504, 'timeout');
      await client.query('ROLLBACK');
    });
  });
});

describe('1.7/rate_limited', () => {
  it('1.7/rate_limited › full queue', async () => {
    await ground.api.database.asOwner(
      `INSERT INTO limit_overrides (id, scope, org_id, key, max_queued, set_by)
       VALUES (gen_random_uuid(), 'organization', $1, $1, 0, 'test')`,
      [ground.members.stranger.orgId],
    );
    const id = await createDatasource(ground.stranger);
    const start = () => ground.stranger.post('/runs/execute').send({ datasource_id: id, sql: 'SELECT 1' });
    const answer = await start();
    expectError(answer, 429, 'rate_limited');
    expect(answer.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    for (const name of ['access-control-allow-origin', 'content-security-policy', 'x-request-id'])
      expect(answer.headers).toHaveProperty(name);
  });
});

it.each<[row: string, ask: () => PromiseLike<Response>, words: string]>([
  [
    '1.7/special texts › own role',
    () =>
      ground.admin.put(`/organizations/users/${ground.members.admin.userId}/role`).send({ role: 'viewer' }),
    'own role',
  ],
  [
    '1.7/special texts › yourself',
    () => ground.admin.delete(`/organizations/users/${ground.members.admin.userId}`),
    'yourself',
  ],
])('%s', async (_row, ask, words) => {
  const { body } = await ask();
  expect(body.message).toContain(words);
});

it('1.7/error body › details.fields', async () => {
  const { body } = await query({ name: '', sql: undefined }).expect(400);
  expect(body.details.fields).toEqual({
    name: expect.stringMatching(/^must/),
    sql: expect.stringContaining('required'),
  });
  expect(body.message).toContain('name must');
});

it('1.7/error body › error_id is the id of the request', async () => {
  const { body } = await ground.viewer.get('/queries/1').set('X-Request-Id', 'my-own').expect(404);
  expect(body.details.error_id).toBe('my-own');
});

it('1.7/validation status', async () => {
  const answers = await Promise.all([query({ name: '' }), query({ tags: 'x' }), malformed('{')]);
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400]);
});

it('1.7/run_not_finished › while it executes', async () => {
  const run = await createRun(ground.viewer, ground.queryId);
  const fence = await claimRun(ground.api, run);
  expectError(await ground.viewer.get(`/runs/${run}/result`), 404, 'run_not_finished');
  const cancelled = ground.editor.post(`/runs/${run}/cancel`).then(({ status }) => status);
  await confirmStop(ground.api, fence);
  expect(await cancelled).toBe(200);
});
