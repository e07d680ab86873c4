import { connect } from 'node:net';
import { createEndingRepository } from '@loupe/common/repositories/engine';
import { eventually } from '@loupe/common/testing';
import { createDatasource, createQuery, createRun } from '../../testing/resources';
import { claimRun, confirmStop, endRun, expireResult } from '../../testing/run-states';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';
import type { Member } from '../../testing/members';

let api: TestApi;
let member: Member;
let owner: Client;
let editor: Client;
let viewer: Client;
let datasourceId: string;
let queryId: string;
beforeAll(async () => {
  api = await startTestApi();
  const admin = await api.member();
  owner = api.as(admin);
  datasourceId = await createDatasource(owner);
  member = await api.member({ orgId: admin.orgId, role: 'editor' });
  editor = api.as(member);
  viewer = api.as(await api.member({ orgId: admin.orgId, role: 'viewer' }));
  queryId = await createQuery(editor, datasourceId, { timeout_seconds: 20, max_rows: 500 });
});
afterAll(() => api.close());

const unknownId = '00000000-0000-7000-8000-000000000000';

async function storedRun(id: string) {
  return api.app.one<{
    statement: string;
    bound_values: unknown[];
    timeout_seconds: number;
    max_rows: number;
  }>({
    name: 'test.run',
    text: 'SELECT statement, bound_values, timeout_seconds, max_rows FROM runs WHERE id = $1',
    values: [id],
  });
}

describe('POST /runs', () => {
  it('queues a run that is there to read at once', async () => {
    const { body } = await viewer.post('/runs').send({ query_id: queryId, parameters: null }).expect(201);
    expect(body).toEqual({
      id: expect.any(String),
      org_id: member.orgId,
      query_id: queryId,
      datasource_id: datasourceId,
      status: 'queued',
      origin: 'api',
      attempt: 0,
      started_at: null,
      completed_at: null,
      error_class: null,
      error_message: null,
      failures: 0,
      lost: 0,
      dead: false,
      replay_of: null,
      schedule_id: null,
      cancel_requested_at: null,
      created_by: expect.any(String),
      created_at: expect.stringMatching(/Z$/),
    });
    const { body: read } = await viewer.get(`/runs/${body.id}`).expect(200);
    expect(read).toEqual({ ...body, waiting: expect.objectContaining({ reason: 'no_runner' }) });
    expect(await storedRun(body.id)).toMatchObject({ timeout_seconds: 20, max_rows: 500 });
  });

  it('costs three statements, and reading it three', async () => {
    const posted = await api.statementsOf(() => viewer.post('/runs').send({ query_id: queryId }).expect(201));
    expect(posted).toEqual(['users.findBySession', 'queries.find', 'runs.insert']);
    const id = await createRun(viewer, queryId);
    const read = await api.statementsOf(() => viewer.get(`/runs/${id}`).expect(200));
    // The third one because it waits.
    expect(read).toEqual(['users.findBySession', 'runs.find', 'runs.waiting']);
  });

  it('binds parameters instead of pasting them', async () => {
    const id = await createQuery(editor, datasourceId, {
      sql: `SELECT * FROM t WHERE id = $id AND name = $name AND note = '$name'`,
      parameters: [
        { name: 'id', param_type: 'number', required: true },
        { name: 'name', param_type: 'string', default: "x'; DROP TABLE t; --" },
      ],
    });
    const text = `{"query_id":"${id}","parameters":{"id":9223372036854775807,"unused":[]}}`;
    const { body } = await viewer
      .post('/runs')
      .set('Content-Type', 'application/json')
      .send(text)
      .expect(201);
    const stored = await storedRun(body.id);
    // Placeholders are padded, so that positions in the source's messages are those of the saved text.
    expect({ ...stored, statement: stored.statement.replace(/ +/g, ' ') }).toMatchObject({
      statement: `SELECT * FROM t WHERE id = $1 AND name = $2 AND note = '$name'`,
      bound_values: ['9223372036854775807', "x'; DROP TABLE t; --"],
    });
    const missing = await viewer.post('/runs').send({ query_id: id }).expect(400);
    expect(missing.body.message).toContain('id');
    await viewer
      .post('/runs')
      .send({ query_id: id, parameters: { id: 'many' } })
      .expect(400);
  });

  it('supplies a parameter whatever it is called', async () => {
    const id = await createQuery(editor, datasourceId, {
      sql: 'SELECT $constructor, $prototype',
      parameters: ['constructor', 'prototype'].map((name) => ({
        name,
        param_type: 'string',
        required: true,
      })),
    });
    const parameters = { constructor: 'a', prototype: 'b' };
    const { body } = await viewer.post('/runs').send({ query_id: id, parameters }).expect(201);
    expect(await storedRun(body.id)).toMatchObject({ bound_values: ['a', 'b'] });
    await viewer.post('/runs').send({ query_id: id }).expect(400);
  });

  it('lets a viewer lower the limits of a query and only an editor raise them', async () => {
    const lower = { query_id: queryId, timeout_seconds: 5, max_rows: 1 };
    const { body } = await viewer.post('/runs').send(lower).expect(201);
    expect(await storedRun(body.id)).toMatchObject({ timeout_seconds: 5, max_rows: 1 });
    const refused = await viewer.post('/runs').send({ query_id: queryId, max_rows: 501 }).expect(403);
    expect(refused.body.message).toContain('editor');
    await editor.post('/runs').send({ query_id: queryId, max_rows: 501, timeout_seconds: 300 }).expect(201);
  });

  it.each([
    { query_id: 'x' },
    { parameters: [] },
    { parameters: 'x' },
    { timeout_seconds: 0 },
    { timeout_seconds: 301 },
    { max_rows: 100_001 },
    { max_rows: '5' },
  ])('refuses %j', async (fields) => {
    const { body } = await editor
      .post('/runs')
      .send({ query_id: queryId, ...fields })
      .expect(400);
    expect(body.details.fields).toHaveProperty(Object.keys(fields));
  });

  it('refuses a query that does not exist, and a caller without a token', async () => {
    await viewer.post('/runs').send({ query_id: unknownId }).expect(404);
    await viewer.post('/runs').send({}).expect(400);
    await api.anonymous.post('/api/v1/runs').send({ query_id: queryId }).expect(401);
  });
});

