import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { removeExternalFolder, externalFolder } from './data-place';
import { requireOwnHome, type LoupeHome } from './loupe-home';

/** What starts create besides the files and folders that a home names. */
const OTHERS =
  /^(postgres|warehouse|redis|postgres-\d[\d.]*|\.postgres-\d[\d.]*\.new|redis-package(\.\d+\.new)?)$/;

/** Removes what earlier starts kept, and nothing else. The caller holds the lock and has stopped what was left running. */
export function startOver(home: LoupeHome): void {
  requireOwnHome(home);
  removeExternalFolder(home);
  const names = new Set(removable(home).map((path) => basename(path)));
  for (const name of readdirSync(home.folder)) {
    const isOurs = names.has(name.replace(/\.\d+\.new$/, '')) || OTHERS.test(name);
    if (isOurs) rmSync(join(home.folder, name), { recursive: true, force: true });
  }
}

/** All but the lock, which the caller holds, and the marker. */
const removable = (home: LoupeHome): string[] => [
  home.secrets,
  home.credentials,
  home.endpoints,
  home.services,
  home.sampleData,
  home.externalData,
  home.logs,
];

/** Folders in which an earlier start may have left servers running. */
export function dataFolders(home: LoupeHome): string[] {
  const external = externalFolder(home);
  return external === undefined ? [home.folder] : [home.folder, external];
}
