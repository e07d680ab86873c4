import {
  createDashboard,
  createDatasource,
  createQuery,
  createSchedule,
  createTile,
  createVisualization,
} from './testing/resources';
import { type Client, startTestApi, type TestApi } from './testing/test-api';

// How many statements a request runs does not depend on how much it answers. Transaction control apart, each of these
// counts is a promise: one statement finds the user, the rest is the request's own.

let api: TestApi;
let client: Client;
let ids: Record<
  'datasource' | 'query' | 'visualization' | 'dashboard' | 'tile' | 'canvas' | 'node' | 'edge' | 'schedule',
  string
>;
let otherNode: string;
beforeAll(async () => {
  api = await startTestApi();
  client = api.as(await api.member());
  const datasource = await createDatasource(client);
  const query = await createQuery(client, datasource);
  const visualization = await createVisualization(client, query);
  const dashboard = await createDashboard(client);
  const tile = await createTile(client, dashboard, { visualization_id: visualization });
  const canvas = await made('/canvases', { name: 'c' });
  const node = await made(`/canvases/${canvas}/nodes`, { node_type: 'note', title: 'a' });
  otherNode = await made(`/canvases/${canvas}/nodes`, { node_type: 'note', title: 'b' });
  const edge = await made(`/canvases/${canvas}/edges`, { from_node_id: node, to_node_id: otherNode });
  const schedule = await createSchedule(client, query);
  ids = { datasource, query, visualization, dashboard, tile, canvas, node, edge, schedule };
});
afterAll(() => api.close());

const made = async (path: string, body: object): Promise<string> =>
  ((await client.post(path).send(body).expect(201)).body as { id: string }).id;

const control = new Set(['begin', 'commit']);
const statementsOf = async (work: () => Promise<unknown>): Promise<string[]> =>
  (await api.statementsOf(work)).filter((name) => !control.has(name));

describe('a page of 100', () => {
  const many = Array.from({ length: 100 }, (_, i) => i);
  let page: Client;
  beforeAll(async () => {
    const member = await api.member();
    page = api.as(member);
    const source = await createDatasource(page);
    const query = await createQuery(page, source);
    const chart = await createVisualization(page, query);
    const fill = async (table: string, columns: string): Promise<void> => {
      await api.database.asOwner(
        `INSERT INTO ${table} (id, org_id, created_by, ${columns} FROM generate_series(1, 100) n`,
        [member.orgId, member.userId],
      );
    };
    const own = 'SELECT gen_random_uuid(), $1, $2';
    await fill(
      'queries',
      `name, datasource_id, sql, timeout_seconds, max_rows) ${own}, 'q' || n, '${source}', 'SELECT 1', 1, 1`,
    );
    await fill('visualizations', `name, query_id, chart_type) ${own}, 'v' || n, '${query}', 'bar'`);
    await fill(
      'schedules',
      `name, query_id, cron_expression, timezone, enabled) ${own}, 's' || n, '${query}', '@daily', 'UTC', false`,
    );
    await fill('dashboards', `name) ${own}, 'd' || n`);
    await fill('canvases', `name, time_preset, time_offset, live) ${own}, 'c' || n, '7d', 0, false`);
    await api.database.asOwner(
      `INSERT INTO dashboard_tiles (id, org_id, created_by, dashboard_id, visualization_id, pos_x, pos_y, width, height)
       SELECT gen_random_uuid(), $1, $2, dashboards.id, '${chart}', 0, n, 6, 4 FROM dashboards, generate_series(1, 10) n
       WHERE org_id = $1`,
      [member.orgId, member.userId],
    );
    await api.database.asOwner(
      `INSERT INTO canvas_nodes (id, org_id, created_by, canvas_id, node_type, title, pos_x, pos_y, width, height)
       SELECT gen_random_uuid(), $1, $2, canvases.id, 'note', 'n', 0, 0, 50, 50 FROM canvases, generate_series(1, 10) n
       WHERE org_id = $1`,
      [member.orgId, member.userId],
    );
  });

  it.each(['dashboards', 'canvases'])('of %s is two statements, and one once it is kept', async (noun) => {
    const read = () => statementsOf(() => page.get(`/${noun}?limit=100`).expect(200));
    expect(await read()).toEqual(['users.findBySession', `${noun}.list`, `${noun}.findAll`]);
    expect(await read()).toEqual(['users.findBySession', `${noun}.list`]);
  });

  it.each(['datasources', 'queries', 'visualizations', 'schedules'])(
    'of %s is one statement',
    async (noun) => {
      const statements = await statementsOf(() => page.get(`/${noun}?limit=100`).expect(200));
      expect(statements).toEqual(['users.findBySession', `${noun}.list`]);
    },
  );

  it('brings ten tiles and ten nodes for each', async () => {
    const { body: dashboards } = await page.get('/dashboards?limit=100').expect(200);
    expect(dashboards.data.map(({ tiles }: { tiles: unknown[] }) => tiles.length)).toEqual(
      many.map(() => 10),
    );
    const { body: canvases } = await page.get('/canvases?limit=100').expect(200);
    expect(canvases.data.map(({ nodes }: { nodes: unknown[] }) => nodes.length)).toEqual(many.map(() => 10));
  });

  it('of queries is exported by one statement for each hundred', async () => {
    const statements = await statementsOf(() => page.get('/queries/export').expect(200));
    expect(statements).toEqual(['users.findBySession', 'queries.export', 'queries.export']);
  });

  it('of queries is imported by five', async () => {
    const queries = many.map((n) => ({ name: `new ${n}`, sql: 'SELECT 1' }));
    const { body: sources } = await page.get('/datasources').expect(200);
    const body = { queries, datasource_id: sources.data[0].id };
    const statements = await statementsOf(() => page.post('/queries/import').send(body).expect(200));
    expect(statements).toEqual([
      ...['users.findBySession', 'datasources.find', 'datasources.lockAgainstDelete'],
      ...['queries.lockImports', 'queries.takenNames', 'queries.insertAll'],
    ]);
  });
});

