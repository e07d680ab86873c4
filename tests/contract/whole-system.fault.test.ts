import { eventually } from '@loupe/common/testing';
import { createCustomer, type Customer } from '../faults/customer';
import { type FaultStack, startFaultStack } from '../faults/fault-stack';

// What the REST contract says of runs and of what fires them, by requests to a whole Loupe of real processes.

let stack: FaultStack;
let customer: Customer;
beforeAll(async () => {
  stack = await startFaultStack({
    settings: {
      ...{ SCHEDULE_MIN_INTERVAL_SECONDS: '1', SCHEDULER_POLL_INTERVAL_SECONDS: '1' },
      ...{ MAX_RESULT_BYTES: String(1024 * 1024), MAX_CONCURRENT_QUERIES_PER_ORG: '2' },
    },
  });
  customer = await createCustomer(stack.apis, stack.source.settings);
});
afterAll(() => stack.close());

const heavy = 'SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b WHERE a <> b';

async function resultOf(sql: string, choices: Record<string, unknown> = {}) {
  const id = await customer.start(sql, choices);
  expect(await customer.final(id)).toMatchObject({ status: 'completed', error_message: null });
  return customer.result(id);
}

/** What is shown of a type: its SQL, and its name and value in a result. */
const values: [what: string, expression: string, dataType: string, value: unknown][] = [
  ['NULL', 'NULL::text', 'TEXT', null],
  ['bool', 'true', 'BOOL', true],
  ['int2', '7::int2', 'INT2', 7],
  ['int4', '(-7)::int4', 'INT4', -7],
  ['int8 within ±(2⁵³−1)', '9007199254740991', 'INT8', 9007199254740991],
  ['int8 beyond', '9007199254740993', 'INT8', '9007199254740993'],
  ['float4', '1.5::float4', 'FLOAT4', 1.5],
  ['float8', '0.1::float8', 'FLOAT8', 0.1],
  ['float8 NaN', `'NaN'::float8`, 'FLOAT8', 'NaN'],
  ['float8 infinity', `'-Infinity'::float8`, 'FLOAT8', '-Infinity'],
  ['numeric that a double holds', '1.50', 'NUMERIC', 1.5],
  ['numeric that it does not', '1234567890123456789.5', 'NUMERIC', '1234567890123456789.5'],
  ['text', `'ä😀'::text`, 'TEXT', 'ä😀'],
  ['varchar', `'a'::varchar(3)`, 'VARCHAR', 'a'],
  ['char', `'a'::char(2)`, 'CHAR', 'a '],
  ['name', `'a'::name`, 'NAME', 'a'],
  ['uuid', `'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid`, 'UUID', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ['enum', `'happy'::mood`, 'mood', 'happy'],
  ['inet', `'10.0.0.1/8'::inet`, 'INET', '10.0.0.1/8'],
  ['xml', `'<a/>'::xml`, 'XML', '<a/>'],
  ['date', `date '2024-02-29'`, 'DATE', '2024-02-29'],
  ['timestamptz', `timestamptz '2024-02-29 12:00:00.123456+02'`, 'TIMESTAMPTZ', '2024-02-29T10:00:00.123456Z'],
  ['timestamp', `timestamp '2024-02-29 12:00:00.5'`, 'TIMESTAMP', '2024-02-29T12:00:00.5'],
  ['timestamp infinity', `timestamp 'infinity'`, 'TIMESTAMP', 'infinity'],
  ['time', `time '12:34:56'`, 'TIME', '12:34:56'],
  ['timetz', `timetz '12:34:56+02'`, 'TIMETZ', '12:34:56+02'],
  ['interval', `interval '1 day 02:03'`, 'INTERVAL', '1 day 02:03:00'],
  ['range', 'int4range(1, 5)', 'INT4RANGE', '[1,5)'],
  ['point', `'(1,2)'::point`, 'POINT', '(1,2)'],
  ['json', `'{"a": [1, null]}'::json`, 'JSON', { a: [1, null] }],
  ['jsonb', `'"x"'::jsonb`, 'JSONB', 'x'],
  ['array', `ARRAY['a', NULL]`, 'TEXT[]', ['a', null]],
  ['array of numbers', 'ARRAY[[1, 2], [3, 4]]', 'INT4[]', [[1, 2], [3, 4]]],
  ['bytea', `'\\xDEAD'::bytea`, 'BYTEA', '\\xdead'],
  ['money', `'12.34'::money`, 'MONEY', '$12.34'],
  ['bit', `B'101'`, 'BIT', '101'],
  ['domain', '5::positive', 'INT4', 5],
  ['composite', 'ROW(1, 2)', 'RECORD', '(1,2)'],
]; // prettier-ignore

describe('a value in a result', () => {
  let columns: unknown;
  let row: unknown[];
  beforeAll(async () => {
    await stack.source.admin((client) =>
      client.query(
        `CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN positive AS int CHECK (VALUE > 0)`,
      ),
    );
    const result = await resultOf(`SELECT ${values.map(([, sql], n) => `${sql} AS v${n}`).join(', ')}`);
    columns = result['columns'];
    [row] = result['rows'] as [unknown[]];
  });

  it.each(values.map(([what, , dataType, value], n) => [what, { n, dataType, value }] as const))(
    'of %s',
    (_what, { n, dataType, value }) => {
      expect(columns).toHaveProperty([n], { name: `v${n}`, data_type: dataType });
      expect(row[n]).toEqual(value);
    },
  );
});

describe('a result', () => {
  it('has real columns when it has no rows', async () => {
    expect(await resultOf('SELECT 1 AS a, now() AS b WHERE false')).toMatchObject({
      columns: [
        { name: 'a', data_type: 'INT4' },
        { name: 'b', data_type: 'TIMESTAMPTZ' },
      ],
      ...{ rows: [], row_count: 0, truncated: false },
    });
  });

  it('keeps duplicate names and the order of columns', async () => {
    const { columns, rows } = await resultOf('SELECT 2 AS x, 1 AS a, 3 AS x');
    expect([(columns as { name: string }[]).map(({ name }) => name), rows]).toEqual([
      ['x', 'a', 'x'],
      [[2, 1, 3]],
    ]);
  });

  it('is cut at max_rows in the query’s own order, and says so', async () => {
    const sql = 'SELECT n FROM generate_series(1, 50) n ORDER BY n DESC';
    const cut = await resultOf(sql, { max_rows: 3 });
    expect(cut).toMatchObject({ rows: [[50], [49], [48]], row_count: 3, truncated: true });
    expect(await resultOf(sql, { max_rows: 50 })).toMatchObject({ row_count: 50, truncated: false });
  });

  it('tells the time in the datasource, and not the wait', async () => {
    const id = await customer.start('SELECT count(*) FROM generate_series(1, 300000)');
    const run = await customer.final(id);
    const { execution_time_ms: ms } = await customer.result(id);
    const took = Date.parse(run.completed_at as string) - Date.parse(run.started_at as string);
    expect(Number.isInteger(ms)).toBe(true);
    expect(ms).toBeGreaterThan(0);
    // Both are rounded.
    expect(ms).toBeLessThanOrEqual(took + 1);
  });
});

describe('a run', () => {
  it('that is quick has ended by its first or second poll', async () => {
    /** From its POST to its end. */
    const took = async (): Promise<number> => {
      const run = await customer.final(await customer.start('SELECT 1'));
      expect(run).toMatchObject({ status: 'completed' });
      return Date.parse(run.completed_at as string) - Date.parse(run.created_at as string);
    };
    // The second poll comes 500 ms after the first. A machine that is busy just now is asked again.
    await eventually('most of five have ended before a second poll', async () => {
      const all: number[] = [];
      for (let n = 0; n < 5; n += 1) all.push(await took());
      return all.filter((ms) => ms < 500).length > 2;
    });
  });

  it('that takes longer than its time ends as timeout', async () => {
    const id = await customer.start(heavy, { timeout_seconds: 1 });
    const run = await customer.final(id);
    expect(run).toMatchObject({ status: 'timeout', error_message: expect.stringContaining('1 s') });
    const took = Date.parse(run.completed_at as string) - Date.parse(run.started_at as string);
    expect(took).toBeGreaterThanOrEqual(900);
  });

  it('whose result is too large fails with a clear text', async () => {
    const id = await customer.start(`SELECT repeat('x', 900) FROM generate_series(1, 2000)`);
    expect(await customer.final(id)).toMatchObject({
      ...{ status: 'failed', error_class: 'too_large', error_message: expect.stringMatching(/larger|large/) },
    });
  });

  it('fails with the database’s own words and the position', async () => {
    const run = await customer.final(await customer.start('SELECT nothing FROM generate_series(1, 2)'));
    expect(run).toMatchObject({
      ...{ status: 'failed', error_message: 'column "nothing" does not exist (line 1, column 8)' },
    });
  });

  it('that is cancelled while it executes ends as cancelled', async () => {
    const id = await customer.start(heavy);
    await eventually('it executes', async () => (await customer.run(id)).status === 'running');
    const { status, body } = await customer.cancel(id);
    expect([status, body.run_id]).toEqual([200, id]);
    expect(await customer.final(id)).toMatchObject({
      status: 'cancelled',
      cancel_requested_at: expect.any(String),
    });
  });

  it('above the organization’s limit waits as queued', async () => {
    const ids = [
      await customer.start(heavy),
      await customer.start(heavy),
      await customer.start(heavy),
    ] as const;
    const reason = async (): Promise<unknown> =>
      ((await customer.run(ids[2])).waiting as { reason: string } | null)?.reason;
    await eventually('it waits for the limit', async () => (await reason()) === 'organization_limit');
    expect(await customer.run(ids[2])).toMatchObject({ status: 'queued', error_message: null });
    await Promise.all(ids.map((id) => customer.cancel(id)));
    for (const id of ids) expect(await customer.final(id)).toMatchObject({ status: 'cancelled' });
  });
});

const definition = (name: string, param_type: string, required = true) => ({
  ...{ name, param_type, default: null, required },
});

async function createQuery(sql: string, parameters: object[]): Promise<string> {
  const { data } = (await customer.ask('GET', '/datasources')) as { data: { id: string }[] };
  const query = { datasource_id: data[0]?.id, name: 'Bound', sql, parameters };
  return (await customer.ask('POST', '/queries', query)).id as string;
}

it('bound values go with columns of their kind', async () => {
  const queryId = await createQuery(
    `SELECT n, big FROM (VALUES
       (1, 9223372036854775807, 1.5, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, 'ann'::varchar, true, date '2024-02-29',
        timestamptz '2024-02-29 10:00+00')) t (n, big, amount, id, name, ok, day, at)
     WHERE n = $n AND big = $big AND amount = $amount AND id = $id AND name = $name AND ok = $ok AND day = $day
       AND at = $at AND ($missing IS NULL OR n = $missing) LIMIT $most`,
    [
      ...['n', 'big', 'amount', 'most'].map((name) => definition(name, 'number')),
      ...['id', 'name'].map((name) => definition(name, 'string')),
      ...[definition('ok', 'boolean'), definition('day', 'date'), definition('at', 'datetime')],
      definition('missing', 'number', false),
    ],
  );
  const parameters = {
    ...{ n: 1, big: '9223372036854775807', amount: '1.50', most: 5, ok: 'yes', day: '2024-02-29' },
    ...{
      id: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
      name: 'ann',
      at: '2024-02-29T11:00:00.000+01:00',
      missing: '',
    },
  };
  const { id } = await customer.ask('POST', '/runs', { query_id: queryId, parameters });
  expect(await customer.final(id as string)).toMatchObject({ status: 'completed' });
  expect(await customer.result(id as string)).toMatchObject({ rows: [[1, '9223372036854775807']] });
});

it('a schedule made through REST fires', async () => {
  const query_id = await createQuery('SELECT $n::int AS n', [definition('n', 'number')]);
  const schedule = { query_id, name: 'Every second', cron_expression: '* * * * * *', parameters: { n: '7' } };
  const made = await customer.ask('POST', '/schedules', schedule);
  const { created_by, next_run_at } = made;
  const id = made.id as string;
  const run = await eventually('it has fired, and its run has ended', async () => {
    const { data } = (await customer.ask('GET', `/runs?schedule_id=${id}&status=completed`)) as {
      data: Record<string, unknown>[];
    };
    return data[0];
  });
  expect(run).toMatchObject({ ...{ query_id, schedule_id: id, origin: 'schedule', created_by } });
  expect(await customer.result(run.id as string)).toMatchObject({ rows: [[7]] });
  const fired = await customer.ask('POST', `/schedules/${id}/disable`);
  expect(Date.parse(fired.last_run_at as string)).toBeGreaterThanOrEqual(Date.parse(next_run_at as string));
});

it('a runner publishes what it executes', async () => {
  await resultOf('SELECT 1');
  const text = await (await fetch(`${stack.member('runner').url}/metrics`)).text();
  const expected: [name: string, type: string, sample: RegExp][] = [
    ['loupe_query_executions_total', 'counter', /\{status="completed"\} [1-9]/],
    ['loupe_query_execution_duration_seconds', 'histogram', /_bucket\{le="0.1",status="completed"\} /],
    ['loupe_query_execution_duration_seconds', 'histogram', /_bucket\{le="300",status="completed"\} [1-9]/],
    ['loupe_query_rows_returned', 'histogram', /_bucket\{le="10"\} [1-9]/],
    ['loupe_query_rows_returned', 'histogram', /_bucket\{le="100000"\} [1-9]/],
    ['loupe_query_timeouts_total', 'counter', / \d/],
    ['loupe_queries_in_flight', 'gauge', / \d/],
    ['loupe_jobs_claimed_total', 'counter', /\{type="new"\} [1-9]/],
    ['loupe_job_processing_duration_seconds', 'histogram', /_bucket\{le="0.1",status="completed"\} /],
    ['loupe_job_processing_duration_seconds', 'histogram', /_bucket\{le="600",status="completed"\} [1-9]/],
    ['loupe_db_pool_connections_active', 'gauge', / \d/],
  ];
  for (const [name, type, sample] of expected) {
    expect(text).toContain(`# TYPE ${name} ${type}\n`);
    expect(text).toMatch(new RegExp(`^${name}${sample.source}`, 'm'));
  }
});
