import { type Ground, openGround, unknownId } from '../testing/contract/ground';
import { belongingsOf } from '../testing/belongings';
import { createDatasource, createQuery } from '../testing/resources';
import { claimRun, confirmStop } from '../testing/run-states';

type Json = Record<string, unknown>;

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.close());

const post = (fields: Json) =>
  ground.editor
    .post('/queries')
    .send({ datasource_id: ground.datasourceId, name: 'x', sql: 'SELECT 1', ...fields });

const definition = { name: 'p', param_type: 'string', default: null, required: true };

it('2.4.1/query', async () => {
  const { body } = await post({}).expect(201);
  expect(body).toMatchObject({
    ...{ id: expect.any(String), org_id: ground.orgId, datasource_id: ground.datasourceId, name: 'x' },
    ...{
      description: null,
      sql: 'SELECT 1',
      parameters: [],
      timeout_seconds: 30,
      max_rows: 10_000,
      tags: [],
    },
    ...{
      created_by: ground.members.editor.userId,
      created_at: expect.any(String),
      updated_at: body.created_at,
    },
  });
});

it.each([
  ['2.4.1/parameter definition › string', { param_type: 'string', default: '' }],
  ['2.4.1/parameter definition › number', { param_type: 'number', default: 1.5 }],
  ['2.4.1/parameter definition › boolean', { param_type: 'boolean', default: false }],
  ['2.4.1/parameter definition › date', { param_type: 'date', default: '2026-01-01' }],
  ['2.4.1/parameter definition › datetime', { param_type: 'datetime', default: null }],
  ['2.4.1/parameter definition › a default of any JSON value', { default: { a: [1, null] } }],
  ['2.4.1/parameter definition › default null', { default: null, required: false }],
])('%s', async (_row, more) => {
  const sent = { ...definition, ...more };
  const { body } = await post({ parameters: [sent] }).expect(201);
  expect(body.parameters).toEqual([sent]);
});

describe('2.4.2', () => {
  it.each<[row: string, fields: Json]>([
    ['2.4.2/datasource_id › required', { datasource_id: undefined }],
    ['2.4.2/datasource_id › no UUID', { datasource_id: 'x' }],
    ['2.4.2/name › required', { name: undefined }],
    ['2.4.2/sql › required', { sql: undefined }],
    ['2.4.2/timeout_seconds › 0', { timeout_seconds: 0 }],
    ['2.4.2/timeout_seconds › 301', { timeout_seconds: 301 }],
    ['2.4.2/timeout_seconds › a fraction', { timeout_seconds: 1.5 }],
    ['2.4.2/timeout_seconds › text', { timeout_seconds: '30' }],
    ['2.4.2/max_rows › 0', { max_rows: 0 }],
    ['2.4.2/max_rows › 100,001', { max_rows: 100_001 }],
    ['2.4.2/max_rows › a fraction', { max_rows: 0.5 }],
    ['2.4.2/parameters › no array', { parameters: {} }],
    ['2.4.2/tags › no array', { tags: 'x' }],
    ['2.4.2/description › no text', { description: 7 }],
  ])('%s → 400', async (_row, fields) => {
    const [field = ''] = Object.keys(fields);
    const { body } = await post(fields).expect(400);
    expect(Object.keys(body.details.fields)).toEqual([field]);
    if (fields[field] === undefined) return;
    const update = await ground.editor.put(`/queries/${ground.queryId}`).send(fields).expect(400);
    expect(Object.keys(update.body.details.fields)).toEqual([field]);
  });

  it.each<[row: string, fields: Json]>([
    ['2.4.2/timeout_seconds › 1 and 300', { timeout_seconds: [1, 300] }],
    ['2.4.2/max_rows › 1 and 100,000', { max_rows: [1, 100_000] }],
  ])('%s', async (_row, limits) => {
    for (const [field, values] of Object.entries(limits))
      for (const value of values as number[]) {
        const { body } = await post({ [field]: value }).expect(201);
        expect(body).toHaveProperty(field, value);
      }
  });

  it.each<[row: string, field: string, value: unknown]>([
    ['2.4.2/timeout_seconds › default', 'timeout_seconds', 30],
    ['2.4.2/max_rows › default', 'max_rows', 10_000],
    ['2.4.2/description › default', 'description', null],
    ['2.4.2/parameters › default', 'parameters', []],
    ['2.4.2/tags › default', 'tags', []],
  ])('%s', async (_row, field, value) => {
    expect((await post({}).expect(201)).body).toHaveProperty(field, value);
    expect((await post({ [field]: null }).expect(201)).body).toHaveProperty(field, value);
  });

  it.each<[row: string, change: Json]>([
    ['2.4.2/name › update', { name: 'y' }],
    ['2.4.2/description › update', { description: 'd' }],
    ['2.4.2/sql › update', { sql: 'SELECT 2' }],
    ['2.4.2/parameters › update', { parameters: [definition] }],
    ['2.4.2/timeout_seconds › update', { timeout_seconds: 5 }],
    ['2.4.2/max_rows › update', { max_rows: 5 }],
    ['2.4.2/tags › update', { tags: ['t'] }],
  ])('%s', async (_row, change) => {
    const id = await createQuery(ground.editor, ground.datasourceId);
    const { body: before } = await ground.editor.get(`/queries/${id}`).expect(200);
    const { body } = await ground.editor.put(`/queries/${id}`).send(change).expect(200);
    expect(body).toEqual({ ...before, ...change, version: 2, updated_at: expect.any(String) });
  });

  it('2.4.2/datasource_id › applied on update', async () => {
    const id = await createQuery(ground.editor, ground.datasourceId);
    const other = await createDatasource(ground.admin);
    const { body } = await ground.editor.put(`/queries/${id}`).send({ datasource_id: other }).expect(200);
    expect(body.datasource_id).toBe(other);
  });

  it('2.4.2/datasource_id › not in the organization → 404', async () => {
    const theirs = await createDatasource(ground.stranger);
    for (const id of [unknownId, theirs]) {
      await post({ datasource_id: id }).expect(404);
      await ground.editor.put(`/queries/${ground.queryId}`).send({ datasource_id: id }).expect(404);
    }
  });

  it('2.4.2/delete cascades and cancels live runs', async () => {
    const made = await belongingsOf(ground.editor, ground.admin);
    const { body: running } = await ground.editor.post('/runs').send({ query_id: made.query }).expect(201);
    const fence = await claimRun(ground.api, running.id);
    await ground.editor.delete(`/queries/${made.query}`).expect(204);
    for (const path of [
      `/queries/${made.query}`,
      `/visualizations/${made.visualization}`,
      `/schedules/${made.schedule}`,
    ])
      await ground.viewer.get(path).expect(404);
    const { body: tiles } = await ground.viewer.get(`/dashboards/${made.dashboard}/tiles`).expect(200);
    expect(tiles).toEqual([]);
    await ground.viewer.get(`/datasources/${made.datasource}`).expect(200);
    const status = async (id: string) => (await ground.viewer.get(`/runs/${id}`).expect(200)).body.status;
    expect(await status(made.run)).toBe('cancelled');
    await confirmStop(ground.api, fence);
    expect(await status(running.id)).toBe('cancelled');
  });

  it('2.4.2/names need not be unique', async () => {
    for (let i = 0; i < 2; i += 1) await post({ name: 'Twice' }).expect(201);
  });
});

