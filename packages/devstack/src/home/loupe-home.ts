import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errorCode } from '@loupe/common/errors';
import { startProblem } from '../screen/start-problem';

/** The folder of the checkout: four folders up, from the source and from the build alike. */
export const REPOSITORY = resolve(__dirname, '../../../..');

/** Where everything that a start creates is kept; `.loupe` in the checkout unless LOUPE_HOME says otherwise. */
export interface LoupeHome {
  folder: string;
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

/** Creates the folder if needed. Root's own may be passed through, so that the servers' user reaches what it owns in there. */
export function createHome(home: LoupeHome): void {
  const mode = process.getuid?.() === 0 ? 0o711 : 0o700;
  try {
    mkdirSync(home.folder, { recursive: true, mode });
    if (statSync(home.folder).uid === process.getuid?.()) chmodSync(home.folder, mode);
    mkdirSync(home.logs, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(home.folder, error);
  }
}

function unusable(folder: string, error: unknown): unknown {
  const code = errorCode(error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
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
