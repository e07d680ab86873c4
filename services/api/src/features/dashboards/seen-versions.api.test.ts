import {
  createDashboard,
  createDatasource,
  createQuery,
  createTile,
  createVisualization,
} from '../../testing/resources';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

// A dashboard is answered with its tiles, and a canvas with its nodes and edges: whatever changes there, a client that
// asks with the ETag of before must get the new one, and not be told that it has it.

let api: TestApi;
let client: Client;
let queryId: string;
let visualizationId: string;
beforeAll(async () => {
  api = await startTestApi();
  client = api.as(await api.member());
  queryId = await createQuery(client, await createDatasource(client));
  visualizationId = await createVisualization(client, queryId);
});
afterAll(() => api.close());

const etagOf = async (path: string): Promise<string> =>
  (await client.get(path).expect(200)).headers['etag'] as string;
const readAgain = (path: string, etag: string) => client.get(path).set('If-None-Match', etag);

/** The ETag after the change; a client with the one before is told so, and one with this is not. */
async function changes(path: string, change: () => Promise<unknown>): Promise<void> {
  const before = await etagOf(path);
  await readAgain(path, before).expect(304);
  await change();
  const { headers } = await readAgain(path, before).expect(200);
  await readAgain(path, headers['etag'] as string).expect(304);
}

it('is another dashboard with each change of a tile', async () => {
  const id = await createDashboard(client);
  const path = `/dashboards/${id}`;
  const shown = await createVisualization(client, queryId);
  let tile = '';
  await changes(path, async () => {
    tile = await createTile(client, id, { visualization_id: visualizationId });
  });
  await changes(path, () => client.put(`${path}/tiles/${tile}`).send({ pos_x: 1 }).expect(200));
  await changes(path, () => client.delete(`${path}/tiles/${tile}`).expect(204));
  await changes(path, () => createTile(client, id, { visualization_id: shown }));
  await changes(path, () => client.delete(`/visualizations/${shown}`).expect(204));
  await changes(path, () => client.put(path).send({ name: 'New' }).expect(200));
});

it('is another canvas with each change of a node or an edge', async () => {
  const { body: canvas } = await client.post('/canvases').send({ name: 'c' }).expect(201);
  const path = `/canvases/${canvas.id}`;
  const add = (what: string, body: object) => client.post(`${path}/${what}`).send(body).expect(201);
  const { body: one } = await add('nodes', { node_type: 'note', title: 'a' });
  const { body: two } = await add('nodes', { node_type: 'note', title: 'b' });
  let edge = '';
  await changes(path, async () => {
    edge = (await add('edges', { from_node_id: one.id, to_node_id: two.id })).body.id;
  });
  await changes(path, () => client.put(`${path}/edges/${edge}`).send({ label: 'explains' }).expect(200));
  await changes(path, () => client.put(`${path}/nodes/${one.id}`).send({ title: 'c' }).expect(200));
  await changes(path, () => client.delete(`${path}/nodes/${two.id}`).expect(204));
});

it('undoes nobody’s change', async () => {
  const dashboard = `/dashboards/${await createDashboard(client)}`;
  const visualization = `/visualizations/${visualizationId}`;
  const { body: canvas } = await client.post('/canvases').send({ name: 'c' }).expect(201);
  const { body: node } = await client
    .post(`/canvases/${canvas.id}/nodes`)
    .send({ node_type: 'note', title: 'a' })
    .expect(201);
  const paths = [
    dashboard,
    visualization,
    `/canvases/${canvas.id}`,
    `/canvases/${canvas.id}/nodes/${node.id}`,
  ];
  for (const path of paths) {
    const field = path.includes('/nodes/') ? 'title' : 'name';
    const put = (value: string) => client.put(path).send({ [field]: value });
    const { headers } = await put('Seen').expect(200);
    const seen = headers['etag'] as string;
    await put('By another').expect(200);
    await put('Too late').set('If-Match', seen).expect(412);
    const { headers: now } = await put('By another').expect(200);
    const { body } = await put('In time')
      .set('If-Match', now['etag'] as string)
      .expect(200);
    expect(body[field]).toBe('In time');
  }
});

it('does not let a rename pass over a tile that was moved', async () => {
  const path = `/dashboards/${await createDashboard(client)}`;
  const tile = await createTile(client, path.split('/')[2]!, { visualization_id: visualizationId });
  const seen = await etagOf(path);
  await client.put(`${path}/tiles/${tile}`).send({ pos_x: 9 }).expect(200);
  await client.put(path).send({ name: 'Late' }).set('If-Match', seen).expect(412);
  await client.put(`${path}/tiles/${tile}`).send({ pos_x: 1 }).set('If-Match', '"1"').expect(412);
  await client.put(`${path}/tiles/${tile}`).send({ pos_x: 1 }).set('If-Match', '"2"').expect(200);
});