describe('2.4.3', () => {
  it.each([
    ['2.4.3/accepted › SELECT', 'SELECT 1'],
    ['2.4.3/accepted › WITH … SELECT', 'WITH a AS (SELECT 1) SELECT * FROM a'],
    ['2.4.3/accepted › VALUES', 'VALUES (1), (2)'],
    ['2.4.3/accepted › TABLE', 'TABLE orders'],
    ['2.4.3/accepted › set operations', '(SELECT 1) UNION ALL SELECT 2 EXCEPT SELECT 3'],
    ['2.4.3/accepted › EXPLAIN', 'EXPLAIN (FORMAT json) SELECT 1'],
    ['2.4.3/accepted › SHOW', 'SHOW server_version'],
    ['2.4.3/accepted › trailing semicolons', 'SELECT 1 ;;\n;'],
    ['2.4.3/accepted › comments anywhere', '-- a\nSELECT /* b */ 1; -- c'],
    ['2.4.3/accepted › a comment at the very end', 'SELECT 1 -- end'],
    ['2.4.3/accepted › names that only look like functions', 'SELECT pg_sleep, nextval FROM lo_export'],
    ['2.4.3/accepted › texts that look like statements', `SELECT 'DROP TABLE t; pg_sleep(1)'`],
  ])('%s', async (_row, sql) => {
    await post({ sql }).expect(201);
  });

  it.each([
    ['2.4.3/refused › INSERT', 'INSERT INTO t VALUES (1)', 'INSERT'],
    ['2.4.3/refused › UPDATE', 'UPDATE t SET a = 1', 'UPDATE'],
    ['2.4.3/refused › DELETE', 'DELETE FROM t', 'DELETE'],
    ['2.4.3/refused › DDL', 'DROP TABLE t', 'DROP'],
    ['2.4.3/refused › SET', 'SET statement_timeout = 0', 'SET'],
    ['2.4.3/refused › COPY', "COPY t TO PROGRAM 'sh'", 'COPY'],
    ['2.4.3/refused › DO', 'DO $$ BEGIN END $$', 'DO'],
    ['2.4.3/refused › transactions', 'COMMIT', 'TRANSACTION'],
    ['2.4.3/refused › EXPLAIN ANALYZE', 'EXPLAIN ANALYZE SELECT 1', 'ANALYZE'],
    ['2.4.3/refused › several statements', 'SELECT 1; SELECT 2', 'one statement'],
    ['2.4.3/refused › nothing but a comment', '-- nothing', 'empty'],
    ['2.4.3/refused › a mistake', 'SELEC 1', 'syntax error'],
    ['2.4.3/refused › data-modifying WITH', 'WITH d AS (DELETE FROM t RETURNING 1) SELECT 1', 'DELETE'],
    ['2.4.3/refused › SELECT … INTO', 'SELECT 1 INTO t', 'INTO'],
    ['2.4.3/refused › locking clauses', 'SELECT 1 FROM t FOR UPDATE', 'lock'],
    ['2.4.3/refused › file access', `SELECT pg_read_file('/etc/passwd')`, 'files'],
    ['2.4.3/refused › large objects', 'SELECT lo_get(1)', 'large objects'],
    ['2.4.3/refused › server control', 'SELECT pg_terminate_backend(1)', 'controls the server'],
    [
      '2.4.3/refused › remote connections',
      `SELECT * FROM dblink('x', 'SELECT 1') AS t(a int)`,
      'other servers',
    ],
    ['2.4.3/refused › waiting', 'SELECT pg_sleep(60)', 'waits'],
    ['2.4.3/refused › sequences', `SELECT nextval('s')`, 'sequence'],
    [
      '2.4.3/refused › dynamic execution',
      `SELECT query_to_xml('DELETE FROM t', true, true, '')`,
      'SQL out of a text',
    ],
    ['2.4.3/refused › in FROM', 'SELECT * FROM pg_sleep(60)', 'waits'],
    ['2.4.3/refused › in a sub-query', 'SELECT (SELECT 1 WHERE pg_sleep(1) IS NULL)', 'waits'],
    ['2.4.3/refused › schema-qualified', 'SELECT pg_catalog.pg_sleep(60)', 'waits'],
    ['2.4.3/refused › quoted', 'SELECT "pg_sleep"(60)', 'waits'],
    ['2.4.3/refused › in capitals', 'SELECT PG_SLEEP(60)', 'waits'],
  ])('%s', async (_row, sql, says) => {
    const answers = await Promise.all([
      post({ sql }),
      ground.editor.post('/runs/execute').send({ datasource_id: ground.datasourceId, sql }),
      ground.editor
        .post('/queries/import')
        .send({ datasource_id: ground.datasourceId, queries: [{ name: 'x', sql }] }),
    ]);
    for (const { status, body } of answers) {
      expect(status).toBe(400);
      expect(body.error.type).toBe('bad_request');
      expect(body.message).toContain(says);
    }
  });
});

