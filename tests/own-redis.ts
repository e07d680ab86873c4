import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createHome,
  findDataPlace,
  homeAt,
  type RedisOptions,
  type RedisServer,
  startRedis,
  tieToThisProcess,
} from '@loupe/devstack';
import { chooseQuietPorts } from './quiet-ports';
import { installedRedis } from './faults/killable-servers';

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
  const { port } = await chooseQuietPorts(['port']);
  const password = 'for-this-test-only';
  const options: RedisOptions = {
    ...{ program: await installedRedis(), directory: join(place.folder, 'redis'), port, password },
    ...{ runAs: place.runAs, logFile: join(home.logs, 'redis.log'), durable: false },
  };
  let server: RedisServer | undefined;
  let lifeline: ReturnType<typeof tieToThisProcess> | undefined;
  const signal = (name: NodeJS.Signals): void => {
    if (server !== undefined) process.kill(server.pid, name);
  };
  async function kill(): Promise<void> {
    lifeline?.cut();
    signal('SIGKILL');
    await server?.exited;
    server = undefined;
  }
  return {
    url: `redis://:${password}@127.0.0.1:${port}/0`,
    async start() {
      server = await startRedis(options);
      lifeline = tieToThisProcess([server]);
    },
    kill,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async close() {
      await kill();
      if (place.external) rmSync(place.folder, { recursive: true, force: true });
      rmSync(home.folder, { recursive: true, force: true });
    },
  };
}
