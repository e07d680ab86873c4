import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { connectionOf } from '../db';
import { asSuperuser, ensureTemplate, serverUrl, testLogin } from './test-database';

/** A database without anything in it, for tests of migrations. */
export interface EmptyDatabase {
  /** A superuser's. */
  url: string;
  query<Row extends object>(text: string): Promise<Row[]>;
  /** A further superuser's connection; whoever asks for it ends it. */
  connect(): Promise<Client>;
  /** Gives the database to a login without any rights beyond. */
  ordinaryOwner(): Promise<{ url: string }>;
  close(): Promise<void>;
}

export async function openEmptyDatabase(): Promise<EmptyDatabase> {
  const name = `loupe_empty_${process.pid}_${randomBytes(4).toString('hex')}`;
  await asSuperuser('postgres', async (client) => {
    // Its roles and its login are those of the server.
    await ensureTemplate(client);
    await client.query(`CREATE DATABASE ${name}`);
  });
  const url = serverUrl();
  url.pathname = `/${name}`;
  const query = async <Row extends object>(text: string): Promise<Row[]> =>
    asSuperuser(name, async (client) => (await client.query<Row>(text)).rows);
  return {
    url: url.href,
    query,
    async connect() {
      const client = new Client(connectionOf(url.href, 'disable'));
      client.on('error', () => undefined);
      await client.connect();
      return client;
    },
    async ordinaryOwner() {
      await asSuperuser('postgres', async (client) => {
        await client.query(`CREATE ROLE ${name} LOGIN PASSWORD '${testLogin}'`);
        await client.query(`ALTER DATABASE ${name} OWNER TO ${name}`);
      });
      const owners = new URL(url);
      owners.username = name;
      owners.password = testLogin;
      return { url: owners.href };
    },
    async close() {
      await asSuperuser('postgres', async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
        await client.query(`DROP ROLE IF EXISTS ${name}`);
      });
    },
  };
}