describe('2.4.4', () => {
  it('2.4.4/GET /queries/export › elements', async () => {
    const { body } = await ground.viewer.get('/queries/export').expect(200);
    const members = [
      ...[
        'name',
        'description',
        'sql',
        'parameters',
        'timeout_seconds',
        'max_rows',
        'tags',
        'datasource_name',
      ],
    ];
    for (const element of body as Json[]) expect(Object.keys(element).sort()).toEqual(members.toSorted());
  });

  it.each<[row: string, body: Json, field: string]>([
    ['2.4.4/queries › required', { queries: undefined }, 'queries'],
    ['2.4.4/queries › no array', { queries: {} }, 'queries'],
    [
      '2.4.4/queries › same limits as create',
      { queries: [{ name: 'x', sql: 'SELECT 1', max_rows: 0 }] },
      'queries[0].max_rows',
    ],
    ['2.4.4/datasource_id › required', { datasource_id: undefined }, 'datasource_id'],
    ['2.4.4/skip_duplicates › no boolean', { skip_duplicates: 'perhaps' }, 'skip_duplicates'],
  ])('%s → 400', async (_row, more, field) => {
    const { body } = await ground.editor
      .post('/queries/import')
      .send({ queries: [], datasource_id: ground.datasourceId, ...more })
      .expect(400);
    expect(Object.keys(body.details.fields)).toEqual([field]);
  });

  it('2.4.4/nulls of an export', async () => {
    const element = { name: 'Nulls', sql: 'SELECT $p', description: null, datasource_name: null };
    const { body } = await ground.editor
      .post('/queries/import')
      .send({
        datasource_id: ground.datasourceId,
        queries: [
          { ...element, parameters: [definition], timeout_seconds: null, max_rows: null, tags: null },
        ],
      })
      .expect(200);
    expect(body).toEqual({ imported: 1, skipped: 0, skipped_names: [] });
  });
});
