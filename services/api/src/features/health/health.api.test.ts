import { createDatasource, createQuery } from '../../testing/resources';
import { asSuperuser, eventually, startTcpProxy, type TcpProxy } from '@loupe/common/testing';
import { startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await eventually('Redis is connected', async () => (await health('')).body.status === 'healthy');
});
afterAll(() => api.close());

const health = (path: string, of = api) => of.anonymous.get(`/api/v1/health${path}`);
const timestamp = expect.stringMatching(/^\d{4}-.*Z$/);

describe('a healthy API', () => {
  it('says so to load balancers', async () => {
    const { body } = await health('/ready').expect(200);
    expect(body).toEqual({
      status: 'healthy',
      timestamp,
      version: '0.0.0-test',
      checks: {
        database: { status: 'healthy', latency_ms: expect.any(Number) },
        migrations: { status: 'healthy', details: expect.objectContaining({ missing: [] }) },
        redis: { status: 'healthy' },
        queue: { status: 'healthy' },
      },
    });
  });

  it('tells operators of its memory, too', async () => {
    const { body } = await health('').expect(200);
    expect(body.checks.memory.details).toEqual({ used_mb: expect.any(Number), percent: expect.any(Number) });
    expect(body.checks.memory.details.percent).toBeGreaterThan(0);
  });

  it('is alive and has started', async () => {
    expect((await health('/live').expect(200)).body).toEqual({ status: 'alive', timestamp });
    expect((await health('/startup').expect(200)).body).toEqual({ status: 'started', timestamp });
  });
});

describe('without Redis', () => {
  it('is healthy when none is configured', async () => {
    const own = await startTestApi({ REDIS_URL: '' });
    try {
      const { body } = await health('/ready', own).expect(200);
      expect(body).toMatchObject({ status: 'healthy', checks: { redis: { status: 'healthy' } } });
    } finally {
      await own.close();
    }
  });

  it('that does not answer, is degraded and goes on acknowledging runs', async () => {
    // Nothing listens on port 1.
    const own = await startTestApi({ REDIS_URL: 'redis://127.0.0.1:1' });
    try {
      const { body } = await health('/ready', own).expect(200);
      expect(body).toMatchObject({ status: 'degraded', checks: { redis: { status: 'degraded' } } });
      const client = own.as(await own.member());
      const queryId = await createQuery(client, await createDatasource(client));
      const { body: run } = await client.post('/runs').send({ query_id: queryId }).expect(201);
      await client.get(`/runs/${run.id}`).expect(200);
      await client.post(`/runs/${run.id}/cancel`).expect(200);
    } finally {
      await own.close();
    }
  });
});

describe('without its database', () => {
  let proxy: TcpProxy;
  let own: TestApi;
  beforeAll(async () => {
    proxy = await startTcpProxy(process.env.LOUPE_TEST_POSTGRES_URL ?? '');
    own = await startTestApi((database) => ({ DATABASE_URL: proxy.lead(database.url) }));
  });
  afterAll(async () => {
    await own.close();
    await proxy.close();
  });

  it('answers 503 with a time to try again, stays alive, and recovers by itself', async () => {
    const client = own.as(await own.member());
    await client.get('/queries').expect(200);
    await proxy.cut();

    const refused = await client.get('/queries').expect(503);
    expect(refused.headers['retry-after']).toMatch(/^[1-9]\d*$/);
    expect(refused.body.error.type).toBe('service_unavailable');
    expect(JSON.stringify(refused.body)).not.toMatch(/127\.0\.0\.1|ECONN|loupe_/);
    const { body } = await health('/ready', own).expect(503);
    expect(body).toMatchObject({ status: 'unhealthy', checks: { database: { status: 'unhealthy' } } });
    expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|ECONN|loupe_/);
    await health('/live', own).expect(200);
    const { text: metrics } = await own.anonymous.get('/metrics').expect(200);
    expect(metrics).toContain('loupe_db_pool_connections_max');
    // No value at all: an old one would look like a calm queue.
    expect(metrics).not.toMatch(/^loupe_job_queue_depth /m);
    await own.anonymous
      .post('/api/v1/auth/login')
      .send({ email: 'a@example.com', password: 'x' })
      .expect(503);

    await proxy.restore();
    await client.get('/queries').expect(200);
    await health('/ready', own).expect(200);
  });
});

describe('with a database that is slow to answer', () => {
  it('probes wait for one answer together, instead of for a connection each', async () => {
    const own = await startTestApi();
    try {
      const name = new URL(own.database.ownerUrl).pathname.slice(1);
      await asSuperuser(name, async (client) => {
        await client.query('BEGIN');
        await client.query('LOCK TABLE schema_migrations');
        const probes = await Promise.all(Array.from({ length: 4 }, () => health('/ready', own).expect(503)));
        expect(probes[0]?.body.checks.database.status).toBe('unhealthy');
        await health('/ready', own).expect(503);
        const { rows } = await client.query(
          `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        expect(rows).toHaveLength(1);
        await client.query('ROLLBACK');
      });
      await eventually('it is ready', async () => (await health('/ready', own)).status === 200);
    } finally {
      await own.close();
    }
  });
});

describe('with a database of another shape', () => {
  it('is unhealthy when migrations are missing', async () => {
    const own = await startTestApi();
    try {
      const name = new URL(own.database.ownerUrl).pathname.slice(1);
      await asSuperuser(name, (client) => client.query('DELETE FROM schema_migrations WHERE id > 1'));
      const { body } = await health('/ready', own).expect(503);
      expect(body).toMatchObject({ status: 'unhealthy', checks: { migrations: { status: 'unhealthy' } } });
      expect(body.checks.migrations.details.missing).not.toHaveLength(0);
    } finally {
      await own.close();
    }
  });
});
