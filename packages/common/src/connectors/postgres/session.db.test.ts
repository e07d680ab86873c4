import { createServer, type AddressInfo } from 'node:net';
import type { ConnectorError } from '../connector-error';
import type { PostgresSettings } from './settings';
import { collect, failureOf, generousLimits } from '../../testing/connector-conformance';
import { openPostgresSource, type PostgresSource } from '../../testing/connector-conformance-postgres';
import { eventually } from '../../testing/eventually';
import { openSession } from '../open';

const slow = 'SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b';

let source: PostgresSource;

beforeAll(async () => {
  source = await openPostgresSource();
});

afterAll(() => source.close());

interface Opening {
  settings?: Partial<PostgresSettings>;
  tag?: { runId: string; attempt: number };
  connectTimeoutMs?: number;
}

const open = ({ settings = {}, tag = { runId: 'session', attempt: 1 }, connectTimeoutMs }: Opening = {}) =>
  openSession('postgres', {
    settings: { ...source.settings, ...settings },
    tag,
    signal: new AbortController().signal,
    ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
  });

function expectNoNames(error: ConnectorError): void {
  const { host, port, user, database, password } = source.settings;
  for (const name of [host, String(port), user, database, password!])
    expect(error.message).not.toContain(name);
}

async function refusingPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a connection that cannot be made', () => {
  it('because the name does not exist', async () => {
    const error = await failureOf(open({ settings: { host: 'nowhere.invalid' } }), 'connect');
    expect(error.code).toBe('dns_failed');
  });

  it('because nobody listens', async () => {
    const error = await failureOf(open({ settings: { port: await refusingPort() } }), 'connect');
    expect(error.code).toBe('refused');
    expectNoNames(error);
  });

  it.each(['wrong', ''])('because the password is %j', async (password) => {
    const error = await failureOf(open({ settings: { password } }), 'permission');
    expect(error.code).toBe('auth_failed');
    expectNoNames(error);
  });

  it('because the role does not exist', async () => {
    expect((await failureOf(open({ settings: { user: 'nobody_here' } }), 'permission')).code).toBe(
      'auth_failed',
    );
  });

  it('because the database does not exist', async () => {
    const error = await failureOf(open({ settings: { database: 'nothing_here' } }), 'configuration');
    expect(error.message).not.toContain('nothing_here');
  });

  it('because the role has no connection left', async () => {
    const limit = (count: number) =>
      source.admin((client) => client.query(`ALTER ROLE ${source.settings.user} CONNECTION LIMIT ${count}`));
    await limit(0);
    expectNoNames(await failureOf(open(), 'overload'));
    await limit(-1);
  });

  it('because the server says nothing, or hangs up', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    const rude = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await Promise.all(
      [silent, rude].map((server) => new Promise((resolve) => server.once('listening', resolve))),
    );
    for (const mode of ['disable', 'require'] as const) {
      const { port } = silent.address() as AddressInfo;
      const waiting = open({ settings: { port, tls: { mode } }, connectTimeoutMs: 100 });
      expect((await failureOf(waiting, 'connect')).code).toBe('timeout');
      const hungUp = open({ settings: { port: (rude.address() as AddressInfo).port, tls: { mode } } });
      expect((await failureOf(hungUp, 'connect')).code).toBe('refused');
    }
    silent.close();
    rude.close();
  });
});

