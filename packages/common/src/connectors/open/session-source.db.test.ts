import { collect, failureOf, generousLimits } from '../../testing/connector-conformance';
import { answerOf, performTask } from '../../testing/connector-conformance-tasks';
import { openPostgresSource, type PostgresSource } from '../../testing/connector-conformance-postgres';
import { eventually } from '../../testing/eventually';
import { createSessionSource, openSession, type SessionSource, type SessionSourceOptions } from '.';

let source: PostgresSource;
let opened: SessionSource[] = [];

beforeAll(async () => {
  source = await openPostgresSource();
  await source.admin(async (client) => {
    await client.query('CREATE SCHEMA left_behind');
    await client.query(`GRANT USAGE ON SCHEMA left_behind TO ${source.settings.user}`);
    // What a statement can do to its session from inside a function, within a read-only transaction.
    await client.query(`CREATE FUNCTION left_behind.everything() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
      PERFORM pg_advisory_lock(7); EXECUTE 'PREPARE left_behind AS SELECT 1'; EXECUTE 'LISTEN left_behind';
      PERFORM set_config('work_mem', '7MB', false), set_config('my.note', 'note', false), setseed(0.5);
      RETURN pg_backend_pid(); END $$`);
  });
});

afterEach(async () => {
  await Promise.all(opened.map((one) => one.close()));
  opened = [];
});

afterAll(() => source.close());

function keeping(options: SessionSourceOptions = {}): SessionSource {
  const sessions = createSessionSource({ idleMs: 60_000, ...options });
  opened.push(sessions);
  return sessions;
}

const identity = { orgId: 'org', datasourceId: 'one', datasourceVersion: 1 };

interface Opening {
  from?: Partial<typeof identity>;
  tag?: { runId: string; attempt: number };
  settings?: object;
  signal?: AbortSignal;
}

const opening = (sessions: SessionSource, choices: Opening = {}) =>
  sessions.open({ ...identity, ...choices.from }, 'postgres', {
    settings: { ...source.settings, ...choices.settings },
    tag: choices.tag ?? { runId: 'kept', attempt: 1 },
    signal: choices.signal ?? new AbortController().signal,
  });

/** Backends of the source's role that were recycled and wait for a statement, with the name that they go by. */
async function idle(): Promise<{ pid: number; name: string }[]> {
  return source.admin(async (client) => {
    const { rows } = await client.query<{ pid: number; name: string }>(
      `SELECT pid, application_name AS name FROM pg_stat_activity
       WHERE usename = $1 AND state = 'idle' AND query LIKE '%setseed%' ORDER BY pid`,
      [source.settings.user],
    );
    return rows;
  });
}

const untilIdle = (count: number) =>
  eventually(`${count} idle connections`, async () => {
    const all = await idle();
    return all.length === count && all;
  });

const untilNone = () =>
  eventually('all connections are closed', () =>
    source.admin(async (client) => {
      const { rows } = await client.query('SELECT 1 FROM pg_stat_activity WHERE usename = $1', [
        source.settings.user,
      ]);
      return rows.length === 0;
    }),
  );

const pidText = 'SELECT pg_backend_pid()';

/** Which backend executed a statement, in a session of its own. */
async function pidOf(sessions: SessionSource, choices: Opening = {}): Promise<number> {
  const { rows } = await collect(() => opening(sessions, choices), { text: pidText });
  return Number(rows[0]?.[0]);
}

const terminate = (pid: number) =>
  source.admin(async (client) => {
    await client.query('SELECT pg_terminate_backend($1)', [pid]);
    await eventually('the backend is gone', async () => {
      const { rows } = await client.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [pid]);
      return rows.length === 0;
    });
  });

/** Keeps one connection and says whose it is. */
async function keepOne(sessions: SessionSource, choices: Opening = {}): Promise<number> {
  const pid = await pidOf(sessions, choices);
  await eventually('the connection is kept', async () => (await idle()).some((one) => one.pid === pid));
  return pid;
}

