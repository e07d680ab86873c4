import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { binFolder } from './checkout.mjs';
import { Refusal } from './failure.mjs';
import { run } from './run.mjs';

const OLDEST_FOR_SETUP = 20;
const OLDEST_FOR_LOUPE = 24;

const major = (version) => Number(version.trim().replace(/^v/, '').split('.')[0]);

export function refuseOldNode() {
  if (major(process.version) >= OLDEST_FOR_SETUP) return;
  throw new Refusal(`Node.js ${OLDEST_FOR_SETUP} or newer is needed, and this is ${process.version}.`);
}

/**
 * The Node.js that Loupe runs under: the one among the packages, or the user's own where there is none for the
 * platform. npm puts node_modules/.bin first on the path, so `node` in its scripts is the same one.
 */
export async function findNode() {
  const local = join(binFolder, 'node');
  const candidates = existsSync(local) ? [local, process.execPath] : [process.execPath];
  for (const candidate of candidates) {
    const answer = await run(candidate, ['--version']);
    if (answer.code === 0 && major(answer.output) >= OLDEST_FOR_LOUPE) return candidate;
  }
  throw new Refusal(
    `Loupe runs on Node.js ${OLDEST_FOR_LOUPE} or newer. There is no such package for ${process.platform}-${process.arch}, ` +
      `and your own is ${process.version}: install Node.js ${OLDEST_FOR_LOUPE} and try again.`,
  );
}
