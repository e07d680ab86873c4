import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from '@loupe/common/errors';
import { createApt, createHome, findDataPlace, hasApt, homeAt } from '@loupe/devstack';

/** The library that gives a process a clock of its own, when it is loaded before the C library. */
export type FaketimeSearch = { found: string } | { missing: string };

/** The system's own; else the distribution's package, unpacked beside Redis without being installed. */
export async function findFaketime(): Promise<FaketimeSearch> {
  const home = homeAt(process.env.LOUPE_HOME ?? join(__dirname, '../../.loupe'));
  createHome(home);
  const folder = join(findDataPlace(home).folder, 'faketime-package');
  const found = libraryIn('/') ?? libraryIn(folder);
  if (found !== undefined) return { found };
  if (!hasApt()) return { missing: 'there is no libfaketime on this machine' };
  try {
    await unpack(folder);
  } catch (error) {
    return {
      missing: `there is no libfaketime on this machine, and its package cannot be had (${errorText(error)})`,
    };
  }
  const unpacked = libraryIn(folder);
  return unpacked === undefined
    ? { missing: 'the distribution’s package has no libfaketime' }
    : { found: unpacked };
}

/** Node.js has several threads. */
function libraryIn(root: string): string | undefined {
  const libraries = join(root, 'usr/lib');
  if (!existsSync(libraries)) return undefined;
  return readdirSync(libraries)
    .map((architecture) => join(libraries, architecture, 'faketime/libfaketimeMT.so.1'))
    .find((file) => existsSync(file));
}

/** The folder gets its name only when it is whole. */
async function unpack(folder: string): Promise<void> {
  const draft = `${folder}.${process.pid}.new`;
  const root = join(draft, 'root');
  mkdirSync(root, { recursive: true });
  try {
    const apt = createApt(join(draft, 'apt'));
    await apt.update();
    for (const file of await apt.download(['libfaketime'])) await apt.unpack(file, root);
    rmSync(folder, { recursive: true, force: true });
    renameSync(root, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
