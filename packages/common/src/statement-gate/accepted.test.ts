import fc from 'fast-check';
import { openStatementGate, type StatementGate } from './statement-gate';

let gate: StatementGate;
beforeAll(() => {
  gate = openStatementGate();
});
afterAll(() => gate.close());

const problemOf = (sql: string): Promise<string | undefined> =>
  gate.problemOf({ dialect: 'postgres', sql }, 'somebody');

it.each([
  'SELECT 1',
  'select * from "Orders" o join customers using (id) where o.at > $since::date;',
  'SELECT 1;;\n; -- the end',
  '/* a /* nested */ comment */ SELECT 1 -- at the very end',
  'WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 9) SELECT sum(n) FROM t',
  'VALUES (1, 2), (3, 4)',
  'TABLE orders',
  '(SELECT 1) UNION ALL (SELECT 2) EXCEPT TABLE t ORDER BY 1 LIMIT 3',
  'EXPLAIN SELECT 1',
  'EXPLAIN (FORMAT json, VERBOSE) VALUES (1)',
  'SHOW server_version',
  'SHOW ALL',
  'SELECT $1, $name',
  `SELECT 'pg_sleep(1)', $$ DELETE FROM t $$ -- FOR UPDATE`,
  'SELECT pg_sleep, o.nextval, lineorder.lo_revenue FROM lineorder, o',
  'SELECT "lo_revenue" AS pg_sleep FROM dblink',
  'SELECT currval(1), (x).total, (array[1, 2])[1], json_build_object($a, $b) FROM x',
  "SELECT '😀', 'ß' /* ü */",
])('accepts %j', async (sql) => {
  expect(await problemOf(sql)).toBeUndefined();
});

it.each<[sql: string, says: string]>([
  [' -- nothing\n;', 'empty'],
  ['SELECT 1; SELECT 2', 'there are 2, and here begins the second (line 1, column 11)'],
  ["SELECT '😀'; -- ü\n /* 😀 */ DROP TABLE t", '(line 2, column 10)'],
  ['INSERT INTO t VALUES (1)', 'not INSERT'],
  ['UPDATE t SET a = 1', 'not UPDATE'],
  ['DELETE FROM t', 'not DELETE'],
  ['MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE', 'not MERGE'],
  ['WITH a AS (SELECT 1) DELETE FROM t', 'not DELETE'],
  ['DROP TABLE t', 'not DROP'],
  ['CREATE TABLE t AS SELECT 1', 'not CREATE TABLE AS'],
  ["COPY t TO PROGRAM 'sh'", 'not COPY'],
  ['DO $$ BEGIN COMMIT; END $$', 'not DO'],
  ['CALL pg_sleep(1)', 'not CALL'],
  ['BEGIN', 'not TRANSACTION'],
  ['SET ROLE postgres', 'not VARIABLE SET'],
  ['LOCK TABLE t', 'not LOCK'],
  ['LISTEN a', 'not LISTEN'],
  ['PREPARE p AS SELECT 1', 'not PREPARE'],
  ['DECLARE c CURSOR FOR SELECT 1', 'not DECLARE CURSOR'],
  ['EXPLAIN ANALYZE SELECT 1', 'ANALYZE, which executes the statement (line 1, column 9)'],
  ['explain analyse verbose select 1', 'ANALYZE'],
  ['EXPLAIN (COSTS off, ANALYZE) SELECT 1', 'ANALYZE'],
  ['EXPLAIN (analyse true) SELECT 1', 'ANALYZE'],
  ['EXPLAIN (ANALYZE off) SELECT 1', 'ANALYZE'],
  ['EXPLAIN ("ANALYZE" 1) SELECT 1', 'ANALYZE'],
  ['EXPLAIN DELETE FROM t', 'EXPLAIN of another one'],
  ['EXPLAIN EXECUTE p', 'EXPLAIN of another one'],
  ['EXPLAIN CREATE TABLE t AS SELECT 1', 'EXPLAIN of another one'],
  ['EXPLAIN WITH d AS (DELETE FROM t RETURNING 1) TABLE d', 'it holds DELETE'],
  ['WITH d AS (DELETE FROM t RETURNING 1) SELECT 1', 'it holds DELETE (line 1, column 24)'],
  ['SELECT (WITH i AS (INSERT INTO t VALUES (1) RETURNING 1) SELECT 1)', 'it holds INSERT'],
  ['SELECT * FROM (WITH u AS (UPDATE t SET a = 1 RETURNING 1) TABLE u) q', 'it holds UPDATE'],
  ['SELECT a INTO b FROM t', 'SELECT … INTO'],
  ['SELECT 1 INTO TEMP b UNION SELECT 2', 'SELECT … INTO'],
  ['TABLE t FOR UPDATE', 'lock rows'],
  [
    'SELECT * FROM t FOR NO KEY UPDATE OF t SKIP LOCKED',
    'lock rows (FOR UPDATE, FOR SHARE and the like) (line 1, column 38)',
  ],
  ['SELECT 1 WHERE EXISTS (SELECT FROM t FOR SHARE)', 'lock rows'],
  ['WITH a AS (SELECT * FROM t FOR KEY SHARE) TABLE a', 'lock rows'],
  ['SELECT $first,\n       pg_sleep($seconds)', 'pg_sleep: it waits (line 2, column 8)'],
  ["SELECT '😀', pg_sleep(1)", '(line 1, column 13)'],
  ['SELEC 1', 'cannot be read: syntax error at or near "SELEC" (line 1, column 1)'],
  ["SELECT '😀',\n 1x", '(line 2, column 2)'],
  [`SELECT '${'a'.repeat(50_000)}`, 'cannot be read: unterminated quoted string'],
  ["SELECT '\ud800'", 'surrogate'],
  ['SELECT 1\0; DROP TABLE t', 'U+0000'],
])('refuses %j', async (sql, says) => {
  const problem = await problemOf(sql);
  expect(problem).toContain(says);
  expect(problem!.length).toBeLessThan(400);
});

