import assert from 'node:assert/strict';
import { ConnectorError } from '../connectors/connector-error';
import type { ConnectorSession, ExecuteOutcome, ExecuteRequest, RowSink } from '../connectors/session';
import type { ResultColumn } from '../models/result';
import type { RunErrorClass } from '../models/run-errors';
import { eventually } from './eventually';

/** What a connector's tests must provide, in the words of its source. */
export interface ConformanceSubject {
  open: (signal?: AbortSignal) => Promise<ConnectorSession>;
  statements: {
    /** `count` rows with the numbers from 1 in their only column. */
    numbers: (count: number) => string;
    /** A row that holds its two parameters as text, the second of which may be NULL. */
    echo: string;
    /** One row with two columns of the same name, which hold 1 and 2. */
    twins: string;
    /** One row whose only value is a text of `length` characters. */
    text: (length: number) => string;
    /** Works for a minute before its first row. */
    slow: string;
    /** Sends rows without end. */
    endless: string;
    /** Things that must not happen, each on its own. */
    forbidden: readonly string[];
    /** Not a statement at all. */
    broken: string;
  };
  /** Texts of the statements that the source executes for us now. */
  running: () => Promise<string[]>;
}

/** A case of the suite; it throws when the connector does not conform. */
export interface ConformanceCase {
  name: string;
  run: (subject: ConformanceSubject) => Promise<void>;
}

export const generousLimits = { maxBytes: 50 * 1_048_576, maxColumns: 1_600, maxCellBytes: 1_048_576 };

export interface Collected extends ExecuteOutcome {
  columns: ResultColumn[];
  rows: unknown[][];
}

/** Executes a statement in a session of its own and parses what came. */
export async function collect(
  open: () => Promise<ConnectorSession>,
  request: Partial<ExecuteRequest> & { text: string },
  sink: Partial<RowSink> = {},
): Promise<Collected> {
  const columns: ResultColumn[] = [];
  const rows: unknown[][] = [];
  const session = await open();
  try {
    const outcome = await session.execute(
      {
        values: [],
        timeoutSeconds: 30,
        maxRows: 10_000,
        limits: generousLimits,
        signal: new AbortController().signal,
        ...request,
      },
      {
        columns: (given) => void columns.push(...given),
        rows: (batch) => void rows.push(...batch.map((row) => JSON.parse(row) as unknown[])),
        ...sink,
      },
    );
    return { ...outcome, columns, rows };
  } finally {
    await session.close();
  }
}

/** Waits for the failure, which must be a ConnectorError of the class. */
export async function failureOf(
  promise: Promise<unknown>,
  errorClass: RunErrorClass,
): Promise<ConnectorError> {
  const error = await promise.then(
    () => assert.fail('the statement succeeded'),
    (thrown: unknown) => thrown,
  );
  assert(error instanceof ConnectorError, `not a ConnectorError: ${String(error)}`);
  assert.equal(error.errorClass, errorClass, error.message);
  return error;
}

const isGone = async (subject: ConformanceSubject, text: string): Promise<boolean> =>
  !(await subject.running()).includes(text);

const isRunning = async (subject: ConformanceSubject, text: string): Promise<boolean> =>
  !(await isGone(subject, text));

const results: ConformanceCase[] = [
  {
    name: 'streams rows in order, under their columns',
    async run({ open, statements }) {
      const { columns, rows, rowCount, truncated } = await collect(open, { text: statements.numbers(5_000) });
      assert.equal(columns.length, 1);
      assert.deepEqual(
        rows,
        Array.from({ length: 5_000 }, (_, n) => [n + 1]),
      );
      assert.equal(rowCount, 5_000);
      assert.equal(truncated, false);
    },
  },
  {
    name: 'tells the columns of an empty result',
    async run({ open, statements }) {
      const { columns, rows, rowCount, truncated } = await collect(open, { text: statements.numbers(0) });
      assert.deepEqual([columns.length, rows, rowCount, truncated], [1, [], 0, false]);
    },
  },
  {
    name: 'cuts rows beyond the maximum, and says so only then',
    async run({ open, statements }) {
      for (const [maxRows, truncated] of [
        [99, true],
        [100, false],
        [101, false],
      ] as const) {
        const result = await collect(open, { text: statements.numbers(100), maxRows });
        assert.equal(result.truncated, truncated);
        assert.equal(result.rowCount, Math.min(maxRows, 100));
        assert.equal(result.rows.length, result.rowCount);
      }
    },
  },
  {
    name: 'cuts a result without end',
    async run({ open, statements, running }) {
      const { rowCount, truncated } = await collect(open, { text: statements.endless, maxRows: 10 });
      assert.deepEqual([rowCount, truncated], [10, true]);
      assert.deepEqual(await running(), []);
    },
  },
  {
    name: 'keeps columns of the same name',
    async run({ open, statements }) {
      const { columns, rows } = await collect(open, { text: statements.twins });
      assert.equal(columns[0]?.name, columns[1]?.name);
      assert.deepEqual(rows, [[1, 2]]);
    },
  },
  {
    name: 'binds parameters, NULL among them',
    async run({ open, statements }) {
      const hostile = `'; DROP TABLE "x" -- \\ $1`;
      const { rows } = await collect(open, { text: statements.echo, values: [hostile, null] });
      assert.deepEqual(rows, [[hostile, null]]);
    },
  },
];

