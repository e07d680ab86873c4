import { performance } from 'node:perf_hooks';
import { Pool, type PoolClient } from 'pg';
import { errorText, LoupeError } from '../errors';
import { connectionOf } from './connection';
import { databaseError } from './database-errors';
import type { PoolObserver, Queryable, Statement } from './statement';
import type { SslMode } from './tls';

/** The rights a pool works with (docs/architecture.md): each is a role of the database that owns nothing. */
export type DatabaseRole = 'loupe_app' | 'loupe_engine' | 'loupe_runner';

export interface DatabaseOptions {
  url: string;
  sslMode: SslMode;
  role: DatabaseRole;
  minConnections: number;
  maxConnections: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** Milliseconds after which the server ends a statement of ours. Default 30,000. */
  statementTimeoutMs?: number;
  observer?: PoolObserver;
  /** An idle connection broke; the pool replaces it by itself. */
  onIdleError?: (error: Error) => void;
}

/** The metadata database under one role. Errors are LoupeErrors: `unavailable` when it cannot be reached, else `database`. */
export interface Database extends Queryable {
  /** Commits what `work` did when it resolves, rolls it back when it rejects. */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  pool(): { active: number; idle: number; max: number };
  close(): Promise<void>;
}

export function openDatabase(options: DatabaseOptions): Database {
  const pool = createPool(options);
  const { observer } = options;

  async function withClient<T>(name: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await acquire(pool, name, observer);
    // A checked-out client whose connection breaks emits `error` besides rejecting; unheard, it would end the process.
    const ignore = (): void => undefined;
    client.on('error', ignore);
    let broken = false;
    try {
      return await work(client);
    } catch (error) {
      broken = client.getTransactionStatus() !== 'I';
      throw error;
    } finally {
      client.removeListener('error', ignore);
      client.release(broken);
    }
  }

  const run = <T>(name: string, work: (queryable: Queryable) => Promise<T>): Promise<T> =>
    withClient(name, (client) => work(queryableOf(client, observer)));

  return {
    rows: <Row extends object>(statement: Statement) => run(statement.name, (client) => client.rows<Row>(statement)),
    row: <Row extends object>(statement: Statement) => run(statement.name, (client) => client.row<Row>(statement)),
    execute: (statement) => run(statement.name, (client) => client.execute(statement)),
    transaction: (work) => withClient('transaction', (client) => inTransaction(client, observer, work)),
    pool: () => ({
      active: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      max: options.maxConnections,
    }),
    close: () => pool.end(),
  };
}

function createPool(options: DatabaseOptions): Pool {
  const pool = new Pool({
    ...connectionOf(options.url, options.sslMode),
    min: options.minConnections,
    max: options.maxConnections,
    idleTimeoutMillis: 600_000,
    maxLifetimeSeconds: 1_800,
    application_name: options.applicationName,
    options: `-c role=${options.role} -c statement_timeout=${options.statementTimeoutMs ?? 30_000} -c lock_timeout=10000 -c idle_in_transaction_session_timeout=30000`,
    onConnect: (client) => checkRole(client as PoolClient, options.role),
  });
  pool.on('error', (error) => options.onIdleError?.(error));
  return pool;
}

/** A connection that can see more than its role may is refused: row-level rules would not bind it. */
async function checkRole(client: PoolClient, role: DatabaseRole): Promise<void> {
  const { rows } = await client.query<{ role: string; powerful: boolean }>(
    `SELECT current_user AS role, rolsuper OR rolbypassrls AS powerful FROM pg_roles WHERE rolname = session_user`,
  );
  if (rows[0]?.role !== role) {
    throw new LoupeError('internal', 'An internal error occurred', { detail: `connected as another role than ${role}` });
  }
  if (rows[0].powerful) {
    throw new LoupeError('internal', 'An internal error occurred', {
      detail: 'DATABASE_URL must not name a superuser or a login with BYPASSRLS',
    });
  }
}

async function acquire(pool: Pool, operation: string, observer?: PoolObserver): Promise<PoolClient> {
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
  work: (tx: Queryable) => Promise<T>,
): Promise<T> {
  const tx = queryableOf(client, observer);
  await tx.execute({ name: 'begin', text: 'BEGIN', dynamic: true });
  try {
    const value = await work(tx);
    await tx.execute({ name: 'commit', text: 'COMMIT', dynamic: true });
    return value;
  } catch (error) {
    // If even this fails the connection is gone, and the server rolls back by itself.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

function queryableOf(client: PoolClient, observer?: PoolObserver): Queryable {
  async function run(statement: Statement) {
    const began = performance.now();
    try {
      return await client.query<object, unknown[]>({
        ...(statement.dynamic === true ? {} : { name: statement.name }),
        text: statement.text,
        values: [...(statement.values ?? [])],
      });
    } catch (error) {
      throw databaseError(error, statement.name);
    } finally {
      observer?.statement(statement.name, (performance.now() - began) / 1_000);
    }
  }
  return {
    rows: async <Row extends object>(statement: Statement) => (await run(statement)).rows as Row[],
    row: async <Row extends object>(statement: Statement) => (await run(statement)).rows[0] as Row | undefined,
    execute: async (statement) => (await run(statement)).rowCount ?? 0,
  };
}
