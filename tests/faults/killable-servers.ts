import { join } from 'node:path';
import type { ReleaseStack } from '@loupe/common/lifecycle';
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
}

export interface ServerParts {
  home: LoupeHome;
  secrets: Secrets;
  port: number;
  stack: ReleaseStack;
}

export async function killablePostgres(
  parts: ServerParts,
): Promise<Killable & { database: MetadataDatabase }> {
  const { home, secrets, port } = parts;
  const place = findDataPlace(home);
  const { url, ...killable } = await keep(parts, (server) => server.stopNow(), () =>
    startPostgres({
      name: 'PostgreSQL',
      binaries: findPostgres(place),
      directory: join(place.folder, 'postgres'),
      port,
      password: secrets.metadataSuperuserPassword,
      runAs: place.runAs,
      logFile: join(home.logs, 'postgres.log'),
    }),
  ); // prettier-ignore
  return { ...killable, database: await prepareMetadataDatabase(url, secrets) };
}

export async function killableRedis(parts: ServerParts): Promise<Killable & { url: string }> {
  const { home, secrets, port } = parts;
  const place = findDataPlace(home);
  const program = await installedRedis();
  return keep(parts, killHard, () =>
    startRedis({
      program,
      directory: join(place.folder, 'redis'),
      port,
      password: secrets.redisPassword,
      runAs: place.runAs,
      logFile: join(home.logs, 'redis.log'),
      durable: false,
    }),
  );
}

async function keep<Server extends RunningProcess & { url: string }>(
  { stack }: ServerParts,
  end: (server: Server) => Promise<void>,
  start: () => Promise<Server>,
): Promise<Killable & { url: string }> {
  let server = await start();
  let lifeline = tieToThisProcess([server]);
  let isUp = true;
  const kill = async (): Promise<void> => {
    if (!isUp) return;
    isUp = false;
    lifeline.cut();
    await end(server);
  };
  stack.defer('server', kill);
  return {
    url: server.url,
    kill,
    async start() {
      server = await start();
      lifeline = tieToThisProcess([server]);
      isUp = true;
    },
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
