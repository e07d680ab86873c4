import { join } from 'node:path';
import type { ReleaseStack } from '@loupe/common/lifecycle';
import { startTcpProxy, type TcpProxy } from '@loupe/common/testing';
import {
  launchService,
  type LoupeHome,
  type RunningProcess,
  type Secrets,
  serviceEnvironment,
  SERVICES,
  type ServiceName,
  tieToThisProcess,
  untilReady,
} from '@loupe/devstack';
import { chooseQuietPorts } from '../quiet-ports';

/** How many processes there are of each service. */
export type Topology = Record<ServiceName, number>;

export interface MembersParts {
  home: LoupeHome;
  secrets: Secrets;
  topology: Topology;
  databaseUrl: string;
  redisUrl: string;
  settings: Record<string, string>;
  settingsOf: (member: string) => Record<string, string>;
  stack: ReleaseStack;
}

/** One process of Loupe, reaching PostgreSQL and Redis through proxies of its own. Nobody starts it again but the test. */
export interface Member {
  name: string;
  service: ServiceName;
  /** Where it answers probes; of an API also everything else. */
  url: string;
  inspectPort: number;
  postgres: TcpProxy;
  redis: TcpProxy;
  pid(): number;
  isUp(): boolean;
  signal(signal: NodeJS.Signals): void;
  /** kill -9. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** Resolves when the process has ended by itself. */
  gone(): Promise<string>;
  /** Starts it, if it does not run, and resolves when it is ready. */
  start(): Promise<void>;
}

export async function startMembers(parts: MembersParts): Promise<Member[]> {
  const members: Member[] = [];
  for (const service of SERVICES) {
    for (let n = 1; n <= parts.topology[service]; n += 1) {
      members.push(await prepareMember(service, `${service}-${n}`, parts));
    }
  }
  await Promise.all(members.map((member) => member.start()));
  return members;
}

async function prepareMember(service: ServiceName, name: string, parts: MembersParts): Promise<Member> {
  const { stack, home } = parts;
  const ports = await chooseQuietPorts(['api', 'probes', 'inspect']);
  const [postgres, redis] = await Promise.all([
    startTcpProxy(parts.databaseUrl),
    startTcpProxy(parts.redisUrl),
  ]);
  stack.defer('proxies', () => Promise.all([postgres.close(), redis.close()]));
  const env = environmentOf(parts, { name, service, ports, postgres, redis });
  const logFile = join(home.logs, `${name}.log`);
  const url = `http://127.0.0.1:${service === 'api' ? `${ports.api}/api/v1` : ports.probes}`;
  const slot = createSlot(() => launchService({ name: service, env, logFile }));
  stack.defer(name, slot.stop);
  return {
    ...{ name, service, url, inspectPort: ports.inspect, postgres, redis },
    ...{ pid: () => slot.current().pid, isUp: slot.isUp, gone: () => slot.current().exited },
    signal: (signal) => void process.kill(slot.current().pid, signal),
    async kill() {
      process.kill(slot.current().pid, 'SIGKILL');
      await slot.current().exited;
    },
    async start() {
      if (!slot.isUp()) await slot.start();
      const [ready, stopping] = [`${url}/health/ready`, new AbortController().signal];
      await untilReady({ name, url: ready, crashes: () => (slot.isUp() ? 0 : Infinity), logFile, stopping });
    },
  };
}

interface MemberFacts extends Pick<Member, 'name' | 'service' | 'postgres' | 'redis'> {
  ports: Record<'api' | 'probes' | 'inspect', number>;
}

function environmentOf(parts: MembersParts, { name, service, ports, postgres, redis }: MemberFacts) {
  const own = {
    ...(service === 'runner' && { RUNNER_ID: name }),
    ...(service === 'scheduler' && { SCHEDULER_ID: name }),
    // Listened on only after SIGUSR1.
    NODE_OPTIONS: `--inspect-port=127.0.0.1:${ports.inspect}`,
  };
  return serviceEnvironment(
    { PATH: process.env.PATH, DB_SSL_MODE: 'disable', ...own, ...parts.settings, ...parts.settingsOf(name) },
    {
      api: { host: '127.0.0.1', port: ports.api },
      databaseUrl: postgres.lead(parts.databaseUrl),
      databaseIsGiven: false,
      // Sentinels tell addresses, and no proxy is among them.
      redisUrl: 'REDIS_SENTINELS' in parts.settings ? undefined : redis.lead(parts.redisUrl),
      secrets: parts.secrets,
      metricsPort: ports.probes,
    },
  );
}

/** The place of a process, empty or not. */
function createSlot(launch: () => Promise<RunningProcess>) {
  let running: RunningProcess | undefined;
  let lifeline: ReturnType<typeof tieToThisProcess> | undefined;
  let isUp = false;
  return {
    isUp: () => isUp,
    current(): RunningProcess {
      if (running === undefined) throw new Error('it was never started');
      return running;
    },
    async start() {
      const process = await launch();
      running = process;
      isUp = true;
      lifeline?.cut();
      lifeline = tieToThisProcess([process]);
      void process.exited.then(() => {
        if (running === process) isUp = false;
      });
    },
    async stop() {
      lifeline?.cut();
      if (isUp) await running?.stop();
    },
  };
}
