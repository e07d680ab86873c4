import { Client } from 'pg';
import { errorCode, errorText } from '@loupe/common/errors';
import { startProblem } from '../screen/start-problem';

/** Runs `work` on one connection of its own. */
export async function withSession<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, application_name: 'loupe-start' });
  // An error of an idle connection is reported by the statement that follows; unheard, it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw connectionProblem(error);
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function connectionProblem(error: unknown): Error {
  if (errorCode(error) === '28P01') {
    return startProblem(
      'PostgreSQL refuses the password that is kept for it: secrets.json and the data do not belong together; restore the one that fits, or start over with npm start -- --fresh.',
      error,
    );
  }
  return startProblem(`PostgreSQL cannot be reached: ${errorText(error)}.`, error);
}

export interface LoginRole {
  name: string;
  password: string;
  /** Further attributes, as in CREATE ROLE. */
  attributes: string;
}

/** Makes the role, or gives an existing one this password and these attributes: the same after a crash in between. */
export async function ensureLogin(client: Client, role: LoginRole): Promise<void> {
  const name = client.escapeIdentifier(role.name);
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role.name]);
  const verb = rowCount === 0 ? 'CREATE' : 'ALTER';
  await client.query(
    `${verb} ROLE ${name} LOGIN ${role.attributes} PASSWORD ${client.escapeLiteral(role.password)}`,
  );
}

export async function ensureDatabase(client: Client, name: string, owner: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (rowCount !== 0) return;
  await client.query(
    `CREATE DATABASE ${client.escapeIdentifier(name)} OWNER ${client.escapeIdentifier(owner)}`,
  );
}

/** The same server, as somebody else and in another database. */
export function urlFor(server: string, login: { name: string; password: string; database: string }): string {
  const url = new URL(server);
  url.username = encodeURIComponent(login.name);
  url.password = encodeURIComponent(login.password);
  url.pathname = `/${login.database}`;
  return url.href;
}
