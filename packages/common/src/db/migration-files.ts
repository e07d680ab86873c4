import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';

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

/** A question mark is a placeholder to knex, and it has no way to be told that a text has none. */
async function runFile(db: Knex, text: string): Promise<void> {
  await db.raw(text.replaceAll('?', '\\?'));
}
