import { failureOf } from '../../testing/connector-conformance';
import { openPostgresSource, type PostgresSource } from '../../testing/connector-conformance-postgres';
import { performTask, taskCases } from '../../testing/connector-conformance-tasks';
import { openSession } from '../open';
import { connectPostgres } from './client';

let source: PostgresSource;

beforeAll(async () => {
  source = await openPostgresSource();
  const { user } = source.settings;
  await source.admin(async (client) => {
    await client.query(`
      CREATE SCHEMA "Odd Names"; CREATE SCHEMA closed; CREATE SCHEMA shop;
      GRANT USAGE ON SCHEMA "Odd Names", shop TO ${user};
      CREATE TYPE shop.mood AS ENUM ('sad', 'ok');
      CREATE DOMAIN shop.amount AS numeric(10, 2) NOT NULL;
      CREATE TABLE shop.orders (id bigint PRIMARY KEY, note varchar(20), gone int, tags text[], mood shop.mood,
        total shop.amount, at timestamptz NOT NULL);
      ALTER TABLE shop.orders DROP COLUMN gone;
      CREATE VIEW shop.latest AS SELECT id, at FROM shop.orders;
      CREATE MATERIALIZED VIEW shop.counted AS SELECT count(*) AS n FROM shop.orders;
      CREATE TABLE shop.parts (n int) PARTITION BY RANGE (n);
      CREATE TABLE shop.secret (a int);
      CREATE TABLE shop.half (open int, hidden int);
      CREATE TABLE shop.bare ();
      CREATE SEQUENCE shop.numbers;
      CREATE TABLE closed.unreachable (a int);
      CREATE TABLE "Odd Names"."a ""b""" ("c 'd'" date);
      GRANT SELECT ON shop.orders, shop.latest, shop.counted, shop.parts, shop.bare, closed.unreachable,
        "Odd Names"."a ""b""" TO ${user};
      GRANT SELECT (open) ON shop.half TO ${user}`);
  });
});

afterAll(() => source.close());

const use = (signal = new AbortController().signal) => ({
  settings: source.settings,
  tag: { runId: 'tasks', attempt: 1 },
  signal,
});

const open = (signal?: AbortSignal) => openSession('postgres', use(signal));

const described = [
  ['Odd Names', 'a "b"', [["c 'd'", 'date', true]]],
  ['shop', 'bare', []],
  ['shop', 'counted', [['n', 'bigint', true]]],
  ['shop', 'half', [['open', 'integer', true]]],
  [
    'shop',
    'latest',
    [
      ['id', 'bigint', true],
      ['at', 'timestamp with time zone', true],
    ],
  ],
  [
    'shop',
    'orders',
    [
      ['id', 'bigint', false],
      ['note', 'character varying', true],
      ['tags', 'text[]', true],
      ['mood', 'shop.mood', true],
      ['total', 'numeric', false],
      ['at', 'timestamp with time zone', false],
    ],
  ],
  ['shop', 'parts', [['n', 'integer', true]]],
] as const;

describe('the PostgreSQL connector', () => {
  it.each(taskCases)('$name', async ({ run }) => {
    await run({
      open,
      connect: () => connectPostgres(use()),
      described,
      whichConnection: 'SELECT pg_backend_pid()',
    });
  });
});

describe('a probe warns', () => {
  const warningsAfter = async (grant: string, revoke: string): Promise<string[]> => {
    const { user } = source.settings;
    await source.admin((client) => client.query(grant.replaceAll('$user', user)));
    try {
      return (await performTask(open, 'probe')).outcome.warnings;
    } finally {
      await source.admin((client) => client.query(revoke.replaceAll('$user', user)));
    }
  };

  it('of a superuser, and says no more of one', async () => {
    const warnings = await warningsAfter('ALTER ROLE $user SUPERUSER', 'ALTER ROLE $user NOSUPERUSER');
    expect(warnings).toEqual([expect.stringContaining('superuser')]);
  });

  it('of what a role is by itself', async () => {
    const warnings = await warningsAfter(
      'ALTER ROLE $user REPLICATION BYPASSRLS CREATEROLE',
      'ALTER ROLE $user NOREPLICATION NOBYPASSRLS NOCREATEROLE',
    );
    expect(warnings).toEqual([
      expect.stringContaining('replication'),
      expect.stringContaining('row-level security'),
      expect.stringContaining('create, change and join roles'),
    ]);
  });

  it('of what comes through other roles, however far away', async () => {
    const group = `${source.settings.user}_group`;
    const warnings = await warningsAfter(
      `CREATE ROLE ${group} NOLOGIN; GRANT ${group} TO $user; GRANT pg_read_server_files, pg_monitor TO ${group}`,
      `DROP ROLE ${group}`,
    );
    expect(warnings).toEqual([
      "The database user may read the database server's files (it is a member of pg_read_server_files); " +
        'a user that can only read is safer.',
    ]);
    expect(warnings.join()).not.toContain(group);
  });

  it('that it could see nothing, where the catalog is not what it expects', async () => {
    const warnings = await warningsAfter(
      'REVOKE SELECT ON pg_catalog.pg_roles FROM PUBLIC',
      'GRANT SELECT ON pg_catalog.pg_roles TO PUBLIC',
    );
    expect(warnings).toEqual([expect.stringContaining('could not be found out')]);
  });
});

describe('a description', () => {
  it('shows what is not on the role’s search path under its full name, and nothing temporary', async () => {
    await source.admin(async (client) => {
      await client.query('CREATE TEMPORARY TABLE passing (a int); GRANT SELECT ON passing TO PUBLIC');
      expect((await performTask(open, 'describe')).rows).toHaveLength(described.length);
    });
  });

  it('of a catalog with thousands of tables takes little, and one beyond the limit says so', async () => {
    const { user } = source.settings;
    const columns = (count: number): string => Array.from({ length: count }, (_, n) => `c${n} int`).join();
    const tables = async (count: number, width: number): Promise<void> => {
      await source.admin(async (client) => {
        await client.query(`DROP SCHEMA IF EXISTS large CASCADE; CREATE SCHEMA large AUTHORIZATION ${user}`);
        await client.query(`SET ROLE ${user}`);
        await client.query(`DO $$ BEGIN FOR n IN 1..${count} LOOP
          EXECUTE format('CREATE TABLE large.t%s (${columns(width)})', n); END LOOP; END $$`);
      });
    };
    await tables(2_000, 20);
    const { outcome } = await performTask(open, 'describe');
    expect(outcome.rowCount).toBe(2_000 + described.length);
    expect(outcome.executionTimeMs).toBeLessThan(5_000);
    await tables(126, 1_600);
    const error = await failureOf(performTask(open, 'describe'), 'too_large');
    expect(error.message).toContain('200,000 columns');
  });
});
