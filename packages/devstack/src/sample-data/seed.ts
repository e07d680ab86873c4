import type { LoupeHome } from '../home/loupe-home';
import { readPrivateJson, writePrivateJson } from '../home/private-file';
import type { ApiClient } from '../rest/api-client';
import { ensure, findByName, type Named } from './ensure';
import { SAMPLE_QUERIES } from './sample-queries';
import { seedDashboard } from './seed-dashboard';
import { WAREHOUSE_DATABASE, WAREHOUSE_READER } from './warehouse';

const DATASOURCE_NAME = 'Sample warehouse';

export interface Warehouse {
  port: number;
  readerPassword: string;
}

export interface Seeded {
  datasourceId: string;
  /** Saved query → its id; those that the user has deleted since are not made again. */
  queryIds: Record<string, string>;
}

interface SeedRecord extends Seeded {
  userId: string;
  port: number;
  /** Absent in records from before there were any. */
  hasDashboard?: boolean;
}

/**
 * Makes the sample datasource, queries and dashboard, as any client would. Looks before it creates, so a start that
 * was cut off halfway is completed by the next; once all is there, what the user changes or deletes stays so.
 */
export async function seedSamples(what: {
  home: LoupeHome;
  api: ApiClient;
  userId: string;
  warehouse: Warehouse;
}): Promise<Seeded> {
  const { home, api, userId, warehouse } = what;
  const kept = keptRecord(home, userId);
  if (kept !== undefined) {
    if (kept.port !== warehouse.port) await pointAt(api, kept.datasourceId, warehouse);
    writePrivateJson(home.sampleData, { ...kept, port: warehouse.port });
    return kept;
  }
  const datasourceId = await ensureDatasource(api, warehouse);
  const queryIds = await ensureQueries(api, datasourceId);
  await seedDashboard(api, queryIds);
  writePrivateJson(home.sampleData, {
    userId,
    port: warehouse.port,
    datasourceId,
    queryIds,
    hasDashboard: true,
  } satisfies SeedRecord);
  return { datasourceId, queryIds };
}

/** What an earlier start completed, if it was for this account: another database has another one. */
function keptRecord(home: LoupeHome, userId: string): SeedRecord | undefined {
  const kept = readPrivateJson(home.sampleData) as Partial<SeedRecord> | undefined;
  const isWhole =
    kept?.datasourceId !== undefined && kept.queryIds !== undefined && kept.hasDashboard === true;
  if (!isWhole || kept.userId !== userId) return undefined;
  return kept as SeedRecord;
}

async function ensureDatasource(api: ApiClient, warehouse: Warehouse): Promise<string> {
  const existing = await findByName<Named>(api, '/datasources', DATASOURCE_NAME);
  if (existing === undefined) {
    const body = { name: DATASOURCE_NAME, ds_type: 'postgres', settings: settingsOf(warehouse) };
    return (await api.post<Named>('/datasources', body)).id;
  }
  // Made by a start that got no further; the warehouse may have another port by now.
  await pointAt(api, existing.id, warehouse);
  return existing.id;
}

async function ensureQueries(api: ApiClient, datasourceId: string): Promise<Record<string, string>> {
  const ids: Record<string, string> = {};
  for (const query of SAMPLE_QUERIES) {
    const { id } = await ensure(api, '/queries', { ...query, datasource_id: datasourceId });
    ids[query.name] = id;
  }
  return ids;
}

async function pointAt(api: ApiClient, datasourceId: string, warehouse: Warehouse): Promise<void> {
  await api.put(`/datasources/${datasourceId}`, { settings: settingsOf(warehouse) });
}

function settingsOf({ port, readerPassword }: Warehouse): Record<string, unknown> {
  return {
    host: '127.0.0.1',
    port,
    database: WAREHOUSE_DATABASE,
    user: WAREHOUSE_READER,
    password: readerPassword,
    // Both ends are this machine's loopback; there is nobody in between.
    tls: { mode: 'disable' },
  };
}
