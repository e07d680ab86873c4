import type { ApiClient } from '../rest/api-client';
import { ensure, type Named } from './ensure';
import { SAMPLE_DASHBOARD, SAMPLE_SCHEDULE, SAMPLE_TILES } from './sample-dashboard';

/** Makes the sample visualizations, the dashboard that shows them, and the schedule, as far as they are not there yet. */
export async function seedDashboard(api: ApiClient, queryIds: Record<string, string>): Promise<void> {
  const dashboard = await ensure<Named & { tiles: { visualization_id: string }[] }>(
    api,
    '/dashboards',
    SAMPLE_DASHBOARD,
  );
  const shown = new Set(dashboard.tiles.map((tile) => tile.visualization_id));
  for (const { query, visualization, place } of SAMPLE_TILES) {
    const body = { ...visualization, query_id: queryIds[query] };
    const { id } = await ensure(api, '/visualizations', body);
    if (!shown.has(id)) {
      await api.post(`/dashboards/${dashboard.id}/tiles`, { ...place, visualization_id: id });
    }
  }
  const { query, schedule } = SAMPLE_SCHEDULE;
  await ensure(api, '/schedules', { ...schedule, query_id: queryIds[query] });
}
