import assert from 'node:assert/strict';
import type { SourceConnection } from '../connectors/connection';
import type { ConnectorSession, ExecuteOutcome, RowSink, TaskRequest } from '../connectors/session';
import type { ResultColumn } from '../models/result';
import { failureOf, generousLimits, type ConformanceSubject } from './connector-conformance';

/** What a connector's tests must provide for its own statements and for kept connections, besides the rest. */
export interface TaskSubject extends Pick<ConformanceSubject, 'open'> {
  connect: () => Promise<SourceConnection>;
  /** All that the account may read: one row for each table. */
  described: readonly (readonly [schema: string, name: string, columns: readonly DescribedColumn[]])[];
  /** One row that tells which connection of the source executes it. */
  whichConnection: string;
}

export type DescribedColumn = readonly [name: string, dataType: string, isNullable: boolean];

export interface TaskCase {
  name: string;
  run: (subject: TaskSubject) => Promise<void>;
}

type Task = 'probe' | 'describe';

export interface TaskResult<T extends Task> {
  outcome: Awaited<ReturnType<ConnectorSession[T]>>;
  columns: ResultColumn[];
  rows: unknown[][];
}

/** Performs one of the connector's own tasks in a session of its own and parses what came. */
export async function performTask<T extends Task>(
  open: () => Promise<ConnectorSession>,
  task: T,
  request: Partial<TaskRequest> = {},
): Promise<TaskResult<T>> {
  const columns: ResultColumn[] = [];
  const rows: unknown[][] = [];
  const sink: RowSink = {
    columns: (given) => void columns.push(...given),
    rows: (batch) => void rows.push(...batch.map((row) => JSON.parse(row) as unknown[])),
  };
  const session = await open();
  try {
    const signal = new AbortController().signal;
    const outcome: ExecuteOutcome = await session[task](
      { timeoutSeconds: 10, limits: generousLimits, signal, ...request },
      sink,
    );
    return { outcome: outcome as TaskResult<T>['outcome'], columns, rows };
  } finally {
    await session.close();
  }
}

/** The rows of a statement, as texts. Leaves the session open. */
export async function answerOf(session: ConnectorSession, text: string): Promise<string[]> {
  const all: string[] = [];
  const signal = new AbortController().signal;
  await session.execute(
    { text, values: [], timeoutSeconds: 10, maxRows: 10, limits: generousLimits, signal },
    { columns: () => undefined, rows: (rows) => void all.push(...rows) },
  );
  return all;
}

/** Own statements, and connections that serve more than one session: what every connector must do. */
export const taskCases: readonly TaskCase[] = [
  {
    name: 'times a probe, and says what speaks against the account',
    async run({ open }) {
      const { outcome, columns, rows } = await performTask(open, 'probe');
      assert(Number.isInteger(outcome.latencyMs) && outcome.latencyMs >= 0 && outcome.latencyMs < 10_000);
      assert.deepEqual(outcome.warnings, []);
      assert.deepEqual(
        columns.map(({ name }) => name),
        ['latency_ms', 'warnings'],
      );
      assert.deepEqual(rows, [[outcome.latencyMs, []]]);
      assert.deepEqual([outcome.rowCount, outcome.truncated], [1, false]);
    },
  },
  {
    name: 'describes the tables that the account may read, in order, and no others',
    async run({ open, described }) {
      const { outcome, columns, rows } = await performTask(open, 'describe');
      assert.deepEqual(
        columns.map(({ name }) => name),
        ['schema', 'name', 'columns'],
      );
      const expected = described.map(([schema, table, all]) => [
        schema,
        table,
        all.map(([name, dataType, isNullable]) => ({ name, data_type: dataType, is_nullable: isNullable })),
      ]);
      assert.deepEqual(rows, expected);
      assert.deepEqual([outcome.rowCount, outcome.truncated], [described.length, false]);
    },
  },
  {
    name: 'neither probes nor describes when the signal was aborted before',
    async run({ open }) {
      for (const task of ['probe', 'describe'] as const)
        await failureOf(performTask(open, task, { signal: AbortSignal.abort() }), 'cancelled');
    },
  },
  {
    name: 'describes within the limits of a result',
    async run({ open }) {
      const limits = { ...generousLimits, maxBytes: 10 };
      await failureOf(performTask(open, 'describe', { limits }), 'too_large');
    },
  },
  {
    name: 'serves one session after the other on a recycled connection',
    async run({ connect, whichConnection }) {
      const connection = await connect();
      const use = (runId: string) => ({ tag: { runId, attempt: 1 }, signal: new AbortController().signal });
      const answers: unknown[] = [];
      for (const runId of ['one', 'two', 'three']) {
        answers.push(await answerOf(connection.session(use(runId)), whichConnection));
        assert.equal(await connection.recycle(() => undefined), true);
      }
      assert.deepEqual(answers[1], answers[0]);
      assert.deepEqual(answers[2], answers[0]);
      connection.close();
    },
  },
  {
    name: 'recycles no connection that was closed',
    async run({ connect }) {
      const connection = await connect();
      connection.close();
      connection.close();
      assert.equal(await connection.recycle(() => undefined), false);
    },
  },
];
