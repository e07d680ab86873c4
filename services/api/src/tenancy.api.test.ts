import { type Belongings, belongingsOf } from './testing/belongings';
import { createDatasource, createQuery } from './testing/resources';
import { claimRun, endRun } from './testing/run-states';
import { type Client, startTestApi, type TestApi } from './testing/test-api';

let api: TestApi;
let ours: Client;
let theirs: Belongings;
/** Our own, on which their parts are looked for. */
let own: Belongings;
beforeAll(async () => {
  api = await startTestApi();
  ours = api.as(await api.member());
  own = await belongingsOf(ours);
  theirs = await belongingsOf(api.as(await api.member()));
  await endRun(api, await claimRun(api, theirs.run), ['[1,1]']);
});
afterAll(() => api.close());

const unknownId = '00000000-0000-7000-8000-000000000000';
type Kind = keyof Belongings;

type ForeignRequest = [string, Kind, (client: Client, id: string) => ReturnType<Client['get']>];

/** Every request that can name something: how it is made of an id, and what the id is of. */
const requests: ForeignRequest[] = [
  ['GET /datasources/{id}', 'datasource', (client, id) => client.get(`/datasources/${id}`)],
  [
    'PUT /datasources/{id}',
    'datasource',
    (client, id) => client.put(`/datasources/${id}`).send({ name: 'x' }),
  ],
  ['DELETE /datasources/{id}', 'datasource', (client, id) => client.delete(`/datasources/${id}`)],
  ['GET /queries/{id}', 'query', (client, id) => client.get(`/queries/${id}`)],
  ['PUT /queries/{id}', 'query', (client, id) => client.put(`/queries/${id}`).send({ name: 'x' })],
  ['DELETE /queries/{id}', 'query', (client, id) => client.delete(`/queries/${id}`)],
  [
    'POST /queries',
    'datasource',
    (client, id) => client.post('/queries').send({ datasource_id: id, name: 'x', sql: 'SELECT 1' }),
  ],
  ['POST /runs', 'query', (client, id) => client.post('/runs').send({ query_id: id })],
  [
    'POST /runs/execute',
    'datasource',
    (client, id) => client.post('/runs/execute').send({ datasource_id: id, sql: 'SELECT 1' }),
  ],
  ['GET /runs/{id}', 'run', (client, id) => client.get(`/runs/${id}`)],
  ['GET /runs/{id}/result', 'run', (client, id) => client.get(`/runs/${id}/result`)],
  ['POST /runs/{id}/cancel', 'run', (client, id) => client.post(`/runs/${id}/cancel`)],
  ['POST /runs/{id}/replay', 'run', (client, id) => client.post(`/runs/${id}/replay`)],
  [
    'PUT /datasources/{id}/limit',
    'datasource',
    (client, id) => client.put(`/datasources/${id}/limit`).send({ max_running: 1 }),
  ],
  ['GET /queries/{id}/versions', 'query', (client, id) => client.get(`/queries/${id}/versions`)],
  ['GET /queries/{id}/versions/1', 'query', (client, id) => client.get(`/queries/${id}/versions/1`)],
  [
    'GET /queries/{id}/versions/diff',
    'query',
    (client, id) => client.get(`/queries/${id}/versions/diff?from=1&to=1`),
  ],
  [
    'POST /queries/{id}/versions/1/restore',
    'query',
    (client, id) => client.post(`/queries/${id}/versions/1/restore`),
  ],
  [
    'POST /queries/import',
    'datasource',
    (client, id) => client.post('/queries/import').send({ datasource_id: id, queries: [] }),
  ],
  [
    'POST /visualizations',
    'query',
    (client, id) => client.post('/visualizations').send({ query_id: id, name: 'x', chart_type: 'bar' }),
  ],
  ...(['get', 'put', 'patch', 'delete'] as const).map((method): ForeignRequest => [
    `${method} /schedules/{id}`,
    'schedule',
    (client, id) => client[method](`/schedules/${id}`).send({ name: 'x' }),
  ]),
  ...['enable', 'disable', 'trigger'].map((action): ForeignRequest => [
    `POST /schedules/{id}/${action}`,
    'schedule',
    (client, id) => client.post(`/schedules/${id}/${action}`),
  ]),
  [
    'POST /schedules',
    'query',
    (client, id) => client.post('/schedules').send({ query_id: id, name: 'x', cron_expression: '@daily' }),
  ],
  [
    'PATCH /schedules/{own}, moved to a query',
    'query',
    (client, id) => client.patch(`/schedules/${own.schedule}`).send({ query_id: id }),
  ],
  ['GET /visualizations/{id}', 'visualization', (client, id) => client.get(`/visualizations/${id}`)],
  [
    'PUT /visualizations/{id}',
    'visualization',
    (client, id) => client.put(`/visualizations/${id}`).send({ name: 'x' }),
  ],
  [
    'PUT /visualizations/{own}, moved to a query',
    'query',
    (client, id) => client.put(`/visualizations/${own.visualization}`).send({ query_id: id }),
  ],
  ['DELETE /visualizations/{id}', 'visualization', (client, id) => client.delete(`/visualizations/${id}`)],
  ['GET /dashboards/{id}', 'dashboard', (client, id) => client.get(`/dashboards/${id}`)],
  ['PUT /dashboards/{id}', 'dashboard', (client, id) => client.put(`/dashboards/${id}`).send({ name: 'x' })],
  ['DELETE /dashboards/{id}', 'dashboard', (client, id) => client.delete(`/dashboards/${id}`)],
  ['GET /dashboards/{id}/tiles', 'dashboard', (client, id) => client.get(`/dashboards/${id}/tiles`)],
  [
    'POST /dashboards/{id}/tiles',
    'dashboard',
    (client, id) => client.post(`/dashboards/${id}/tiles`).send({ visualization_id: own.visualization }),
  ],
  [
    'POST /dashboards/{own}/tiles, of a visualization',
    'visualization',
    (client, id) => client.post(`/dashboards/${own.dashboard}/tiles`).send({ visualization_id: id }),
  ],
  [
    'PUT /dashboards/{own}/tiles/{id}',
    'tile',
    (client, id) => client.put(`/dashboards/${own.dashboard}/tiles/${id}`).send({ pos_x: 1 }),
  ],
  [
    'DELETE /dashboards/{own}/tiles/{id}',
    'tile',
    (client, id) => client.delete(`/dashboards/${own.dashboard}/tiles/${id}`),
  ],
  [
    'PUT /dashboards/{id}/tiles/{own}',
    'dashboard',
    (client, id) => client.put(`/dashboards/${id}/tiles/${own.tile}`).send({ pos_x: 1 }),
  ],
  ['GET /canvases/{id}', 'canvas', (client, id) => client.get(`/canvases/${id}`)],
  ['PUT /canvases/{id}', 'canvas', (client, id) => client.put(`/canvases/${id}`).send({ name: 'x' })],
  ['DELETE /canvases/{id}', 'canvas', (client, id) => client.delete(`/canvases/${id}`)],
  [
    'POST /canvases/{id}/nodes',
    'canvas',
    (client, id) => client.post(`/canvases/${id}/nodes`).send({ node_type: 'note', title: 'x' }),
  ],
  [
    'PUT /canvases/{own}/nodes/{id}',
    'node',
    (client, id) => client.put(`/canvases/${own.canvas}/nodes/${id}`).send({ title: 'x' }),
  ],
  [
    'DELETE /canvases/{own}/nodes/{id}',
    'node',
    (client, id) => client.delete(`/canvases/${own.canvas}/nodes/${id}`),
  ],
  [
    'POST /canvases/{own}/edges, to a node',
    'node',
    (client, id) =>
      client.post(`/canvases/${own.canvas}/edges`).send({ from_node_id: own.node, to_node_id: id }),
  ],
  [
    'PUT /canvases/{own}/edges/{id}',
    'edge',
    (client, id) => client.put(`/canvases/${own.canvas}/edges/${id}`).send({ label: 'explains' }),
  ],
  [
    'DELETE /canvases/{own}/edges/{id}',
    'edge',
    (client, id) => client.delete(`/canvases/${own.canvas}/edges/${id}`),
  ],
];