describe('POST /runs/execute', () => {
  const execute = (client: Client, body: object) =>
    client.post('/runs/execute').send({ datasource_id: datasourceId, sql: 'SELECT 1', ...body });

  it('runs a statement without making a query', async () => {
    const before = (await editor.get('/queries')).body.total;
    const { body } = await execute(editor, { parameters: { ignored: 1 } }).expect(201);
    expect(body).toMatchObject({ query_id: null, status: 'queued' });
    expect(await storedRun(body.id)).toMatchObject({ timeout_seconds: 30, max_rows: 10_000 });
    expect((await editor.get('/queries')).body.total).toBe(before);
  });

  it.each([
    { sql: 'SELECT $name' },
    { sql: 'SELECT $1' },
    { sql: '' },
    { datasource_id: null },
    { parameters: 'bad' },
    { max_rows: 0 },
  ])('refuses %j', async (fields) => {
    await execute(editor, fields).expect(400);
  });

  it('leaves dollars in strings and comments alone', async () => {
    await execute(editor, { sql: `SELECT '$name', $$ $x $$ -- $y` }).expect(201);
  });

  it('is for editors, on datasources that exist', async () => {
    await execute(viewer, {}).expect(403);
    await execute(editor, { datasource_id: unknownId }).expect(404);
  });

  it('says 404 for a datasource that was deleted since it was asked, whatever the statement', async () => {
    const datasource_id = await createDatasource(owner);
    await execute(editor, { datasource_id }).expect(201);
    await execute(editor, { datasource_id, sql: 'DROP TABLE t' }).expect(400);
    await owner.delete(`/datasources/${datasource_id}`).expect(204);
    await execute(editor, { datasource_id }).expect(404);
    await execute(editor, { datasource_id, sql: 'DROP TABLE t' }).expect(404);
  });
});

