import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  choosePorts,
  createHome,
  findDataPlace,
  findPostgres,
  homeAt,
  type PostgresOptions,
  type PostgresServer,
  startPostgres,
  tieToThisProcess,
} from '@loupe/devstack';
import { Client } from 'pg';
import { eventually } from '../testing';
import { migrationsDirectory } from '../testing/test-database';
import { connectionOf } from './connection';
import { type Database, openDatabase } from './database';
import { migrateUp } from './migrate';
import { migrationNames } from './migration-files';
import type { Statement } from './statement';

// On a PostgreSQL of its own, which nobody has ever migrated and which may be killed.

const home = homeAt(realpathSync(mkdtempSync(join(tmpdir(), 'loupe-postgres-'))));
createHome(home);
const place = findDataPlace(home);
let options: PostgresOptions;
let server: PostgresServer;
let lifeline: ReturnType<typeof tieToThisProcess>;

async function start(): Promise<void> {
  server = await startPostgres(options);
  lifeline = tieToThisProcess([server]);
}

beforeAll(async () => {
  const { port } = await choosePorts(['port'], {});
  options = {
    ...{ name: 'PostgreSQL', binaries: findPostgres(place), directory: join(place.folder, 'postgres'), port },
    ...{ password: 'for-this-test-only', runAs: place.runAs, logFile: join(home.logs, 'postgres.log') },
  };
  await start();
});
afterAll(async () => {
  lifeline.cut();
  await server.stop();
  if (place.external) rmSync(place.folder, { recursive: true, force: true });
  rmSync(home.folder, { recursive: true, force: true });
});

async function asSuperuser(...statements: string[]): Promise<void> {
  const client = new Client(connectionOf(server.url, 'disable'));
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

function urlOf(login: string, database: string): string {
  const url = new URL(server.url);
  url.pathname = `/${database}`;
  url.username = login;
  url.password = 'x';
  return url.href;
}

const sql = (text: string): Statement => ({ name: 'test.statement', text, dynamic: true });

const openPool = (): Database =>
  openDatabase({
    ...{ url: urlOf('service', 'one'), sslMode: 'disable', role: 'loupe_app' },
    ...{ minConnections: 0, maxConnections: 4, applicationName: 'loupe-test' },
  });

it('a new server gets its roles from whichever of several migrations comes first, without a superuser', async () => {
  await asSuperuser(
    `CREATE ROLE owner LOGIN CREATEROLE PASSWORD 'x'`,
    `CREATE ROLE service LOGIN NOINHERIT PASSWORD 'x'`,
    ...['one', 'two', 'three'].map((name) => `CREATE DATABASE ${name} OWNER owner`),
  );
  const outcomes = await Promise.all(
    ['one', 'two', 'three'].map((database) =>
      migrateUp({
        ...{ url: urlOf('owner', database), sslMode: 'disable', directory: migrationsDirectory },
        applicationLogin: 'service',
      }),
    ),
  );
  for (const { applied } of outcomes) expect(applied).toEqual(migrationNames(migrationsDirectory));
  const db = openPool();
  expect(await db.rows(sql('SELECT id FROM runs'))).toEqual([]);
  await db.close();
});

it('a login without rights is told every statement that an administrator must run', async () => {
  await asSuperuser(
    `CREATE ROLE poor LOGIN PASSWORD 'x'`,
    'CREATE DATABASE four OWNER poor',
    'ALTER ROLE loupe_runner RENAME TO elsewhere',
  );
  const failure = migrateUp({
    ...{ url: urlOf('poor', 'four'), sslMode: 'disable', directory: migrationsDirectory },
    applicationLogin: 'poor',
  });
  await expect(failure).rejects.toMatchObject({
    kind: 'forbidden',
    message: expect.stringMatching(
      /administrator run:\n {2}GRANT loupe_app TO "poor".*;\n {2}GRANT loupe_engine TO "poor".*;\n {2}CREATE ROLE loupe_runner NOLOGIN;\n {2}GRANT loupe_runner TO "poor".*;$/,
    ),
  });
  await asSuperuser('ALTER ROLE elsewhere RENAME TO loupe_runner');
});

it('a pool bears the kill of its server: unavailable meanwhile, and at work again by itself', async () => {
  const idleErrors: Error[] = [];
  const db = openDatabase({
    ...{ url: urlOf('service', 'one'), sslMode: 'disable', role: 'loupe_app' },
    ...{ minConnections: 0, maxConnections: 4, applicationName: 'loupe-test' },
    onIdleError: (error) => idleErrors.push(error),
  });
  await Promise.all([db.rows(sql('SELECT 1')), db.rows(sql('SELECT 2'))]);
  const statement = db.rows(sql('SELECT pg_sleep(60)'));
  const inside = Promise.withResolvers<undefined>();
  const killed = Promise.withResolvers<undefined>();
  const transaction = db.transaction(async (tx) => {
    await tx.execute(
      sql(`INSERT INTO organizations (id, name) VALUES ('00000000-0000-7000-8000-000000000001', 'lost')`),
    );
    inside.resolve(undefined);
    await killed.promise;
    await tx.rows(sql('SELECT 1'));
  });
  const outcomes = Promise.allSettled([statement, transaction]);
  await inside.promise;
  lifeline.cut();
  process.kill(server.pid, 'SIGKILL');
  await server.exited;
  killed.resolve(undefined);
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { kind: 'unavailable' } });
  }
  await expect(db.rows(sql('SELECT 1'))).rejects.toMatchObject({ kind: 'unavailable' });
  await start();
  const found = await eventually('the pool is at work again', () =>
    db.rows(sql(`SELECT name FROM organizations`)).catch(() => undefined),
  );
  expect(found).toEqual([]);
  expect(db.pool().active).toBe(0);
  await db.close();
});
