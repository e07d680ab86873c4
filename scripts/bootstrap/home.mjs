import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { stateFolder } from './checkout.mjs';

/** Each of them would lead npm or pnpm past the home folder it is given; undefined takes them out. */
const NO_OTHER_FOLDERS = {
  XDG_CACHE_HOME: undefined,
  XDG_CONFIG_HOME: undefined,
  XDG_DATA_HOME: undefined,
  XDG_STATE_HOME: undefined,
  PNPM_HOME: undefined,
};

/** Level by level: below /proc, Node.js never returns from making the levels at once. */
function make(folder) {
  if (existsSync(folder)) return;
  make(dirname(folder));
  mkdirSync(folder);
}

/** Tried, not asked: root is told that it may write where nothing can be written. */
function canHold(folder) {
  try {
    make(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function homeOf(env) {
  if (env.HOME) return env.HOME;
  try {
    return homedir();
  } catch {
    // A user without an entry in the system's list, as containers have them.
    return '/nonexistent';
  }
}

/**
 * The environment for npm and pnpm, which keep caches and stores below the home folder. Where there is no home
 * that can be written, they get one among the packages; what the user configured at home still counts.
 */
export function packageManagerEnvironment(env = process.env) {
  const home = homeOf(env);
  const cache = env.npm_config_cache || join(home, '.npm');
  if (env.HOME && canHold(home) && canHold(cache)) return env;
  const ownHome = join(stateFolder, 'home');
  mkdirSync(ownHome, { recursive: true });
  const userConfig = env.npm_config_userconfig || join(home, '.npmrc');
  const result = { ...env, HOME: ownHome, npm_config_cache: join(ownHome, '.npm'), ...NO_OTHER_FOLDERS };
  if (existsSync(userConfig)) result.npm_config_userconfig = userConfig;
  return result;
}
