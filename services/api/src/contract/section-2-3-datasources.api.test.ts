import { belongingsOf } from '../testing/belongings';
import { type Ground, openGround } from '../testing/contract/ground';
import { connectionString, createDatasource } from '../testing/resources';

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.close());

const settings = { host: 'db.example.com', database: 'sales', user: 'reader', password: 'a-secret' };
const post = (body: object) => ground.admin.post('/datasources').send({ name: 'Warehouse', ...body });

const datasource = {
  id: expect.any(String),
  org_id: expect.any(String),
  name: 'Warehouse',
  ds_type: 'postgres',
  created_by: expect.any(String),
  created_at: expect.stringMatching(/Z$/),
  updated_at: expect.stringMatching(/Z$/),
};

it.each<[row: string, body: object]>([
  ['2.3/POST /datasources › connection_string', { connection_string: connectionString }],
  ['2.3/POST /datasources › settings', { settings }],
  ['2.3/field ds_type › default', { settings, ds_type: null }],
  ['2.3/field ds_type › postgres', { settings, ds_type: 'postgres' }],
  ['2.3/no connection attempt', { settings: { ...settings, host: 'host.invalid' } }],
])('%s', async (_row, body) => {
  const { body: created, text } = await post(body).expect(201);
  expect(created).toMatchObject(datasource);
  expect(text).not.toContain('a-secret');
});

it.each<[row: string, body: object, field: string]>([
  ['2.3/field ds_type › unknown → 400', { settings, ds_type: 'oracle' }, 'ds_type'],
  ['2.3/field name › missing → 400', { settings, name: null }, 'name'],
  ['2.3/connection_string or settings › neither → 400', {}, 'connection_string'],
  [
    '2.3/connection_string or settings › both → 400',
    { settings, connection_string: connectionString },
    'connection_string',
  ],
  [
    '2.3/connection string › unknown option → 400',
    { connection_string: 'postgres://u@db.example.com/d?x=1' },
    'connection_string',
  ],
  [
    '2.3/connection string › dangerous option → 400',
    { connection_string: 'postgres://u@db.example.com/d?sslkey=/etc/passwd' },
    'connection_string',
  ],
  [
    '2.3/settings › unknown option → 400',
    { settings: { ...settings, options: '-c x=y' } },
    'settings.options',
  ],
  ['2.3/settings › port as text → 400', { settings: { ...settings, port: '5432' } }, 'settings.port'],
])('%s', async (_row, body, field) => {
  const { body: refused } = await post(body).expect(400);
  expect(Object.keys(refused.details.fields)).toContain(field);
  expect(JSON.stringify(refused)).not.toContain('a-secret');
});

it.each<[row: string, body: object, mode: string]>([
  ['2.3/TLS › a string without sslmode', { connection_string: connectionString }, 'prefer'],
  [
    '2.3/TLS › a string with sslmode',
    { connection_string: `${connectionString}?sslmode=require` },
    'require',
  ],
  ['2.3/TLS › settings', { settings }, 'verify-full'],
])('%s', async (_row, body, mode) => {
  const { body: created } = await post(body).expect(201);
  const stored = await ground.api.app.one<{ settings: object }>({
    name: 'test.settings',
    text: 'SELECT settings FROM datasources WHERE id = $1',
    values: [created.id],
  });
  expect(stored.settings).toMatchObject({ tls: { mode } });
  expect(JSON.stringify(stored.settings)).not.toContain('a-secret');
});

it('2.3/secrets are write-only', async () => {
  const id = await createDatasource(ground.admin);
  for (const path of [`/datasources/${id}`, '/datasources', '/queries/export']) {
    const { text } = await ground.admin.get(path).expect(200);
    expect(text).not.toMatch(/a-secret|connection_string|warehouse\.example/);
  }
  expect(ground.api.log()).not.toContain('a-secret');
});

describe('PUT /datasources/{id}', () => {
  it.each<[row: string, body: object, expected: object]>([
    ['2.3/PUT /datasources/{id} › name', { name: 'Renamed' }, { name: 'Renamed' }],
    ['2.3/PUT /datasources/{id} › connection_string', { connection_string: connectionString }, {}],
    ['2.3/PUT /datasources/{id} › nothing', {}, {}],
    ['2.3/PUT /datasources/{id} › ds_type cannot change', { ds_type: 'oracle' }, { ds_type: 'postgres' }],
  ])('%s', async (_row, change, expected) => {
    const id = await createDatasource(ground.admin);
    const { body } = await ground.admin.put(`/datasources/${id}`).send(change).expect(200);
    expect(body).toMatchObject({ ...datasource, ...expected });
  });
});

it('2.3/DELETE /datasources/{id} › takes everything below it', async () => {
  const made = await belongingsOf(ground.admin);
  await ground.admin.delete(`/datasources/${made.datasource}`).expect(204);
  for (const path of [
    `/datasources/${made.datasource}`,
    `/queries/${made.query}`,
    `/visualizations/${made.visualization}`,
    `/schedules/${made.schedule}`,
  ])
    await ground.viewer.get(path).expect(404);
  const { body: board } = await ground.viewer.get(`/dashboards/${made.dashboard}`).expect(200);
  expect(board.tiles).toEqual([]);
  await ground.editor.put(`/dashboards/${made.dashboard}/tiles/${made.tile}`).send({ pos_x: 1 }).expect(404);
  const { body: run } = await ground.viewer.get(`/runs/${made.run}`).expect(200);
  expect(run.status).toBe('cancelled');
});