// Of each kind of refused function, and of each pattern.
const refused = [
  ...[
    'pg_read_file',
    'pg_read_binary_file',
    'pg_stat_file',
    'pg_ls_dir',
    'pg_ls_waldir',
    'lo_import',
    'lo_get',
  ],
  ...[
    'lowrite',
    'loread',
    'pg_terminate_backend',
    'pg_cancel_backend',
    'pg_reload_conf',
    'pg_rotate_logfile',
  ],
  ...['pg_promote', 'pg_switch_wal', 'pg_wal_replay_pause', 'pg_backup_start', 'pg_create_restore_point'],
  ...['pg_drop_replication_slot', 'pg_copy_logical_replication_slot', 'pg_replication_origin_create'],
  ...[
    'pg_logical_emit_message',
    'dblink',
    'dblink_exec',
    'postgres_fdw_disconnect',
    'pg_sleep',
    'pg_sleep_for',
  ],
  ...['pg_sleep_until', 'set_config', 'pg_advisory_lock', 'pg_advisory_unlock_all', 'pg_try_advisory_lock'],
  ...['pg_notify', 'nextval', 'setval', 'pg_export_snapshot', 'pg_current_xact_id', 'txid_current'],
  ...['query_to_xml', 'query_to_xml_and_xmlschema', 'table_to_xml', 'cursor_to_xmlschema', 'schema_to_xml'],
  ...['database_to_xml', 'ts_stat', 'ts_rewrite', 'crosstab', 'crosstab3', 'connectby', 'xpath_table'],
];

it.each([
  ['SELECT x.pg_sleep FROM pi() AS x', 'pg_sleep'],
  ['SELECT pi.pg_sleep FROM pg_catalog.pi()', 'pg_sleep'],
  [`SELECT length(x.pg_read_file) FROM lower('/etc/hostname') x`, 'pg_read_file'],
  ['SELECT 1 FROM ROWS FROM (abs(1::int8)) AS x WHERE x."pg_advisory_lock" IS NULL', 'pg_advisory_lock'],
  ['WITH t AS (SELECT (SELECT X.PG_SLEEP FROM pi() x)) TABLE t', 'pg_sleep'],
])('refuses a call that looks like a column: %s', async (sql, name) => {
  expect(await problemOf(sql)).toContain(`must not call ${name}`);
});

