import { createDatasource, createQuery, createRun } from './testing/resources';
import { claimRun, endRun } from './testing/run-states';
import { type Client, startTestApi, type TestApi } from './testing/test-api';

let api: TestApi;
let ours: Client;
let theirs: { datasource: string; query: string; run: string };
beforeAll(async () => {
  api = await startTestApi();
  ours = api.as(await api.member());
  const other = api.as(await api.member());
  const datasource = await createDatasource(other);
  const query = await createQuery(other, datasource);
  const run = await createRun(other, query);
  await endRun(api, await claimRun(api, run), ['[1,1]']);
  theirs = { datasource, query, run };
});
afterAll(() => api.close());

const unknownId = '00000000-0000-7000-8000-000000000000';
type Kind = keyof typeof theirs;

/** Every request that can name something: how it is made of an id, and what the id is of. */
const requests: [string, Kind, (client: Client, id: string) => ReturnType<Client['get']>][] = [
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

it.each(['/datasources', '/queries', '/runs'])('%s lists nothing of another organization', async (path) => {
  const client = api.as(await api.member());
  const { body } = await client.get(path).expect(200);
  expect(body).toMatchObject({ data: [], total: 0 });
});

it('a filter by another organization’s id finds nothing', async () => {
  const { body: runs } = await ours.get(`/runs?query_id=${theirs.query}`).expect(200);
  const { body: queries } = await ours.get(`/queries?datasource_id=${theirs.datasource}`).expect(200);
  expect([runs.total, queries.total]).toEqual([0, 0]);
});

function headersOf(answer: { headers: Record<string, string> }): Record<string, string> {
  return { ...answer.headers, date: '' };
}

/** Of all rows: whatever a request changed, this is another. */
async function fingerprint(): Promise<string> {
  const tables = ['datasources', 'queries', 'query_versions', 'runs', 'results'];
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