describe('one request', () => {
  const { get, put, post } = {
    get: (path: (id: typeof ids) => string) => () => client.get(path(ids)).expect(200),
    put: (path: (id: typeof ids) => string, body: object) => () =>
      client.put(path(ids)).send(body).expect(200),
    post: (path: (id: typeof ids) => string, body: (id: typeof ids) => object) => () =>
      client.post(path(ids)).send(body(ids)).expect(201),
  };

  it.each<[string, number, () => Promise<unknown>]>([
    ['GET /queries/{id}', 1, get((id) => `/queries/${id.query}`)],
    ['PUT /queries/{id}', 2, put((id) => `/queries/${id.query}`, { name: 'x' })],
    ['GET /queries/{id}/versions', 2, get((id) => `/queries/${id.query}/versions`)],
    ['GET /queries/{id}/versions/{version}', 1, get((id) => `/queries/${id.query}/versions/1`)],
    ['GET /queries/{id}/versions/diff', 2, get((id) => `/queries/${id.query}/versions/diff?from=1&to=2`)],
    [
      'POST /queries/{id}/versions/{version}/restore',
      5,
      () => client.post(`/queries/${ids.query}/versions/1/restore`).expect(200),
    ],
    ['GET /visualizations/{id}', 1, get((id) => `/visualizations/${id.visualization}`)],
    ['PUT /visualizations/{id}', 2, put((id) => `/visualizations/${id.visualization}`, { name: 'x' })],
    [
      'POST /visualizations',
      2,
      post(
        () => '/visualizations',
        (id) => ({ query_id: id.query, name: 'x', chart_type: 'bar' }),
      ),
    ],
    ['GET /dashboards/{id}', 2, get((id) => `/dashboards/${id.dashboard}`)],
    ['GET /dashboards/{id} again', 1, get((id) => `/dashboards/${id.dashboard}`)],
    ['GET /dashboards/{id}/tiles', 1, get((id) => `/dashboards/${id.dashboard}/tiles`)],
    [
      'POST /dashboards',
      1,
      post(
        () => '/dashboards',
        () => ({ name: 'x' }),
      ),
    ],
    ['PUT /dashboards/{id}', 2, put((id) => `/dashboards/${id.dashboard}`, { name: 'x' })],
    [
      'POST /dashboards/{id}/tiles',
      3,
      post(
        (id) => `/dashboards/${id.dashboard}/tiles`,
        (id) => ({ visualization_id: id.visualization }),
      ),
    ],
    [
      'PUT /dashboards/{id}/tiles/{id}',
      3,
      put((id) => `/dashboards/${id.dashboard}/tiles/${id.tile}`, { pos_x: 9 }),
    ],
    ['GET /canvases/{id}', 2, get((id) => `/canvases/${id.canvas}`)],
    ['GET /canvases/{id} again', 1, get((id) => `/canvases/${id.canvas}`)],
    [
      'POST /canvases',
      1,
      post(
        () => '/canvases',
        () => ({ name: 'x' }),
      ),
    ],
    ['PUT /canvases/{id}', 2, put((id) => `/canvases/${id.canvas}`, { name: 'x' })],
    [
      'POST /canvases/{id}/nodes',
      2,
      post(
        (id) => `/canvases/${id.canvas}/nodes`,
        () => ({ node_type: 'note', title: 'x' }),
      ),
    ],
    [
      'PUT /canvases/{id}/nodes/{id}',
      3,
      put((id) => `/canvases/${id.canvas}/nodes/${id.node}`, { pos_x: 9 }),
    ],
    [
      'POST /canvases/{id}/edges',
      5,
      post(
        (id) => `/canvases/${id.canvas}/edges`,
        (id) => ({ from_node_id: otherNode, to_node_id: id.node }),
      ),
    ],
    [
      'PUT /canvases/{id}/edges/{id}',
      3,
      put((id) => `/canvases/${id.canvas}/edges/${id.edge}`, { label: 'explains' }),
    ],
    ['GET /schedules/{id}', 1, get((id) => `/schedules/${id.schedule}`)],
    ['PUT /schedules/{id}', 2, put((id) => `/schedules/${id.schedule}`, { name: 'x' })],
    [
      'POST /schedules',
      4,
      post(
        () => '/schedules',
        (id) => ({ query_id: id.query, name: 'x', cron_expression: '@daily' }),
      ),
    ],
    ['POST /schedules/{id}/trigger', 4, () => client.post(`/schedules/${ids.schedule}/trigger`).expect(200)],
  ])('%s is %i beside the one that finds the user', async (_name, count, work) => {
    const [user, ...others] = await statementsOf(work);
    expect(user).toBe('users.findBySession');
    expect([others.length, others]).toEqual([count, expect.anything()]);
  });

  it.each<[string, number, () => Promise<string>]>([
    ['query', 2, async () => `/queries/${await createQuery(client, ids.datasource)}`],
    ['visualization', 1, async () => `/visualizations/${await createVisualization(client, ids.query)}`],
    ['dashboard', 1, async () => `/dashboards/${await createDashboard(client)}`],
    [
      'tile',
      4,
      async () => {
        const tile = await createTile(client, ids.dashboard, { visualization_id: ids.visualization });
        return `/dashboards/${ids.dashboard}/tiles/${tile}`;
      },
    ],
    ['canvas', 1, async () => `/canvases/${await made('/canvases', { name: 'c' })}`],
    ['edge', 4, async () => `/canvases/${ids.canvas}/edges/${ids.edge}`],
    ['node', 4, async () => `/canvases/${ids.canvas}/nodes/${ids.node}`],
  ])('that deletes a %s without anything below is %i', async (_noun, count, pathOf) => {
    const path = await pathOf();
    const [, ...others] = await statementsOf(() => client.delete(path).expect(204));
    // One more for each kind of thing that lies below.
    const below = others.filter((name) => /deleteBy\.(?!id$)|touchBy\.\w+\.(?!id$)/.test(name));
    expect([others.length - below.length, others]).toEqual([count, expect.anything()]);
  });

  it('that deletes a datasource is as many as there are levels below it', async () => {
    const source = await createDatasource(client);
    for (let n = 0; n < 3; n += 1) {
      const query = await createQuery(client, source);
      for (let m = 0; m < 2; m += 1) {
        const chart = await createVisualization(client, query);
        await createTile(client, await createDashboard(client), { visualization_id: chart });
      }
    }
    const statements = await statementsOf(() => client.delete(`/datasources/${source}`).expect(204));
    expect(statements).toEqual([
      'users.findBySession',
      'datasources.deleteBy.id',
      'queries.deleteBy.datasource_id',
      'visualizations.deleteBy.query_id',
      'schedules.deleteBy.query_id',
      'dashboards.touchBy.dashboard_tiles.visualization_id',
      'dashboard_tiles.deleteBy.visualization_id',
      'datasources.forgetSecretNames',
      'datasourceSecrets.delete',
      'runs.cancelOfDatasource',
    ]);
  });
});
