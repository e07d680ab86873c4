import { setTimeout as delay } from 'node:timers/promises';
import { knex, type Knex } from 'knex';
import { Client, type ClientConfig } from 'pg';
import { errorText, LoupeError } from '../errors';
import { connectionOf } from './connection';
import { databaseError, isDatabaseAway } from './database-errors';
import { migrationSource } from './migration-files';
import { ensureRoles } from './roles';
import type { SslMode } from './tls';

export interface MigrateOptions {
  /** The owner's connection; not through a pooler in transaction mode, because a lock is held on it. */
  url: string;
  sslMode?: SslMode;
  /** Folder with NNNN_name.up.sql and .down.sql. */
  directory: string;
  /** The login with which services connect; it is granted the roles they take. */
  applicationLogin: string;
  /** How long another migration may hold the lock. Default 120 s. */
  lockTimeoutMs?: number;
  log?: (line: string) => void;
}

/** `LOUPE` in ASCII: any number will do as long as no other program takes the same. */
const lockKey = 0x4c4f555045;

/** Makes sure of the roles, then applies what is missing. Any number may start at once: one works, the others wait. */
export async function migrateUp(options: MigrateOptions): Promise<{ applied: string[] }> {
  return withMigrator(options, async (db) => {
    await ensureRoles(db, options.applicationLogin);
    const [, applied] = (await db.migrate.latest()) as [number, string[]];
    for (const name of applied) options.log?.(`applied ${name}`);
    return { applied };
  });
}

/** Takes back the newest migrations, newest first. Roles stay: other databases of the cluster may use them. */
export async function migrateDown(options: MigrateOptions, count: number): Promise<{ reverted: string[] }> {
  return withMigrator(options, async (db) => {
    const reverted: string[] = [];
    for (let i = 0; i < count; i += 1) {
      const [, names] = (await db.migrate.down()) as [number, string[]];
      if (names.length === 0) break;
      reverted.push(...names);
      for (const name of names) options.log?.(`reverted ${name}`);
    }
    return { reverted };
  });
}

async function withMigrator<T>(options: MigrateOptions, work: (db: Knex) => Promise<T>): Promise<T> {
  const connection = {
    ...connectionOf(options.url, options.sslMode ?? 'prefer'),
    application_name: 'loupe-migrate',
    options: '-c lock_timeout=3s -c statement_timeout=0',
  };
  return withLock(connection, options.lockTimeoutMs ?? 120_000, async () => {
    const db = knex({
      client: 'pg',
      pool: { min: 0, max: 1 },
      connection: connection as Knex.PgConnectionConfig,
      // It would print the whole text of a migration that fails.
      log: silent,
      migrations: {
        migrationSource: migrationSource(options.directory),
        tableName: 'schema_migrations',
      },
    });
    try {
      // knex's own lock is a row that stays when its holder dies. Ours is held, so a row that is there is stale.
      await db.migrate.forceFreeMigrationsLock();
      return await work(db);
    } catch (error) {
      throw migrationError(error);
    } finally {
      await db.destroy();
    }
  });
}

const silent: Knex.Logger = Object.fromEntries(
  ['warn', 'error', 'deprecate', 'debug'].map((level) => [level, () => undefined]),
);

/** For an operator, who needs what PostgreSQL said. */
function migrationError(error: unknown): LoupeError {
  if (error instanceof LoupeError || isDatabaseAway(error)) return databaseError(error, 'migrate');
  return new LoupeError('database', `The migration failed and was taken back: ${errorText(error)}`, {
    cause: error,
  });
}

/**
 * Polls for the lock instead of blocking in it: a session that waits inside pg_advisory_lock holds a snapshot, and
 * CREATE INDEX CONCURRENTLY in the migration that runs would wait for that in turn, a deadlock. The server frees the
 * lock when this connection ends, however it ends.
 */
async function withLock<T>(connection: ClientConfig, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const client = new Client(connection);
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw databaseError(error, 'migrate.connect');
  }
  try {
    const giveUpAt = Date.now() + timeoutMs;
    while (!(await takeLock(client))) {
      if (Date.now() > giveUpAt) {
        throw new LoupeError('unavailable', 'Another migration is running and has not finished in time');
      }
      await delay(100);
    }
    return await work();
  } finally {
    await client.end();
  }
}

async function takeLock(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
    lockKey,
  ]);
  return rows[0]?.taken === true;
}
