import type { Client } from 'pg';
import type { Secrets } from '../home/secrets';
import { ensureDatabase, ensureLogin, urlFor, withSession } from '../postgres/session';
import { SUPERUSER } from '../postgres/cluster';
import { loadTable } from './load-table';
import { SAMPLE_TABLES } from './tables';

export const WAREHOUSE_DATABASE = 'warehouse';
export const WAREHOUSE_READER = 'loupe_reader';

/** Fills the sample warehouse, as far as it is not filled yet, and lets the reader in. Returns the tables it loaded. */
export async function fillWarehouse(superuserUrl: string, secrets: Secrets): Promise<string[]> {
  await withSession(superuserUrl, async (client) => {
    await ensureDatabase(client, WAREHOUSE_DATABASE, SUPERUSER);
    await ensureLogin(client, {
      name: WAREHOUSE_READER,
      password: secrets.warehouseReaderPassword,
      attributes: 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT',
    });
    await confineReader(client);
  });
  const warehouse = urlFor(superuserUrl, {
    name: SUPERUSER,
    password: secrets.warehouseSuperuserPassword,
    database: WAREHOUSE_DATABASE,
  });
  return withSession(warehouse, async (client) => {
    const loaded: string[] = [];
    for (const table of SAMPLE_TABLES) {
      if (await loadTable(client, table)) loaded.push(table.name);
    }
    // For later tables too: whoever adds one by hand wants to query it.
    await client.query(
      `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ${WAREHOUSE_READER}`,
    );
    await client.query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${WAREHOUSE_READER}`);
    return loaded;
  });
}

/** Read-only by default is a courtesy; what the reader cannot do for lack of rights is the guarantee. */
async function confineReader(client: Client): Promise<void> {
  await client.query(`REVOKE ALL ON DATABASE postgres, template1, ${WAREHOUSE_DATABASE} FROM PUBLIC`);
  await client.query(`GRANT CONNECT ON DATABASE ${WAREHOUSE_DATABASE} TO ${WAREHOUSE_READER}`);
  await client.query(`ALTER ROLE ${WAREHOUSE_READER} SET default_transaction_read_only = on`);
}
