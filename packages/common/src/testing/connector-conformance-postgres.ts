import { randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import type { PostgresSettings } from '../connectors/postgres/settings';
import { asSuperuser } from './test-database';

/** A database on the test server that plays the part of a customer's, with a role that owns nothing else. */
export interface PostgresSource {
  settings: PostgresSettings;
  /** Runs `work` on a superuser's connection to the database. */
  admin<T>(work: (client: Client) => Promise<T>): Promise<T>;
  /** Texts of the statements that the role's sessions execute now. */
  running(): Promise<string[]>;
  close(): Promise<void>;
}

export async function openPostgresSource(): Promise<PostgresSource> {
  const name = `loupe_source_${process.pid}_${randomBytes(4).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  const server = await asSuperuser('postgres', async (client) => {
    await client.query(`CREATE ROLE ${name} LOGIN PASSWORD '${password}'`);
    await client.query(`CREATE DATABASE ${name} OWNER ${name}`);
    return { host: client.host, port: client.port };
  });
  return {
    settings: { ...server, database: name, user: name, password, tls: { mode: 'disable' } },
    admin: (work) => asSuperuser(name, work),
    async running() {
      const { rows } = await asSuperuser('postgres', (client) =>
        client.query<{ query: string }>(
          // What cleans a kept connection, once its statement is over, is nobody's statement.
          `SELECT query FROM pg_stat_activity WHERE usename = $1 AND state = 'active'
             AND query NOT IN ('ROLLBACK', 'DISCARD ALL') AND query NOT LIKE '%setseed%'`,
          [name],
        ),
      );
      return rows.map(({ query }) => query);
    },
    async close() {
      await asSuperuser('postgres', async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
        await client.query(`DROP ROLE IF EXISTS ${name}`);
      });
    },
  };
}
