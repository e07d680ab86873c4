import { collect } from '../../testing/connector-conformance';
import { openPostgresSource, type PostgresSource } from '../../testing/connector-conformance-postgres';
import { openSession } from '../open';

let source: PostgresSource;

beforeAll(async () => {
  source = await openPostgresSource();
  await source.admin((client) =>
    client.query(`
      CREATE TYPE mood AS ENUM ('sad', 'so so', 'happy'); CREATE TYPE "Pair" AS (a int, b text);
      CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE DOMAIN several AS positive[];
      CREATE DOMAIN nickname AS varchar(9); CREATE TYPE spread AS RANGE (subtype = float8)`),
  );
});

afterAll(() => source.close());

const open = () =>
  openSession('postgres', {
    settings: source.settings,
    tag: { runId: 'encoding', attempt: 1 },
    signal: new AbortController().signal,
  });

/** [expression, data_type, the value as JSON text] */
const values: readonly (readonly [string, string, string])[] = [
  ['NULL::int', 'INT4', 'null'],
  ['NULL::json', 'JSON', 'null'],
  ['true', 'BOOL', 'true'],
  ['false', 'BOOL', 'false'],
  ['(-32768)::int2', 'INT2', '-32768'],
  ['2147483647', 'INT4', '2147483647'],
  ['9007199254740991', 'INT8', '9007199254740991'],
  ['(-9007199254740991)', 'INT8', '-9007199254740991'],
  ['9007199254740992', 'INT8', '"9007199254740992"'],
  ['(-9223372036854775808)::int8', 'INT8', '"-9223372036854775808"'],
  ['1.5::float4', 'FLOAT4', '1.5'],
  ['0.1::float4', 'FLOAT4', '0.1'],
  ['0.1::float8 + 0.2', 'FLOAT8', '0.30000000000000004'],
  ['1e300::float8', 'FLOAT8', '1e+300'],
  ["'NaN'::float8", 'FLOAT8', '"NaN"'],
  ["'-Infinity'::float4", 'FLOAT4', '"-Infinity"'],
  ['1.50', 'NUMERIC', '1.5'],
  ['100', 'INT4', '100'],
  ['100.000', 'NUMERIC', '100'],
  ['0.00', 'NUMERIC', '0'],
  ['(-0.10)', 'NUMERIC', '-0.1'],
  ['12345678901234.5600000000', 'NUMERIC', '12345678901234.56'],
  ['1234567890123456789.5', 'NUMERIC', '"1234567890123456789.5"'],
  ['0.1234567890123456789', 'NUMERIC', '"0.1234567890123456789"'],
  ['1e21::numeric', 'NUMERIC', '1e+21'],
  ['10::numeric ^ 400', 'NUMERIC', `"1${'0'.repeat(400)}"`],
  ["'NaN'::numeric", 'NUMERIC', '"NaN"'],
  ["'Infinity'::numeric", 'NUMERIC', '"Infinity"'],
  [`'a "quoted" \\ line'||chr(10)||chr(1)||'é😀'`, 'TEXT', String.raw`"a \"quoted\" \\ line\n\u0001é😀"`],
  ["''::text", 'TEXT', '""'],
  ["'null'::text", 'TEXT', '"null"'],
  ["'abc'::varchar(5)", 'VARCHAR', '"abc"'],
  ["'ab'::char(4)", 'CHAR', '"ab  "'],
  [`'x'::"char"`, 'CHAR', '"x"'],
  ["'n'::name", 'NAME', '"n"'],
  ["'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid", 'UUID', '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"'],
  ["'<a/>'::xml", 'XML', '"<a/>"'],
  ["'10.0.0.1/8'::inet", 'INET', '"10.0.0.1/8"'],
  ["date '2024-02-29'", 'DATE', '"2024-02-29"'],
  ["date '0044-03-15 BC'", 'DATE', '"0044-03-15 BC"'],
  ["date 'infinity'", 'DATE', '"infinity"'],
  ["date '12024-02-29'", 'DATE', '"12024-02-29"'],
  ["timestamp '2024-02-29 12:34:56.123456'", 'TIMESTAMP', '"2024-02-29T12:34:56.123456"'],
  ["timestamp '2024-02-29'", 'TIMESTAMP', '"2024-02-29T00:00:00"'],
  ["timestamp '-infinity'", 'TIMESTAMP', '"-infinity"'],
  ["timestamp '0044-03-15 01:00 BC'", 'TIMESTAMP', '"0044-03-15 01:00:00 BC"'],
  ["timestamp '12024-02-29 01:00'", 'TIMESTAMP', '"12024-02-29 01:00:00"'],
  ["timestamptz '2024-02-29 12:00:00.5+02'", 'TIMESTAMPTZ', '"2024-02-29T10:00:00.5Z"'],
  ["timestamptz 'infinity'", 'TIMESTAMPTZ', '"infinity"'],
  ["timestamptz '0044-03-15 01:00+00 BC'", 'TIMESTAMPTZ', '"0044-03-15 01:00:00+00 BC"'],
  ["timestamptz '12024-02-29 01:00+00'", 'TIMESTAMPTZ', '"12024-02-29 01:00:00+00"'],
  ["time '12:34:56.7'", 'TIME', '"12:34:56.7"'],
  ["timetz '12:34:56+02'", 'TIMETZ', '"12:34:56+02"'],
  ["interval '1 year 2 days 03:04:05.6'", 'INTERVAL', '"1 year 2 days 03:04:05.6"'],
  [`'{"n": 12345678901234567890,\n "a":[1]}'::json`, 'JSON', '{"n": 12345678901234567890,  "a":[1]}'],
  [`'{"b":1.10,"a":null}'::jsonb`, 'JSONB', '{"a": null, "b": 1.10}'],
  ["'null'::jsonb", 'JSONB', 'null'],
  ["'\\xDEADbeef'::bytea", 'BYTEA', String.raw`"\\xdeadbeef"`],
  ["''::bytea", 'BYTEA', String.raw`"\\x"`],
  ['ARRAY[1,NULL,3]', 'INT4[]', '[1,null,3]'],
  ['ARRAY[[1,2],[3,4]]', 'INT4[]', '[[1,2],[3,4]]'],
  ["'{}'::int[]", 'INT4[]', '[]'],
  ["'[0:1]={5,6}'::int[]", 'INT4[]', '[5,6]'],
  ['ARRAY[9007199254740993]', 'INT8[]', '["9007199254740993"]'],
  [
    `ARRAY['a,b','"','\\','{}','NULL','',NULL,' ']`,
    'TEXT[]',
    String.raw`["a,b","\"","\\","{}","NULL","",null," "]`,
  ],
  ["ARRAY[timestamptz '2024-02-29 12:00+00']", 'TIMESTAMPTZ[]', '["2024-02-29T12:00:00Z"]'],
  [`ARRAY['{"a": [1]}'::jsonb]`, 'JSONB[]', '[{"a": [1]}]'],
  ['ARRAY[true,false]', 'BOOL[]', '[true,false]'],
  ['ARRAY[1.50,2]', 'NUMERIC[]', '[1.5,2]'],
  ["ARRAY['(1,1),(0,0)'::box,'(3,3),(2,2)'::box]", 'BOX[]', '["(1,1),(0,0)","(3,3),(2,2)"]'],
  ["'(1,2)'::point", 'POINT', '"(1,2)"'],
  ['int4range(1,5)', 'INT4RANGE', '"[1,5)"'],
  ["'{[1,3),[5,7)}'::int4multirange", 'INT4MULTIRANGE', '"{[1,3),[5,7)}"'],
  ["'12.34'::money", 'MONEY', '"$12.34"'],
  ["B'101'", 'BIT', '"101"'],
  ["'08:00:2b:01:02:03'::macaddr", 'MACADDR', '"08:00:2b:01:02:03"'],
  ["'10.0.0.0/8'::cidr", 'CIDR', '"10.0.0.0/8"'],
  ['42::oid', 'OID', '"42"'],
  ["'pg_class'::regclass", 'REGCLASS', '"pg_class"'],
  ["'a fat cat'::tsvector", 'TSVECTOR', String.raw`"'a' 'cat' 'fat'"`],
  ["'16/B374D848'::pg_lsn", 'PG_LSN', '"16/B374D848"'],
  ["'1 2 3'::int2vector", 'INT2VECTOR', '"1 2 3"'],
  ["'so so'::mood", 'mood', '"so so"'],
  ["ARRAY['sad','so so']::mood[]", 'mood[]', '["sad","so so"]'],
  [`ROW(1,'x y')::"Pair"`, 'Pair', String.raw`"(1,\"x y\")"`],
  [`ARRAY[ROW(1,'x')::"Pair"]`, 'Pair[]', '["(1,x)"]'],
  ['ROW(1,2)', 'RECORD', '"(1,2)"'],
  ['5::positive', 'INT4', '5'],
  ['ARRAY[5,6]::positive[]', 'INT4[]', '[5,6]'],
  ['ARRAY[5,6]::several', 'INT4[]', '[5,6]'],
  ["'joe'::nickname", 'VARCHAR', '"joe"'],
  ["'[1,2.5)'::spread", 'spread', '"[1,2.5)"'],
];