describe('a session', () => {
  it('takes nothing from PG* variables of the process', async () => {
    const hostile = {
      PGHOST: 'nowhere.invalid',
      PGPORT: '1',
      PGUSER: 'nobody',
      PGPASSWORD: 'wrong',
      PGDATABASE: 'nothing',
      PGOPTIONS: '-c statement_timeout=1',
      PGSSLMODE: 'require',
      PGSSLNEGOTIATION: 'direct',
      PGAPPNAME: 'other',
      PGREPLICATION: 'database',
      PGCLIENT_ENCODING: 'LATIN1',
      PGBINARY: '1',
      PGTZ: 'Asia/Tokyo',
    };
    const before = { ...process.env };
    Object.assign(process.env, hostile);
    try {
      const { rows } = await collect(open, {
        text: "SELECT current_user::text, current_setting('TimeZone'), 'é'",
      });
      expect(rows).toEqual([[source.settings.user, 'UTC', 'é']]);
    } finally {
      process.env = before;
    }
  });

  it('pins what its statement may not undo, and says whose it is', async () => {
    const names = [
      ...['transaction_read_only', 'default_transaction_read_only', 'statement_timeout', 'lock_timeout'],
      ...[
        'idle_in_transaction_session_timeout',
        'TimeZone',
        'standard_conforming_strings',
        'application_name',
      ],
    ];
    const text = `SELECT ${names.map((name) => `current_setting('${name}')`).join(', ')}`;
    const { rows } = await collect(() => open({ tag: { runId: 'r1', attempt: 3 } }), {
      text,
      timeoutSeconds: 7,
    });
    expect(rows).toEqual([['on', 'on', '7s', '2s', '10s', 'UTC', 'on', 'loupe:r1:3']]);
  });

  it('lets PostgreSQL use parallel workers', async () => {
    const { user } = source.settings;
    await source.admin(async (client) => {
      await client.query(
        `SET ROLE ${user}; CREATE TABLE wide AS SELECT generate_series(1, 20000) AS n; RESET ROLE`,
      );
      await client.query('ANALYZE wide');
      await client.query(`CREATE FUNCTION worker() RETURNS int PARALLEL SAFE LANGUAGE plpgsql
        AS 'BEGIN RETURN pg_backend_pid(); END'`);
      for (const setting of [
        'parallel_setup_cost=0',
        'parallel_tuple_cost=0',
        'min_parallel_table_scan_size=0',
      ]) {
        await client.query(
          `ALTER ROLE ${user} SET ${setting}; ALTER ROLE ${user} SET parallel_leader_participation=off`,
        );
      }
    });
    const text = `SELECT count(*), count(*) FILTER (WHERE pid = leader) FROM (SELECT worker() AS pid FROM wide OFFSET 0) w,
      (SELECT pg_backend_pid() AS leader OFFSET 0) l`;
    expect((await collect(open, { text })).rows).toEqual([[20_000, 0]]);
  });

  it('ends a statement that waits for a lock', async () => {
    const { user } = source.settings;
    await source.admin(async (client) => {
      await client.query('CREATE TABLE locked (a int)');
      expect((await failureOf(collect(open, { text: 'SELECT * FROM locked' }), 'permission')).sqlState).toBe(
        '42501',
      );
      await client.query(`GRANT SELECT ON locked TO ${user}`);
      await client.query('BEGIN; LOCK TABLE locked');
      const error = await failureOf(collect(open, { text: 'SELECT * FROM locked' }), 'conflict');
      expect(error.sqlState).toBe('55P03');
    });
  });

  it('that the server ends fails as a connection', async () => {
    const failed = failureOf(collect(open, { text: slow }), 'connect');
    await eventually('the statement runs', async () => (await source.running()).includes(slow));
    await source.admin((client) =>
      client.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = $1 AND datname = current_database()',
        [slow],
      ),
    );
    expectNoNames(await failed);
  });

  it('that somebody else cancels did not time out', async () => {
    const failed = failureOf(collect(open, { text: slow }), 'unknown');
    await eventually('the statement runs', async () => (await source.running()).includes(slow));
    await source.admin((client) =>
      client.query(
        'SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query = $1 AND datname = current_database()',
        [slow],
      ),
    );
    expect((await failed).sqlState).toBe('57014');
  });
});

describe('earlier attempts', () => {
  it('of the same run are ended, and nothing else', async () => {
    const start = (runId: string, attempt: number, text: string) =>
      collect(() => open({ tag: { runId, attempt } }), { text }).catch((error: unknown) => error);
    const texts = [1, 2, 3].map((n) => `${slow} -- ${n}`);
    const stop = new AbortController();
    const first = start('again', 1, texts[0]!);
    const second = start('again', 2, texts[1]!);
    const other = collect(() => open({ tag: { runId: 'other', attempt: 1 } }), {
      text: texts[2]!,
      signal: stop.signal,
    });
    const stopped = failureOf(other, 'cancelled');
    await eventually('all three run', async () => {
      const running = await source.running();
      return texts.every((text) => running.includes(text));
    });

    const third = await open({ tag: { runId: 'again', attempt: 3 } });
    expect(await third.stopEarlierAttempts()).toBe(2);
    expect(await source.running()).toEqual([texts[2]]);
    expect(await Promise.all([first, second])).toMatchObject([
      { errorClass: 'connect' },
      { errorClass: 'connect' },
    ]);
    expect(await third.stopEarlierAttempts()).toBe(0);
    await third.close();
    stop.abort();
    await stopped;
  });
});

describe('a large result', () => {
  const million = `SELECT g, g::text AS t, now() AS at, g / 3.0::float8 AS f, g::numeric AS n, 'some text' AS s,
    g % 2 = 0 AS b, current_date AS d, g + 1 AS h, md5(g::text) AS m FROM generate_series(1, 1000000) g`;

  it('holds the server back while the sink is behind, and arrives whole', async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    let [batches, rowCount, largest] = [0, 0, 0];
    const sink = {
      rows: async (rows: string[]) => {
        batches += 1;
        rowCount += rows.length;
        largest = Math.max(largest, rows.length);
        await released;
      },
    };
    const limits = { ...generousLimits, maxBytes: Infinity };
    // However busy the machine, the statement's own limit is not what this is about.
    const run = collect(open, { text: million, maxRows: 1e9, limits, timeoutSeconds: 120 }, sink);
    await eventually('the server waits for us', () =>
      source.admin(async (client) => {
        const { rows } = await client.query(
          "SELECT 1 FROM pg_stat_activity WHERE query = $1 AND wait_event = 'ClientWrite'",
          [million],
        );
        return rows.length === 1;
      }),
    );
    expect(batches).toBe(1);
    release();
    expect((await run).rowCount).toBe(1_000_000);
    expect(rowCount).toBe(1_000_000);
    expect(largest).toBeLessThanOrEqual(2_000);
  }, 120_000);
});
