import { type Ground, openGround, unknownId } from '../testing/contract/ground';
import { createDatasource, createQuery, createRun } from '../testing/resources';
import { claimRun, endRun } from '../testing/run-states';

let ground: Ground;
let queryId: string;
let foreignDatasource: string;
let foreignQuery: string;
beforeAll(async () => {
  ground = await openGround();
  const { admin, stranger, datasourceId } = ground;
  queryId = await createQuery(admin, datasourceId, { timeout_seconds: 20, max_rows: 500 });
  foreignDatasource = await createDatasource(stranger);
  foreignQuery = await createQuery(stranger, foreignDatasource);
});
afterAll(() => ground.close());

/** The limits of a run, which its answer does not show. */
async function limitsOf(id: string) {
  const [row] = await ground.api.database.asOwner<{ timeout_seconds: number; max_rows: number }>(
    'SELECT timeout_seconds, max_rows FROM runs WHERE id = $1',
    [id],
  );
  return row;
}

const totalOf = async (path: string): Promise<number> =>
  (await ground.viewer.get(path).expect(200)).body.total;

describe('POST /runs', () => {
  const post = (fields: object) => ground.editor.post('/runs').send({ query_id: queryId, ...fields });

  it.each<[string, object, number]>([
    ['2.5/POST /runs query_id › absent → 400', { query_id: undefined }, 400],
    ['2.5/POST /runs query_id › null → 400', { query_id: null }, 400],
    ['2.5/POST /runs query_id › no UUID → 400', { query_id: 'x' }, 400],
    ['2.5/POST /runs query_id › unknown → 404', { query_id: unknownId }, 404],
    ['2.5/POST /runs parameters › absent → {}', {}, 201],
    ['2.5/POST /runs parameters › null counts as {}', { parameters: null }, 201],
    ['2.5/POST /runs parameters › unknown names are ignored', { parameters: { stranger: [1] } }, 201],
    ['2.5/POST /runs parameters › an array → 400', { parameters: [] }, 400],
    ['2.5/POST /runs parameters › a text → 400', { parameters: '{}' }, 400],
    ['2.5/POST /runs timeout_seconds › 0 → 400', { timeout_seconds: 0 }, 400],
    ['2.5/POST /runs timeout_seconds › 301 → 400', { timeout_seconds: 301 }, 400],
    ['2.5/POST /runs timeout_seconds › 1.5 → 400', { timeout_seconds: 1.5 }, 400],
    ['2.5/POST /runs timeout_seconds › a text → 400', { timeout_seconds: '30' }, 400],
    ['2.5/POST /runs max_rows › 0 → 400', { max_rows: 0 }, 400],
    ['2.5/POST /runs max_rows › 100,001 → 400', { max_rows: 100_001 }, 400],
    ['2.5/POST /runs max_rows › a boolean → 400', { max_rows: true }, 400],
  ])('%s', async (_row, fields, status) => {
    const { body } = await post(fields).expect(status);
    if (status === 201) expect(body).toMatchObject({ status: 'queued', query_id: queryId });
    if (status === 400) expect(Object.keys(body.details.fields)).toEqual(Object.keys(fields));
  });

  it('2.5/POST /runs query_id › another organization’s → 404, as an unknown one', async () => {
    const { body: foreign } = await post({ query_id: foreignQuery }).expect(404);
    const { body: unknown } = await post({ query_id: unknownId }).expect(404);
    expect(foreign.message).toBe(unknown.message);
  });

  it.each<[string, object, object]>([
    ['2.5/POST /runs timeout_seconds › default: the query’s', {}, { timeout_seconds: 20 }],
    [
      '2.5/POST /runs timeout_seconds › null → the query’s',
      { timeout_seconds: null },
      { timeout_seconds: 20 },
    ],
    ['2.5/POST /runs timeout_seconds › 1', { timeout_seconds: 1 }, { timeout_seconds: 1 }],
    ['2.5/POST /runs timeout_seconds › 300', { timeout_seconds: 300 }, { timeout_seconds: 300 }],
    ['2.5/POST /runs max_rows › default: the query’s', {}, { max_rows: 500 }],
    ['2.5/POST /runs max_rows › null → the query’s', { max_rows: null }, { max_rows: 500 }],
    ['2.5/POST /runs max_rows › 1', { max_rows: 1 }, { max_rows: 1 }],
    ['2.5/POST /runs max_rows › 100,000', { max_rows: 100_000 }, { max_rows: 100_000 }],
  ])('%s', async (_row, fields, limits) => {
    const { body } = await post(fields).expect(201);
    expect(await limitsOf(body.id)).toMatchObject(limits);
  });

  it.each([
    ['2.5/POST /runs as a viewer › lower limits → 201', { timeout_seconds: 5, max_rows: 1 }, 201],
    ['2.5/POST /runs as a viewer › the query’s own → 201', { timeout_seconds: 20, max_rows: 500 }, 201],
    ['2.5/POST /runs as a viewer › more time → 403', { timeout_seconds: 21 }, 403],
    ['2.5/POST /runs as a viewer › more rows → 403', { max_rows: 501 }, 403],
    ['2.5/POST /runs as a viewer › beyond all limits → 400', { max_rows: 100_001 }, 400],
  ])('%s', async (_row, limits, status) => {
    await ground.viewer
      .post('/runs')
      .send({ query_id: queryId, ...limits })
      .expect(status);
  });

  it('2.5/POST /runs parameter problems › 400, and nothing is queued', async () => {
    const parameters = [{ name: 'day', param_type: 'date', default: null, required: true }];
    const sql = 'SELECT $day::date, $undefined';
    const id = await createQuery(ground.editor, ground.datasourceId, { sql, parameters });
    for (const values of [undefined, null, {}, { day: 'soon' }]) {
      const { body } = await post({ query_id: id, parameters: values }).expect(400);
      expect(body.error.type).toBe('bad_request');
    }
    expect(await totalOf(`/runs?query_id=${id}`)).toBe(0);
  });
});

