import type { Queryable } from '../db';

/** What is known of the database's own shape. */
export interface SchemaRepository {
  /** Names of the migrations that have been applied, in order. */
  appliedMigrations(): Promise<string[]>;
}

export function createSchemaRepository(db: Queryable): SchemaRepository {
  return {
    async appliedMigrations() {
      const rows = await db.rows<{ name: string }>({
        name: 'schema.appliedMigrations',
        text: 'SELECT name FROM schema_migrations ORDER BY id',
      });
      return rows.map(({ name }) => name);
    },
  };
}
