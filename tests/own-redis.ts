import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  choosePorts,
  createHome,
  findDataPlace,
  findRedis,
  homeAt,
  type RedisOptions,
  type RedisServer,
  startRedis,
} from '@loupe/devstack';

/** A Redis that a test may kill, freeze and empty: nobody else uses it. It keeps nothing on disk. */
export interface OwnRedis {
  url: string;
  /** Starts it again, empty, at the same address. */
  start(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

/** Reserves an address; `start` brings the server up. */
export async function ownRedis(): Promise<OwnRedis> {
  const home = homeAt(realpathSync(mkdtempSync(join(tmpdir(), 'loupe-redis-'))));
  createHome(home);
  const place = findDataPlace(home);
  const { port } = await choosePorts(['port'], {});
  const password = 'for-this-test-only';
  const options: RedisOptions = {
    ...{ program: await findProgram(), directory: join(place.folder, 'redis'), port, password },
    ...{ runAs: place.runAs, logFile: join(home.logs, 'redis.log'), durable: false },
  };
  let server: RedisServer | undefined;
  const signal = (name: NodeJS.Signals): void => {
    if (server !== undefined) process.kill(server.pid, name);
  };
  return {
    url: `redis://:${password}@127.0.0.1:${port}/0`,
    async start() {
      server = await startRedis(options);
    },
    async kill() {
      signal('SIGKILL');
      await server?.exited;
      server = undefined;
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async close() {
      signal('SIGKILL');
      await server?.exited;
      if (place.external) rmSync(place.folder, { recursive: true, force: true });
      rmSync(home.folder, { recursive: true, force: true });
    },
  };
}

/** Where the test run found its own. */
async function findProgram(): Promise<RedisOptions['program']> {
  const installed = homeAt(process.env.LOUPE_HOME ?? resolve(__dirname, '../.loupe'));
  createHome(installed);
  const search = await findRedis(findDataPlace(installed), process.env.PATH ?? '');
  if ('missing' in search) throw new Error(search.missing);
  return search.found;
}
