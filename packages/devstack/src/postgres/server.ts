import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { errorText } from '@loupe/common/errors';
import { stopLeftOver } from '../process/left-over';
import { launch, type RunningProcess } from '../process/running-process';
import type { UnprivilegedUser } from '../process/unprivileged-user';
import { startProblem, toolProblem } from '../screen/start-problem';
import type { PostgresBinaries } from './binaries';
import { createCluster, dataFolder, SUPERUSER } from './cluster';

export interface PostgresOptions {
  /** For the screen: `PostgreSQL`, `warehouse`. */
  name: string;
  binaries: PostgresBinaries;
  /** Holds the cluster; made on first use. */
  directory: string;
  port: number;
  /** The superuser's. Used when the cluster is made, afterwards to connect. */
  password: string;
  runAs: UnprivilegedUser | undefined;
  logFile: string;
  /** False only for tests: no fsync, about twice as fast, and worthless after a power cut (not after a kill). */
  durable?: boolean;
}

export interface PostgresServer extends RunningProcess {
  port: number;
  /** Superuser, database `postgres`. */
  url: string;
}

// A fast shutdown ends sessions and writes a checkpoint; an immediate one leaves recovery to the next start.
const FAST = 'SIGINT';
const IMMEDIATE = 'SIGQUIT';
const STOP_PATIENCE_MS = 10_000;
const START_PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 15;
/** Sessions of a killed server hold its memory until they notice, some only when their statement ends. */
const SESSIONS_LEFT = /pre-existing shared memory block/;
const SESSIONS_PATIENCE_MS = 15_000;

/** Starts PostgreSQL on loopback and resolves when it takes connections. An orphan on the same data is stopped first. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { binaries, directory, password, runAs, durable = true } = options;
  await createCluster({ initdb: binaries.initdb, directory, password, runAs, durable });
  await stopLeftOverPostgres(directory);
  const patience = Date.now() + SESSIONS_PATIENCE_MS;
  for (;;) {
    try {
      return await startOnce(options, durable);
    } catch (error) {
      if (!SESSIONS_LEFT.test(errorText(error)) || Date.now() > patience) throw error;
      await delay(LOOK_AGAIN_MS);
    }
  }
}

async function startOnce(options: PostgresOptions, durable: boolean): Promise<PostgresServer> {
  const { binaries, directory, password, runAs } = options;
  const logBefore = existsSync(options.logFile) ? statSync(options.logFile).size : 0;
  const server = await launch({
    name: options.name,
    command: binaries.postgres,
    args: serverArguments(options, durable),
    env: { LC_ALL: 'C' },
    cwd: dataFolder(directory),
    logFile: options.logFile,
    runAs,
    stopSignal: FAST,
    forceSignal: IMMEDIATE,
    patience: STOP_PATIENCE_MS,
  });
  await untilReady(server, options, logBefore);
  const url = `postgres://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${options.port}/postgres`;
  return { ...server, port: options.port, url };
}

export async function stopLeftOverPostgres(directory: string): Promise<boolean> {
  const data = dataFolder(directory);
  return stopLeftOver({
    pidFile: join(data, 'postmaster.pid'),
    dataFolder: data,
    signal: FAST,
    patience: STOP_PATIENCE_MS,
  });
}

function serverArguments({ directory, port }: PostgresOptions, durable: boolean): string[] {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    // A socket's path has a length limit that a deep checkout would break, and loopback is all that is needed.
    unix_socket_directories: '',
    max_connections: '200',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', dataFolder(directory), '-p', String(port), ...flags];
}

/** Waits for the word `ready` in the status line of the server's own lock file, as pg_ctl does. */
async function untilReady(
  server: RunningProcess,
  options: PostgresOptions,
  logBefore: number,
): Promise<void> {
  let ended: string | undefined;
  void server.exited.then((how) => (ended = how));
  const deadline = Date.now() + START_PATIENCE_MS;
  for (;;) {
    if (ended !== undefined)
      throw toolProblem(options.name, lastWords(options.logFile, logBefore, server.pid) || ended);
    if (isReady(dataFolder(options.directory), server.pid)) return;
    if (Date.now() > deadline) break;
    await delay(LOOK_AGAIN_MS);
  }
  await server.stopNow();
  throw startProblem(
    `${options.name} did not become ready within ${START_PATIENCE_MS / 1000} s; its log is ${options.logFile}.`,
  );
}

function isReady(data: string, pid: number): boolean {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
  } catch {
    return false;
  }
}

/**
 * The line that says why the server gave up, among those written since it was started. Sessions of a killed server write
 * there too, until they have noticed; each line has its process's id in brackets.
 */
function lastWords(logFile: string, from: number, pid: number): string {
  const file = openSync(logFile, 'r');
  try {
    const buffer = Buffer.alloc(64 * 1024);
    const text = buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, from));
    const lines = text.split('\n');
    const own = lines.filter((line) => line.includes(`[${pid}]`));
    return /(?:FATAL|PANIC|ERROR): .*/.exec([...own, ...lines].join('\n'))?.[0] ?? text;
  } finally {
    closeSync(file);
  }
}
