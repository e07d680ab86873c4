import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openStatementGate, type StatementGate } from './statement-gate';

// Texts that are written to break what reads them. Each ends as a refusal, in bounded time, and the process lives on.

const MAX = 100_000;
const filled = (piece: string, around: [string, string] = ['', '']): string =>
  around[0] + piece.repeat(Math.floor((MAX - around.join('').length) / piece.length)) + around[1];

let gate: StatementGate;
beforeAll(() => {
  gate = openStatementGate();
});
afterAll(() => gate.close());

const problemOf = (sql: string, through = gate): Promise<string | undefined> =>
  through.problemOf({ dialect: 'postgres', sql }, 'somebody');

it.each<[what: string, sql: string]>([
  ['parentheses', filled('(')],
  ['nested parentheses', `SELECT ${'('.repeat(49_000)}1${')'.repeat(49_000)}`],
  ['nested queries', `SELECT * FROM ${'(SELECT * FROM '.repeat(5_000)}t${') a'.repeat(5_000)}`],
  ['nested calls', `SELECT ${'f('.repeat(30_000)}${')'.repeat(30_000)}`],
  ['nested arrays', `SELECT ${'ARRAY['.repeat(14_000)}${']'.repeat(14_000)}`],
  ['a chain of signs', filled('- ', ['SELECT ', '1'])],
  ['a chain of NOT', filled('NOT ', ['SELECT ', 'true'])],
  ['a sum', filled('+1', ['SELECT 1', ''])],
  ['statements', filled('SELECT 1;')],
  ['semicolons', filled(';')],
  ['an open string', filled('a', ["SELECT '", ''])],
  ['an open comment', filled('/*')],
  ['an open dollar quote', filled('$a', ['SELECT $x$', ''])],
  ['emoji', filled('😀')],
  ['four bytes a character in a refused call', `SELECT '${'😀'.repeat(49_000)}', pg_sleep(1)`],
])('refuses %s', async (_what, sql) => {
  expect(await problemOf(sql)).toBeDefined();
  expect(await problemOf('SELECT 1')).toBeUndefined();
});

it.each<[what: string, sql: string]>([
  ['a list of 49,000 values', filled('1,', ['SELECT 1 WHERE 1 IN (', '1)'])],
  ['a union of 6,000', filled(' UNION SELECT 1', ['SELECT 1', ''])],
  ['49,000 columns', filled('a,', ['SELECT ', 'a'])],
  ['24,000 rows', filled('(1),', ['VALUES ', '(1)'])],
  ['a long string', filled('a', ["SELECT '", "'"])],
])('accepts %s', async (_what, sql) => {
  expect(await problemOf(sql)).toBeUndefined();
});

it('leaves the event loop free', async () => {
  const lag = monitorEventLoopDelay({ resolution: 5 });
  lag.enable();
  await Promise.all(Array.from({ length: 6 }, () => problemOf(filled('a,', ['SELECT ', 'a']))));
  lag.disable();
  // A parser in this thread would make it a handful of turns of hundreds of milliseconds each.
  expect(lag.percentile(90) / 1e6).toBeLessThan(100);
});

it('ends a thread that takes too long, and answers the next text', async () => {
  const hasty = openStatementGate({ threads: 1, limitMs: 1 });
  try {
    expect(await problemOf(filled('f(),', ['SELECT ', '1']), hasty)).toContain('too large');
  } finally {
    await hasty.close();
  }
  const patient = openStatementGate({ threads: 1 });
  try {
    expect(await problemOf(filled('+1', ['SELECT 1', '']), patient)).toContain('too large');
    expect(await problemOf('SELECT 1', patient)).toBeUndefined();
  } finally {
    await patient.close();
  }
});

it('refuses what comes when too many wait, and answers all that waited', async () => {
  const narrow = openStatementGate({ threads: 1, maxWaiting: 2 });
  try {
    const asked = await Promise.allSettled(Array.from({ length: 5 }, () => problemOf('SELECT 1', narrow)));
    expect(asked.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'],
    ]);
    expect(asked[3]).toMatchObject({ reason: { kind: 'unavailable', retryAfterSeconds: 1 } });
  } finally {
    await narrow.close();
  }
});

it('is not kept by one asker from the others', async () => {
  const gate = openStatementGate({ threads: 1, maxWaiting: 10, maxWaitingPerAsker: 2 });
  const ask = (asker: string) => gate.problemOf({ dialect: 'postgres', sql: 'SELECT 1' }, asker);
  try {
    const flood = Array.from({ length: 5 }, () => ask('one'));
    const [other, ...flooded] = await Promise.allSettled([ask('other'), ...flood]);
    expect(other?.status).toBe('fulfilled');
    expect(flooded.filter(({ status }) => status === 'rejected')).toHaveLength(2);
  } finally {
    await gate.close();
  }
});

it('accepts nothing once it is closed', async () => {
  const closed = openStatementGate({ threads: 1 });
  await closed.close();
  await expect(problemOf('SELECT 1', closed)).rejects.toMatchObject({ kind: 'unavailable' });
});

it('keeps its memory, however many broke it', async () => {
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 20; i += 1) await problemOf(filled('+1', ['SELECT 1', '']));
  expect(process.memoryUsage().rss - before).toBeLessThan(500 * 1_048_576);
});
