import { connect } from 'node:net';
import { once } from 'node:events';
import type { HealthChecks } from './health';
import { createMetrics } from './metrics';
import { startPrivateEndpoint, type PrivateEndpoint } from './private-endpoint';

describe('the private endpoint', () => {
  let endpoint: PrivateEndpoint;
  let checks: HealthChecks | Error;
  let isUp: boolean;

  beforeEach(async () => {
    checks = { database: { status: 'healthy', latency_ms: 1 }, migrations: { status: 'healthy' } };
    isUp = true;
    endpoint = await startPrivateEndpoint({
      host: '127.0.0.1',
      port: 0,
      metrics: createMetrics('runner', { version: '1.0.0' }),
      health: {
        live: () => isUp,
        ready: () => (checks instanceof Error ? Promise.reject(checks) : Promise.resolve(checks)),
        startup: () => isUp,
      },
    });
  });
  afterEach(() => endpoint.close());

  const get = async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${endpoint.port}${path}`, { method });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') && text !== '';
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson ? JSON.parse(text) : text) as unknown,
    };
  };

  it('serves metrics', async () => {
    const { status, headers, body } = await get('/metrics');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(body).toContain('loupe_build_info{service="runner"');
  });

  it('tells whether it lives and has started', async () => {
    expect(await get('/health/live')).toMatchObject({ status: 200, body: { status: 'alive' } });
    expect(await get('/health/startup')).toMatchObject({ status: 200, body: { status: 'started' } });
    isUp = false;
    expect(await get('/health/live')).toMatchObject({ status: 503, body: { status: 'unhealthy' } });
    expect(await get('/health/startup')).toMatchObject({ status: 503, body: { status: 'starting' } });
  });

  it.each([
    [200, 'healthy', {}],
    [200, 'degraded', { redis: { status: 'unhealthy', message: 'not connected' } }],
    [200, 'degraded', { database: { status: 'degraded' } }],
    [503, 'unhealthy', { database: { status: 'unhealthy' } }],
    [503, 'unhealthy', { migrations: { status: 'unhealthy' }, redis: { status: 'healthy' } }],
  ] as [number, string, HealthChecks][])(
    'answers %i %s to readiness with %j',
    async (status, overall, others) => {
      checks = { ...(checks as HealthChecks), ...others };
      const { status: sent, body, headers } = await get('/health/ready?verbose');
      expect(sent).toBe(status);
      expect(body).toMatchObject({
        status: overall,
        checks,
        timestamp: expect.stringMatching(/Z$/) as string,
      });
      expect(headers.get('cache-control')).toBe('no-store');
    },
  );

  it('is not ready when the probe fails, and says nothing of why', async () => {
    checks = new Error('password=canary');
    const { status, body } = await get('/health/ready');
    expect(status).toBe(503);
    expect(JSON.stringify(body)).not.toContain('canary');
  });

  it('offers nothing else', async () => {
    expect((await get('/')).status).toBe(404);
    expect((await get('/health')).status).toBe(404);
    const posted = await get('/metrics', 'POST');
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(await get('/health/live', 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  it('fails to start on a taken port', async () => {
    const again = startPrivateEndpoint({
      host: '127.0.0.1',
      port: endpoint.port,
      metrics: createMetrics('runner', { version: '1.0.0' }),
      health: { live: () => true, ready: () => ({}), startup: () => true },
    });
    await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('closes although a client keeps its connection', async () => {
    const socket = connect(endpoint.port, '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    socket.resume();
    await endpoint.close();
    await closed;
    await expect(get('/metrics')).rejects.toThrow();
    endpoint = { port: 0, close: () => Promise.resolve() };
  });
});
