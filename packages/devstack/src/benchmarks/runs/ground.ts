import { join } from 'node:path';
import { Client } from 'pg';
import { migrateUp } from '@loupe/common/db';
import type { ReleaseStack } from '@loupe/common/lifecycle';
import { startProblem } from '../../screen/start-problem';
import { readEnvironment } from '../../config/environment';
import { findDataPlace } from '../../home/data-place';
import { choosePorts } from '../../home/free-ports';
import { createHome, homeAt, type LoupeHome, REPOSITORY } from '../../home/loupe-home';
import { loadSecrets, type Secrets } from '../../home/secrets';
import { findPostgres } from '../../postgres/binaries';
import { prepareMetadataDatabase } from '../../postgres/metadata-database';
import { startPostgres, type PostgresServer } from '../../postgres/server';
import { ensureDatabase, ensureLogin, urlFor, withSession } from '../../postgres/session';
import { findRedis } from '../../redis/find-redis';
import { startRedis } from '../../redis/server';
import { tieToThisProcess } from '../../testing/lifeline';
import { type LoupeProcesses, startLoupeProcesses } from './loupe-processes';

/** What all variants stand on: one PostgreSQL and one Redis, as durable as in production, and a whole Loupe. */
export interface Ground {
  redisUrl: string;
  /** A database of its own for the bare minimum. */
  minimumUrl: string;
  /** What the queries ask. */
  source: { url: string };
  /** Up to and including `/api/v1`. */
  apiUrl: string;
  /** Queries executed at once, by each variant. */
  slots: number;
  /** Of the administrator; for statistics. */
  admin: Client;
  /** Loupe's own database, for the administrator. */
  metadataUrl: string;
  pids: LoupeProcesses['pids'] & { postgres: number; redis: number };
}

export interface GroundOptions {
  slots: number;
  /** Environment of Loupe's processes. */
  settings: Record<string, string>;
  /** Undefined: no CPU profiles. */
  profileFolder: string | undefined;
  stack: ReleaseStack;
}

const database = { loupe: 'loupe', minimum: 'minimum', source: 'source' };
const loginName = 'benchmark';

export const redisConnection = (url: string): { url: string; maxRetriesPerRequest: null } => ({
  url,
  maxRetriesPerRequest: null,
});

export async function prepareGround({
  slots,
  settings,
  profileFolder,
  stack,
}: GroundOptions): Promise<Ground> {
  // Not in a folder for temporary files: that may lie in memory, where a commit costs nothing.
  const whole = homeAt(readEnvironment().LOUPE_HOME ?? join(REPOSITORY, '.loupe'));
  const home = homeAt(join(whole.folder, 'benchmark'));
  for (const folder of [whole, home]) createHome(folder);
  const names = ['postgres', 'redis', 'api', 'apiMetrics', 'runner1', 'runner2', 'scheduler'] as const;
  const ports = await choosePorts(names, {});
  const secrets = loadSecrets(home.secrets, false);
  const postgres = await startServer({ home, secrets, stack }, ports.postgres);
  const redis = await startQueueServer({ home, secrets, stack }, ports.redis);
  const login = await makeDatabases(postgres.url, secrets);
  const metadata = await prepareMetadataDatabase(postgres.url, secrets);
  await migrateUp({
    url: metadata.ownerUrl,
    sslMode: 'disable',
    directory: join(REPOSITORY, 'migrations'),
    applicationLogin: metadata.applicationLogin,
  });
  const loupe = await startLoupeProcesses({
    home, secrets, ports, slots, settings, profileFolder, stack,
    databaseUrl: metadata.applicationUrl, redisUrl: redis.url,
  }); // prettier-ignore
  const admin = new Client({ connectionString: postgres.url });
  await admin.connect();
  stack.defer('statistics', () => admin.end());
  return {
    redisUrl: redis.url,
    minimumUrl: login(database.minimum),
    source: { url: login(database.source) },
    apiUrl: loupe.apiUrl,
    slots,
    admin,
    metadataUrl: urlFor(postgres.url, {
      ...{ name: 'postgres', password: secrets.metadataSuperuserPassword, database: database.loupe },
    }),
    pids: { ...loupe.pids, postgres: postgres.pid, redis: redis.pid },
  };
}

interface Parts {
  home: LoupeHome;
  secrets: Secrets;
  stack: ReleaseStack;
}

/** With statements counted, which a server does only from its start on. */
async function startServer({ home, secrets, stack }: Parts, port: number): Promise<PostgresServer> {
  const place = findDataPlace(home);
  const options = {
    name: 'PostgreSQL',
    binaries: findPostgres(place),
    directory: join(place.folder, 'postgres'),
    port,
    password: secrets.metadataSuperuserPassword,
    runAs: place.runAs,
    logFile: join(home.logs, 'postgres.log'),
  };
  const first = await startPostgres(options);
  try {
    await withSession(first.url, async (client) => {
      await client.query(`ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'`);
      await client.query(`ALTER SYSTEM SET track_io_timing = on`);
    });
  } finally {
    await first.stop();
  }
  const server = await startPostgres(options);
  const lifeline = tieToThisProcess([server]);
  stack.defer('PostgreSQL', async () => {
    lifeline.cut();
    await server.stop();
  });
  await withSession(server.url, (client) =>
    client.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements'),
  );
  return server;
}

async function startQueueServer({ home, secrets, stack }: Parts, port: number) {
  const place = findDataPlace(home);
  const search = await findRedis(findDataPlace(home), readEnvironment().PATH ?? '');
  if ('missing' in search) throw startProblem(search.missing);
  const server = await startRedis({
    program: search.found,
    directory: join(place.folder, 'redis'),
    port,
    password: secrets.redisPassword,
    runAs: place.runAs,
    logFile: join(home.logs, 'redis.log'),
  });
  const lifeline = tieToThisProcess([server]);
  stack.defer('Redis', async () => {
    lifeline.cut();
    await server.stop();
  });
  return server;
}

/** Empty databases: what an earlier benchmark left must not slow this one down. */
async function makeDatabases(superuserUrl: string, secrets: Secrets): Promise<(name: string) => string> {
  const password = secrets.warehouseReaderPassword;
  await withSession(superuserUrl, async (client) => {
    await ensureLogin(client, { name: loginName, password, attributes: 'NOSUPERUSER' });
    for (const name of Object.values(database)) await client.query(`DROP DATABASE IF EXISTS ${name}`);
    for (const name of [database.minimum, database.source]) await ensureDatabase(client, name, loginName);
  });
  return (name) => urlFor(superuserUrl, { name: loginName, password, database: name });
}
