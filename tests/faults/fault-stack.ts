import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Database, migrateUp, openDatabase } from '@loupe/common/db';
import { createReleaseStack } from '@loupe/common/lifecycle';
import { openPostgresSource, type PostgresSource } from '@loupe/common/testing';
import { choosePorts, createHome, homeAt, loadSecrets, SERVICES, type ServiceName } from '@loupe/devstack';
import { killablePostgres, killableRedis, type Killable } from './killable-servers';
import { startServices, type Services } from './stack-services';

/** A whole Loupe out of real processes, each of which a test may kill. The customer's database is on the test server. */
export interface FaultStack {
  /** Up to and including `/api/v1`. */
  api: string;
  services: Services;
  /** Loupe's own database. */
  postgres: Killable;
  redis: Killable & { url: string; namespace: string };
  source: PostgresSource;
  /** All organizations' runs and events, to look at. */
  engine: Database;
  close(): Promise<void>;
}

/** @param settings further environment variables of the services */
export async function startFaultStack(settings: Record<string, string> = {}): Promise<FaultStack> {
  const stack = createReleaseStack();
  const home = homeAt(await mkdtemp(join(tmpdir(), 'loupe-fault-')));
  stack.defer('folder', () => rm(home.folder, { recursive: true, force: true }));
  try {
    createHome(home);
    const ports = await choosePorts(['postgres', 'redis', 'address', ...SERVICES], {});
    const secrets = loadSecrets(home.secrets, false);
    const [postgres, redis, source] = await Promise.all([
      killablePostgres({ home, secrets, port: ports.postgres, stack }),
      killableRedis({ home, secrets, port: ports.redis, stack }),
      openPostgresSource(),
    ]);
    stack.defer('source', () => source.close());
    const { ownerUrl, applicationUrl, applicationLogin } = postgres.database;
    const directory = resolve(__dirname, '../../migrations');
    await migrateUp({ url: ownerUrl, sslMode: 'disable', directory, applicationLogin });
    const engine = openEngine(applicationUrl);
    stack.defer('engine', () => engine.close());
    const namespace = 'loupe-fault';
    const services = await startServices({
      home, secrets, ports: ports satisfies Record<ServiceName, number>, apiPort: ports.address, stack,
      databaseUrl: applicationUrl, redisUrl: redis.url, settings: { ...settings, REDIS_NAMESPACE: namespace },
    }); // prettier-ignore
    return {
      api: `http://127.0.0.1:${ports.address}/api/v1`,
      services,
      postgres,
      redis: { ...redis, namespace },
      source,
      engine,
      close: async () => void (await stack.releaseAll(60_000)),
    };
  } catch (error) {
    await stack.releaseAll(60_000);
    throw error;
  }
}

const openEngine = (url: string): Database =>
  openDatabase({
    url,
    sslMode: 'disable',
    role: 'loupe_engine',
    minConnections: 0,
    maxConnections: 3,
    applicationName: 'loupe-test',
  });
