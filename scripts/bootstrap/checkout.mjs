import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const checkout = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** npm and pnpm leave dot folders of others in node_modules alone; with node_modules the state goes too. */
export const stateFolder = join(checkout, 'node_modules', '.loupe');

export const binFolder = join(checkout, 'node_modules', '.bin');

export function packageFolders() {
  return ['packages', 'services'].flatMap((parent) =>
    readdirSync(join(checkout, parent), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(checkout, parent, entry.name))
      .sort(),
  );
}
