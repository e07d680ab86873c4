import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startProblem } from '../screen/start-problem';
import { removeExternalFolder, externalFolder } from './data-place';
import { type LoupeHome } from './loupe-home';

/** What starts create in their folder, besides the lock. Nothing else in there is ever removed. */
const OURS =
  /^(postgres(-[\d.]+)?|\.postgres-[\d.]+\.new|warehouse|redis|redis-package(\.\d+\.new)?|logs|[a-z-]+\.json)$/;

/** Removes what earlier starts kept. The caller holds the lock and has stopped what was left running. */
export function startOver(home: LoupeHome): void {
  removeExternalFolder(home);
  for (const name of readdirSync(home.folder)) {
    if (OURS.test(name)) rmSync(join(home.folder, name), { recursive: true, force: true });
  }
}

/** A folder that holds other people's things is refused, or starting over would one day remove some of them. */
export function refuseForeignFolder(home: LoupeHome): void {
  const names = listed(home.folder);
  const isOurs =
    names.length === 0 || names.some((name) => OURS.test(name) && name !== 'logs' && name !== 'redis');
  if (isOurs || names.every((name) => OURS.test(name) || name.startsWith('instance.lock'))) return;
  throw startProblem(
    `${home.folder} holds other things already: set LOUPE_HOME to an empty folder or to one that does not exist yet.`,
  );
}

/** Folders in which an earlier start may have left servers running. */
export function dataFolders(home: LoupeHome): string[] {
  const external = externalFolder(home);
  return external === undefined ? [home.folder] : [home.folder, external];
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
