import { join } from 'node:path';
import type { ReleaseStack } from '@loupe/common/lifecycle';
import {
  type LoupeHome,
  type RunningProcess,
  runService,
  type Secrets,
  serviceEnvironment,
  SERVICES,
  type ServiceName,
  type Supervised,
  tieToThisProcess,
  untilReady,
} from '@loupe/devstack';

export interface ServicesParts {
  home: LoupeHome;
  secrets: Secrets;
  /** Of the private endpoints. */
  ports: Record<ServiceName, number>;
  apiPort: number;
  databaseUrl: string;
  redisUrl: string;
  settings: Record<string, string>;
  stack: ReleaseStack;
}

/** The three services, supervised as `npm start` does it: one that is killed comes back by itself. */
export interface Services {
  /** kill -9. Resolves when the process is gone, not when the next one is there. */
  kill(name: ServiceName): Promise<void>;
  signal(name: ServiceName, signal: NodeJS.Signals): void;
  /** Resolves when the service answers that it is ready. */
  ready(name: ServiceName): Promise<void>;
  crashes(name: ServiceName): number;
}

export async function startServices(parts: ServicesParts): Promise<Services> {
  const { ports, apiPort, stack } = parts;
  const running = Object.fromEntries(
    await Promise.all(SERVICES.map(async (name) => [name, await startService(name, parts)] as const)),
  ) as Record<ServiceName, Supervised<RunningProcess>>;
  const stopping = new AbortController();
  stack.defer('waiting', () => stopping.abort());
  const ready = (name: ServiceName): Promise<void> =>
    untilReady({
      name,
      url: `http://127.0.0.1:${name === 'api' ? `${apiPort}/api/v1` : ports[name]}/health/ready`,
      crashes: () => 0,
      logFile: logOf(name, parts),
      stopping: stopping.signal,
    });
  await Promise.all(SERVICES.map(ready));
  return {
    ready,
    async kill(name) {
      const { pid, exited } = running[name].current();
      process.kill(pid, 'SIGKILL');
      await exited;
    },
    signal: (name, signal) => void process.kill(running[name].current().pid, signal),
    crashes: (name) => running[name].crashes(),
  };
}

const logOf = (name: ServiceName, { home }: ServicesParts): string => join(home.logs, `${name}.log`);

async function startService(name: ServiceName, parts: ServicesParts): Promise<Supervised<RunningProcess>> {
  const { stack, databaseUrl, redisUrl, secrets, ports, apiPort, settings } = parts;
  const facts = {
    api: { host: '127.0.0.1', port: apiPort },
    databaseUrl,
    databaseIsGiven: false,
    redisUrl,
    secrets,
    metricsPort: ports[name],
  };
  const service = await runService({
    name,
    env: serviceEnvironment({ PATH: process.env.PATH, DB_SSL_MODE: 'disable', ...settings }, facts),
    logFile: logOf(name, parts),
    record: {
      remember: (_name, pid) => stack.defer('lifeline', tieToThisProcess([{ pid }]).cut),
      stopLeftOvers: async () => [],
    },
    say: () => undefined,
  });
  stack.defer(name, () => service.stop());
  return service;
}
