import { type CustomTypesConfig, Pool, type PoolClient, types } from 'pg';
import { LoupeError } from '../errors';
import { parseExactJson } from '../models';
import { connectionOf } from './connection';
import type { SslMode } from './tls';

/** The rights a pool works with (docs/architecture.md): each is a role of the database that owns nothing. */
export type DatabaseRole = 'loupe_app' | 'loupe_engine' | 'loupe_runner';

export interface PoolOptions {
  url: string;
  sslMode: SslMode;
  role: DatabaseRole;
  minConnections: number;
  maxConnections: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** Milliseconds after which the server ends a statement of ours. Default 15,000. */
  statementTimeoutMs?: number;
  /** An idle connection broke; the pool replaces it by itself. */
  onIdleError?: (error: Error) => void;
}

/** How long after its own limit a server may still answer. */
const silenceMs = 2_000;

/**
 * How long a process may keep a transaction open and say nothing: it froze, and others wait for what it holds. The engine holds
 * the dispatch mutex, so all of admission would wait.
 */
const idleInTransactionMs: Record<DatabaseRole, number> = {
  loupe_app: 10_000,
  loupe_engine: 3_000,
  loupe_runner: 10_000,
};

export function createPool(options: PoolOptions): Pool {
  const statementTimeoutMs = options.statementTimeoutMs ?? 15_000;
  const settings = {
    role: options.role,
    statement_timeout: statementTimeoutMs,
    lock_timeout: 10_000,
    idle_in_transaction_session_timeout: idleInTransactionMs[options.role],
  };
  const pool = new Pool({
    ...connectionOf(options.url, options.sslMode),
    min: options.minConnections,
    max: options.maxConnections,
    idleTimeoutMillis: 600_000,
    maxLifetimeSeconds: 1_800,
    application_name: options.applicationName,
    types: columnTypes,
    // A server that went silent enforces no timeout of its own: this one ends the connection and frees whoever waits.
    query_timeout: statementTimeoutMs + silenceMs,
    // Statements that are issued together travel together: one round trip for BEGIN and what follows it.
    pipeline: true,
    // The role is a start-up parameter: no statement of a request can run before it is taken.
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
    // The pool awaits what this returns; its type says void.
    onConnect: ((client: PoolClient) => checkRole(client, options.role)) as (client: object) => void,
  });
  pool.on('error', (error) => options.onIdleError?.(error));
  return pool;
}

const jsonType: number = types.builtins.JSON;

/** What is kept for clients lies in columns of type json; jsonb holds our own documents. */
const columnTypes: CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary'): unknown =>
    oid === jsonType && format !== 'binary' ? parseExactJson : types.getTypeParser(oid, format),
};

/** A connection that can see more than its role may is refused: row-level rules would not bind it. */
async function checkRole(client: PoolClient, role: DatabaseRole): Promise<void> {
  const { rows } = await client.query<{ role: string; powerful: boolean }>(
    `SELECT current_user AS role, rolsuper OR rolbypassrls AS powerful FROM pg_roles WHERE rolname = session_user`,
  );
  if (rows[0]?.role !== role) throw misconfigured(`connected as another role than ${role}`);
  if (rows[0].powerful) throw misconfigured('DATABASE_URL names a superuser or a login with BYPASSRLS');
}

const misconfigured = (detail: string): LoupeError =>
  new LoupeError('internal', 'An internal error occurred', { detail });
