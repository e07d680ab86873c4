import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeExternalFolder } from '../home/data-place';
import { createHome, homeAt, type LoupeHome } from '../home/loupe-home';

/** An empty Loupe folder for one test; `remove` when done. */
export function temporaryHome(): LoupeHome & { remove: () => void } {
  const home = homeAt(realpathSync(mkdtempSync(join(tmpdir(), 'loupe-home-'))));
  createHome(home);
  return {
    ...home,
    remove() {
      removeExternalFolder(home);
      rmSync(home.folder, { recursive: true, force: true });
    },
  };
}
