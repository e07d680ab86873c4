import { execFile } from 'node:child_process';
import { chownSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivateFile } from '../home/private-file';
import { ownFolder } from '../home/data-place';
import type { UnprivilegedUser } from '../process/unprivileged-user';
import { toolProblem } from '../screen/start-problem';

export const SUPERUSER = 'postgres';

export interface ClusterOptions {
  initdb: string;
  /** Holds `data`; belongs to whoever runs the server. */
  directory: string;
  password: string;
  runAs: UnprivilegedUser | undefined;
  /** False only for tests: the files then need not survive a power cut. */
  durable: boolean;
}

export const dataFolder = (directory: string): string => join(directory, 'data');

/** Makes a cluster unless there is one. It gets its name when it is whole, so a crash in between leaves no half cluster. */
export async function createCluster(options: ClusterOptions): Promise<void> {
  const { directory, runAs } = options;
  if (existsSync(dataFolder(directory))) return;
  ownFolder(directory, runAs);
  const draft = join(directory, 'data.new');
  const passwordFile = join(directory, 'password.new');
  rmSync(draft, { recursive: true, force: true });
  writePrivateFile(passwordFile, options.password);
  if (runAs !== undefined) chownSync(passwordFile, runAs.uid, runAs.gid);
  try {
    await runInitdb(options, [...initdbArguments(options), '--pgdata', draft, '--pwfile', passwordFile]);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(draft, dataFolder(directory));
}

function initdbArguments({ durable }: ClusterOptions): string[] {
  return [
    `--username=${SUPERUSER}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The builtin provider sorts the same on every machine; libc's order changes with the system and spoils indexes.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--data-checksums',
    '--set=timezone=UTC',
    '--set=log_timezone=UTC',
    ...(durable ? [] : ['--no-sync']),
  ];
}

function runInitdb({ initdb, directory, runAs }: ClusterOptions, args: string[]): Promise<void> {
  const user = runAs === undefined ? {} : { uid: runAs.uid, gid: runAs.gid };
  return new Promise((resolve, reject) => {
    execFile(initdb, args, { cwd: directory, env: { LC_ALL: 'C' }, ...user }, (error, stdout, stderr) => {
      if (error === null) resolve();
      else reject(toolProblem('PostgreSQL’s initdb', stderr.trim() === '' ? stdout : stderr));
    });
  });
}