describe('POST /runs/execute', () => {
  const execute = (fields: object) =>
    ground.editor
      .post('/runs/execute')
      .send({ datasource_id: ground.datasourceId, sql: 'SELECT 1', ...fields });
  const long = (length: number): string => `SELECT '${'x'.repeat(length - 9)}'`;

  it.each<[string, object, number]>([
    ['2.5/POST /runs/execute datasource_id › absent → 400', { datasource_id: undefined }, 400],
    ['2.5/POST /runs/execute datasource_id › no UUID → 400', { datasource_id: 'x' }, 400],
    ['2.5/POST /runs/execute datasource_id › unknown → 404', { datasource_id: unknownId }, 404],
    ['2.5/POST /runs/execute sql › absent → 400', { sql: undefined }, 400],
    ['2.5/POST /runs/execute sql › blank → 400', { sql: ' \n' }, 400],
    ['2.5/POST /runs/execute sql › 100,000 characters', { sql: long(100_000) }, 201],
    ['2.5/POST /runs/execute sql › 100,001 characters → 400', { sql: long(100_001) }, 400],
    ['2.5/POST /runs/execute sql › a change → 400', { sql: 'DELETE FROM t' }, 400],
    ['2.5/POST /runs/execute sql › two statements → 400', { sql: 'SELECT 1; SELECT 2' }, 400],
    ['2.5/POST /runs/execute sql › a semicolon and a comment at its end', { sql: 'SELECT 1; -- one' }, 201],
    ['2.5/POST /runs/execute parameters › accepted', { parameters: { a: 1 } }, 201],
    ['2.5/POST /runs/execute parameters › null', { parameters: null }, 201],
    [
      '2.5/POST /runs/execute parameters › $name in the SQL → 400',
      { sql: 'SELECT $a', parameters: { a: 1 } },
      400,
    ],
    ['2.5/POST /runs/execute parameters › $name in a string is none', { sql: `SELECT '$a'` }, 201],
    ['2.5/POST /runs/execute timeout_seconds › 0 → 400', { timeout_seconds: 0 }, 400],
    ['2.5/POST /runs/execute timeout_seconds › 301 → 400', { timeout_seconds: 301 }, 400],
    ['2.5/POST /runs/execute max_rows › 0 → 400', { max_rows: 0 }, 400],
    ['2.5/POST /runs/execute max_rows › 100,001 → 400', { max_rows: 100_001 }, 400],
  ])('%s', async (_row, fields, status) => {
    const { body } = await execute(fields).expect(status);
    if (status === 201) expect(body).toMatchObject({ status: 'queued', query_id: null });
    else expect(body.message).toEqual(expect.stringMatching(/./));
  });

  it('2.5/POST /runs/execute datasource_id › another organization’s → 404', async () => {
    await execute({ datasource_id: foreignDatasource }).expect(404);
  });

  it.each<[string, object, object]>([
    ['2.5/POST /runs/execute timeout_seconds › default 30', {}, { timeout_seconds: 30 }],
    [
      '2.5/POST /runs/execute timeout_seconds › null → 30',
      { timeout_seconds: null },
      { timeout_seconds: 30 },
    ],
    ['2.5/POST /runs/execute timeout_seconds › 300', { timeout_seconds: 300 }, { timeout_seconds: 300 }],
    ['2.5/POST /runs/execute max_rows › default 10,000', {}, { max_rows: 10_000 }],
    ['2.5/POST /runs/execute max_rows › null → 10,000', { max_rows: null }, { max_rows: 10_000 }],
    ['2.5/POST /runs/execute max_rows › 100,000', { max_rows: 100_000 }, { max_rows: 100_000 }],
  ])('%s', async (_row, fields, limits) => {
    const { body } = await execute(fields).expect(201);
    expect(await limitsOf(body.id)).toMatchObject(limits);
  });

  it('2.5/POST /runs/execute makes no query › in lists, exports and checks for duplicates', async () => {
    const before = await totalOf('/queries');
    const sql = 'SELECT 20250115 AS nobody_saves_this';
    await execute({ sql }).expect(201);
    expect(await totalOf('/queries')).toBe(before);
    const { text } = await ground.viewer.get('/queries/export').expect(200);
    expect(text).not.toContain('nobody_saves_this');
    const queries = [{ name: sql, sql, parameters: [], timeout_seconds: 30, max_rows: 1, tags: [] }];
    const { body } = await ground.editor
      .post('/queries/import')
      .send({ queries, datasource_id: ground.datasourceId })
      .expect(200);
    expect(body).toMatchObject({ imported: 1, skipped: 0 });
  });
});

