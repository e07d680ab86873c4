import fc from 'fast-check';
import type { BoundValue } from '../../models/parameters';
import { findPlaceholders, replaceParameters } from '../../sql';
import { collect, failureOf } from '../../testing/connector-conformance';
import { openPostgresSource, type PostgresSource } from '../../testing/connector-conformance-postgres';
import { openSession } from '../open';

let source: PostgresSource;
const id = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';

beforeAll(async () => {
  source = await openPostgresSource();
  await source.admin(async (client) => {
    await client.query(`SET ROLE ${source.settings.user}; CREATE TYPE mood AS ENUM ('sad', 'happy')`);
    await client.query(`
      CREATE TABLE t (id uuid, name varchar(20), note text, mood mood, small int2, n int, big int8, amount numeric,
        ratio float8, day date, at timestamptz, local timestamp, ok bool, ip inet)`);
    await client.query(`
      INSERT INTO t VALUES ('${id}', 'ann', 'hello', 'happy', 7, 7, 9223372036854775807, 1.50, 0.25, '2024-02-29',
        '2024-02-29 10:00+00', '2024-02-29 10:00', true, '10.0.0.1')`);
  });
});

afterAll(() => source.close());

const open = () =>
  openSession('postgres', {
    settings: source.settings,
    tag: { runId: 'parameters', attempt: 1 },
    signal: new AbortController().signal,
  });

const execute = (sql: string, ...values: BoundValue[]) =>
  collect(open, { text: replaceParameters(sql).text, values });

const matches = async (condition: string, ...values: BoundValue[]) =>
  (await execute(`SELECT 1 FROM t WHERE ${condition}`, ...values)).rowCount;

describe('a value takes the type of what it is compared with', () => {
  it.each<[string, string, BoundValue]>([
    ['text', 'note = $x', 'hello'],
    ['varchar', 'name = $x', 'ann'],
    ['uuid', 'id = $x', id],
    ['an enum', 'mood = $x', 'happy'],
    ['inet', 'ip = $x', '10.0.0.1'],
    ['int2', 'small = $x', '7'],
    ['int4', 'n = $x', '7'],
    ['int8, exactly', 'big = $x', '9223372036854775807'],
    ['numeric', 'amount = $x', '1.5'],
    ['float8', 'ratio = $x', '0.25'],
    ['bool', 'ok = $x', 'true'],
    ['date', 'day = $x', '2024-02-29'],
    ['timestamptz', 'at = $x', '2024-02-29 10:00:00+00'],
    ['timestamp, in UTC', 'local = $x', '2024-02-29 10:00:00+00'],
    ['an array', 'name = ANY ($x)', '{ann,bob}'],
    ['a pattern', 'name LIKE $x', 'a%'],
  ])('%s', async (_type, condition, value) => {
    expect(await matches(condition, value)).toBe(1);
  });

  it('NULL goes with every column, and matches none', async () => {
    const columns = [
      'id',
      'name',
      'note',
      'mood',
      'small',
      'n',
      'big',
      'amount',
      'ratio',
      'day',
      'at',
      'ok',
      'ip',
    ];
    for (const column of columns) expect(await matches(`${column} = $x`, null)).toBe(0);
  });
});

describe('numbers', () => {
  it.each([
    ['n < $x', '7.5', 1],
    ['n = $x', '1.5', 0],
    ['n < $x', '10000000000', 1],
    ['small < $x', '99999', 1],
    ['small = $x AND note = $y', '7.0', 1],
    ['n < $x', '1e3', 1],
  ])('%s holds for %s whatever the integer type', async (condition, value, count) => {
    expect(await matches(condition, value, ...(condition.includes('$y') ? ['hello'] : []))).toBe(count);
  });

  it('limit', async () => {
    const sql = 'SELECT generate_series(1, 10) LIMIT $count OFFSET $from';
    expect((await execute(sql, '3', '2')).rows).toEqual([[3], [4], [5]]);
    expect((await execute(sql, '3.0', '2')).rowCount).toBe(3);
    expect((await execute(sql, null, null)).rowCount).toBe(10);
  });
});

