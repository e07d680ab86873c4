import { eventually, openTestDatabase, type TestDatabase } from '../testing';
import type { Database } from './database';
import type { PoolObserver, Statement } from './statement';

let database: TestDatabase;
let executed: string[] = [];
let db: Database;

beforeAll(async () => {
  database = await openTestDatabase();
  await database.asOwner('CREATE TABLE notes (n int PRIMARY KEY, text text)');
  await database.asOwner('GRANT ALL ON notes TO loupe_app');
  const observer: PoolObserver = {
    acquired: () => undefined,
    acquireTimedOut: () => undefined,
    statement: (name) => executed.push(name),
  };
  db = database.open('loupe_app', { maxConnections: 5, observer });
});
beforeEach(async () => {
  await database.asOwner('TRUNCATE notes');
  executed = [];
});
afterAll(() => database.close());

/** `xid` tells transactions apart. */
const add = (n: number, text: unknown = 'written'): Statement => ({
  name: 'notes.add',
  joins: true,
  text: 'INSERT INTO notes VALUES ($1, $2) RETURNING n, text, pg_current_xact_id()::text AS xid, now()::text AS at',
  values: [n, text],
});
interface Added {
  n: number;
  text: string;
  xid: string;
  at: string;
}
const addAll = (numbers: number[]): Promise<Added[]> =>
  Promise.all(numbers.map((n) => db.one<Added>(add(n))));
const stored = async (): Promise<number[]> =>
  (await database.asOwner<{ n: number }>('SELECT n FROM notes ORDER BY n')).map(({ n }) => n);

describe('statements that join', () => {
  it('share a transaction when they are issued together, and each has its own answer', async () => {
    const added = await addAll([3, 1, 2]);
    expect(added.map(({ n }) => n)).toEqual([3, 1, 2]);
    expect(new Set(added.map(({ xid }) => xid)).size).toBe(1);
    expect(new Set(added.map(({ at }) => at)).size).toBe(1);
    expect(executed).toEqual(['notes.add']);
  });

  it('are executed in the order of their first value, whatever order they were issued in', async () => {
    await addAll([3, 1, 2]);
    const rows = await database.asOwner<{ n: number }>('SELECT n FROM notes ORDER BY ctid');
    expect(rows.map(({ n }) => n)).toEqual([1, 2, 3]);
  });

  it('do not wait for company: one that is alone is executed at once, by itself', async () => {
    const [one] = await addAll([1]);
    const [two] = await addAll([2]);
    expect(one?.xid).not.toBe(two?.xid);
  });

  it('collect while two transactions are under way, and no further', async () => {
    const numbers = Array.from({ length: 100 }, (_, i) => i);
    const added = await addAll(numbers);
    expect(added.map(({ n }) => n)).toEqual(numbers);
    // 32 at most in each.
    expect(new Set(added.map(({ xid }) => xid)).size).toBe(4);
    expect(await stored()).toEqual(numbers);
  });

  it('fail for themselves alone', async () => {
    await addAll([2]);
    const outcomes = await Promise.allSettled([1, 2, 3].map((n) => db.one<Added>(add(n))));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { kind: 'database', detail: 'notes.add: SQLSTATE 23505' } });
    expect(await stored()).toEqual([1, 2, 3]);
  });

  it('leave nothing behind when one of them cannot even be sent', async () => {
    const circle: Record<string, unknown> = {};
    circle['itself'] = circle;
    const outcomes = await Promise.allSettled([add(1), add(2, circle), add(3)].map((one) => db.one(one)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await stored()).toEqual([1, 3]);
  });

  it('all fail, and none is repeated, when the connection breaks under them', async () => {
    await database.asOwner('BEGIN');
    await database.asOwner('LOCK TABLE notes IN EXCLUSIVE MODE');
    const outcomes = Promise.allSettled([1, 2, 3].map((n) => db.one(add(n))));
    await eventually('they wait for the lock, and are cut', async () => {
      const cut = await database.asOwner(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'loupe-test' AND wait_event_type = 'Lock'`,
      );
      return cut.length > 0;
    });
    expect(await outcomes).toMatchObject(
      Array(3).fill({ status: 'rejected', reason: { kind: 'unavailable' } }),
    );
    await database.asOwner('COMMIT');
    expect(await stored()).toEqual([]);
    expect(executed).toEqual(['notes.add']);
  });

  it('stand alone inside a transaction, which decides for all of them', async () => {
    const failed = db.transaction(async (tx) => {
      await Promise.all([tx.one(add(1)), tx.one(add(2))]);
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await stored()).toEqual([]);
  });
});
