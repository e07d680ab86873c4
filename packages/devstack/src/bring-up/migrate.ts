import { join } from 'node:path';
import { migrateUp } from '@loupe/common/db';
import { errorCode, errorText, LoupeError } from '@loupe/common/errors';
import { REPOSITORY } from '../home/loupe-home';
import type { MetadataDatabase } from '../postgres/metadata-database';
import { startProblem } from '../screen/start-problem';
import type { Ground } from './prepare';

/** Brings the metadata database to the schema of this checkout. */
export async function migrate(ground: Ground, database: MetadataDatabase): Promise<void> {
  const { progress, config } = ground;
  const options = {
    url: database.ownerUrl,
    directory: join(REPOSITORY, 'migrations'),
    applicationLogin: database.applicationLogin,
    ...(config.database === undefined ? {} : { sslMode: config.database.sslMode }),
  };
  try {
    await progress.step(
      'Migrations',
      () => migrateUp(options),
      ({ applied }) => (applied.length === 0 ? 'up to date' : `${applied.length} applied`),
    );
  } catch (error) {
    throw startProblem(migrationSentence(error, config.database !== undefined), error);
  }
}

/** What to do about a database that cannot be migrated; where it is the user's own, that is in the user's hands. */
export function migrationSentence(error: unknown, isGiven: boolean): string {
  // The rights an administrator has to give are spelled out already.
  if (error instanceof LoupeError && error.kind === 'forbidden') return error.message;
  const cause = deepest(error);
  const what = isGiven
    ? 'The database that DATABASE_URL and MIGRATION_DATABASE_URL name'
    : 'Loupe’s own database';
  if (errorCode(cause) === '28P01' || errorCode(cause) === '28000')
    return `${what} refuses the login: correct the user or the password.`;
  if (errorCode(cause) === '3D000')
    return `${what} does not exist: create it, owned by the login of the migrations.`;
  const reason = errorText(cause).trim().split('\n').at(-1)?.slice(-300) ?? '';
  return `${what} cannot be brought up to date: ${reason}.`;
}

/** The error at the bottom: what the driver or the network said. */
function deepest(error: unknown): unknown {
  let current = error;
  while (current instanceof Error && current.cause !== undefined) current = current.cause;
  return current;
}
