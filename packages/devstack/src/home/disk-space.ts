import { statfsSync } from 'node:fs';
import { startProblem } from '../screen/start-problem';

const MEGABYTE = 1_000_000;
/** Two clusters of about 40 MB with their write-ahead logs, the sample data, and an unpacked Redis. */
const FIRST_START_MB = 400;
const LATER_START_MB = 50;

/** Says so before anything is written, instead of in the middle of it. */
export function requireDiskSpace(folder: string, firstStart: boolean): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = Math.floor((bavail * bsize) / MEGABYTE);
  const needed = firstStart ? FIRST_START_MB : LATER_START_MB;
  if (free >= needed) return;
  throw startProblem(
    `The disk is full: ${free} MB are free for ${folder}, and ${firstStart ? 'a first' : 'a'} start needs ${needed} MB. Free some space, or set LOUPE_HOME to a folder on another disk. Nothing was lost.`,
  );
}