describe('GET /runs', () => {
  it('filters by query and status, newest first', async () => {
    const id = await createQuery(editor, datasourceId);
    const runs = [await createRun(editor, id), await createRun(editor, id)];
    await editor.post(`/runs/${runs[0]}/cancel`).expect(200);
    const list = async (query: string) => {
      const { body } = await viewer.get(`/runs?query_id=${id}&${query}`).expect(200);
      return body.data.map((run: { id: string }) => run.id);
    };
    expect(await list('')).toEqual([runs[1], runs[0]]);
    expect(await list('limit=1')).toEqual([runs[1]]);
    expect(await list('status=CANCELLED')).toEqual([runs[0]]);
    expect(await list('status=queued')).toEqual([runs[1]]);
    expect(await list('sort=completed_at')).toEqual([runs[0], runs[1]]);
    const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
    expect(await list(`start_date=${hourAgo}`)).toHaveLength(2);
    expect(await list(`end_date=${hourAgo}`)).toEqual([]);
  });

  it.each([
    'status=done',
    'query_id=1',
    'start_date=2025-01-01',
    'start_date=2025-01-02T00:00:00Z&end_date=2025-01-01T00:00:00Z',
    'start_date=2000-01-01T00:00:00Z&end_date=2025-01-01T00:00:00Z',
    'sort_by=statement',
    'limit=many',
  ])('refuses %s', async (query) => {
    await viewer.get(`/runs?${query}`).expect(400);
  });
});

describe('POST /runs/{id}/cancel', () => {
  it('ends a run that was not executing in that very answer', async () => {
    const id = await createRun(editor, queryId);
    const { body } = await editor.post(`/runs/${id}/cancel`).expect(200);
    expect(body).toMatchObject({ id, run_id: id, status: 'cancelled', error_message: expect.any(String) });
    expect(body.message).not.toBe('');
    expect(body.completed_at).not.toBeNull();
  });

  it('refuses a run that has ended, and names its status', async () => {
    const id = await createRun(editor, queryId);
    await editor.post(`/runs/${id}/cancel`).expect(200);
    const { body } = await editor.post(`/runs/${id}/cancel`).expect(409);
    expect(body.message).toContain('cancelled');
    expect(body.error.type).toBe('conflict');
    const done = await createRun(editor, queryId);
    await endRun(api, await claimRun(api, done), []);
    const { body: completed } = await editor.post(`/runs/${done}/cancel`).expect(409);
    expect(completed.message).toContain('completed');
  });

  it.each(['failed', 'dead', 'timed_out'] as const)('refuses a run that ended %s', async (state) => {
    const shown = state === 'timed_out' ? 'timeout' : 'failed';
    const id = await createRun(editor, queryId);
    const fence = await claimRun(api, id);
    const endings = createEndingRepository(api.runner);
    const failure = { errorClass: 'unknown', code: null, message: 'It failed' } as const;
    await (state === 'timed_out' ? endings.timedOut(fence, 'too long') : endings[state](fence, failure));
    const { body } = await editor.post(`/runs/${id}/cancel`).expect(409);
    expect(body).toMatchObject({ message: expect.stringContaining(shown), error: { type: 'conflict' } });
    const { body: after } = await editor.get(`/runs/${id}`).expect(200);
    expect(after).toMatchObject({ status: shown, cancel_requested_at: null });
  });

  it('waits for an executing run to stop', async () => {
    const id = await createRun(editor, queryId);
    const fence = await claimRun(api, id);
    const answer = editor.post(`/runs/${id}/cancel`).then((response) => response);
    await confirmStop(api, fence);
    const { body, status } = await answer;
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'cancelled', run_id: id });
  });

  it('answers after two seconds when the source has not stopped by then', async () => {
    const id = await createRun(editor, queryId);
    await claimRun(api, id);
    const { body } = await editor.post(`/runs/${id}/cancel`).expect(200);
    expect(body).toMatchObject({ status: 'running', run_id: id, completed_at: null });
    expect(body.cancel_requested_at).not.toBeNull();
  });

  it('is for editors', async () => {
    const id = await createRun(editor, queryId);
    await viewer.post(`/runs/${id}/cancel`).expect(403);
    await api.anonymous.post(`/api/v1/runs/${id}/cancel`).expect(401);
    await editor.post('/runs/x/cancel').expect(404);
    await editor.post(`/runs/${unknownId}/cancel`).expect(404);
  });
});

