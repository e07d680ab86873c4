import { eventually } from '@loupe/common/testing';
import { type Ground, openGround } from '../testing/contract/ground';
import { createRun } from '../testing/resources';

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
  await eventually('it is ready', async () => {
    const { status } = await ground.anonymous.get('/health/ready');
    return status === 200;
  });
});
afterAll(() => ground.close());

it.each([
  ['2.10/no token › /health', '/health'],
  ['2.10/no token › /health/live', '/health/live'],
  ['2.10/no token › /health/ready', '/health/ready'],
])('%s', async (_row, path) => {
  await ground.anonymous.get(path).expect(200);
  await ground.anonymous.get(path).set('Authorization', 'Bearer nonsense').expect(200);
});

it('2.10/checks of /health and /health/ready', async () => {
  const check = { status: expect.stringMatching(/^(healthy|degraded|unhealthy)$/) };
  const { body: ready } = await ground.anonymous.get('/health/ready').expect(200);
  const { body: full } = await ground.anonymous.get('/health').expect(200);
  const checks = { database: check, migrations: check, redis: check, queue: check };
  for (const { status, timestamp, version } of [ready, full]) {
    expect(status).toMatch(/^(healthy|degraded)$/);
    expect([Date.parse(timestamp), typeof version]).toEqual([expect.any(Number), 'string']);
  }
  expect(ready.checks).toMatchObject(checks);
  expect(full.checks).toMatchObject({
    ...checks,
    database: { status: 'healthy', latency_ms: expect.any(Number) },
    memory: { details: { used_mb: expect.any(Number), percent: expect.any(Number) } },
  });
});

it('2.10/the queue can only degrade', async () => {
  // Nobody admits runs any more, and runs are taken all the same.
  await ground.api.database.asOwner('REVOKE ALL ON dispatch_mutex FROM loupe_engine');
  await createRun(ground.editor, ground.queryId);
  for (const path of ['/health', '/health/ready']) {
    const { body } = await eventually('the queue is degraded', async () => {
      const answer = await ground.anonymous.get(path).expect(200);
      return answer.body.checks.queue.status === 'degraded' && answer;
    });
    expect(body).toMatchObject({
      status: 'degraded',
      checks: {
        queue: {
          status: 'degraded',
          message: expect.not.stringMatching(/dispatch_mutex|loupe_engine|permission/),
        },
      },
    });
  }
});
