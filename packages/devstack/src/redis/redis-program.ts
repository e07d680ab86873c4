import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A Redis (or Valkey) that runs on this machine. */
export interface RedisProgram {
  command: string;
  /** Set for an unpacked package, whose libraries the loader would not find. */
  libraryPath?: string;
  /** As the program says it: `7.0.15`. */
  version: string;
  /** For the screen: where it comes from. */
  origin: string;
}

/** BullMQ needs commands that came with Redis 6.2. */
const OLDEST: readonly [number, number] = [6, 2];

/** Runs the program to see whether it can be used here; undefined if not. */
export function examine(command: string, origin: string, libraryPath?: string): RedisProgram | undefined {
  try {
    const said = execFileSync(command, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: environmentOf({ libraryPath }),
    });
    const version = /v=(\d+\.\d+\.\d+)/.exec(said)?.[1];
    if (version === undefined || !isRecentEnough(version)) return undefined;
    return { command, version, origin, ...(libraryPath === undefined ? {} : { libraryPath }) };
  } catch {
    return undefined;
  }
}

export function isRecentEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** The first usable server on the given search path. */
export function findRedisOnPath(searchPath: string): RedisProgram | undefined {
  for (const name of ['redis-server', 'valkey-server']) {
    for (const folder of searchPath.split(delimiter).filter((entry) => entry !== '')) {
      const command = join(folder, name);
      const program = isExecutable(command) ? examine(command, command) : undefined;
      if (program !== undefined) return program;
    }
  }
  return undefined;
}

/** Nothing of ours is handed on: the server gets its settings from its file. */
export const environmentOf = ({ libraryPath }: { libraryPath?: string | undefined }): NodeJS.ProcessEnv => ({
  LC_ALL: 'C',
  ...(libraryPath === undefined ? {} : { LD_LIBRARY_PATH: libraryPath }),
});

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
