import {
  createDashboard,
  createDatasource,
  createQuery,
  createRun,
  createSchedule,
  createTile,
  createVisualization,
} from './resources';
import type { Client } from './test-api';

export type Belongings = Awaited<ReturnType<typeof belongingsOf>>;

/** One of everything that has an id; only an admin makes a datasource. */
export async function belongingsOf(client: Client, admin = client) {
  const made = async (path: string, body: object): Promise<string> =>
    ((await client.post(path).send(body).expect(201)).body as { id: string }).id;
  const datasource = await createDatasource(admin);
  const query = await createQuery(client, datasource);
  const visualization = await createVisualization(client, query);
  const dashboard = await createDashboard(client);
  const canvas = await made('/canvases', { name: 'c' });
  const node = await made(`/canvases/${canvas}/nodes`, { node_type: 'note', title: 'a' });
  const another = await made(`/canvases/${canvas}/nodes`, { node_type: 'note', title: 'b' });
  return {
    ...{ datasource, query, visualization, dashboard, canvas, node },
    run: await createRun(client, query),
    schedule: await createSchedule(client, query),
    tile: await createTile(client, dashboard, { visualization_id: visualization }),
    edge: await made(`/canvases/${canvas}/edges`, { from_node_id: node, to_node_id: another }),
  };
}