it.each(requests)(
  '%s cannot tell another organization’s id from an unknown one',
  async (_name, kind, request) => {
    const before = await fingerprint();
    const foreign = await request(ours, theirs[kind]).set('X-Request-Id', 'the-same').expect(404);
    const unknown = await request(ours, unknownId).set('X-Request-Id', 'the-same').expect(404);
    expect(foreign.text).toBe(unknown.text);
    expect(headersOf(foreign)).toEqual(headersOf(unknown));
    expect(await fingerprint()).toBe(before);
  },
);

it('a query cannot be moved to another organization’s datasource', async () => {
  const own = await createQuery(ours, await createDatasource(ours));
  const { body } = await ours.put(`/queries/${own}`).send({ datasource_id: theirs.datasource }).expect(404);
  expect(body.message).toBe('Datasource not found');
});

it.each(['/datasources', '/queries', '/runs', '/visualizations', '/dashboards', '/canvases', '/schedules'])(
  '%s lists nothing of another organization',
  async (path) => {
    const client = api.as(await api.member());
    const { body } = await client.get(path).expect(200);
    expect(body).toMatchObject({ data: [], total: 0 });
  },
);

it('an export holds nothing of another organization', async () => {
  const { body } = await api
    .as(await api.member())
    .get('/queries/export')
    .expect(200);
  expect(body).toEqual([]);
});

it('a filter by another organization’s id finds nothing', async () => {
  const { body: runs } = await ours.get(`/runs?query_id=${theirs.query}`).expect(200);
  const { body: queries } = await ours.get(`/queries?datasource_id=${theirs.datasource}`).expect(200);
  const { body: charts } = await ours.get(`/visualizations?query_id=${theirs.query}`).expect(200);
  expect([runs.total, queries.total, charts.total]).toEqual([0, 0, 0]);
});

function headersOf(answer: { headers: Record<string, string> }): Record<string, string> {
  return { ...answer.headers, date: '' };
}

/** Of all rows: whatever a request changed, this is another. */
async function fingerprint(): Promise<string> {
  const tables = [
    ...['datasources', 'queries', 'query_versions', 'runs', 'results', 'visualizations', 'dashboards'],
    ...['dashboard_tiles', 'canvases', 'canvas_nodes', 'canvas_edges', 'schedules'],
  ];
  const parts = await Promise.all(
    tables.map((table) =>
      api.app.one<{ hash: string | null }>({
        name: 'test.fingerprint',
        text: `SELECT md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) AS hash FROM ${table} t`,
        dynamic: true,
      }),
    ),
  );
  return parts.map(({ hash }) => hash).join();
}