describe('GET /runs/{id}/result', () => {
  it('gives rows, columns and figures', async () => {
    const id = await createRun(viewer, queryId);
    await endRun(api, await claimRun(api, id), ['[1,"a"]', '[2,null]', '[3.50,{"n":12345678901234567890}]']);
    const answer = await viewer.get(`/runs/${id}/result`).buffer(true).expect(200);
    expect(answer.headers['content-type']).toMatch('application/json');
    expect(answer.body).toMatchObject({
      run_id: id,
      columns: [
        { name: 'n', data_type: 'INT4' },
        { name: 'n', data_type: 'JSONB' },
      ],
      row_count: 3,
      execution_time_ms: 12,
      truncated: false,
    });
    expect(answer.body.rows).toHaveLength(3);
    // Passed through as text, so that no digit is lost on the way.
    expect(answer.text).toContain('[3.50,{"n":12345678901234567890}]');
    const { body: run } = await viewer.get(`/runs/${id}`).expect(200);
    expect(run).toMatchObject({ status: 'completed', attempt: 1 });
  });

  it('of many chunks comes whole', async () => {
    const id = await createRun(viewer, queryId);
    const rows = Array.from({ length: 10 }, (_, i) => `[${i},"${'x'.repeat(100_000)}"]`);
    await endRun(api, await claimRun(api, id), rows);
    const { text } = await viewer.get(`/runs/${id}/result`).buffer(true).expect(200);
    expect(text).toContain(`"rows":[${rows.join(',')}]}`);
    await viewer.get(`/runs/${id}/result`).buffer(true).expect(200);
  });

  it('of no rows still has columns', async () => {
    const id = await createRun(viewer, queryId);
    await endRun(api, await claimRun(api, id), []);
    const { body } = await viewer.get(`/runs/${id}/result`).expect(200);
    expect(body).toMatchObject({ rows: [], row_count: 0 });
    expect(body.columns).toHaveLength(2);
  });

  it('tells apart not finished, without a result, expired and unknown', async () => {
    const waiting = await createRun(viewer, queryId);
    const typeOf = async (id: string, status: number) =>
      (await viewer.get(`/runs/${id}/result`).expect(status)).body.error.type;
    expect(await typeOf(waiting, 404)).toBe('run_not_finished');
    const executing = await createRun(viewer, queryId);
    await claimRun(api, executing);
    expect(await typeOf(executing, 404)).toBe('run_not_finished');
    await editor.post(`/runs/${waiting}/cancel`).expect(200);
    expect(await typeOf(waiting, 404)).toBe('run_has_no_result');
    const done = await createRun(viewer, queryId);
    await endRun(api, await claimRun(api, done), ['[1,1]']);
    await expireResult(api, done);
    expect(await typeOf(done, 410)).toBe('result_expired');
    expect(await typeOf(unknownId, 404)).toBe('not_found');
    expect(await typeOf('x', 404)).toBe('not_found');
    await api.anonymous.get(`/api/v1/runs/${done}/result`).expect(401);
    await viewer.get(`/runs/${done}`).expect(200);
  });

  it('is read no faster than the client takes it, and no further once the client is gone', async () => {
    const id = await createRun(viewer, queryId);
    const rows = Array.from({ length: 120 }, () => `[1,"${'x'.repeat(300_000)}"]`);
    await endRun(api, await claimRun(api, id), rows);
    const before = api.statementCount('results.chunk');
    const socket = connect(api.port, '127.0.0.1').pause();
    socket.write(
      `GET /api/v1/runs/${id}/result HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${member.token}\r\n\r\n`,
    );
    const read = await eventually(
      'the API stops reading',
      stable(() => api.statementCount('results.chunk') - before),
    );
    expect(read).toBeLessThan(100);
    socket.destroy();
    await eventually('the API has noticed', () => api.log().includes('closed by the client'));
    expect(api.statementCount('results.chunk') - before).toBeLessThan(100);
  });

  it('that fails halfway breaks off instead of passing for whole', async () => {
    const id = await createRun(viewer, queryId);
    const row = `[1,"${'x'.repeat(300_000)}"]`;
    await endRun(api, await claimRun(api, id), [row, row, row]);
    await api.engine.execute({
      name: 'test.lose',
      text: 'DELETE FROM result_chunks WHERE run_id = $1 AND seq = 1',
      values: [id],
    });
    await expect(viewer.get(`/runs/${id}/result`).buffer(true)).rejects.toThrow(/aborted|hang up|terminated/);
  });
});

/** The count once it is more than none and has stayed the same for a while. */
function stable(count: () => number): () => number | false {
  let last = 0;
  let same = 0;
  return () => {
    const now = count();
    same = now === last ? same + 1 : 0;
    last = now;
    return now > 0 && same >= 15 && now;
  };
}
