import type { Client } from './test-api';

// What most tests need before their story begins, made through the door that a client takes.

export const connectionString = 'postgres://reader:a-secret@warehouse.example.com:5432/sales';

export async function createDatasource(client: Client, choices: object = {}): Promise<string> {
  const body = { name: 'Warehouse', connection_string: connectionString, ...choices };
  const { body: created } = await client.post('/datasources').send(body).expect(201);
  return (created as { id: string }).id;
}

export async function createQuery(
  client: Client,
  datasourceId: string,
  choices: object = {},
): Promise<string> {
  const body = { datasource_id: datasourceId, name: 'One', sql: 'SELECT 1', ...choices };
  const { body: created } = await client.post('/queries').send(body).expect(201);
  return (created as { id: string }).id;
}

export async function createRun(client: Client, queryId: string): Promise<string> {
  const { body: created } = await client.post('/runs').send({ query_id: queryId }).expect(201);
  return (created as { id: string }).id;
}

export async function createVisualization(
  client: Client,
  queryId: string,
  choices: object = {},
): Promise<string> {
  const body = { query_id: queryId, name: 'Chart', chart_type: 'bar', ...choices };
  const { body: created } = await client.post('/visualizations').send(body).expect(201);
  return (created as { id: string }).id;
}

export async function createDashboard(client: Client, choices: object = {}): Promise<string> {
  const { body: created } = await client
    .post('/dashboards')
    .send({ name: 'Board', ...choices })
    .expect(201);
  return (created as { id: string }).id;
}

export async function createTile(
  client: Client,
  dashboardId: string,
  tile: { visualization_id: string; [field: string]: unknown },
): Promise<string> {
  const { body: created } = await client.post(`/dashboards/${dashboardId}/tiles`).send(tile).expect(201);
  return (created as { id: string }).id;
}

export async function createSchedule(client: Client, queryId: string, choices: object = {}): Promise<string> {
  const body = { query_id: queryId, name: 'Nightly', cron_expression: '0 3 * * *', ...choices };
  const { body: created } = await client.post('/schedules').send(body).expect(201);
  return (created as { id: string }).id;
}
