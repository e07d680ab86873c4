import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StartConfig } from '../config/start-config';
import { findDataPlace, type DataPlace } from '../home/data-place';
import { requireDiskSpace } from '../home/disk-space';
import { choosePorts, requirePort } from '../home/free-ports';
import { acquireLock } from '../home/instance-lock';
import { createHome, homeAt, type LoupeHome } from '../home/loupe-home';
import { keepLogsSmall } from '../home/rotate-logs';
import { readPrivateJson } from '../home/private-file';
import { loadSecrets, type Secrets } from '../home/secrets';
import { dataFolders, startOver } from '../home/start-over';
import { stopLeftOverPostgres } from '../postgres/server';
import type { ReleaseLayers } from '../process/release-layers';
import { createServiceRecord, type ServiceRecord } from '../process/service-record';
import { stopLeftOverRedis } from '../redis/server';
import type { Progress } from '../screen/progress';
import { SERVICE_PATIENCE_MS } from '../supervisor/service';

const PORT_NAMES = [
  'postgres',
  'redis',
  'warehouse',
  'apiMetrics',
  'runnerMetrics',
  'schedulerMetrics',
] as const;
export type Ports = Record<(typeof PORT_NAMES)[number], number>;

/** The ground that everything else of a start stands on. */
export interface Ground {
  config: StartConfig;
  home: LoupeHome;
  place: DataPlace;
  secrets: Secrets;
  ports: Ports;
  record: ServiceRecord;
  progress: Progress;
  layers: ReleaseLayers;
  /** Aborted when the user wants to stop, also in the middle of the start. */
  stopping: AbortSignal;
}

/** Everything that can be refused before anything is started: a second instance, a taken port, a full disk. */
export async function prepare(
  what: Pick<Ground, 'config' | 'progress' | 'layers' | 'stopping'>,
): Promise<Ground> {
  const { config, progress, layers } = what;
  const home = homeAt(config.folder);
  createHome(home);
  await holdLock(home, layers);
  const record = createServiceRecord(home.services);
  await clearLeftOvers(home, record, progress);
  if (config.fresh) {
    startOver(home);
    createHome(home);
  }
  await holdLogs(home, layers);
  await requirePort(config.api.host, config.api.port);
  const place = findDataPlace(home);
  const dataExists = existsSync(join(place.folder, 'warehouse', 'data'));
  requireDiskSpace(place.folder, !dataExists);
  const secrets = loadSecrets(home.secrets, dataExists);
  const lastTime = (readPrivateJson(home.endpoints)?.['ports'] ?? {}) as Partial<Ports>;
  const ports = await choosePorts(PORT_NAMES, lastTime);
  return { ...what, home, place, secrets, ports, record };
}

async function holdLock(home: LoupeHome, layers: ReleaseLayers): Promise<void> {
  const lock = acquireLock(home.lock);
  const release = async (): Promise<void> => lock.release();
  await layers.add('lock', { stop: release, stopNow: release });
}

async function holdLogs(home: LoupeHome, layers: ReleaseLayers): Promise<void> {
  const rotation = keepLogsSmall(home.logs);
  const stop = async (): Promise<void> => rotation.stop();
  await layers.add('lock', { stop, stopNow: stop });
}

/** What a killed start has left running: services first, as always, because they use the others. */
async function clearLeftOvers(home: LoupeHome, record: ServiceRecord, progress: Progress): Promise<void> {
  const stopped = await record.stopLeftOvers(SERVICE_PATIENCE_MS);
  for (const folder of dataFolders(home)) {
    if (await stopLeftOverRedis(join(folder, 'redis'))) stopped.push('Redis');
    if (await stopLeftOverPostgres(join(folder, 'postgres'))) stopped.push('PostgreSQL');
    if (await stopLeftOverPostgres(join(folder, 'warehouse'))) stopped.push('the warehouse');
  }
  if (stopped.length > 0)
    progress.say(`  The last start was cut off: stopped what it had left running (${stopped.join(', ')}).`);
}
