import { join } from 'node:path';
import { findPostgres } from '../postgres/binaries';
import { prepareMetadataDatabase } from '../postgres/metadata-database';
import { startPostgres, type PostgresServer } from '../postgres/server';
import { findRedis } from '../redis/find-redis';
import type { RedisProgram } from '../redis/redis-program';
import { startRedis } from '../redis/server';
import { fillWarehouse } from '../sample-data/warehouse';
import { keepRunning, type Supervised } from '../supervisor/keep-running';
import { migrate } from './migrate';
import type { Ground } from './prepare';

export interface DataServers {
  databaseUrl: string;
  redisUrl: string | undefined;
}

/** PostgreSQL with its schema, Redis, and the sample warehouse, all three at the same time. */
export async function startDataServers(ground: Ground, searchPath: string): Promise<DataServers> {
  const [database, redis, warehouse] = await Promise.allSettled([
    startMetadata(ground),
    startQueue(ground, searchPath),
    startWarehouse(ground),
  ]);
  // Not Promise.all: whoever is still starting must have registered its stop before the first failure is passed on.
  for (const outcome of [database, redis, warehouse]) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
  return {
    databaseUrl: (database as PromiseFulfilledResult<string>).value,
    redisUrl: (redis as PromiseFulfilledResult<string | undefined>).value,
  };
}

async function startMetadata(ground: Ground): Promise<string> {
  const { config, progress, secrets } = ground;
  const { database: given } = config;
  if (given !== undefined) {
    const login = decodeURIComponent(new URL(given.url).username);
    await migrate(ground, {
      ownerUrl: given.migrationUrl,
      applicationUrl: given.url,
      applicationLogin: login,
    });
    return given.url;
  }
  const database = await progress.step(
    'PostgreSQL',
    async () => {
      const server = await runCluster(ground, 'PostgreSQL', 'postgres');
      return prepareMetadataDatabase(server.url, secrets);
    },
    () => `127.0.0.1:${ground.ports.postgres}`,
  );
  await migrate(ground, database);
  return database.applicationUrl;
}

async function startWarehouse(ground: Ground): Promise<void> {
  const { progress, ports, secrets } = ground;
  const server = await progress.step(
    'Sample warehouse',
    () => runCluster(ground, 'The warehouse', 'warehouse'),
    () => `PostgreSQL on 127.0.0.1:${ports.warehouse}`,
  );
  await progress.step(
    'Sample data',
    () => fillWarehouse(server.url, secrets),
    (loaded) => (loaded.length === 0 ? 'in place' : `loaded ${loaded.join(', ')}`),
  );
}

async function runCluster(
  ground: Ground,
  name: string,
  folder: 'postgres' | 'warehouse',
): Promise<PostgresServer> {
  const { place, secrets, home, ports, layers, progress } = ground;
  const binaries = findPostgres(place);
  const supervised: Supervised<PostgresServer> = await keepRunning({
    say: progress.say,
    start: () =>
      startPostgres({
        name,
        binaries,
        directory: join(place.folder, folder),
        port: ports[folder],
        password:
          folder === 'postgres' ? secrets.metadataSuperuserPassword : secrets.warehouseSuperuserPassword,
        runAs: place.runAs,
        logFile: join(home.logs, `${folder}.log`),
      }),
  });
  await layers.add('postgres', supervised);
  return supervised.current();
}

/** Undefined, after saying so, where no Redis can be had: Loupe then finds its runs by polling the database. */
async function startQueue(ground: Ground, searchPath: string): Promise<string | undefined> {
  const { config, progress, place, ports } = ground;
  if (config.redisUrl !== undefined) return config.redisUrl;
  const outcome = await progress.step(
    'Redis',
    async () => {
      const search = await findRedis(place, searchPath);
      if ('missing' in search) return search;
      return { ...search, url: await runRedis(ground, search.found) };
    },
    (done) =>
      'url' in done ? `${done.found.version} (${done.found.origin}) on 127.0.0.1:${ports.redis}` : 'none',
  );
  if ('url' in outcome) return outcome.url;
  progress.say(`  !          Loupe runs without Redis; runs start a little later. ${outcome.missing}`);
  return undefined;
}

async function runRedis(ground: Ground, program: RedisProgram): Promise<string> {
  const { place, ports, secrets, home, layers, progress } = ground;
  const redis = await keepRunning({
    say: progress.say,
    start: () =>
      startRedis({
        program,
        directory: join(place.folder, 'redis'),
        port: ports.redis,
        password: secrets.redisPassword,
        runAs: place.runAs,
        logFile: join(home.logs, 'redis.log'),
      }),
  });
  await layers.add('redis', redis);
  return redis.current().url;
}
