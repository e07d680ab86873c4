import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Database, migrateUp, openDatabase } from '@loupe/common/db';
import { createReleaseStack } from '@loupe/common/lifecycle';
import { openPostgresSource, type PostgresSource } from '@loupe/common/testing';
import { createHome, homeAt, loadSecrets, type ServiceName } from '@loupe/devstack';
import { chooseQuietPorts } from '../quiet-ports';
import { type Killable, killablePostgres, killableRedis, type KillableRedis } from './killable-servers';
import { killableSentinelGroup } from './sentinel-group';
import { type Member, startMembers, type Topology } from './members';

/** A whole Loupe out of real processes, each of which a test may kill. The customer's database is on the test server. */
export interface FaultStack {
  /** Addresses of the APIs, up to and including `/api/v1`. */
  apis: string[];
  members: Member[];
  /** The first, or the n-th (from 1), process of a service. */
  member(service: ServiceName, n?: number): Member;
  every(service: ServiceName): Member[];
  /** Loupe's own database. */
  postgres: Killable;
  redis: KillableRedis & { namespace: string };
  source: PostgresSource;
  /** All organizations' runs and events, to look at. */
  engine: Database;
  /** Makes whole again what a test has broken: servers, ways to them, processes. */
  heal(): Promise<void>;
  close(): Promise<void>;
}

export interface FaultStackOptions {
  topology?: Topology;
  /** Further environment variables of the services. */
  settings?: Record<string, string>;
  /** The same of one process, by its name (`runner-2`); what they say may lie in a folder that goes with the stack. */
  settingsOf?: (member: string, folder: string) => Record<string, string>;
  /** Puts a file system of its own at the folder of Loupe's database; what it resolves to takes it away. */
  mountPostgres?: (folder: string) => () => void;
  /** Redis with a replica, and Sentinels that make it the master when the master is lost. No proxy stands before these. */
  isRedisWatched?: boolean;
}

const oneOfEach: Topology = { api: 1, scheduler: 1, runner: 1 };

export async function startFaultStack(options: FaultStackOptions = {}): Promise<FaultStack> {
  const { topology = oneOfEach, settings = {}, settingsOf = () => ({}), mountPostgres } = options;
  const { isRedisWatched = false } = options;
  const stack = createReleaseStack();
  const home = homeAt(await mkdtemp(join(tmpdir(), 'loupe-fault-')));
  stack.defer('folder', () => rm(home.folder, { recursive: true, force: true }));
  try {
    createHome(home);
    const ports = await chooseQuietPorts(['postgres', 'redis']);
    const secrets = loadSecrets(home.secrets, false);
    const [postgres, redis, source] = await Promise.all([
      killablePostgres({
        home,
        secrets,
        port: ports.postgres,
        stack,
        ...(mountPostgres && { mountPostgres }),
      }),
      (isRedisWatched ? killableSentinelGroup : killableRedis)({ home, secrets, port: ports.redis, stack }),
      openPostgresSource(),
    ]);
    stack.defer('source', () => source.close());
    const { ownerUrl, applicationUrl: databaseUrl, applicationLogin } = postgres.database;
    const directory = resolve(__dirname, '../../migrations');
    await migrateUp({ url: ownerUrl, sslMode: 'disable', directory, applicationLogin });
    const engine = openEngine(databaseUrl);
    stack.defer('engine', () => engine.close());
    const namespace = 'loupe-fault';
    const members = await startMembers({
      ...{ home, secrets, topology, stack, databaseUrl, redisUrl: redis.url },
      settings: { ...settings, ...redis.settings, REDIS_NAMESPACE: namespace },
      settingsOf: (member) => settingsOf(member, home.folder),
    });
    const every: FaultStack['every'] = (service) => members.filter((member) => member.service === service);
    return {
      ...{ members, every, postgres, source, engine },
      apis: every('api').map(({ url }) => url),
      member: (service, n = 1) => every(service)[n - 1] as Member,
      redis: { ...redis, namespace },
      heal: () => heal(members, [postgres, redis]),
      close: async () => void (await stack.releaseAll(60_000)),
    };
  } catch (error) {
    await stack.releaseAll(60_000);
    throw error;
  }
}

async function heal(members: readonly Member[], servers: readonly Killable[]): Promise<void> {
  await Promise.all(servers.filter((server) => !server.isUp()).map((server) => server.start()));
  for (const server of servers) server.signal('SIGCONT');
  for (const member of members) if (member.isUp()) member.signal('SIGCONT');
  await Promise.all(members.map((member) => member.start()));
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
