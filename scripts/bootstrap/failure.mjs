import { releaseLock } from './lock.mjs';

/** Something the user can act on: its message is a whole sentence, and is all that is printed. */
export class Refusal extends Error {}

const CAUSES = [
  [/ENOSPC|no space left/i, 'The disk is full: free some space and try again.'],
  [/EDQUOT/i, 'The disk quota is used up: free some space and try again.'],
  [
    /EACCES|EPERM|EROFS|permission denied|read-only file system/i,
    'No permission to write: the checkout and the npm cache must belong to the user who runs this.',
  ],
  [
    /ERR_PNPM_OUTDATED_LOCKFILE/,
    'pnpm-lock.yaml does not match the package.json files: run `pnpm install` and commit the lockfile.',
  ],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT|fetch failed|network/i,
    'The npm registry cannot be reached: check the network (or the proxy) and try again.',
  ],
];

/** The sentence for a known cause in an error's text or in a tool's output, or undefined. */
export function knownCause(text) {
  const cause = CAUSES.find(([pattern]) => pattern.test(text));
  return cause === undefined ? undefined : cause[1];
}

export function sentenceFor(error) {
  if (error instanceof Refusal) return error.message;
  const text = `${error.code || ''} ${error.message}`;
  return knownCause(text) || `The set-up failed: ${error.message}`;
}

export function fail(sentence) {
  releaseLock();
  process.stderr.write(`loupe: ${sentence}\n`);
  process.exit(1);
}
