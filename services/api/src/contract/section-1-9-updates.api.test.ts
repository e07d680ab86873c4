import { type Belongings, belongingsOf } from '../testing/belongings';
import { type Ground, openGround } from '../testing/contract/ground';

let ground: Ground;
let made: Belongings;
beforeAll(async () => {
  ground = await openGround();
  made = await belongingsOf(ground.editor, ground.admin);
});
afterAll(() => ground.close());

type Json = Record<string, unknown>;

/** Where each kind is updated, read, and a value of every field that an update may hold. */
const kinds: [kind: string, path: () => string, fields: Json][] = [
  ['datasource', () => `/datasources/${made.datasource}`, { name: 'n' }],
  [
    'query',
    () => `/queries/${made.query}`,
    {
      ...{ name: 'n', sql: 'SELECT 2', timeout_seconds: 7, max_rows: 8, tags: ['t'] },
      parameters: [{ name: 'p', param_type: 'date', default: null, required: true }],
    },
  ],
  [
    'visualization',
    () => `/visualizations/${made.visualization}`,
    { name: 'n', chart_type: 'pie', config: { a: 1 }, tags: ['t'] },
  ],
  [
    'dashboard',
    () => `/dashboards/${made.dashboard}`,
    { name: 'n', parameters: [{ name: 'p' }], tags: ['t'] },
  ],
  [
    'tile',
    () => `/dashboards/${made.dashboard}/tiles/${made.tile}`,
    { pos_x: 1, pos_y: 2, width: 3, height: 5, parameter_bindings: { a: 'b' } },
  ],
  [
    'schedule',
    () => `/schedules/${made.schedule}`,
    { name: 'n', cron_expression: '0 9 * * *', parameters: { a: 1 }, tags: ['t'], enabled: false },
  ],
  [
    'canvas',
    () => `/canvases/${made.canvas}`,
    { name: 'n', time_preset: '1h', time_offset: 9, live: true, tags: ['t'] },
  ],
  [
    'node',
    () => `/canvases/${made.canvas}/nodes/${made.node}`,
    { title: 'n', pos_x: 1.5, pos_y: 2.5, width: 60, height: 70, meta: { a: 1 } },
  ],
  ['edge', () => `/canvases/${made.canvas}/edges/${made.edge}`, { label: 'supports' }],
];

const put = async (path: string, body: Json): Promise<Json> =>
  (await ground.admin.put(path).send(body).expect(200)).body;

describe.each(kinds)('a %s', (_kind, path, fields) => {
  it('1.9/partial', async () => {
    const before = await put(path(), fields);
    expect(before).toMatchObject(fields);
    expect(await put(path(), {})).toEqual(before);
    for (const [name, value] of Object.entries(fields))
      expect(await put(path(), { [name]: value })).toMatchObject(fields);
  });

  it('1.9/null is absent', async () => {
    const before = await put(path(), fields);
    const nulls = Object.fromEntries(Object.keys(fields).map((name) => [name, null]));
    expect(await put(path(), nulls)).toEqual(before);
  });

  it('1.9/whole objects come back', async () => {
    const before = await put(path(), fields);
    expect(await put(path(), before)).toEqual(before);
  });
});

it.each<[row: string, path: () => string, field: string]>([
  ['1.9/null clears › description of a query', () => `/queries/${made.query}`, 'description'],
  ['1.9/null clears › description of a dashboard', () => `/dashboards/${made.dashboard}`, 'description'],
  ['1.9/null clears › title of a tile', () => `/dashboards/${made.dashboard}/tiles/${made.tile}`, 'title'],
])('%s', async (_row, path, field) => {
  expect(await put(path(), { [field]: 'text' })).toHaveProperty(field, 'text');
  expect(await put(path(), {})).toHaveProperty(field, 'text');
  expect(await put(path(), { [field]: null })).toHaveProperty(field, null);
});

it.each<[row: string, path: string, body: () => Json, expected: Json]>([
  [
    '1.9/null on create is the default › query',
    '/queries',
    () => ({ datasource_id: made.datasource, name: 'x', sql: 'SELECT 1' }),
    { description: null, parameters: [], timeout_seconds: 30, max_rows: 10_000, tags: [] },
  ],
  [
    '1.9/null on create is the default › visualization',
    '/visualizations',
    () => ({ query_id: made.query, name: 'x', chart_type: 'bar' }),
    { config: {}, tags: [] },
  ],
  [
    '1.9/null on create is the default › schedule',
    '/schedules',
    () => ({ query_id: made.query, name: 'x', cron_expression: '0 * * * *' }),
    { parameters: {}, tags: [], enabled: true },
  ],
  [
    '1.9/null on create is the default › dashboard',
    '/dashboards',
    () => ({ name: 'x' }),
    { description: null, parameters: [], tags: [] },
  ],
  [
    '1.9/null on create is the default › canvas',
    '/canvases',
    () => ({ name: 'x' }),
    {
      time_preset: '7d',
      time_offset: 0,
      live: false,
      tags: [],
      time_custom_start: null,
      time_custom_end: null,
    },
  ],
])('%s', async (...[, path, body, expected]) => {
  const nulls = Object.fromEntries(Object.keys(expected).map((name) => [name, null]));
  const { body: created } = await ground.editor
    .post(path)
    .send({ ...body(), ...nulls })
    .expect(201);
  expect(created).toMatchObject(expected);
});