it('encodes every type of the REST contract', async () => {
  const rows: string[] = [];
  const text = `SELECT ${values.map(([expression]) => expression).join(',\n ')}`;
  const { columns } = await collect(open, { text }, { rows: (batch) => void rows.push(...batch) });
  expect(columns.map(({ dataType }) => dataType)).toEqual(values.map(([, type]) => type));
  expect(rows).toEqual([`[${values.map(([, , json]) => json).join(',')}]`]);
  expect(() => JSON.parse(rows[0]!) as unknown).not.toThrow();
});

it.each(values)('encodes %s as %s', async (expression, type, json) => {
  const rows: string[] = [];
  const { columns } = await collect(
    open,
    { text: `SELECT ${expression} AS v` },
    { rows: (b) => void rows.push(...b) },
  );
  expect([columns, rows]).toEqual([[{ name: 'v', dataType: type }], [`[${json}]`]]);
});

it('does not depend on what the role or the database prefers', async () => {
  const { user, database } = source.settings;
  await source.admin(async (client) => {
    for (const setting of ["DateStyle='German'", "TimeZone='Asia/Tokyo'", "IntervalStyle='iso_8601'"]) {
      await client.query(`ALTER ROLE ${user} IN DATABASE ${database} SET ${setting}`);
    }
    await client.query(
      `ALTER ROLE ${user} SET bytea_output='escape'; ALTER ROLE ${user} SET extra_float_digits='-5'`,
    );
    await client.query(
      `ALTER ROLE ${user} SET standard_conforming_strings=off; ALTER ROLE ${user} SET client_encoding='LATIN1'`,
    );
  });
  const text = `SELECT timestamptz '2024-02-03 04:05:06+00', date '2024-02-03', interval '1 day', '\\x01'::bytea, 0.1::float8 + 0.2, 'é€'`;
  const { rows } = await collect(open, { text });
  expect(rows).toEqual([['2024-02-03T04:05:06Z', '2024-02-03', '1 day', '\\x01', 0.30000000000000004, 'é€']]);
});
