import { type Belongings, belongingsOf } from '../testing/belongings';
import { type Ground, openGround } from '../testing/contract/ground';

type Json = Record<string, unknown>;

let ground: Ground;
let made: Belongings;
/** One of every kind of object that the API returns. */
let objects: Record<string, Json>;
beforeAll(async () => {
  ground = await openGround();
  made = await belongingsOf(ground.editor, ground.admin);
  const read = async (path: string): Promise<Json> => (await ground.viewer.get(path).expect(200)).body;
  const canvas = await read(`/canvases/${made.canvas}`);
  const dashboard = await read(`/dashboards/${made.dashboard}`);
  objects = {
    ...{ canvas, dashboard },
    node: (canvas['nodes'] as Json[])[0]!,
    edge: (canvas['edges'] as Json[])[0]!,
    tile: (dashboard['tiles'] as Json[])[0]!,
    user: await read('/auth/me'),
    datasource: await read(`/datasources/${made.datasource}`),
    query: await read(`/queries/${made.query}`),
    visualization: await read(`/visualizations/${made.visualization}`),
    schedule: await read(`/schedules/${made.schedule}`),
    run: await read(`/runs/${made.run}`),
  };
});
afterAll(() => ground.close());

const kinds = [
  ...['user', 'datasource', 'query', 'run', 'visualization', 'dashboard', 'tile'],
  ...['schedule', 'canvas', 'node', 'edge'],
];
const membersOf = (kind: string): [string, unknown][] => Object.entries(objects[kind]!);

it.each(kinds)('1.2/naming › %s', (kind) => {
  for (const [name] of membersOf(kind)) expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
});

it.each(kinds)('1.2/identifiers › %s', (kind) => {
  for (const [name, value] of membersOf(kind).filter(([one]) => /^id$|_id$|^created_by$/.test(one)))
    if (value !== null || name === 'id') expect(value).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});

it('1.2/identifiers › any letter case is understood', async () => {
  await ground.viewer.get(`/queries/${made.query.toUpperCase()}`).expect(200);
});

it.each(kinds)('1.2/timestamps › %s', (kind) => {
  const moments = membersOf(kind).filter(([name, value]) => name.endsWith('_at') && value !== null);
  expect(moments).not.toEqual([]);
  for (const [, value] of moments) {
    expect(value).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    expect(new Date(value as string).getTime()).not.toBeNaN();
  }
});

it.each([
  ['1.2/enumerations › chart type', 'visualization', 'chart_type', 'bar'],
  ['1.2/enumerations › run status', 'run', 'status', 'queued'],
  ['1.2/enumerations › role', 'user', 'role', 'viewer'],
  ['1.2/enumerations › node type', 'node', 'node_type', 'note'],
])('%s', (...[, kind, field, value]) => {
  expect(objects[kind]).toHaveProperty(field, value);
});

it('1.2/enumerations › of several words', async () => {
  const path = `/visualizations/${made.visualization}`;
  const { body } = await ground.editor.put(path).send({ chart_type: 'single_stat' }).expect(200);
  expect(body.chart_type).toBe('single_stat');
});

it.each([
  ['1.2/nullable fields › query', 'query', ['description']],
  ['1.2/nullable fields › run', 'run', ['started_at', 'completed_at', 'error_message']],
  ['1.2/nullable fields › schedule', 'schedule', ['last_run_at']],
  ['1.2/nullable fields › dashboard', 'dashboard', ['description']],
  ['1.2/nullable fields › tile', 'tile', ['title']],
  ['1.2/nullable fields › canvas', 'canvas', ['time_custom_start', 'time_custom_end']],
])('%s', (_row, kind, fields) => {
  for (const field of fields) expect(objects[kind]).toHaveProperty(field, null);
});

it.each([
  ['1.2/collections › query', 'query', { parameters: [], tags: [] }],
  ['1.2/collections › dashboard', 'dashboard', { parameters: [], tags: [] }],
  ['1.2/collections › schedule', 'schedule', { parameters: {}, tags: [] }],
  ['1.2/collections › visualization', 'visualization', { config: {}, tags: [] }],
  ['1.2/collections › tile', 'tile', { parameter_bindings: {} }],
  ['1.2/collections › canvas', 'canvas', { tags: [] }],
  ['1.2/collections › node', 'node', { meta: {} }],
])('%s', (_row, kind, expected) => {
  expect(objects[kind]).toMatchObject(expected);
});

it.each([
  ['1.2/collections › of a new dashboard', '/dashboards', { parameters: [], tags: [], tiles: [] }],
  ['1.2/collections › of a new canvas', '/canvases', { nodes: [], edges: [], tags: [] }],
])('%s', async (_row, path, expected) => {
  const nulls = Object.fromEntries(Object.keys(expected).map((name) => [name, null]));
  const { body } = await ground.editor
    .post(path)
    .send({ name: 'Empty', ...nulls })
    .expect(201);
  expect(body).toMatchObject(expected);
});

it('1.2/numbers', () => {
  expect(objects['query']).toMatchObject({ max_rows: 10_000, timeout_seconds: 30 });
});
