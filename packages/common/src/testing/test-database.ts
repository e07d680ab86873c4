import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { Client, Pool } from 'pg';
import {
  connectionOf,
  type Database,
  type DatabaseOptions,
  type DatabaseRole,
  migrateUp,
  openDatabase,
} from '../db';

/** The repository's migrations, from packages/common/{src,dist}/testing. */
export const migrationsDirectory = resolve(__dirname, '../../../../migrations');

const template = 'loupe_template';
/** The login with which tests connect as services do; also its password. */
export const testLogin = 'loupe_test';
/** Any number will do; it keeps two jest workers from building the template at once. */
const templateLock = 20_261;

export interface TestDatabase {
  /** The login of services, which takes a role on each connection. */
  url: string;
  /** A superuser's, to look at everything and to break things. */
  ownerUrl: string;
  /** A pool under a role; closed with the database. */
  open(role: DatabaseRole, options?: Partial<DatabaseOptions>): Database;
  /** One statement as a superuser: to look at what no role may see, and to make what no code makes. */
  asOwner<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** The server that jest's global set-up started, or the one given. */
export function serverUrl(): URL {
  const url = process.env['LOUPE_TEST_POSTGRES_URL'];
  if (url === undefined)
    throw new Error('LOUPE_TEST_POSTGRES_URL is not set; run these tests with `npm test`');
  return new URL(url);
}

/** A database of its own with all migrations, cloned from a template in a fraction of a second. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const name = `loupe_test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await asSuperuser('postgres', async (client) => {
    await ensureTemplate(client);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  const url = serverUrl();
  url.pathname = `/${name}`;
  const ownerUrl = url.href;
  url.username = testLogin;
  url.password = testLogin;
  const opened: Database[] = [];
  // One connection, so that a transaction may be begun and ended by it.
  const owner = new Pool({ ...connectionOf(ownerUrl, 'disable'), max: 1, idleTimeoutMillis: 0 });
  owner.on('error', () => undefined);
  return {
    url: url.href,
    ownerUrl,
    asOwner: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
      (await owner.query<Row>(text, [...values])).rows,
    open(role, options = {}) {
      const database = openDatabase({
        url: url.href,
        sslMode: 'disable',
        role,
        minConnections: 0,
        maxConnections: 5,
        applicationName: 'loupe-test',
        ...options,
      });
      opened.push(database);
      return database;
    },
    async close() {
      await Promise.all(opened.map((database) => database.close().catch(() => undefined)));
      await owner.end();
      await asSuperuser('postgres', (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}

/** Runs `work` on a superuser's connection to one database of the test server. */
export async function asSuperuser<T>(database: string, work: (client: Client) => Promise<T>): Promise<T> {
  const url = serverUrl();
  url.pathname = `/${database}`;
  const client = new Client(connectionOf(url.href, 'disable'));
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/**
 * Migrates the template once per server, and with it makes the login and the roles, which belong to the server; a later jest worker
 * finds it done. No other worker does the same until `client` ends.
 */
export async function ensureTemplate(client: Client): Promise<void> {
  await client.query('SELECT pg_advisory_lock($1)', [templateLock]);
  const { rows } = await client.query('SELECT datistemplate FROM pg_database WHERE datname = $1', [template]);
  if (rows.length > 0) return;
  const building = `${template}_building`;
  await client.query(`DROP DATABASE IF EXISTS ${building} WITH (FORCE)`);
  await client.query(
    `DO $$ BEGIN CREATE ROLE ${testLogin} LOGIN NOINHERIT PASSWORD '${testLogin}'; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
  );
  await client.query(`CREATE DATABASE ${building}`);
  const url = serverUrl();
  url.pathname = `/${building}`;
  await migrateUp({
    url: url.href,
    sslMode: 'disable',
    directory: migrationsDirectory,
    applicationLogin: testLogin,
  });
  await client.query(`ALTER DATABASE ${building} RENAME TO ${template}`);
}
