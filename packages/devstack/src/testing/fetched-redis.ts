import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { readEnvironment } from '../config/environment';
import { findDataPlace } from '../home/data-place';
import { homeAt, REPOSITORY, type LoupeHome } from '../home/loupe-home';

/** Gives a test's home the Redis that was fetched for the checkout; each start in a new folder would fetch it again. */
export function takeFetchedRedis(home: LoupeHome): void {
  const installed = findDataPlace(homeAt(readEnvironment().LOUPE_HOME ?? join(REPOSITORY, '.loupe')));
  const cached = join(installed.folder, 'redis-package');
  if (!existsSync(cached)) return;
  const own = join(findDataPlace(home).folder, 'redis-package');
  cpSync(cached, own, { recursive: true, verbatimSymlinks: true });
}
