import { linkSync, rmSync } from 'node:fs';
import { errorCode } from '@loupe/common/errors';
import { processIdentity } from '../process/process-identity';
import { startProblem } from '../screen/start-problem';
import { readPrivateJson, writePrivateJson } from './private-file';

export interface InstanceLock {
  release(): void;
}

/**
 * One start at a time per folder. The lock names its holder by process id and start time, so the lock of a killed
 * start is known to be stale at once, also after a reboot gave its number to somebody else.
 */
export function acquireLock(path: string): InstanceLock {
  const mine = `${path}.${process.pid}`;
  writePrivateJson(mine, { pid: process.pid, identity: processIdentity(process.pid) });
  try {
    // Each round ends with the lock, with a living holder, or with one stale lock less.
    while (!tryLink(mine, path)) {
      const pid = livingHolder(path);
      if (pid !== undefined) throw alreadyRuns(path, pid);
      clearStaleLock(mine, path);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return {
    release() {
      if (livingHolder(path) === process.pid) rmSync(path, { force: true });
    },
  };
}

/** The process that holds the lock, if it still lives. */
export function livingHolder(path: string): number | undefined {
  let content: Record<string, unknown> | undefined;
  try {
    content = readPrivateJson(path);
  } catch {
    // Written in one step, so a damaged lock was damaged by a crash of the machine: nobody holds it.
    return undefined;
  }
  const { pid, identity } = content ?? {};
  if (typeof pid !== 'number' || typeof identity !== 'string') return undefined;
  return processIdentity(pid) === identity ? pid : undefined;
}

function tryLink(mine: string, path: string): boolean {
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Two starts may find the same stale lock, and the slower one must not remove what the faster one has put in its place:
 * so whoever removes it holds a claim, and looks again.
 */
function clearStaleLock(mine: string, path: string): void {
  const claim = `${path}.claim`;
  if (!tryLink(mine, claim)) {
    const pid = livingHolder(claim);
    if (pid !== undefined) throw alreadyRuns(path, pid);
    // Left by a start that was killed in this very moment.
    rmSync(claim, { force: true });
    return;
  }
  try {
    if (livingHolder(path) === undefined) rmSync(path, { force: true });
  } finally {
    rmSync(claim, { force: true });
  }
}

function alreadyRuns(path: string, pid: number): Error {
  const folder = path.slice(0, path.lastIndexOf('/'));
  return startProblem(
    `Loupe already runs from ${folder} (process ${pid}): stop that one with Ctrl-C, or set LOUPE_HOME and API_PORT to run a second one.`,
  );
}
