import { randomPassword } from '../../home/secrets';
import { createApiClient } from '../../rest/api-client';

/** What a page of dashboards and one of them look like. */
const dashboards = 20;
const tilesOfEach = 8;

export interface Sample {
  token: string;
  /** Paths below /api/v1. */
  paths: { one: string; list: string };
}

/** A new organization with dashboards, made through REST. */
export async function createSample(apiUrl: string): Promise<Sample> {
  const { token } = await createApiClient(apiUrl).post<{ token: string }>('/auth/register', {
    ...{ email: 'reader@example.com', password: randomPassword(), name: 'Reader' },
  });
  const api = createApiClient(apiUrl, token);
  const made = async (path: string, body: Record<string, unknown>): Promise<string> =>
    (await api.post<{ id: string }>(path, body)).id;
  const datasource_id = await made('/datasources', {
    ...{ name: 'Shop', ds_type: 'postgres', connection_string: 'postgres://reader@db.example.com/shop' },
  });
  const query_id = await made('/queries', { datasource_id, name: 'Orders', sql: 'SELECT 1' });
  const visualization_id = await made('/visualizations', { query_id, name: 'Orders', chart_type: 'bar' });
  let newest = '';
  for (let i = 1; i <= dashboards; i += 1) {
    newest = await made('/dashboards', { name: `Sales of region ${i}`, tags: ['sales', 'weekly'] });
    for (let n = 0; n < tilesOfEach; n += 1) {
      await made(`/dashboards/${newest}/tiles`, {
        ...{ visualization_id, title: `Orders, part ${n}`, pos_x: 6 * (n % 2), pos_y: 4 * n },
        parameter_bindings: { region: 'region', from: 'start_date', until: 'end_date' },
      });
    }
  }
  return { token, paths: { one: `/dashboards/${newest}`, list: '/dashboards' } };
}
