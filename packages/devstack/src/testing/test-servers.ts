import { join } from 'node:path';
import { readEnvironment } from '../config/environment';
import { findDataPlace, removeExternalFolder } from '../home/data-place';
import { choosePorts } from '../home/free-ports';
import { createHome, homeAt, REPOSITORY, type LoupeHome } from '../home/loupe-home';
import { randomPassword } from '../home/secrets';
import { findPostgres } from '../postgres/binaries';
import { startPostgres, type PostgresServer } from '../postgres/server';
import { findRedis } from '../redis/find-redis';
import type { RedisProgram } from '../redis/redis-program';
import { startProblem } from '../screen/start-problem';
import { startRedis, type RedisServer } from '../redis/server';
import { bothOrNone } from './both-or-none';
import { tieToThisProcess } from './lifeline';

export interface TestServers {
  /** Superuser. */
  postgresUrl: string;
  redisUrl: string;
  stop(): Promise<void>;
}

/**
 * A PostgreSQL and a Redis for one test run, below `directory`; LOUPE_TEST_POSTGRES_URL and LOUPE_TEST_REDIS_URL
 * name servers to use instead. They run without fsync: a killed server keeps its data, a power cut would not.
 * Rejects, with the way to get one, where no Redis can be had.
 */
export async function startTestServers(options: { directory: string }): Promise<TestServers> {
  const given = readEnvironment();
  const home = homeAt(options.directory);
  createHome(home);
  const ports = await choosePorts(['postgres', 'redis'], {});
  const [postgres, redis] = await bothOrNone<PostgresServer | string, RedisServer | string>(
    given.LOUPE_TEST_POSTGRES_URL ?? startTestPostgres(home, ports.postgres),
    given.LOUPE_TEST_REDIS_URL ?? startTestRedis(home, ports.redis),
  );
  const own = [postgres, redis].filter((server) => typeof server !== 'string');
  const lifeline = tieToThisProcess(own);
  return {
    postgresUrl: typeof postgres === 'string' ? postgres : postgres.url,
    redisUrl: typeof redis === 'string' ? redis : redis.url,
    async stop() {
      lifeline.cut();
      await Promise.all(own.map((server) => server.stop()));
      removeExternalFolder(home);
    },
  };
}

/** An ephemeral PostgreSQL below `home`. */
export async function startTestPostgres(
  home: LoupeHome,
  port: number,
  password: string = randomPassword(),
): Promise<PostgresServer> {
  const place = findDataPlace(home);
  return startPostgres({
    name: 'PostgreSQL',
    binaries: findPostgres(place),
    directory: join(place.folder, 'postgres'),
    port,
    password,
    runAs: place.runAs,
    logFile: join(home.logs, 'postgres.log'),
    durable: false,
  });
}

async function startTestRedis(home: LoupeHome, port: number): Promise<RedisServer> {
  const place = findDataPlace(home);
  return startRedis({
    program: await findTestRedis(),
    directory: join(place.folder, 'redis'),
    port,
    password: randomPassword(),
    runAs: place.runAs,
    logFile: join(home.logs, 'redis.log'),
    durable: false,
  });
}

/** Looked for, and unpacked if need be, in Loupe's own folder: a second test run finds it there. */
async function findTestRedis(): Promise<RedisProgram> {
  const given = readEnvironment();
  const home = homeAt(given.LOUPE_HOME ?? join(REPOSITORY, '.loupe'));
  createHome(home);
  const search = await findRedis(findDataPlace(home), given.PATH ?? '');
  if ('missing' in search) throw startProblem(`${search.missing} For tests: LOUPE_TEST_REDIS_URL.`);
  return search.found;
}
