import { join } from 'node:path';
import type { ReleaseStack } from '@loupe/common/lifecycle';
import { serviceEnvironment } from '../../config/service-environment';
import { readEnvironment } from '../../config/environment';
import { type LoupeHome, REPOSITORY } from '../../home/loupe-home';
import type { Secrets } from '../../home/secrets';
import { launch, type RunningProcess } from '../../process/running-process';
import { startProblem } from '../../screen/start-problem';
import { type ServiceName, SERVICE_PATIENCE_MS } from '../../supervisor/service';
import { untilReady } from '../../supervisor/until-ready';
import { tieToThisProcess } from '../../testing/lifeline';

type ProcessName = 'api' | 'runner1' | 'runner2' | 'scheduler';

export interface LoupeProcesses {
  /** Up to and including `/api/v1`. */
  apiUrl: string;
  pids: Record<ProcessName, number>;
}

export interface LoupeParts {
  home: LoupeHome;
  secrets: Secrets;
  ports: Record<ProcessName | 'apiMetrics', number>;
  databaseUrl: string;
  redisUrl: string;
  /** Of both runners together. */
  slots: number;
  /** Environment of each of them, beside what connects them. */
  settings: Record<string, string>;
  profileFolder: string | undefined;
  stack: ReleaseStack;
}

/** One API, two runners and a scheduler, as processes of their own. One that ends is not started again. */
export async function startLoupeProcesses(parts: LoupeParts): Promise<LoupeProcesses> {
  const { ports } = parts;
  const start = (name: ProcessName, service: ServiceName): Promise<number> =>
    startProcess(name, service, parts);
  const [api, runner1, runner2, scheduler] = await Promise.all([
    start('api', 'api'),
    start('runner1', 'runner'),
    start('runner2', 'runner'),
    start('scheduler', 'scheduler'),
  ]);
  return {
    apiUrl: `http://127.0.0.1:${ports.api}/api/v1`,
    pids: { api, runner1, runner2, scheduler },
  };
}

async function startProcess(name: ProcessName, service: ServiceName, parts: LoupeParts): Promise<number> {
  const { ports, stack, profileFolder, home } = parts;
  const logFile = join(home.logs, `${name}.log`);
  const profiling = ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`, `--cpu-prof-name=${name}.cpuprofile`];
  const started = await launch({
    name,
    command: process.execPath,
    args: [
      ...(profileFolder === undefined ? [] : profiling),
      '--enable-source-maps',
      join(REPOSITORY, 'services', service, 'dist', 'main.js'),
    ],
    env: environmentOf(name, parts),
    cwd: REPOSITORY,
    logFile,
    stopSignal: 'SIGTERM',
    forceSignal: 'SIGKILL',
    patience: SERVICE_PATIENCE_MS,
  });
  const lifeline = tieToThisProcess([started]);
  stack.defer(name, async () => {
    lifeline.cut();
    await started.stop();
  });
  await answering(started, logFile, name === 'api' ? `${ports.api}/api/v1` : String(ports[name]));
  return started.pid;
}

const environmentOf = (name: ProcessName, parts: LoupeParts): NodeJS.ProcessEnv =>
  serviceEnvironment(
    {
      PATH: readEnvironment().PATH,
      DB_SSL_MODE: 'disable',
      REDIS_NAMESPACE: 'loupe',
      RUNNER_SLOTS: String(parts.slots / 2),
      ...parts.settings,
    },
    {
      api: { host: '127.0.0.1', port: parts.ports.api },
      databaseUrl: parts.databaseUrl,
      databaseIsGiven: false,
      redisUrl: parts.redisUrl,
      secrets: parts.secrets,
      metricsPort: name === 'api' ? parts.ports.apiMetrics : parts.ports[name],
    },
  );

async function answering({ name, exited }: RunningProcess, logFile: string, address: string): Promise<void> {
  const waiting = new AbortController();
  const ended = exited.then((how) => {
    throw startProblem(`The ${name} ended at once (${how}); its log is ${logFile}.`);
  });
  const url = `http://127.0.0.1:${address}/health/ready`;
  try {
    await Promise.race([
      untilReady({ name, url, crashes: () => 0, logFile, stopping: waiting.signal }),
      ended,
    ]);
  } finally {
    waiting.abort();
    ended.catch(() => undefined);
  }
}
