import type { Secrets } from '../home/secrets';
import { ensureDatabase, ensureLogin, urlFor, withSession } from './session';

/** Addresses of Loupe's own database. */
export interface MetadataDatabase {
  /** What the services get: a login that has no rights until it takes a role. */
  applicationUrl: string;
  /** Migrations only. */
  ownerUrl: string;
  applicationLogin: string;
}

const DATABASE = 'loupe';
const OWNER = 'loupe_owner';
const APPLICATION = 'loupe';

/** Makes sure of the database and its two logins in our own cluster. */
export async function prepareMetadataDatabase(
  superuserUrl: string,
  secrets: Secrets,
): Promise<MetadataDatabase> {
  const ownerPassword = secrets.metadataOwnerPassword;
  const applicationPassword = secrets.metadataApplicationPassword;
  await withSession(superuserUrl, async (client) => {
    // The owner may make roles because migrations make those that the services take.
    await ensureLogin(client, { name: OWNER, password: ownerPassword, attributes: 'CREATEROLE' });
    await ensureLogin(client, { name: APPLICATION, password: applicationPassword, attributes: 'NOINHERIT' });
    await ensureDatabase(client, DATABASE, OWNER);
    await client.query(`REVOKE ALL ON DATABASE ${DATABASE} FROM PUBLIC`);
    await client.query(`GRANT CONNECT ON DATABASE ${DATABASE} TO ${APPLICATION}`);
  });
  const login = (name: string, password: string): string =>
    urlFor(superuserUrl, { name, password, database: DATABASE });
  return {
    applicationUrl: login(APPLICATION, applicationPassword),
    ownerUrl: login(OWNER, ownerPassword),
    applicationLogin: APPLICATION,
  };
}