describe('GET /runs/{id}', () => {
  it('2.5/GET /runs/{id} › in every status, with all fields and nulls', async () => {
    const { editor, viewer, api } = ground;
    const queued = await createRun(editor, queryId);
    const running = await createRun(editor, queryId);
    await claimRun(api, running);
    const cancelled = await createRun(editor, queryId);
    await editor.post(`/runs/${cancelled}/cancel`).expect(200);
    const completed = await createRun(editor, queryId);
    await endRun(api, await claimRun(api, completed), ['[1,null]']);
    const read = async (id: string) => (await viewer.get(`/runs/${id}`).expect(200)).body;
    const fields = { started_at: null, completed_at: null, error_message: null };
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(await read(queued)).toMatchObject({
      ...fields,
      status: 'queued',
      query_id: queryId,
      created_at: time,
    });
    expect(await read(running)).toMatchObject({ ...fields, status: 'running', started_at: time });
    expect(await read(cancelled)).toMatchObject({
      ...{ ...fields, status: 'cancelled', completed_at: time },
      error_message: expect.stringMatching(/./),
    });
    expect(await read(completed)).toMatchObject({
      ...{ ...fields, status: 'completed', started_at: time, completed_at: time },
    });
  });

  it('2.5/GET /runs/{id} › of another organization, unknown or no UUID → 404', async () => {
    const id = await createRun(ground.editor, queryId);
    await ground.stranger.get(`/runs/${id}`).expect(404);
    await ground.viewer.get(`/runs/${unknownId}`).expect(404);
    await ground.viewer.get('/runs/one').expect(404);
  });
});

it('2.5/GET /runs/{id}/result › another organization’s → 404 not_found', async () => {
  const id = await createRun(ground.editor, queryId);
  await endRun(ground.api, await claimRun(ground.api, id), ['[1,1]']);
  const { body } = await ground.stranger.get(`/runs/${id}/result`).expect(404);
  expect(body.error.type).toBe('not_found');
  await ground.viewer.get(`/runs/${id}/result`).expect(200);
});

it('2.5/POST /runs/{id}/cancel answer › the run’s fields, message and run_id', async () => {
  const id = await createRun(ground.editor, queryId);
  const { body } = await ground.editor.post(`/runs/${id}/cancel`).expect(200);
  const { message, run_id, ...run } = body;
  expect([message, run_id]).toEqual([expect.stringMatching(/./), id]);
  const { body: read } = await ground.viewer.get(`/runs/${id}`).expect(200);
  expect(read).toMatchObject(run);
});

it('2.5/POST /runs/{id}/cancel another organization’s › 404, and it goes on', async () => {
  const id = await createRun(ground.editor, queryId);
  await ground.stranger.post(`/runs/${id}/cancel`).expect(404);
  expect((await ground.viewer.get(`/runs/${id}`).expect(200)).body.status).toBe('queued');
});
