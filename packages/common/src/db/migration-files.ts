import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { Client } from 'pg';

/** First line of a migration that PostgreSQL refuses inside a transaction (CREATE INDEX CONCURRENTLY). */
const outsideTransaction = '-- migrate: outside transaction';

/** The migrations in a folder, in order: the names of `NNNN_name.up.sql` without the suffix. */
export function migrationNames(directory: string): string[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.up.sql'))
    .map((file) => file.slice(0, -'.up.sql'.length))
    .sort();
}

/** Plain .sql files as knex takes migrations. */
export function migrationSource(directory: string): Knex.MigrationSource<string> {
  const read = (name: string, way: 'up' | 'down'): string =>
    readFileSync(join(directory, `${name}.${way}.sql`), 'utf8');
  return {
    getMigrations: () => Promise.resolve(migrationNames(directory)),
    getMigrationName: (name) => name,
    getMigration: (name) =>
      Promise.resolve({
        up: (db: Knex) => runFile(db, read(name, 'up')),
        down: (db: Knex) => runFile(db, read(name, 'down')),
        config: { transaction: !read(name, 'up').startsWith(outsideTransaction) },
      }),
  };
}

interface Connections {
  acquireConnection(): Promise<Client>;
  releaseConnection(connection: Client): Promise<void>;
}

/** By the driver itself: knex takes question marks for placeholders and mends backslashes before them. */
async function runFile(db: Knex, text: string): Promise<void> {
  // Of a transaction it is the transaction's own, and stays with it.
  const connections = db.client as Connections;
  const connection = await connections.acquireConnection();
  try {
    await connection.query(text);
  } finally {
    await connections.releaseConnection(connection);
  }
}
