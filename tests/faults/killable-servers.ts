import { join } from 'node:path';
import type { ReleaseStack } from '@loupe/common/lifecycle';
import type { RedisAddress } from '@loupe/common/redis';
import {
  createHome,
  findDataPlace,
  findPostgres,
  findRedis,
  homeAt,
  type LoupeHome,
  type MetadataDatabase,
  prepareMetadataDatabase,
  type RedisProgram,
  type RunningProcess,
  type Secrets,
  startPostgres,
  startRedis,
  tieToThisProcess,
} from '@loupe/devstack';

/** A server that a test may kill and start again, on the same port and data. */
export interface Killable {
  /** Ends it at once, in the way that saves nothing it has not promised to keep. */
  kill(): Promise<void>;
  start(): Promise<void>;
  isUp(): boolean;
  signal(signal: NodeJS.Signals): void;
}

export interface KillableRedis extends Killable {
  /** Of the server that can be killed. */
  url: string;
  /** How to find the one that serves. */
  address: RedisAddress;
  /** What else a service must be told to find it; none where the URL says it all. */
  settings: Record<string, string>;
}

export interface ServerParts {
  home: LoupeHome;
  secrets: Secrets;
  port: number;
  stack: ReleaseStack;
  /** The folder of its data and the name of its log; by default what it is. */
  name?: string;
}

export async function killablePostgres(
  parts: ServerParts & { mountPostgres?: (folder: string) => () => void },
): Promise<Killable & { database: MetadataDatabase }> {
  const { home, secrets, port, stack, mountPostgres } = parts;
  const place = findDataPlace(home);
  const directory = join(place.folder, 'postgres');
  if (mountPostgres !== undefined) stack.defer('file system', mountPostgres(directory));
  const { url, ...killable } = await keep(parts, (server) => server.stopNow(), () =>
    startPostgres({
      name: 'PostgreSQL',
      binaries: findPostgres(place),
      directory,
      port,
      password: secrets.metadataSuperuserPassword,
      runAs: place.runAs,
      logFile: join(home.logs, 'postgres.log'),
    }),
  ); // prettier-ignore
  return { ...killable, database: await prepareMetadataDatabase(url, secrets) };
}

export async function killableRedis(parts: ServerParts): Promise<KillableRedis> {
  const { home, secrets, port, name = 'redis' } = parts;
  const place = findDataPlace(home);
  const program = await installedRedis();
  const server = await keep(parts, killHard, () =>
    startRedis({
      program,
      directory: join(place.folder, name),
      port,
      password: secrets.redisPassword,
      runAs: place.runAs,
      logFile: join(home.logs, `${name}.log`),
      durable: false,
    }),
  );
  return { ...server, address: { url: server.url }, settings: {} };
}

async function keep<Server extends RunningProcess & { url: string }>(
  { stack }: ServerParts,
  end: (server: Server) => Promise<void>,
  start: () => Promise<Server>,
): Promise<Killable & { url: string }> {
  const place: { server?: Server; lifeline?: ReturnType<typeof tieToThisProcess> } = {};
  const kill = async (): Promise<void> => {
    place.lifeline?.cut();
    if (place.server !== undefined) await end(place.server);
  };
  stack.defer('server', kill);
  const bringUp = async (): Promise<Server> => {
    const server = await start();
    place.lifeline?.cut();
    Object.assign(place, { server, lifeline: tieToThisProcess([server]) });
    void server.exited.then(() => {
      if (place.server === server) delete place.server;
    });
    return server;
  };
  const { url } = await bringUp();
  return {
    url,
    kill,
    isUp: () => place.server !== undefined,
    signal: (signal) => void (place.server && process.kill(place.server.pid, signal)),
    start: async () => void (await bringUp()),
  };
}

async function killHard(server: RunningProcess): Promise<void> {
  process.kill(server.pid, 'SIGKILL');
  await server.exited;
}

/** In the checkout's own folder, where the other tests have found or unpacked it. */
export async function installedRedis(): Promise<RedisProgram> {
  const home = homeAt(process.env.LOUPE_HOME ?? join(__dirname, '../../.loupe'));
  createHome(home);
  const search = await findRedis(findDataPlace(home), process.env.PATH ?? '');
  if ('missing' in search) throw new Error(search.missing);
  return search.found;
}
