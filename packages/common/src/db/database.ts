import type { Pool, PoolClient, QueryResult } from 'pg';
import { errorText, LoupeError } from '../errors';
import { databaseError, isDatabaseAway } from './database-errors';
import { Batch } from './batch';
import { joinStatements } from './join-statements';
import { LastStatements } from './last-statements';
import { inOneWrite } from './one-write';
import { createPool, type PoolOptions } from './pool';
import { type PoolObserver, preparedName, type Queryable, type Statement } from './statement';

export interface DatabaseOptions extends PoolOptions {
  observer?: PoolObserver;
}

/** The metadata database under one role. Errors are LoupeErrors: `unavailable` when it cannot be reached, else `database`. */
export interface Database extends Queryable {
  /** Commits what `work` did when it resolves, rolls it back when it rejects. */
  transaction<T>(work: TransactionWork<T>): Promise<T>;
  pool: () => { active: number; idle: number; max: number };
  close: () => Promise<void>;
}

export type TransactionWork<T> = (tx: Queryable) => Promise<T | LastStatements<T>>;

export function openDatabase(options: DatabaseOptions): Database {
  const pool = createPool(options);
  const { observer } = options;
  const on = <T>({ name }: Statement, work: (client: PoolClient) => Promise<T>): Promise<T> =>
    withClient(pool, { operation: name, observer }, work);
  const joined = joinStatements((statements) =>
    on(statements[0], (client) => runBatch(client, statements, observer)),
  );
  return {
    ...queryableOf((statement) =>
      statement.joins !== undefined && statement.joins !== false
        ? joined(statement)
        : on(statement, (client) => run(client, statement, observer)),
    ),
    transaction: (work) =>
      withClient(pool, { operation: 'transaction', observer }, (client) =>
        inTransaction(client, observer, work),
      ),
    pool: () => ({
      active: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      max: options.maxConnections,
    }),
    close: () => pool.end(),
  };
}

interface Acquisition {
  operation: string;
  observer: PoolObserver | undefined;
}

async function withClient<T>(
  pool: Pool,
  acquisition: Acquisition,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await acquire(pool, acquisition);
  // A checked-out client whose connection breaks emits `error` besides rejecting; unheard, it would end the process.
  const ignore = (): void => undefined;
  client.on('error', ignore);
  let broken = false;
  try {
    return await work(client);
  } catch (error) {
    // A server that ends a session says so first and hangs up later: the next one to use it would fail again.
    broken = isDatabaseAway(error) || client.getTransactionStatus() !== 'I';
    throw error;
  } finally {
    client.removeListener('error', ignore);
    client.release(broken);
  }
}

async function acquire(pool: Pool, { operation, observer }: Acquisition): Promise<PoolClient> {
  const began = performance.now();
  try {
    return await pool.connect();
  } catch (error) {
    if (/timeout exceeded/i.test(errorText(error))) observer?.acquireTimedOut();
    throw databaseError(error, operation);
  } finally {
    observer?.acquired((performance.now() - began) / 1_000, operation);
  }
}

async function inTransaction<T>(
  client: PoolClient,
  observer: PoolObserver | undefined,
  work: TransactionWork<T>,
): Promise<T> {
  // A branch of the work that nobody waited for must not reach the connection when it serves somebody else.
  let over = false;
  const tx = queryableOf((statement) =>
    over ? Promise.reject(afterTheEnd(statement)) : run(client, statement, observer),
  );
  const begun = tx.execute({ name: 'begin', text: 'BEGIN', dynamic: true });
  try {
    // Not awaited alone, so that it shares the first statement's round trip. It fails only with the connection.
    const [outcome] = await Promise.all([work(tx), begun]);
    over = true;
    if (!(outcome instanceof LastStatements)) {
      await commit(client, observer);
      return outcome;
    }
    const [last, committed] = await Promise.allSettled([outcome.result, commit(client, observer)]);
    // The server never saw the statement: had it refused one, it would have taken all back.
    if (last.status === 'rejected' && committed.status === 'fulfilled') throw committedWithout(last.reason);
    // What failed says more than that it was taken back.
    if (last.status === 'rejected') throw last.reason;
    if (committed.status === 'rejected') throw committed.reason;
    return last.value;
  } catch (error) {
    over = true;
    // If even this fails the connection is gone, and the server rolls back by itself.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

const afterTheEnd = (statement: Statement): LoupeError =>
  new LoupeError('internal', 'An internal error occurred', {
    detail: `${statement.name} came after the end of its transaction`,
  });

const committedWithout = (cause: unknown): LoupeError =>
  new LoupeError('internal', 'An internal error occurred', {
    detail: 'the transaction was committed without a last statement that could not be sent',
    cause,
  });

/** PostgreSQL answers the COMMIT of a transaction in which a statement failed with a mere ROLLBACK. */
async function commit(client: PoolClient, observer: PoolObserver | undefined): Promise<void> {
  const { command } = await run(client, { name: 'commit', text: 'COMMIT', dynamic: true }, observer);
  if (command === 'COMMIT') return;
  throw new LoupeError('internal', 'An internal error occurred', {
    detail: 'the transaction was taken back: a statement of it had failed, and that was passed over',
  });
}

async function run(
  client: PoolClient,
  statement: Statement,
  observer: PoolObserver | undefined,
): Promise<QueryResult<object>> {
  const began = performance.now();
  inOneWrite(client);
  try {
    return await client.query<object, unknown[]>({
      ...(statement.dynamic === true ? {} : { name: preparedName(statement) }),
      text: statement.text,
      values: [...(statement.values ?? [])],
    });
  } catch (error) {
    throw databaseError(error, statement.name);
  } finally {
    observer?.statement(statement.name, (performance.now() - began) / 1_000);
  }
}

async function runBatch(
  client: PoolClient,
  statements: readonly [Statement, ...Statement[]],
  observer: PoolObserver | undefined,
): Promise<QueryResult<object>[]> {
  const [{ name }] = statements;
  const began = performance.now();
  try {
    return await client.query(new Batch(statements)).done;
  } catch (error) {
    throw databaseError(error, name);
  } finally {
    observer?.statement(name, (performance.now() - began) / 1_000);
  }
}

function queryableOf(query: (statement: Statement) => Promise<QueryResult<object>>): Queryable {
  return {
    rows: async <Row extends object>(statement: Statement) => (await query(statement)).rows as Row[],
    row: async <Row extends object>(statement: Statement) =>
      (await query(statement)).rows[0] as Row | undefined,
    one: async <Row extends object>(statement: Statement) => {
      const row = (await query(statement)).rows[0] as Row | undefined;
      if (row !== undefined) return row;
      throw new LoupeError('internal', 'An internal error occurred', {
        detail: `${statement.name} returned no row`,
      });
    },
    execute: async (statement) => (await query(statement)).rowCount ?? 0,
  };
}
