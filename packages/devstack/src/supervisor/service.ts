import { join } from 'node:path';
import { SHUTDOWN_GRACE_SECONDS } from '../config/service-environment';
import { REPOSITORY } from '../home/loupe-home';
import { launch, type RunningProcess } from '../process/running-process';
import type { ServiceRecord } from '../process/service-record';
import { keepRunning, type Supervised } from './keep-running';

export const SERVICES = ['api', 'runner', 'scheduler'] as const;
export type ServiceName = (typeof SERVICES)[number];

export interface LaunchOptions {
  name: ServiceName;
  env: NodeJS.ProcessEnv;
  logFile: string;
}

export interface ServiceOptions extends LaunchOptions {
  record: ServiceRecord;
  say: (line: string) => void;
}

// The service's own deadline comes first; ours is for one that does not keep it.
export const SERVICE_PATIENCE_MS = (SHUTDOWN_GRACE_SECONDS + 2) * 1000;

/** Starts one service as a process of its own, under this very Node.js. */
export function launchService({ name, env, logFile }: LaunchOptions): Promise<RunningProcess> {
  return launch({
    name,
    command: process.execPath,
    args: ['--enable-source-maps', join(REPOSITORY, 'services', name, 'dist', 'main.js')],
    env,
    cwd: REPOSITORY,
    logFile,
    stopSignal: 'SIGTERM',
    forceSignal: 'SIGKILL',
    patience: SERVICE_PATIENCE_MS,
  });
}

/** Runs one service, and starts it again if it crashes. */
export function runService({ record, say, ...options }: ServiceOptions): Promise<Supervised<RunningProcess>> {
  return keepRunning({
    say,
    async start() {
      const service = await launchService(options);
      record.remember(options.name, service.pid);
      return service;
    },
  });
}
