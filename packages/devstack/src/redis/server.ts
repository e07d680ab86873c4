import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { ownFolder } from '../home/data-place';
import { writePrivateFile } from '../home/private-file';
import { stopLeftOver } from '../process/left-over';
import { launch, type RunningProcess } from '../process/running-process';
import type { UnprivilegedUser } from '../process/unprivileged-user';
import { startProblem } from '../screen/start-problem';
import { environmentOf, type RedisProgram } from './redis-program';

export interface RedisOptions {
  program: RedisProgram;
  /** Holds the append-only file; made on first use. */
  directory: string;
  port: number;
  password: string;
  runAs: UnprivilegedUser | undefined;
  logFile: string;
  /** False only for tests: nothing is kept. */
  durable?: boolean;
}

export interface RedisServer extends RunningProcess {
  port: number;
  url: string;
}

const STOP_PATIENCE_MS = 10_000;
const START_PATIENCE_MS = 60_000;
const LOOK_AGAIN_MS = 15;

/** Starts Redis on loopback and resolves when it has read its data. An orphan on the same data is stopped first. */
export async function startRedis(options: RedisOptions): Promise<RedisServer> {
  const { program, directory, runAs } = options;
  ownFolder(directory, runAs);
  await stopLeftOverRedis(directory);
  // A file and not arguments: everybody on the machine can read a process's arguments, and the password is among them.
  const settings = join(directory, 'redis.conf');
  writePrivateFile(settings, settingsText(options));
  if (runAs !== undefined) chownSync(settings, runAs.uid, runAs.gid);
  const server = await launch({
    name: 'Redis',
    command: program.command,
    args: [settings],
    env: environmentOf(program),
    cwd: directory,
    logFile: options.logFile,
    runAs,
    // Redis writes its append-only file out before it leaves on SIGTERM.
    stopSignal: 'SIGTERM',
    forceSignal: 'SIGKILL',
    patience: STOP_PATIENCE_MS,
  });
  const url = `redis://:${encodeURIComponent(options.password)}@127.0.0.1:${options.port}/0`;
  await untilReady(server, url, options.logFile);
  return { ...server, port: options.port, url, stopNow: server.stop };
}

export async function stopLeftOverRedis(directory: string): Promise<boolean> {
  return stopLeftOver({
    pidFile: join(directory, 'redis.pid'),
    dataFolder: directory,
    signal: 'SIGTERM',
    patience: STOP_PATIENCE_MS,
  });
}

function settingsText({ directory, port, password, durable = true }: RedisOptions): string {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    'daemonize no',
    // Keeps this file's path visible among the processes, by which a left-over is known where there is no /proc.
    'set-proc-title no',
    `dir ${JSON.stringify(directory)}`,
    `pidfile ${JSON.stringify(join(directory, 'redis.pid'))}`,
    // The append-only file is the whole persistence; snapshots beside it would only cost time.
    'save ""',
    `appendonly ${durable ? 'yes' : 'no'}`,
    'appendfsync everysec',
    // A queue's keys must never be dropped to make room: BullMQ would lose jobs without a word.
    'maxmemory-policy noeviction',
    '',
  ].join('\n');
}

async function untilReady(server: RunningProcess, url: string, logFile: string): Promise<void> {
  let ended: string | undefined;
  void server.exited.then((how) => (ended = how));
  const deadline = Date.now() + START_PATIENCE_MS;
  while (ended === undefined && Date.now() < deadline) {
    if (await answers(url)) return;
    await delay(LOOK_AGAIN_MS);
  }
  if (ended === undefined) await server.stop();
  throw startProblem(`Redis did not start (${ended ?? 'no answer'}); its log is ${logFile}.`);
}

/** False while it is not listening yet, and while it is still reading its data (`-LOADING`). */
async function answers(url: string): Promise<boolean> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, enableReadyCheck: false });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const answer = await client.ping();
    await client.quit();
    return answer === 'PONG';
  } catch {
    // On a connection that has ended already, disconnect() waits two seconds for the end.
    if (client.status !== 'end') client.disconnect();
    return false;
  }
}
