import { loadSecrets } from '../home/secrets';
import { choosePorts } from '../home/free-ports';
import type { PostgresServer } from '../postgres/server';
import { urlFor, withSession } from '../postgres/session';
import { temporaryHome } from '../testing/temporary-home';
import { startTestPostgres } from '../testing/test-servers';
import { SAMPLE_QUERIES } from './sample-queries';
import { SAMPLE_TABLES } from './tables';
import { fillWarehouse, WAREHOUSE_DATABASE, WAREHOUSE_READER } from './warehouse';

const home = temporaryHome();
const secrets = loadSecrets(home.secrets, false);
const ALL = SAMPLE_TABLES.map(({ name }) => name);
let server: PostgresServer;
let reader: string;
let superuser: string;

// A cluster of its own: the warehouse shuts the reader out of every other database, also out of other tests’.
beforeAll(async () => {
  const { port } = await choosePorts(['port'], {});
  server = await startTestPostgres(home, port, secrets.warehouseSuperuserPassword);
  reader = urlFor(server.url, {
    name: WAREHOUSE_READER,
    password: secrets.warehouseReaderPassword,
    database: WAREHOUSE_DATABASE,
  });
  superuser = server.url.replace(/postgres$/, WAREHOUSE_DATABASE);
  expect(await fillWarehouse(server.url, secrets)).toEqual(ALL);
});
afterAll(async () => {
  await server.stop();
  home.remove();
});

it('holds the whole of each set', async () => {
  const counts = await withSession(reader, async (client) => {
    const found: Record<string, number> = {};
    for (const table of ALL) {
      const { rows } = await client.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`);
      found[table] = rows[0]?.n ?? 0;
    }
    return found;
  });
  expect(counts).toMatchObject({ flights: 200_000, airports: 3376, birdstrikes: 10_000, weather: 2922 });
  expect(Object.values(counts).every((n) => n > 0)).toBe(true);
});

it('goes on where a cut-off start has stopped', async () => {
  expect(await fillWarehouse(server.url, secrets)).toEqual([]);
  await withSession(superuser, (client) => client.query('DROP TABLE weather, birdstrikes'));
  expect(await fillWarehouse(server.url, secrets)).toEqual(['birdstrikes', 'weather']);
});

it('lets the reader read and nothing else', async () => {
  await withSession(reader, async (client) => {
    await client.query('SET default_transaction_read_only = off');
    for (const statement of [
      'INSERT INTO weather SELECT * FROM weather LIMIT 0',
      'CREATE TABLE mine (n int)',
      'CREATE TEMP TABLE mine (n int)',
      'CREATE SCHEMA mine',
      "SELECT pg_read_file('postgresql.conf')",
      "COPY weather TO '/tmp/weather'",
    ]) {
      await expect(client.query(statement)).rejects.toThrow(/permission denied/);
    }
  });
  await expect(
    withSession(reader.replace(`/${WAREHOUSE_DATABASE}`, '/postgres'), () => Promise.resolve()),
  ).rejects.toThrow('permission denied for database "postgres"');
});

it.each(SAMPLE_QUERIES)('answers the sample query “$name” with its defaults', async ({ sql, parameters }) => {
  const values = parameters.map((parameter) => String(parameter.default));
  const text = parameters.reduce(
    (statement, { name }, i) => statement.replaceAll(`$${name}`, `$${i + 1}`),
    sql,
  );
  const { rows } = await withSession(reader, (client) => client.query(text, values));
  expect(rows.length).toBeGreaterThan(5);
});
