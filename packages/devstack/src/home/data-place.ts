import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  mkdirSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unprivilegedUser, type UnprivilegedUser } from '../process/unprivileged-user';
import { startProblem } from '../screen/start-problem';
import type { LoupeHome } from './loupe-home';
import { readPrivateJson, writePrivateJson } from './private-file';

/** Where the database servers keep their data and programs, and who runs them. */
export interface DataPlace {
  folder: string;
  /** True when it had to lie outside Loupe's own folder. */
  external: boolean;
  /** Set when we are root. */
  runAs: UnprivilegedUser | undefined;
}

/**
 * Normally Loupe's own folder. But root's checkout may lie under a folder that nobody else can enter, and the
 * servers do not run as root: then a folder in the system's state directory, named in Loupe's own.
 */
export function findDataPlace(home: LoupeHome): DataPlace {
  const ordinary = unprivilegedUser();
  const runAs = ordinary && (dataOwner(externalFolder(home) ?? home.folder) ?? ordinary);
  if (runAs === undefined || canEnter(home.folder, runAs))
    return { folder: home.folder, external: false, runAs };
  const folder = externalFolder(home) ?? join(stateDirectory(), `loupe-${digestOf(home)}`);
  // The pointer comes first: a folder that is named but absent is harmless, one that nobody names is litter.
  writePrivateJson(home.externalData, { folder, why: `${runAs.name} cannot enter ${home.folder}` });
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  chmodSync(folder, 0o711);
  if (!canEnter(folder, runAs)) {
    throw startProblem(
      `The user ${runAs.name} can enter neither ${home.folder} nor ${folder}: set LOUPE_HOME to a folder that every user can enter.`,
    );
  }
  return { folder, external: true, runAs };
}

/** Data that is there already goes on with its owner: PostgreSQL refuses files that belong to anybody else. */
function dataOwner(folder: string): UnprivilegedUser | undefined {
  const { uid, gid } = statSync(join(folder, 'warehouse'), { throwIfNoEntry: false }) ?? {};
  if (uid === undefined || gid === undefined || uid === 0) return undefined;
  return { name: `with the id ${uid}`, uid, gid };
}

/** The external folder that this home names, if any. */
export function externalFolder(home: LoupeHome): string | undefined {
  const folder = readPrivateJson(home.externalData)?.['folder'];
  // The name carries a digest of the home, so a pointer copied from elsewhere names nothing of ours.
  return typeof folder === 'string' && folder.endsWith(`/loupe-${digestOf(home)}`) ? folder : undefined;
}

/** A folder below the place that belongs to whoever runs the servers. */
export function ownFolder(path: string, runAs: UnprivilegedUser | undefined): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (runAs !== undefined) chownSync(path, runAs.uid, runAs.gid);
  return path;
}

export function removeExternalFolder(home: LoupeHome): void {
  const folder = externalFolder(home);
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}

function canEnter(folder: string, user: UnprivilegedUser): boolean {
  const { uid, gid } = user;
  // Asked of the system itself: modes, lists of access and mounts all have a say.
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { uid, gid, cwd: '/' }).status === 0;
}

function stateDirectory(): string {
  try {
    accessSync('/var/lib', constants.W_OK);
    return '/var/lib';
  } catch {
    return tmpdir();
  }
}

const digestOf = (home: LoupeHome): string =>
  createHash('sha256').update(realpathSync(home.folder)).digest('hex').slice(0, 12);
