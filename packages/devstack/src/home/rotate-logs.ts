import { readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

const LARGEST_BYTES = 20_000_000;

/** Sets large logs of earlier starts aside, one generation of each, so that they do not grow for ever. */
export function rotateLogs(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (name.endsWith('.log') && statSync(path).size > LARGEST_BYTES) renameSync(path, `${path}.1`);
  }
}
