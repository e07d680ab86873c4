import { isIPv6 } from 'node:net';
import { writePrivateJson } from '../home/private-file';
import type { ServiceName } from '../supervisor/service';
import type { Ground } from './prepare';

/** Where everything listens. Holds no secret. */
export interface Endpoints {
  /** Up to and including `/api/v1`. */
  api: string;
  metrics: Record<ServiceName, string>;
}

/** Addresses of this start, also written down for tools and for the next start, which keeps the ports if it can. */
export function writeEndpoints({ config, home, ports }: Ground): Endpoints {
  const local = (port: number, path: string): string => `http://127.0.0.1:${port}${path}`;
  const endpoints: Endpoints = {
    api: `http://${reachable(config.api.host)}:${config.api.port}/api/v1`,
    metrics: {
      api: local(ports.apiMetrics, '/metrics'),
      runner: local(ports.runnerMetrics, '/metrics'),
      scheduler: local(ports.schedulerMetrics, '/metrics'),
    },
  };
  writePrivateJson(home.endpoints, { ...endpoints, logs: home.logs, ports });
  return endpoints;
}

/** An address that listens on every interface is not one to connect to. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return isIPv6(host) ? `[${host}]` : host;
}