const limits: ConformanceCase[] = [
  {
    name: 'fails, rather than cuts, a result with too many bytes',
    async run({ open, statements, running }) {
      const limits = { ...generousLimits, maxBytes: 100_000 };
      const error = await failureOf(
        collect(open, { text: statements.endless, limits, maxRows: 1e9 }),
        'too_large',
      );
      assert.match(error.message, /97\.7 KiB/);
      assert.deepEqual(await running(), []);
    },
  },
  {
    name: 'fails a result with too many columns or too large a value',
    async run({ open, statements }) {
      const narrow = { ...generousLimits, maxColumns: 1 };
      await failureOf(collect(open, { text: statements.twins, limits: narrow }), 'too_large');
      const small = { ...generousLimits, maxCellBytes: 1_000 };
      await failureOf(collect(open, { text: statements.text(1_001), limits: small }), 'too_large');
      const { rows } = await collect(open, { text: statements.text(1_000), limits: small });
      assert.equal(String(rows[0]?.[0]).length, 1_000);
    },
  },
  {
    name: 'fails a value that is far beyond the limits without holding it in memory',
    async run({ open, statements }) {
      const small = { ...generousLimits, maxBytes: 10_000 };
      await failureOf(collect(open, { text: statements.text(50_000_000), limits: small }), 'too_large');
    },
  },
];

const refusals: ConformanceCase[] = [
  {
    name: 'refuses what writes, several statements, and what ends or widens the transaction',
    async run({ open, statements }) {
      for (const text of statements.forbidden) await failureOf(collect(open, { text }), 'user');
    },
  },
  {
    name: 'blames the user for a statement that is none',
    async run({ open, statements }) {
      const error = await failureOf(collect(open, { text: statements.broken }), 'user');
      assert.notEqual(error.message, '');
    },
  },
  {
    name: 'executes one statement in a session',
    async run({ open, statements }) {
      const session = await open();
      const request = { text: statements.numbers(1), values: [], timeoutSeconds: 5, maxRows: 1 };
      const full = { ...request, limits: generousLimits, signal: new AbortController().signal };
      const sink = { columns: () => undefined, rows: () => undefined };
      await session.execute(full, sink);
      await assert.rejects(session.execute(full, sink));
      await session.close();
    },
  },
];

const stopping: ConformanceCase[] = [
  {
    name: 'stops a working statement within a second of the signal',
    async run(subject) {
      const { open, statements } = subject;
      const stop = new AbortController();
      const run = collect(open, { text: statements.slow, signal: stop.signal });
      const failed = failureOf(run, 'cancelled');
      await eventually('the statement runs', () => isRunning(subject, statements.slow));
      const begin = performance.now();
      stop.abort('enough');
      const error = await failed;
      assert(performance.now() - begin < 1_000);
      assert(await isGone(subject, statements.slow));
      assert.equal(error.cause, 'enough');
    },
  },
  {
    name: 'stops a sending statement, also while the sink is behind',
    async run(subject) {
      const { open, statements } = subject;
      const stop = new AbortController();
      const slowSink = {
        rows: () => new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve())),
      };
      const run = collect(open, { text: statements.endless, signal: stop.signal, maxRows: 1e9 }, slowSink);
      const failed = failureOf(run, 'cancelled');
      await eventually('the statement runs', () => isRunning(subject, statements.endless));
      stop.abort();
      await failed;
      assert(await isGone(subject, statements.endless));
    },
  },
  {
    name: 'executes nothing when the signal was aborted before',
    async run({ open, statements }) {
      await failureOf(collect(open, { text: statements.slow, signal: AbortSignal.abort() }), 'cancelled');
      await failureOf(open(AbortSignal.abort()), 'cancelled');
    },
  },
  {
    name: 'stops a statement at its time limit',
    async run(subject) {
      const { open, statements } = subject;
      const without = { maxRows: 1e9, limits: { ...generousLimits, maxBytes: Infinity } };
      for (const text of [statements.slow, statements.endless]) {
        const run = collect(open, { text, timeoutSeconds: 1, ...without }, { rows: () => undefined });
        await failureOf(run, 'timeout');
        assert(await isGone(subject, text));
      }
    },
  },
  {
    name: 'stops when the sink fails, and passes its error through',
    async run(subject) {
      const { open, statements } = subject;
      const error = new Error('the sink is full');
      const isThat = (thrown: unknown): boolean => thrown === error;
      const sink = { rows: () => Promise.reject(error) };
      await assert.rejects(collect(open, { text: statements.endless, maxRows: 1e9 }, sink), isThat);
      await assert.rejects(collect(open, { text: statements.numbers(1) }, sink), isThat);
      const blind = { columns: () => Promise.reject(error) };
      await assert.rejects(collect(open, { text: statements.numbers(1) }, blind), isThat);
      assert(await isGone(subject, statements.endless));
    },
  },
];

/** What every connector must do, whatever its source. */
export const conformanceCases: readonly ConformanceCase[] = [...results, ...limits, ...refusals, ...stopping];
