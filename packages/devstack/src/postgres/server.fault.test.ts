import { join } from 'node:path';
import { findDataPlace } from '../home/data-place';
import { choosePorts } from '../home/free-ports';
import { processIdentity } from '../process/process-identity';
import { temporaryHome } from '../testing/temporary-home';
import { findPostgres } from './binaries';
import { startPostgres, stopLeftOverPostgres, type PostgresOptions } from './server';
import { withSession } from './session';

const home = temporaryHome();
const place = findDataPlace(home);
const directory = join(place.folder, 'postgres');
let options: PostgresOptions;

beforeAll(async () => {
  const { port } = await choosePorts(['port'], {});
  options = {
    name: 'PostgreSQL',
    binaries: findPostgres(place),
    directory,
    port,
    password: 'for-this-test-only',
    runAs: place.runAs,
    logFile: join(home.logs, 'postgres.log'),
  };
});
afterAll(() => home.remove());

const count = (url: string): Promise<unknown> =>
  withSession(
    url,
    async (client) => (await client.query<{ n: string }>('SELECT count(*) AS n FROM kept')).rows[0]?.n,
  );

it('keeps what was committed through a kill of the server', async () => {
  const server = await startPostgres(options);
  await withSession(server.url, (client) => client.query('CREATE TABLE kept AS SELECT 1 AS n'));
  // Busy sessions outlive their server for a moment, and say so in its log. They must not keep the next one from starting.
  const busy = Array.from({ length: 8 }, () =>
    withSession(server.url, (client) => client.query('SELECT pg_sleep(60)')),
  );
  await withSession(server.url, async (client) => {
    const active =
      "SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND wait_event = 'PgSleep'";
    while (((await client.query(active)).rowCount ?? 0) < busy.length);
  });
  process.kill(server.pid, 'SIGKILL');
  for (const one of await Promise.allSettled(busy)) expect(one.status).toBe('rejected');
  expect(await server.exited).toBe('signal SIGKILL');
  const again = await startPostgres(options);
  expect(await count(again.url)).toBe('1');
  await again.stop();
});

it('stops an orphan of the same data before it starts, and never a stranger', async () => {
  const orphan = await startPostgres(options);
  const { port } = await choosePorts(['port'], {});
  const server = await startPostgres({ ...options, port });
  expect(await orphan.exited).toBe('exit code 0');
  expect(await count(server.url)).toBe('1');
  expect(await stopLeftOverPostgres(directory)).toBe(true);
  await server.exited;
  expect(processIdentity(server.pid)).toBeUndefined();
  expect(await stopLeftOverPostgres(directory)).toBe(false);
});

it('sorts the same everywhere, checks its pages, and listens on loopback alone', async () => {
  const server = await startPostgres(options);
  const { rows } = await withSession(server.url, (client) =>
    client.query(`SELECT current_setting('data_checksums') AS checksums, current_setting('listen_addresses') AS listens,
      datlocprovider AS provider, datlocale AS locale, current_setting('fsync') AS fsync
      FROM pg_database WHERE datname = current_database()`),
  );
  expect(rows).toEqual([
    { checksums: 'on', listens: '127.0.0.1', provider: 'b', locale: 'C.UTF-8', fsync: 'on' },
  ]);
  await server.stop();
});

it('says in a sentence why it cannot start', async () => {
  const server = await startPostgres(options);
  const elsewhere = {
    ...options,
    directory: join(place.folder, 'second'),
    logFile: join(home.logs, 'second.log'),
  };
  await expect(startPostgres(elsewhere)).rejects.toThrow(/PostgreSQL failed: .*could not/);
  await expect(
    withSession(server.url.replace('for-this', 'not-this'), () => Promise.resolve()),
  ).rejects.toThrow('PostgreSQL refuses the password');
  await server.stop();
});
