import { join } from 'node:path';
import { type Database, type DatabaseRole, migrateUp, openDatabase } from '@loupe/common/db';
import type { ReleaseStack } from '@loupe/common/lifecycle';
import { readEnvironment } from '../../config/environment';
import { findDataPlace } from '../../home/data-place';
import { choosePorts } from '../../home/free-ports';
import { createHome, homeAt, type LoupeHome, REPOSITORY } from '../../home/loupe-home';
import { loadSecrets, type Secrets } from '../../home/secrets';
import { findPostgres } from '../../postgres/binaries';
import { prepareMetadataDatabase } from '../../postgres/metadata-database';
import { startPostgres } from '../../postgres/server';
import { urlFor, withSession } from '../../postgres/session';
import { tieToThisProcess } from '../../testing/lifeline';

/** An empty metadata database on a PostgreSQL of its own, as durable as in production. */
export interface MetadataGround {
  home: LoupeHome;
  secrets: Secrets;
  /** Of the services' login. */
  applicationUrl: string;
  /** Of the server. */
  pid: number;
  /** A pool under a role; closed with the stack. */
  open(role: DatabaseRole): Database;
  /** One statement as a superuser whose changes fire no trigger: to fill tables, and to move what is not measured. */
  asOwner(text: string, values?: unknown[]): Promise<unknown[]>;
}

/** @param name folder of its data; two benchmarks may run at a time */
export async function prepareMetadataGround(stack: ReleaseStack, name: string): Promise<MetadataGround> {
  // Not in a folder for temporary files: that may lie in memory, where a commit costs nothing.
  const loupe = homeAt(readEnvironment().LOUPE_HOME ?? join(REPOSITORY, '.loupe'));
  const home = homeAt(join(loupe.folder, name));
  for (const folder of [loupe, home]) createHome(folder);
  const place = findDataPlace(home);
  const secrets = loadSecrets(home.secrets, false);
  const { postgres: port } = await choosePorts(['postgres'], {});
  const server = await startPostgres({
    name: 'PostgreSQL',
    binaries: findPostgres(place),
    directory: join(place.folder, 'postgres'),
    port,
    password: secrets.metadataSuperuserPassword,
    runAs: place.runAs,
    logFile: join(home.logs, 'postgres.log'),
  });
  const lifeline = tieToThisProcess([server]);
  stack.defer('PostgreSQL', async () => {
    lifeline.cut();
    await server.stop();
  });
  await withSession(server.url, (client) => client.query('DROP DATABASE IF EXISTS loupe'));
  const metadata = await prepareMetadataDatabase(server.url, secrets);
  const { applicationLogin, ownerUrl, applicationUrl } = metadata;
  await migrateUp({
    ...{ url: ownerUrl, sslMode: 'disable', applicationLogin },
    directory: join(REPOSITORY, 'migrations'),
  });
  const superuser = urlFor(server.url, {
    ...{ name: 'postgres', password: secrets.metadataSuperuserPassword, database: 'loupe' },
  });
  return {
    ...{ home, secrets, applicationUrl, pid: server.pid },
    open(role) {
      const database = openDatabase({
        ...{ url: applicationUrl, sslMode: 'disable', role, applicationName: 'loupe-benchmark' },
        ...{ minConnections: 0, maxConnections: 10, statementTimeoutMs: 120_000 },
      });
      stack.defer(role, () => database.close());
      return database;
    },
    asOwner: (text, values = []) =>
      withSession(superuser, async (client) => {
        await client.query(`SET session_replication_role = 'replica'`);
        return (await client.query<object>(text, values)).rows;
      }),
  };
}