describe('a kept connection', () => {
  it('serves the next session, under that one’s name', async () => {
    const sessions = keeping();
    const pid = await keepOne(sessions, { tag: { runId: 'first', attempt: 1 } });
    expect(await idle()).toEqual([{ pid, name: 'loupe' }]);
    const { rows } = await collect(() => opening(sessions, { tag: { runId: 'second', attempt: 1 } }), {
      text: "SELECT pg_backend_pid(), current_setting('application_name'), current_setting('statement_timeout')",
      timeoutSeconds: 9,
    });
    expect(rows).toEqual([[pid, 'loupe:second:1', '9s']]);
  });

  it('holds nothing that a statement left behind', async () => {
    const sessions = keeping();
    const clean = `SELECT pg_backend_pid(), current_setting('work_mem') <> '7MB', coalesce(current_setting('my.note', true), ''),
      (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()), (SELECT count(*) FROM pg_prepared_statements),
      (SELECT count(*) FROM pg_listening_channels()), current_setting('default_transaction_read_only'),
      current_setting('TimeZone'), current_setting('lock_timeout')`;
    const dirty = await collect(() => opening(sessions), { text: 'SELECT left_behind.everything()' });
    await untilIdle(1);
    const { rows } = await collect(() => opening(sessions), { text: clean });
    expect(rows).toEqual([[dirty.rows[0]?.[0], true, '', 0, 0, 0, 'on', 'UTC', '2s']]);
  });

  it('is waited for while it is being cleaned, by one session', async () => {
    const sessions = keeping();
    const session = await opening(sessions);
    const [row = ''] = await answerOf(session, pidText);
    await session.close();
    const [second, third] = await Promise.all([pidOf(sessions), pidOf(sessions)]);
    const [pid] = JSON.parse(row) as number[];
    expect([second, third]).toContain(pid);
    expect(second).not.toBe(third);
  });

  it('serves two sessions at once on two connections', async () => {
    const sessions = keeping();
    const pid = await keepOne(sessions);
    const first = await opening(sessions);
    expect(await pidOf(sessions)).not.toBe(pid);
    expect((await collect(() => Promise.resolve(first), { text: pidText })).rows).toEqual([[pid]]);
  });

  it('is for the same version of the same datasource of the same organization only', async () => {
    const sessions = keeping();
    const pid = await keepOne(sessions);
    for (const from of [{ orgId: 'other' }, { datasourceId: 'two' }])
      expect(await keepOne(sessions, { from })).not.toBe(pid);
    expect(await pidOf(sessions, { settings: { password: source.settings.password } })).toBe(pid);
    await untilIdle(3);
    await failureOf(pidOf(sessions, { settings: { password: 'wrong' } }), 'permission');
    expect(await keepOne(sessions, { from: { datasourceVersion: 2 } })).not.toBe(pid);
    await untilIdle(3);
    expect((await idle()).map((one) => one.pid)).not.toContain(pid);
  });

  it('is not for a later attempt', async () => {
    const sessions = keeping();
    const pid = await keepOne(sessions);
    expect(await pidOf(sessions, { tag: { runId: 'kept', attempt: 2 } })).not.toBe(pid);
  });
});

it('a probe tries to connect, whatever is kept', async () => {
  const sessions = keeping();
  const { user } = source.settings;
  const pid = await keepOne(sessions);
  await source.admin((client) => client.query(`ALTER ROLE ${user} NOLOGIN`));
  await failureOf(
    performTask(() => opening(sessions), 'probe'),
    'permission',
  );
  await source.admin((client) => client.query(`ALTER ROLE ${user} LOGIN`));
  const { outcome } = await performTask(() => opening(sessions), 'probe');
  expect(outcome.latencyMs).toBeGreaterThan(0);
  expect((await untilIdle(1))[0]?.pid).not.toBe(pid);
});

describe('a connection is not kept', () => {
  const slow = 'SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b';
  const many = 'SELECT n FROM generate_series(1, 1000000) n';

  it('after an error', async () => {
    const sessions = keeping();
    await failureOf(
      collect(() => opening(sessions), { text: 'SELECT 1/0' }),
      'user',
    );
    await untilNone();
  });

  it('after a timeout, or when rows or bytes were cut', async () => {
    const sessions = keeping();
    const open = () => opening(sessions);
    await failureOf(collect(open, { text: slow, timeoutSeconds: 1 }), 'timeout');
    expect(await collect(open, { text: many, maxRows: 3 })).toMatchObject({ truncated: true });
    const limits = { ...generousLimits, maxBytes: 1_000 };
    await failureOf(collect(open, { text: many, limits, maxRows: 1e9 }), 'too_large');
    await untilNone();
  });

  it('after a cancel, also one that came when the statement was over', async () => {
    const sessions = keeping();
    const during = new AbortController();
    const failed = failureOf(
      collect(() => opening(sessions, during), { text: slow, signal: during.signal }),
      'cancelled',
    );
    await eventually('the statement runs', async () => (await source.running()).includes(slow));
    during.abort();
    await failed;
    const late = new AbortController();
    const session = await opening(sessions, late);
    await answerOf(session, pidText);
    late.abort();
    await session.close();
    await untilNone();
  });

  it('without having executed anything', async () => {
    const session = await opening(keeping());
    await session.close();
    await session.close();
    await untilNone();
  });

  it('longer than its time, unused or in all', async () => {
    await pidOf(keeping({ idleMs: 20 }));
    await pidOf(keeping({ maxAgeMs: 0 }));
    await untilNone();
  });

  it('beyond the numbers allowed: the one that waits longest goes', async () => {
    const sessions = keeping({ maxIdle: 2 });
    for (const datasourceId of ['one', 'two', 'three']) await keepOne(sessions, { from: { datasourceId } });
    const kept = (await untilIdle(2)).map(({ pid }) => pid);
    expect(kept).toContain(await pidOf(sessions, { from: { datasourceId: 'two' } }));
    expect(kept).not.toContain(await pidOf(sessions, { from: { datasourceId: 'one' } }));

    const few = keeping({ maxIdlePerDatasource: 1 });
    await sessions.close();
    const both = [await opening(few), await opening(few)];
    for (const session of both) await collect(() => Promise.resolve(session), { text: pidText });
    await untilIdle(1);
  });

  it('once its datasource is forgotten, whether it is in use then or not', async () => {
    const sessions = keeping();
    await keepOne(sessions);
    const other = await keepOne(sessions, { from: { datasourceId: 'two' } });
    const used = await opening(sessions);
    sessions.forget('one');
    await collect(() => Promise.resolve(used), { text: pidText });
    expect(await untilIdle(1)).toEqual([{ pid: other, name: 'loupe' }]);
  });

  it('once the source of sessions is closed', async () => {
    const sessions = keeping();
    await pidOf(sessions);
    const used = await opening(sessions);
    await sessions.close();
    await collect(() => Promise.resolve(used), { text: pidText });
    await sessions.close();
    await untilNone();
  });
});

