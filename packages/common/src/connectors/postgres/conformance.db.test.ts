import { conformanceCases } from '../../testing/connector-conformance';
import { openPostgresSource, type PostgresSource } from '../../testing/connector-conformance-postgres';
import { openSession } from '../open';

const statements = {
  numbers: (count: number) => `SELECT n FROM generate_series(1, ${count}) AS n`,
  echo: 'SELECT $1::text AS a, $2::text AS b',
  twins: 'SELECT 1 AS n, 2 AS n',
  text: (length: number) => `SELECT repeat('x', ${length})`,
  slow: 'SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b',
  endless:
    'SELECT a, b, repeat(md5(a::text), 10) FROM generate_series(1, 100000) a, generate_series(1, 100000) b',
  forbidden: [
    'INSERT INTO kept VALUES (1)',
    'WITH gone AS (DELETE FROM kept RETURNING *) SELECT * FROM gone',
    'CREATE TABLE more (a int)',
    'CREATE TEMPORARY TABLE more (a int)',
    'SELECT * INTO more FROM kept',
    'SELECT * FROM kept FOR UPDATE',
    "SELECT nextval('counter')",
    'SELECT write_behind()',
    'EXPLAIN ANALYZE DELETE FROM kept',
    'SELECT 1; SELECT 2',
    'COMMIT; INSERT INTO kept VALUES (1)',
    'COMMIT',
    'SET TRANSACTION READ WRITE',
    "SELECT set_config('transaction_read_only', 'off', false)",
    'DO $$ BEGIN COMMIT; INSERT INTO kept VALUES (1); END $$',
    'COPY kept TO STDOUT',
    'COPY kept FROM STDIN',
    'LOCK TABLE kept',
    'LISTEN x',
    'CALL write_procedure()',
    '',
    '-- nothing',
  ],
  broken: 'SELEC 1',
};

let source: PostgresSource;

beforeAll(async () => {
  source = await openPostgresSource();
  await source.admin(async (client) => {
    await client.query(`SET ROLE ${source.settings.user}`);
    await client.query(`
      CREATE TABLE kept (a int); INSERT INTO kept VALUES (7); CREATE SEQUENCE counter;
      CREATE FUNCTION write_behind() RETURNS int LANGUAGE sql SECURITY DEFINER
        AS 'INSERT INTO kept VALUES (1) RETURNING 1';
      CREATE PROCEDURE write_procedure() LANGUAGE plpgsql AS 'BEGIN COMMIT; INSERT INTO kept VALUES (1); END'`);
  });
});

afterAll(() => source.close());

const open = (signal = new AbortController().signal) =>
  openSession('postgres', { settings: source.settings, tag: { runId: 'conformance', attempt: 1 }, signal });

describe('the PostgreSQL connector', () => {
  it.each(conformanceCases)('$name', async ({ run }) => {
    await run({ open, statements, running: () => source.running() });
  });

  it('has left everything as it was', async () => {
    const { rows } = await source.admin((client) =>
      client.query("SELECT array_agg(a) AS kept, to_regclass('more') AS more FROM kept"),
    );
    expect(rows).toEqual([{ kept: [7], more: null }]);
  });
});
