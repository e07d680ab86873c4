import { eventually, openTestDatabase, type TestDatabase } from '../testing';
import { type Database, openDatabase } from './database';
import { LastStatements } from './last-statements';
import type { PoolObserver, Queryable, Statement } from './statement';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await openTestDatabase();
  await database.asOwner('CREATE TABLE notes (n int PRIMARY KEY, text text)');
  await database.asOwner('GRANT ALL ON notes TO loupe_app');
  db = database.open('loupe_app', { maxConnections: 3 });
});
beforeEach(() => database.asOwner('TRUNCATE notes'));
afterAll(() => database.close());

const sql = (text: string, values: unknown[] = []): Statement => ({
  ...{ name: `test.${text.slice(0, 40)}`, text, values, dynamic: true },
});
const note = (n: number): Statement => sql('INSERT INTO notes (n) VALUES ($1)', [n]);
const notes = async (): Promise<number[]> =>
  (await database.asOwner<{ n: number }>('SELECT n FROM notes ORDER BY n')).map(({ n }) => n);

/** Cuts the connections of this test's pool that are at `state` of their work. */
const cut = (condition: string): Promise<unknown> =>
  eventually(`a connection with ${condition} is cut`, async () => {
    const rows = await database.asOwner(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'loupe-test' AND ${condition}`,
    );
    return rows.length > 0;
  });

describe('a statement', () => {
  it('gives rows, one row, or how many it changed', async () => {
    expect(await db.execute(sql('INSERT INTO notes SELECT generate_series(1, 3)'))).toBe(3);
    expect(await db.rows(sql('SELECT n FROM notes ORDER BY n LIMIT 2'))).toEqual([{ n: 1 }, { n: 2 }]);
    expect(await db.row(sql('SELECT n FROM notes WHERE n = 3'))).toEqual({ n: 3 });
    expect(await db.row(sql('SELECT n FROM notes WHERE n = 4'))).toBeUndefined();
    expect(await db.one(sql('SELECT 1 AS one'))).toEqual({ one: 1 });
    await expect(db.one(sql('SELECT 1 WHERE false'))).rejects.toMatchObject({ kind: 'internal' });
  });

  it('is prepared once per connection under its name', async () => {
    const single = database.open('loupe_app', { maxConnections: 1 });
    const prepared: Statement = { name: 'test.prepared', text: 'SELECT $1::int AS n', values: [7] };
    for (let i = 0; i < 3; i += 1) expect(await single.one(prepared)).toEqual({ n: 7 });
    const names = await single.rows<{ name: string }>(sql('SELECT name FROM pg_prepared_statements'));
    expect(names).toEqual([{ name: 'test.prepared' }]);
  });

  it('that PostgreSQL refuses tells nothing of it in public, and leaves the connection in use', async () => {
    const single = database.open('loupe_app', { maxConnections: 1 });
    const { pid } = await single.one<{ pid: number }>(sql('SELECT pg_backend_pid() AS pid'));
    const refused = single.rows({ name: 'test.refused', text: 'SELECT secret FROM nowhere', dynamic: true });
    await expect(refused).rejects.toMatchObject({
      ...{ kind: 'database', message: 'An internal error occurred', detail: 'test.refused: SQLSTATE 42P01' },
    });
    expect(await single.one(sql('SELECT pg_backend_pid() AS pid'))).toEqual({ pid });
  });

  it('ends on the server when it takes too long', async () => {
    const hasty = database.open('loupe_app', { statementTimeoutMs: 50 });
    await expect(hasty.rows(sql('SELECT pg_sleep(60)'))).rejects.toMatchObject({
      detail: expect.stringContaining('57014'),
    });
  });

  it('is watched: how long a connection and the statement took', async () => {
    const seen: unknown[][] = [];
    const observer: PoolObserver = {
      acquired: (...what) => seen.push(['acquired', ...what]),
      acquireTimedOut: () => seen.push(['acquireTimedOut']),
      statement: (...what) => seen.push(['statement', ...what]),
    };
    const watched = database.open('loupe_app', { observer });
    await watched.rows({ name: 'test.watched', text: 'SELECT 1' });
    await watched.rows({ name: 'test.refused', text: 'SELECT' + ' FROM nowhere' }).catch(() => undefined);
    expect(seen).toEqual([
      ['acquired', expect.any(Number), 'test.watched'],
      ['statement', 'test.watched', expect.any(Number)],
      ['acquired', expect.any(Number), 'test.refused'],
      ['statement', 'test.refused', expect.any(Number)],
    ]);
  });
});

describe('a transaction', () => {
  it('commits what was done when the work resolves, and gives its value', async () => {
    const value = await db.transaction(async (tx) => {
      await tx.execute(note(1));
      expect(await notes()).toEqual([]);
      return 'done';
    });
    expect(value).toBe('done');
    expect(await notes()).toEqual([1]);
  });

  it('takes back what was done when the work rejects, whatever the reason', async () => {
    const failing = (reason: (tx: Queryable) => Promise<unknown>): Promise<unknown> =>
      db.transaction(async (tx) => {
        await tx.execute(note(1));
        await reason(tx);
      });
    await expect(failing(() => Promise.reject(new Error('own')))).rejects.toThrow('own');
    await expect(failing((tx) => tx.execute(note(1)))).rejects.toMatchObject({ kind: 'database' });
    await expect(failing((tx) => tx.rows(sql('SELECT FROM nowhere')))).rejects.toMatchObject({
      kind: 'database',
    });
    expect(await notes()).toEqual([]);
    expect(db.pool().active).toBe(0);
  });

  it('that swallowed an error is not passed off as committed', async () => {
    const swallowing = db.transaction(async (tx) => {
      await tx.execute(note(1));
      await tx.execute(note(1)).catch(() => undefined);
      return 'done';
    });
    await expect(swallowing).rejects.toMatchObject({ kind: 'internal' });
    expect(await notes()).toEqual([]);
  });

  it('cannot be used after its end: not by a branch that nobody waited for', async () => {
    let late: Promise<unknown> = Promise.resolve();
    const gate = Promise.withResolvers<undefined>();
    const failing = db.transaction(async (tx) => {
      late = gate.promise.then(() => tx.execute(note(2)));
      await tx.execute(note(1));
      throw new Error('own');
    });
    await expect(failing).rejects.toThrow('own');
    gate.resolve(undefined);
    await expect(late).rejects.toMatchObject({ kind: 'internal' });
    expect(await notes()).toEqual([]);
  });

  it('takes several statements at once, in the order in which they were given', async () => {
    const [, found] = await db.transaction((tx) =>
      Promise.all([tx.execute(note(1)), tx.rows(sql('SELECT n FROM notes')), tx.execute(note(2))]),
    );
    expect(found).toEqual([{ n: 1 }]);
    expect(await notes()).toEqual([1, 2]);
  });

  it('sends its last statements and its COMMIT together', async () => {
    const value = await db.transaction(async (tx) => {
      await tx.execute(note(1));
      return new LastStatements(Promise.all([tx.execute(note(2)), tx.rows(sql('SELECT n FROM notes'))]));
    });
    expect(value).toEqual([1, [{ n: 1 }, { n: 2 }]]);
    expect(await notes()).toEqual([1, 2]);
  });

  it('takes everything back when one of its last statements fails, and says why', async () => {
    const failing = db.transaction(async (tx) => {
      await tx.execute(note(1));
      return new LastStatements(Promise.all([tx.execute(note(2)), tx.execute(note(1)), tx.execute(note(3))]));
    });
    await expect(failing).rejects.toMatchObject({ kind: 'database' });
    expect(await notes()).toEqual([]);
    expect(db.pool().active).toBe(0);
    expect(await db.one(sql('SELECT 1 AS one'))).toEqual({ one: 1 });
  });

  it('says so when it was committed without a last statement that could not be sent', async () => {
    const circle: Record<string, unknown> = {};
    circle['itself'] = circle;
    const failing = db.transaction((tx) =>
      Promise.resolve(
        new LastStatements(
          Promise.all([
            tx.execute(note(1)),
            tx.execute(sql('INSERT INTO notes (text) VALUES ($1)', [circle])),
          ]),
        ),
      ),
    );
    await expect(failing).rejects.toMatchObject({
      kind: 'internal',
      detail: expect.stringContaining('committed without') as string,
    });
    expect(await notes()).toEqual([1]);
    expect(await db.one(sql('SELECT 1 AS one'))).toEqual({ one: 1 });
  });

  it('keeps others out of its connection', async () => {
    await db.transaction(async (tx) => {
      await tx.execute(note(1));
      expect(await db.rows(sql('SELECT n FROM notes'))).toEqual([]);
    });
  });
});

describe('a connection that breaks', () => {
  it('in the middle of a statement: unavailable, and the pool goes on', async () => {
    const broken = db.rows(sql('SELECT pg_sleep(60)'));
    const rejection = expect(broken).rejects.toMatchObject({ kind: 'unavailable', retryAfterSeconds: 1 });
    await cut(`wait_event = 'PgSleep'`);
    await rejection;
    expect(await db.one(sql('SELECT 1 AS one'))).toEqual({ one: 1 });
  });

  it('between two statements of a transaction: unavailable, nothing of it stays, and the pool goes on', async () => {
    const broken = db.transaction(async (tx) => {
      await tx.execute(note(1));
      await cut(`state = 'idle in transaction'`);
      await tx.execute(note(2));
    });
    await expect(broken).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await notes()).toEqual([]);
    expect(await db.one(sql('SELECT 1 AS one'))).toEqual({ one: 1 });
  });

  it('while it idles: nobody notices but the log', async () => {
    const idleErrors: Error[] = [];
    const idle = database.open('loupe_app', { onIdleError: (error) => idleErrors.push(error) });
    await idle.rows(sql('SELECT 1'));
    await cut(`state = 'idle'`);
    await eventually('the pool is told', () => idleErrors.length > 0);
    expect(await idle.one(sql('SELECT 1 AS one'))).toEqual({ one: 1 });
  });

  it('for every connection at once: each fails as unavailable and all are replaced', async () => {
    const broken = Promise.allSettled([1, 2, 3].map(() => db.rows(sql('SELECT pg_sleep(60)'))));
    await eventually('all three are at work', async () => {
      const busy = await database.asOwner(`SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'
        AND datname = current_database()`);
      return busy.length === 3;
    });
    await cut(`wait_event = 'PgSleep'`);
    for (const outcome of await broken) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { kind: 'unavailable' } });
    }
    expect(await Promise.all([1, 2, 3].map((n) => db.one(sql('SELECT $1::int AS n', [n]))))).toHaveLength(3);
  });
});

describe('a pool', () => {
  it('whose server is not there says so, and counts', async () => {
    const away = openDatabase({
      ...{ url: 'postgres://loupe:x@127.0.0.1:1/loupe', sslMode: 'disable', role: 'loupe_app' },
      ...{ minConnections: 0, maxConnections: 1, applicationName: 'loupe-test' },
    });
    await expect(away.rows(sql('SELECT 1'))).rejects.toMatchObject({
      ...{ kind: 'unavailable', message: 'The database does not answer; try again shortly' },
    });
    await expect(away.transaction(() => Promise.resolve(1))).rejects.toMatchObject({ kind: 'unavailable' });
    expect(away.pool()).toEqual({ active: 0, idle: 0, max: 1 });
    await away.close();
  });

  it('has no more connections than it may, and lets the next wait', async () => {
    const small = database.open('loupe_app', { maxConnections: 2 });
    const work = Promise.all(Array.from({ length: 6 }, () => small.rows(sql('SELECT pg_sleep(0.02)'))));
    await eventually('it is at work', () => small.pool().active > 0);
    expect(small.pool().active).toBeLessThanOrEqual(2);
    await work;
    expect(small.pool()).toEqual({ active: 0, idle: 2, max: 2 });
  });

  it('takes its role before anything else can run', async () => {
    for (const role of ['loupe_app', 'loupe_engine', 'loupe_runner'] as const) {
      const [row] = await database
        .open(role)
        .rows(sql('SELECT current_user::text AS role, session_user::text AS login'));
      expect(row).toEqual({ role, login: 'loupe_test' });
    }
  });

  it('refuses a login that could see through every rule', async () => {
    const powerful = openDatabase({
      ...{ url: database.ownerUrl, sslMode: 'disable', role: 'loupe_app' },
      ...{ minConnections: 0, maxConnections: 1, applicationName: 'loupe-test' },
    });
    await expect(powerful.rows(sql('SELECT 1'))).rejects.toMatchObject({
      ...{ kind: 'internal', message: 'An internal error occurred' },
      detail: 'DATABASE_URL names a superuser or a login with BYPASSRLS',
    });
    expect(powerful.pool()).toEqual({ active: 0, idle: 0, max: 1 });
    await powerful.close();
  });

  it('refuses a login that may not take the role', async () => {
    await database.asOwner('CREATE ROLE loupe_stranger LOGIN');
    await database.asOwner(`ALTER ROLE loupe_stranger PASSWORD 'x'`);
    const url = new URL(database.url);
    url.username = 'loupe_stranger';
    url.password = 'x';
    const stranger = database.open('loupe_app', { url: url.href });
    await expect(stranger.rows(sql('SELECT 1'))).rejects.toMatchObject({ kind: 'database' });
    await stranger.close();
    await database.asOwner('DROP ROLE loupe_stranger');
  });
});
