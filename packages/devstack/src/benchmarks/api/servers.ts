import { join } from 'node:path';
import type { ReleaseStack } from '@loupe/common/lifecycle';
import { readEnvironment } from '../../config/environment';
import { serviceEnvironment } from '../../config/service-environment';
import { choosePorts } from '../../home/free-ports';
import { REPOSITORY } from '../../home/loupe-home';
import { launch } from '../../process/running-process';
import { SERVICE_PATIENCE_MS } from '../../supervisor/service';
import { untilReady } from '../../supervisor/until-ready';
import { tieToThisProcess } from '../../testing/lifeline';
import type { MetadataGround } from '../dispatch/metadata-ground';

/** A server that is measured. */
export interface Server {
  name: string;
  /** Up to and including `/api/v1`. */
  url: string;
  pid: number;
}

export interface ServerParts {
  ground: MetadataGround;
  /** Undefined: no CPU profiles. */
  profileFolder: string | undefined;
  stack: ReleaseStack;
}

interface Program {
  name: string;
  /** Path to its main file, and what comes behind. */
  args: readonly string[];
  settings?: Record<string, string>;
}

/** The API as a process of its own, without Redis. */
export const startApi = (
  parts: ServerParts,
  name: string,
  settings: Record<string, string>,
): Promise<Server> =>
  startServer(parts, {
    ...{ name, settings },
    args: [join(REPOSITORY, 'services/api/dist/main.js')],
  });

/** What it is measured against, with the same settings. */
export const startBare = (parts: ServerParts, bodies: string): Promise<Server> =>
  startServer(parts, {
    name: 'bare',
    args: [join(__dirname, '..', 'bare-server.js'), bodies],
  });

async function startServer(
  { ground, profileFolder, stack }: ServerParts,
  { name, args, settings }: Program,
): Promise<Server> {
  const { home, secrets, applicationUrl } = ground;
  const ports = await choosePorts(['server', 'metrics'], {});
  const logFile = join(home.logs, `${name}.log`);
  const profiling = ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`, `--cpu-prof-name=${name}.cpuprofile`];
  const started = await launch({
    ...{ name, logFile, cwd: REPOSITORY, stopSignal: 'SIGTERM', forceSignal: 'SIGKILL' },
    command: process.execPath,
    args: [...(profileFolder === undefined ? [] : profiling), '--enable-source-maps', ...args],
    env: serviceEnvironment(
      { PATH: readEnvironment().PATH, DB_SSL_MODE: 'disable', ...settings },
      {
        ...{ databaseUrl: applicationUrl, databaseIsGiven: false, redisUrl: undefined, secrets },
        ...{ api: { host: '127.0.0.1', port: ports.server }, metricsPort: ports.metrics },
      },
    ),
    patience: SERVICE_PATIENCE_MS,
  });
  const lifeline = tieToThisProcess([started]);
  stack.defer(name, async () => {
    lifeline.cut();
    await started.stop();
  });
  const url = `http://127.0.0.1:${ports.server}/api/v1`;
  const stopping = new AbortController();
  const ended = started.exited.then((how) => {
    throw new Error(`${name} ended at once (${how}); its log is ${logFile}`);
  });
  try {
    const ready = { name, url: `${url}/health/ready`, crashes: () => 0, logFile, stopping: stopping.signal };
    await Promise.race([untilReady(ready), ended]);
  } finally {
    stopping.abort();
    ended.catch(() => undefined);
  }
  return { name, url, pid: started.pid };
}
