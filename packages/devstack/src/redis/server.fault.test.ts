import { once } from 'node:events';
import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { readEnvironment } from '../config/environment';
import { findDataPlace } from '../home/data-place';
import { choosePorts } from '../home/free-ports';
import { homeAt, REPOSITORY } from '../home/loupe-home';
import { temporaryHome } from '../testing/temporary-home';
import { findRedis } from './find-redis';
import { startRedis, stopLeftOverRedis, type RedisOptions } from './server';

const home = temporaryHome();
const place = findDataPlace(home);
const directory = join(place.folder, 'redis');
let options: RedisOptions;

beforeAll(async () => {
  const given = readEnvironment();
  const installed = findDataPlace(homeAt(given.LOUPE_HOME ?? join(REPOSITORY, '.loupe')));
  const search = await findRedis(installed, given.PATH ?? '');
  if ('missing' in search) throw new Error(search.missing);
  const { port } = await choosePorts(['port'], {});
  options = {
    program: search.found,
    directory,
    port,
    password: 'for-this-test-only',
    runAs: place.runAs,
    logFile: join(home.logs, 'redis.log'),
  };
});
afterAll(() => home.remove());

async function ask<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url);
  try {
    return await work(client);
  } finally {
    await client.quit();
  }
}

it('keeps everything through an ordinary stop', async () => {
  const server = await startRedis(options);
  await ask(server.url, (client) => client.set('kept', 'yes'));
  await server.stop();
  expect(await server.exited).toBe('exit code 0');
  const again = await startRedis(options);
  expect(await ask(again.url, (client) => client.get('kept'))).toBe('yes');
  await again.stop();
});

it('keeps what reached its file through a kill', async () => {
  const server = await startRedis(options);
  // WAITAOF is not known to every version; a second client’s answer after the fsync of the first second is.
  await ask(server.url, async (client) => {
    await client.set('killed', 'survives');
    await client.config('SET', 'appendfsync', 'always');
    await client.set('fence', '1');
  });
  process.kill(server.pid, 'SIGKILL');
  await server.exited;
  const again = await startRedis(options);
  expect(await ask(again.url, (client) => client.get('killed'))).toBe('survives');
  await again.stop();
});

it('never drops a key to make room, and asks for its password', async () => {
  const server = await startRedis(options);
  expect(await ask(server.url, (client) => client.config('GET', 'maxmemory-policy'))).toEqual([
    'maxmemory-policy',
    'noeviction',
  ]);
  expect(await ask(server.url, (client) => client.config('GET', 'appendonly'))).toEqual([
    'appendonly',
    'yes',
  ]);
  expect(statSync(join(directory, 'redis.conf')).mode & 0o777).toBe(0o600);
  const stranger = connect(options.port, '127.0.0.1');
  stranger.write('GET kept\r\n');
  const [answer] = (await once(stranger, 'data')) as [Buffer];
  expect(answer.toString()).toContain('NOAUTH');
  stranger.destroy();
  await server.stop();
});

it('stops an orphan of the same data before it starts', async () => {
  const orphan = await startRedis(options);
  const { port } = await choosePorts(['port'], {});
  const server = await startRedis({ ...options, port });
  expect(await orphan.exited).toBe('exit code 0');
  expect(await stopLeftOverRedis(directory)).toBe(true);
  await server.exited;
  expect(await stopLeftOverRedis(directory)).toBe(false);
});
