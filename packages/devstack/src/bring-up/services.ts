import { join } from 'node:path';
import { serviceEnvironment } from '../config/service-environment';
import { runService, SERVICES, type ServiceName } from '../supervisor/service';
import { untilReady } from '../supervisor/until-ready';
import type { DataServers } from './data-servers';
import type { Endpoints } from './endpoints';
import type { Ground } from './prepare';

/** The three services, each ready for work when this resolves. */
export async function startServices(what: {
  ground: Ground;
  servers: DataServers;
  endpoints: Endpoints;
  given: Readonly<NodeJS.ProcessEnv>;
}): Promise<void> {
  const { ground, servers, endpoints, given } = what;
  const start = async (name: ServiceName): Promise<void> => {
    const logFile = join(ground.home.logs, `${name}.log`);
    const service = await runService({
      name,
      logFile,
      record: ground.record,
      say: ground.progress.say,
      env: serviceEnvironment(given, {
        ...servers,
        api: ground.config.api,
        databaseIsGiven: ground.config.database !== undefined,
        secrets: ground.secrets,
        metricsPort: ground.ports[`${name}Metrics`],
      }),
    });
    await ground.layers.add('services', service);
    const url =
      name === 'api'
        ? `${endpoints.api}/health/ready`
        : endpoints.metrics[name].replace('/metrics', '/health/ready');
    await untilReady({ name, url, crashes: service.crashes, logFile, stopping: ground.stopping });
  };
  await ground.progress.step(
    'Services',
    async () => {
      const outcomes = await Promise.allSettled(SERVICES.map(start));
      const failure = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failure !== undefined) throw failure.reason;
    },
    () => SERVICES.join(', '),
  );
}
