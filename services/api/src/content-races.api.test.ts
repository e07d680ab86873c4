import { createDashboard, createDatasource, createQuery, createVisualization } from './testing/resources';
import { type Client, startTestApi, type TestApi } from './testing/test-api';

// Everybody changes and deletes everything at once. Nothing may fail but for what is gone or taken, and nothing may stay
// whose ground is gone: the database's keys do not see stamps, so only the order of locks keeps that true.

let api: TestApi;
let client: Client;
beforeAll(async () => {
  api = await startTestApi();
  client = api.as(await api.member());
});
afterAll(() => api.close());

/** The same sequence in each run of the test. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * sides);
  };
}

type Kind = 'datasource' | 'query' | 'visualization' | 'dashboard' | 'tile' | 'canvas' | 'node' | 'edge';
/** Paths of what was made, whether or not it is still there. */
type Made = Record<Kind, string[]>;

const idOf = (path: string): string => path.split('/').at(-1) ?? '';

async function ground(): Promise<Made> {
  const made: Made = {
    ...{ datasource: [], query: [], visualization: [], dashboard: [] },
    ...{ tile: [], canvas: [], node: [], edge: [] },
  };
  for (let n = 0; n < 3; n += 1) {
    const datasource = await createDatasource(client);
    const query = await createQuery(client, datasource);
    made.datasource.push(`/datasources/${datasource}`);
    made.query.push(`/queries/${query}`);
    made.visualization.push(`/visualizations/${await createVisualization(client, query)}`);
    made.dashboard.push(`/dashboards/${await createDashboard(client)}`);
    const { body } = await client.post('/canvases').send({ name: 'c' }).expect(201);
    made.canvas.push(`/canvases/${body.id}`);
  }
  return made;
}

async function act(made: Made, roll: (sides: number) => number): Promise<void> {
  const any = (kind: Kind): string => made[kind][roll(made[kind].length)] ?? made.canvas[0]!;
  const id = (kind: Kind): string => idOf(any(kind));
  const post = async (kind: Kind, path: string, body: object): Promise<number> => {
    const answer = await client.post(path).send(body);
    if (answer.status === 201) made[kind].push(`${path}/${answer.body.id}`);
    return answer.status;
  };
  const put = async (path: string, body: object): Promise<number> =>
    (await client.put(path).send(body)).status;
  /** One in so many turns that come to it: else everything would be gone soon. */
  const remove = async (kind: Kind, sides: number): Promise<number> =>
    roll(sides) === 0 ? (await client.delete(any(kind))).status : 204;

  const canvas = any('canvas');
  const actions: (() => Promise<number>)[] = [
    () => post('query', '/queries', { datasource_id: id('datasource'), name: 'q', sql: 'SELECT 1' }),
    () => post('visualization', '/visualizations', { query_id: id('query'), name: 'v', chart_type: 'bar' }),
    () => post('tile', `${any('dashboard')}/tiles`, { visualization_id: id('visualization') }),
    () => post('tile', `${any('dashboard')}/tiles`, { visualization_id: id('visualization') }),
    () => post('node', `${canvas}/nodes`, { node_type: 'note', title: 'n' }),
    () => post('edge', `${canvas}/edges`, { from_node_id: id('node'), to_node_id: id('node') }),
    () => put(any('query'), { datasource_id: id('datasource') }),
    () => put(any('visualization'), { query_id: id('query') }),
    () => put(any('dashboard'), { name: `d${roll(9)}` }),
    () => put(any('tile'), { pos_x: roll(9) }),
    () => put(any('node'), { pos_x: roll(9) }),
    () => remove('tile', 1),
    () => remove('node', 1),
    () => remove('edge', 1),
    () => remove('visualization', 4),
    () => remove('query', 8),
    () => remove('dashboard', 16),
    () => remove('canvas', 16),
    () => remove('datasource', 32),
  ];
  expect([200, 201, 204, 400, 404, 409]).toContain(await actions[roll(actions.length)]!());
}

/** Live rows that point to a row that is deleted. */
const STRANDED = `
  SELECT 'query' AS what, q.id FROM queries q JOIN datasources d ON d.id = q.datasource_id
    WHERE q.deleted_at IS NULL AND d.deleted_at IS NOT NULL
  UNION ALL SELECT 'visualization', v.id FROM visualizations v JOIN queries q ON q.id = v.query_id
    WHERE v.deleted_at IS NULL AND q.deleted_at IS NOT NULL
  UNION ALL SELECT 'tile', t.id FROM dashboard_tiles t JOIN visualizations v ON v.id = t.visualization_id
    JOIN dashboards d ON d.id = t.dashboard_id
    WHERE t.deleted_at IS NULL AND (v.deleted_at IS NOT NULL OR d.deleted_at IS NOT NULL)
  UNION ALL SELECT 'node', n.id FROM canvas_nodes n JOIN canvases c ON c.id = n.canvas_id
    WHERE n.deleted_at IS NULL AND c.deleted_at IS NOT NULL
  UNION ALL SELECT 'edge', e.id FROM canvas_edges e JOIN canvas_nodes n ON n.id IN (e.from_node_id, e.to_node_id)
    WHERE e.deleted_at IS NULL AND n.deleted_at IS NOT NULL`;

it.each([1, 2])('leaves nothing without its ground (sequence %i)', async (seed) => {
  const roll = dice(seed);
  const made = await ground();
  const turns = Array.from({ length: 12 }, async () => {
    for (let n = 0; n < 30; n += 1) await act(made, roll);
  });
  await Promise.all(turns);
  expect(await api.database.asOwner(STRANDED)).toEqual([]);
  expect(made.tile.length + made.edge.length).toBeGreaterThan(10);
});