it.each(refused)('refuses a call of %s', async (name) => {
  expect(await problemOf(`SELECT ${name}(1)`)).toContain(`must not call ${name}: it `);
});

const spellings = fc.constantFrom(
  (name: string) => name,
  (name: string) => name.toUpperCase(),
  (name: string) => `"${name}"`,
  (name: string) => `pg_catalog.${name}`,
  (name: string) => `"pg_catalog" . /* */ "${name}"`,
  (name: string) => `db.public.${name}`,
  (name: string) => `U&"\\${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}"`,
);

const calls = fc.constantFrom(
  (f: string) => `${f}(1)`,
  (f: string) => `${f}()`,
  (f: string) => `${f} -- c\n (a => $x)`,
  (f: string) => `${f}(VARIADIC b)`,
  (f: string) => `${f}(DISTINCT a ORDER BY a) FILTER (WHERE b) OVER (PARTITION BY c)`,
);

const places = fc.constantFrom(
  (call: string) => `(${call})`,
  (call: string) => `a + ${call}::int`,
  (call: string) => `coalesce(NULL, ${call})`,
  (call: string) => `CASE WHEN true THEN ${call} END`,
  (call: string) => `(SELECT ${call} LIMIT 1)`,
  (call: string) => `ARRAY[1, ${call}]`,
  (call: string) => `(SELECT 1 FROM b ORDER BY ${call})`,
  (call: string) => `(SELECT 1 UNION SELECT ${call})`,
  (call: string) => `(WITH c AS (SELECT ${call}) SELECT 1 FROM c)`,
  (call: string) => `(SELECT 1 FROM b JOIN c ON ${call} IS NULL)`,
  (call: string) => `(VALUES (1, ${call}))`,
  (call: string) => `ROW(${call}) OPERATOR(pg_catalog.=) ROW(1)`,
  (call: string) => `(x)[${call}]`,
  (call: string) => `(SELECT 1 FROM generate_series(1, ${call}))`,
);

const nested = fc.tuple(fc.array(places, { maxLength: 8 }), calls, spellings).map(
  ([around, call, spell]) =>
    (name: string) =>
      around.reduce((inner, place) => place(inner), call(spell(name))),
);

it('refuses a function wherever it stands and however it is spelled, and accepts another one there', async () => {
  await fc.assert(
    fc.asyncProperty(nested, fc.constantFrom(...refused), async (write, name) => {
      expect(await problemOf(`SELECT ${write('harmless')}`)).toBeUndefined();
      expect(await problemOf(`SELECT ${write(name)}`)).toContain(`must not call ${name}`);
    }),
    { numRuns: 300 },
  );
});

it.each([
  ...['SELECT * FROM pg_sleep(1)', 'SELECT * FROM a, LATERAL pg_catalog.pg_sleep(1) WITH ORDINALITY'],
  ...['SELECT * FROM ROWS FROM (f(1), pg_sleep(1)) AS t', 'SELECT 1 GROUP BY pg_sleep(1)'],
  ...['SELECT 1 LIMIT pg_sleep(1)', 'SELECT (1::float8).pg_sleep', 'SELECT ((1).pg_sleep)[1]'],
  ...['VALUES (pg_sleep(1))', 'EXPLAIN SELECT pg_sleep(1)', 'SELECT sum(a) OVER (ORDER BY pg_sleep(1))'],
  ...[
    'SELECT 1 FROM a TABLESAMPLE system (pg_sleep(1))',
    'SELECT a FROM b WINDOW w AS (ORDER BY pg_sleep(1))',
  ],
  ...["SELECT * FROM XMLTABLE('a' PASSING pg_sleep(1) COLUMNS b int)", 'SELECT DISTINCT ON (pg_sleep(1)) 1'],
])('finds the function in %j', async (sql) => {
  expect(await problemOf(sql)).toContain('must not call pg_sleep');
});
