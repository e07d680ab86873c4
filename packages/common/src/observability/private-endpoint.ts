import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { overallHealth, type HealthChecks } from './health';
import { exposeMetrics, type Metrics } from './metrics';

/** What an orchestrator may ask. A probe that throws counts as no. */
export interface HealthProbes {
  /** False: only a restart helps. */
  live: () => boolean | Promise<boolean>;
  ready: () => HealthChecks | Promise<HealthChecks>;
  /** True once the service has begun to serve. */
  startup: () => boolean | Promise<boolean>;
}

export interface PrivateEndpointOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  metrics: Metrics;
  health: HealthProbes;
}

export interface PrivateEndpoint {
  /** The port in use. */
  port: number;
  close: () => Promise<void>;
}

interface Answer {
  status: number;
  contentType?: string;
  body: string;
}

const json = (status: number, body: Record<string, unknown>): Answer => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: JSON.stringify({ ...body, timestamp: new Date().toISOString() }),
});

const yesNo = (isYes: boolean, [yes, no]: [string, string]): Answer =>
  json(isYes ? 200 : 503, { status: isYes ? yes : no });

async function readyAnswer(probe: HealthProbes['ready']): Promise<Answer> {
  const checks = await probe();
  const status = overallHealth(checks);
  return json(status === 'unhealthy' ? 503 : 200, { status, checks });
}

async function answer(path: string, { metrics, health }: PrivateEndpointOptions): Promise<Answer> {
  switch (path) {
    case '/metrics':
      return { status: 200, ...(await exposeMetrics(metrics)) };
    case '/health/live':
      return yesNo(await health.live(), ['alive', 'unhealthy']);
    case '/health/ready':
      return readyAnswer(health.ready);
    case '/health/startup':
      return yesNo(await health.startup(), ['started', 'starting']);
    default:
      return json(404, { message: 'Not found' });
  }
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  options: PrivateEndpointOptions,
): Promise<void> {
  const [path = '/'] = (request.url ?? '/').split('?');
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const { status, contentType, body } = isRead
    ? await answer(path, options).catch(() => json(503, { status: 'unhealthy' }))
    : json(405, { message: 'Method not allowed' });
  response.writeHead(status, {
    'Content-Type': contentType ?? 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
    ...(isRead ? {} : { Allow: 'GET, HEAD' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/**
 * Serves `/metrics` and `/health/{live,ready,startup}` for machines: no login, so it belongs on a private address.
 * @throws the listening error as Node.js gives it (`EADDRINUSE`).
 */
export async function startPrivateEndpoint(options: PrivateEndpointOptions): Promise<PrivateEndpoint> {
  const server = createServer((request, response) => void respond(request, response, options));
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
