import { openRunEndPublisher } from '@loupe/common/events';
import { eventually, testRedis } from '@loupe/common/testing';
import type { Member } from '../../testing/members';
import { createDatasource } from '../../testing/resources';
import { claimRun, endRun } from '../../testing/run-states';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
let member: Member;
let client: Client;
let body: object;
const redis = testRedis();
const ends = openRunEndPublisher(redis);

beforeAll(async () => {
  api = await startTestApi({ REDIS_URL: redis.url, REDIS_NAMESPACE: redis.namespace });
  member = await api.member();
  client = api.as(member);
  body = { datasource_id: await createDatasource(client), sql: 'SELECT 1' };
});
afterAll(async () => {
  await ends.close();
  await api.close();
});

const start = async (): Promise<string> =>
  ((await client.post('/runs/execute').send(body).expect(201)).body as { id: string }).id;

interface Answered {
  status: string;
  id: string;
}

/** Until the request that waits has made its first look. */
const looked = (since: number): Promise<unknown> =>
  eventually('it looked', () => api.statementCount('runs.find') > since);

/** Ends the run as a runner does, which tells of it. */
async function end(id: string): Promise<void> {
  await endRun(api, await claimRun(api, id), ['[1,2]']);
  ends.publish(id);
}

describe('a request that waits for the end', () => {
  it('is answered when the run has ended, and looks for it no more than it must', async () => {
    const id = await start();
    const before = api.statementCount('runs.find');
    const answer = client.get(`/runs/${id}`).set('Prefer', 'wait=20').expect(200);
    const waiting = answer.then((response) => response);
    await looked(before);
    await end(id);
    const { body: run, headers } = await waiting;
    expect(run).toMatchObject({ id, status: 'completed' });
    expect(headers).toMatchObject({ 'preference-applied': 'wait=20' });
    // The first look, one a second while it is told nothing, and the last.
    expect(api.statementCount('runs.find') - before).toBeLessThan(10);
  });

  it('starts a run and is answered with its end', async () => {
    const waiting = client
      .post('/runs/execute')
      .set('Prefer', 'wait=20')
      .send(body)
      .expect(201)
      .then((response) => response);
    const id = await eventually('the run is there', async () => {
      const rows = await api.database.asOwner<{ id: string }>(
        `SELECT id FROM runs WHERE state <> 'succeeded'`,
      );
      return rows[0]?.id ?? false;
    });
    await end(id);
    expect((await waiting).body).toMatchObject({ id, status: 'completed' });
  });

  it('hears of an end that nobody tells of: a queued run that somebody cancels', async () => {
    const id = await start();
    const before = api.statementCount('runs.find');
    const waiting = client
      .get(`/runs/${id}`)
      .set('Prefer', 'wait=20')
      .then((response) => response);
    await looked(before);
    await client.post(`/runs/${id}/cancel`).expect(200);
    expect((await waiting).body).toMatchObject({ id, status: 'cancelled' });
  });

  it('is answered with the run as it stands when the time is over', async () => {
    const id = await start();
    const began = performance.now();
    const { body: run, headers } = await client.get(`/runs/${id}`).set('Prefer', 'wait=1').expect(200);
    expect(performance.now() - began).toBeGreaterThan(950);
    expect(run).toMatchObject({ status: 'queued', waiting: { reason: expect.any(String) as string } });
    expect(headers).toMatchObject({ 'preference-applied': 'wait=1' });
  });

  it('does not wait for what has ended, nor where it is not asked to', async () => {
    const id = await start();
    await end(id);
    await client.get(`/runs/${id}`).set('Prefer', 'wait=20').expect(200);
    const queued = await start();
    const { headers } = await client.get(`/runs/${queued}`).set('Prefer', 'respond-async').expect(200);
    expect(headers).not.toHaveProperty('preference-applied');
  });

  it('of another organization is told at once that there is no such run', async () => {
    const id = await start();
    const stranger = api.as(await api.member());
    await stranger.get(`/runs/${id}`).set('Prefer', 'wait=20').expect(404);
  });
});

it('leaves its place when its client hung up before it began to wait', async () => {
  const id = await start();
  const metrics = async (): Promise<string> => (await api.anonymous.get('/metrics')).text;
  // It is held where its session is looked up.
  await api.database.asOwner('BEGIN');
  await api.database.asOwner('LOCK TABLE sessions');
  const before = api.statementCount('runs.find');
  const request = client.get(`/runs/${id}`).set('Prefer', 'wait=30');
  const hungUp = request.then(
    () => false,
    () => true,
  );
  await eventually('it is held', async () => {
    const held = await api.database.asOwner(
      `SELECT FROM pg_locks WHERE NOT granted AND relation = 'sessions'::regclass`,
    );
    return held.length > 0;
  });
  request.abort();
  await eventually('the server has seen it', async () => (await metrics()).includes('status="499"'));
  await api.database.asOwner('COMMIT');
  await looked(before);
  await eventually('it waits no more', async () =>
    (await metrics()).includes('loupe_api_waiting_requests 0'),
  );
  expect(await hungUp).toBe(true);
});

it('tells everybody how things stand when the server stops', async () => {
  const own = await startTestApi();
  const ours = own.as(await own.member());
  const datasource_id = await createDatasource(ours);
  const waiting = ours
    .post('/runs/execute')
    .set('Prefer', 'wait=30')
    .send({ datasource_id, sql: 'SELECT 1' })
    .then((response) => response);
  await eventually('the run is there', async () => {
    const rows = await own.database.asOwner('SELECT id FROM runs');
    return rows.length > 0;
  });
  const began = performance.now();
  const [{ body: run, status }] = await Promise.all([waiting, own.close()]);
  expect(status).toBe(201);
  expect((run as Answered).status).toBe('queued');
  expect(performance.now() - began).toBeLessThan(10_000);
});

it('ignores the wish to wait where as many of the organization wait as may', async () => {
  const own = await startTestApi({ MAX_WAITING_REQUESTS_PER_ORG: '1' });
  try {
    const [ours, others] = [own.as(await own.member()), own.as(await own.member())];
    const startFor = async (who: Client): Promise<string> => {
      const datasource_id = await createDatasource(who);
      const { body: run } = await who
        .post('/runs/execute')
        .send({ datasource_id, sql: 'SELECT 1' })
        .expect(201);
      return (run as Answered).id;
    };
    const [id, theirs] = [await startFor(ours), await startFor(others)];
    const wait = (who: Client, of: string, seconds: number) =>
      who.get(`/runs/${of}`).set('Prefer', `wait=${seconds}`);
    const waiting = wait(ours, id, 30).then((response) => response);
    await eventually('it waits', async () => {
      const { text } = await own.anonymous.get('/metrics');
      return text.includes('loupe_api_waiting_requests 1');
    });
    const { body: run, headers } = await wait(ours, id, 30).expect(200);
    expect(run).toMatchObject({ id, status: 'queued' });
    expect(headers).not.toHaveProperty('preference-applied');
    expect((await wait(others, theirs, 1)).headers).toMatchObject({ 'preference-applied': 'wait=1' });
    await ours.post(`/runs/${id}/cancel`).expect(200);
    expect((await waiting).body).toMatchObject({ id, status: 'cancelled' });
    expect((await wait(ours, id, 30)).headers).toMatchObject({ 'preference-applied': 'wait=30' });
  } finally {
    await own.close();
  }
});
