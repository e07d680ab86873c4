import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errorCode } from '@loupe/common/errors';
import { startProblem } from '../screen/start-problem';

/** The folder of the checkout: four folders up, from the source and from the build alike. */
export const REPOSITORY = resolve(__dirname, '../../../..');

/** Where everything that a start creates is kept; `.loupe` in the checkout unless LOUPE_HOME says otherwise. */
export interface LoupeHome {
  folder: string;
  /** Says that the folder is Loupe's own: only then is anything in it ever removed. */
  marker: string;
  lock: string;
  secrets: string;
  credentials: string;
  endpoints: string;
  services: string;
  sampleData: string;
  externalData: string;
  logs: string;
}

export function homeAt(folder: string): LoupeHome {
  const at = (name: string): string => join(folder, name);
  return {
    folder,
    marker: at('.loupe-home'),
    lock: at('instance.lock'),
    secrets: at('secrets.json'),
    credentials: at('credentials.json'),
    endpoints: at('endpoints.json'),
    services: at('services.json'),
    sampleData: at('sample-data.json'),
    externalData: at('external-data.json'),
    logs: at('logs'),
  };
}

const MARKER_TEXT =
  'Loupe made this folder and keeps its data here. npm start -- --fresh removes that data as long as this file exists.\n';

/**
 * Creates the folder if needed, and refuses one that holds other people's things. Root's own may be passed through, so
 * that the servers' user reaches what it owns in there.
 */
export function createHome(home: LoupeHome): void {
  const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
  try {
    createFolder(home.folder, mode);
    requireOwnHome(home);
    if (statSync(home.folder).uid === process.getuid?.()) chmodSync(home.folder, mode);
    if (!existsSync(home.marker)) writeFileSync(home.marker, MARKER_TEXT, { mode: 0o600 });
    createFolder(home.logs, 0o700);
  } catch (error) {
    throw unusable(home.folder, error);
  }
}

/** Names prove nothing: a folder without the marker is somebody else's, unless there is nothing in it yet. */
export function requireOwnHome(home: LoupeHome): void {
  if (existsSync(home.marker) || readdirSync(home.folder).length === 0) return;
  throw startProblem(
    `${home.folder} holds other things already: set LOUPE_HOME to an empty folder or to one that does not exist yet.`,
  );
}

/** Level by level: below /proc, Node.js's own recursive mkdir never returns. */
function createFolder(folder: string, mode: number): void {
  if (existsSync(folder) && statSync(folder).isDirectory()) return;
  if (dirname(folder) !== folder && !existsSync(dirname(folder))) createFolder(dirname(folder), mode);
  try {
    mkdirSync(folder, mode);
  } catch (error) {
    // Another start may be making the same folders.
    if (errorCode(error) !== 'EEXIST' || !statSync(folder).isDirectory()) throw error;
  }
}

function unusable(folder: string, error: unknown): unknown {
  const code = errorCode(error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOENT') {
    return startProblem(
      `The folder ${folder} cannot be written by this user: set LOUPE_HOME to a folder that can.`,
      error,
    );
  }
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return startProblem(
      `${folder} is a file, but Loupe needs a folder there: set LOUPE_HOME to another place.`,
      error,
    );
  }
  return error;
}