describe('where the server cannot tell the type', () => {
  it('a bare parameter is text', async () => {
    const { columns, rows } = await execute('SELECT $x AS x, $y AS y', '5', null);
    expect([columns[0]?.dataType, rows]).toEqual(['TEXT', [['5', null]]]);
  });

  it.each<[string, BoundValue, number]>([
    ['$x IS NULL OR name = $x', 'ann', 1],
    ['$x IS NULL OR name = $x', 'bob', 0],
    ['$x IS NULL OR name = $x', null, 1],
    ['$x IS NULL OR id = $x', id, 1],
    ['($x IS NULL OR n = $x) AND ($x IS NULL OR big > $x)', '7', 1],
    ['$x IS NULL OR n < $x', '7.5', 1],
  ])('%s works for %p', async (condition, value, count) => {
    expect(await matches(condition, value)).toBe(count);
  });

  it('a function that takes anything gets text', async () => {
    expect((await execute("SELECT jsonb_build_object('a', $x)", 'v')).rows).toEqual([[{ a: 'v' }]]);
  });
});

describe('errors', () => {
  it('say where in the original text, whatever the length of the names', async () => {
    const sql = `SELECT $a_long_name,\n '😀', $b,\n  nonsense FROM t`;
    const { text } = replaceParameters(sql);
    const error = await failureOf(collect(open, { text, values: ['1', '2'] }), 'user');
    expect(error.message).toBe('column "nonsense" does not exist (line 3, column 3)');
    expect(error.sqlState).toBe('42703');
  });

  it('still say where after a place got a placeholder of its own', async () => {
    const error = await failureOf(execute('SELECT $name IS NULL, nonsense FROM t', 'x'), 'user');
    expect(error.message).toContain('column "nonsense" does not exist (line 1, column 23)');
  });

  it('are those of the statement, not of what had to be tried first', async () => {
    const error = await failureOf(
      execute('SELECT 1 FROM t WHERE $x IS NULL OR 1 / ($x::int - 7) = 1', '7'),
      'user',
    );
    expect(error.message).toBe('division by zero');
  });

  it('of a value are the user’s, and come with the server’s words', async () => {
    const error = await failureOf(execute('SELECT 1 FROM t WHERE n = $x', 'seven'), 'user');
    expect(error.message).toContain('invalid input syntax for type integer: "seven"');
    expect((await failureOf(execute('SELECT 1 FROM t WHERE id = $x', '1.5'), 'user')).sqlState).toBe('22P02');
  });
});

/** Whether the server takes the text for the same tokens: it counts the placeholders that it finds. */
it('finds the placeholders that PostgreSQL finds', async () => {
  const piece = fc.constantFrom(
    ...[
      "''",
      "'a''b'",
      "E'\\''",
      "'\\'",
      '"a$1"',
      '$$ $1 $$',
      '$t$ $1 $$ $t$',
      '/* $1 /* */ $1 */',
      '-- $1\n',
      'a$1',
    ],
    ...["E'a'\n'\\''", "U&'\\0041'", "B'1'", '1', '$1', '$2', ',', '(', 'é$1', ' ', '+', "e'\\\\'", '\r'],
  );
  await source.admin(async (client) => {
    await client.query('SET standard_conforming_strings = on');
    const counts = async (text: string): Promise<number | undefined> => {
      try {
        await client.query(`PREPARE p AS ${text}`);
        const { rows } = await client.query<{ n: number }>(
          "SELECT cardinality(parameter_types) AS n FROM pg_prepared_statements WHERE name = 'p'",
        );
        await client.query('DEALLOCATE p');
        return rows[0]?.n;
      } catch {
        return undefined;
      }
    };
    let accepted = 0;
    const sequences = fc.array(piece, { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(sequences, async (pieces) => {
        const text = `SELECT ${pieces.join('')} AS x`;
        const found = await counts(text);
        if (found === undefined) return;
        accepted += 1;
        const numbers = findPlaceholders(text).map(({ name }) => Number(name));
        expect(Math.max(0, ...numbers)).toBe(found);
      }),
      { numRuns: 3_000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});