describe('a kept connection that the server ended', () => {
  it('is dropped, and nobody notices', async () => {
    const sessions = keeping();
    const pid = await keepOne(sessions);
    await terminate(pid);
    expect(await pidOf(sessions)).not.toBe(pid);
  });

  it('in the moment it was taken is replaced before the statement executes', async () => {
    const sessions = keeping();
    for (const task of ['execute', 'describe', 'probe'] as const) {
      const pid = await keepOne(sessions);
      const session = await opening(sessions);
      await terminate(pid);
      let columns = 0;
      const sink = { columns: () => void (columns += 1), rows: () => undefined };
      const signal = new AbortController().signal;
      const request = {
        text: pidText,
        values: [],
        maxRows: 10,
        timeoutSeconds: 5,
        limits: generousLimits,
        signal,
      };
      await session[task](request, sink);
      expect(columns).toBe(1);
      await session.close();
      await untilIdle(1);
    }
  });

  it('under its statement is an error like any other', async () => {
    const sessions = keeping();
    const pid = await keepOne(sessions);
    const slow = 'SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b';
    const failed = failureOf(
      collect(() => opening(sessions), { text: slow }),
      'connect',
    );
    await eventually('the statement runs', async () => (await source.running()).includes(slow));
    await terminate(pid);
    await failed;
  });

  it('is replaced once; when there is no server to be had either, the session says so', async () => {
    const sessions = keeping();
    const { user } = source.settings;
    const pid = await keepOne(sessions);
    const session = await opening(sessions);
    await source.admin((client) => client.query(`ALTER ROLE ${user} CONNECTION LIMIT 0`));
    await terminate(pid);
    await failureOf(
      collect(() => Promise.resolve(session), { text: pidText }),
      'overload',
    );
    await source.admin((client) => client.query(`ALTER ROLE ${user} CONNECTION LIMIT -1`));
    await untilNone();
  });
});

describe('what an earlier attempt left', () => {
  it('is found on a kept connection, and only while it is that attempt’s', async () => {
    const sessions = keeping();
    const slow =
      'SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b -- earlier';
    const pid = await keepOne(sessions, { tag: { runId: 'again', attempt: 1 } });
    const later = await opening(sessions, { tag: { runId: 'again', attempt: 2 } });
    expect(await later.stopEarlierAttempts()).toBe(0);
    const failed = failureOf(
      collect(() => opening(sessions, { tag: { runId: 'again', attempt: 1 } }), { text: slow }),
      'connect',
    );
    await eventually('the statement runs', async () => (await source.running()).includes(slow));
    expect(await later.stopEarlierAttempts()).toBe(1);
    await failed;
    await later.close();
    expect((await idle()).map((one) => one.pid)).not.toContain(pid);
  });
});

it('a kept connection saves most of the time of a small statement', async () => {
  const sessions = keeping();
  const settings = source.settings;
  const fresh = () =>
    openSession('postgres', {
      settings,
      tag: { runId: 'fresh', attempt: 1 },
      signal: new AbortController().signal,
    });
  const timeOf = async (open: () => ReturnType<typeof fresh>): Promise<number> => {
    const begin = performance.now();
    await collect(open, { text: 'SELECT 1' });
    return performance.now() - begin;
  };
  const times: { fresh: number[]; kept: number[] } = { fresh: [], kept: [] };
  for (let n = 0; n < 50; n++) {
    times.fresh.push(await timeOf(fresh));
    times.kept.push(await timeOf(() => opening(sessions)));
  }
  const median = (all: number[]): number => all.toSorted((a, b) => a - b)[all.length / 2] ?? NaN;
  const [without, withKept] = [median(times.fresh), median(times.kept)];
  process.stdout.write(
    `open, SELECT 1, close (p50): new connection ${without.toFixed(2)} ms, kept ${withKept.toFixed(2)} ms\n`,
  );
  expect(withKept).toBeLessThan(without / 2);
});
