import { eventually } from '@loupe/common/testing';
import { openSourceCheckRunner, type SourceCheckRunner } from '../../testing/control-runs';
import { createDatasource } from '../../testing/resources';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
let admin: Client;
let viewer: Client;
let stranger: Client;
let id: string;
let runner: SourceCheckRunner;
beforeAll(async () => {
  api = await startTestApi();
  const member = await api.member();
  admin = api.as(member);
  viewer = api.as(await api.member({ orgId: member.orgId, role: 'viewer' }));
  stranger = api.as(await api.member());
  id = await createDatasource(admin);
  runner = await openSourceCheckRunner(api);
});
afterAll(() => api.close());

/** Sends the request now, as `await` alone would do. */
const sent = (test: ReturnType<Client['get']>) => test.then((answer) => answer);

const checks = [
  ['post', '/test', 'probe'],
  ['get', '/schema', 'describe'],
] as const;

describe.each(checks)('%s /datasources/{id}%s', (method, path, kind) => {
  it('answers 401 without a token, and 404 for what is not there, not ours, or no id', async () => {
    await api.anonymous[method](`/api/v1/datasources/${id}${path}`).expect(401);
    const foreign = await stranger[method](`/datasources/${id}${path}`).expect(404);
    const unknown = await admin[method](`/datasources/00000000-0000-7000-8000-000000000000${path}`).expect(
      404,
    );
    expect(foreign.body.message).toBe(unknown.body.message);
    await admin[method](`/datasources/x${path}`).expect(404);
  });

  it('makes a run that is in no list and cannot be looked at, and leaves no other', async () => {
    const answer = sent(viewer[method](`/datasources/${id}${path}`));
    const run = await runner.take(kind);
    expect(run).toMatchObject({ statement: '', kind, pool: 'control' });
    await admin.get(`/runs/${run.runId}`).expect(404);
    await admin.get(`/runs/${run.runId}/result`).expect(404);
    await admin.post(`/runs/${run.runId}/cancel`).expect(404);
    await runner.succeed(run, kind === 'probe' ? [[1, []]] : []);
    await answer;
    expect((await admin.get('/runs').expect(200)).body.total).toBe(0);
  });
});

describe('a connection test', () => {
  const test = (client: Client) => sent(client.post(`/datasources/${id}/test`).expect(200));

  it('says how long it took, and tells admins what the account may do', async () => {
    for (const [client, warnings] of [
      [admin, ['It can drop tables']],
      [viewer, []],
    ] as const) {
      const answer = test(client);
      await runner.succeed(await runner.take('probe'), [[12, ['It can drop tables']]]);
      expect((await answer).body).toEqual({ success: true, message: 'Connected', latency_ms: 12, warnings });
    }
  });

  it('says why the source cannot be used', async () => {
    const answer = test(viewer);
    await runner.fail(await runner.take('probe'), { errorClass: 'connect', message: 'It was refused' });
    expect((await answer).body).toEqual({
      success: false,
      message: 'It was refused',
      latency_ms: null,
      warnings: [],
    });
  });

  it('says so when the source took too long', async () => {
    const answer = test(viewer);
    await runner.timeOut(await runner.take('probe'));
    expect((await answer).body).toMatchObject({ success: false, message: expect.stringMatching(/in time/) });
  });

  it('says so when the datasource is deleted meanwhile', async () => {
    const other = await createDatasource(admin, { name: 'Other' });
    await api.database.asOwner('UPDATE runner_sessions SET draining = true');
    const answer = sent(admin.post(`/datasources/${other}/test`).expect(200));
    await expectWaiting(1);
    await admin.delete(`/datasources/${other}`).expect(204);
    expect((await answer).body).toMatchObject({ success: false, message: expect.stringMatching(/deleted/) });
    await api.database.asOwner('UPDATE runner_sessions SET draining = false');
  });
});

describe('a schema', () => {
  const schema = (status: number) => sent(viewer.get(`/datasources/${id}/schema`).expect(status));

  it('is a bare array in the order that the source gave, however many chunks it fills', async () => {
    const columns = [{ name: 'n', data_type: 'character varying', is_nullable: true }];
    const tables = Array.from({ length: 8_000 }, (_, n) => ['public', `table_${n}`, columns] as const);
    const answer = schema(200);
    await runner.succeed(await runner.take('describe'), tables);
    expect((await answer).body).toEqual(
      tables.map(([schemaName, name]) => ({ schema: schemaName, name, columns })),
    );
  });

  it('is empty where there are no tables', async () => {
    const answer = schema(200);
    await runner.succeed(await runner.take('describe'), []);
    expect((await answer).body).toEqual([]);
  });

  it.each([
    ['cannot be reached', '502 connection_error', { errorClass: 'connect' }],
    ['does not let the account in', '502 connection_error', { errorClass: 'permission', code: '28P01' }],
    ['has no right to read its catalog', '400 query_error', { errorClass: 'permission', code: '42501' }],
    ['gives an error', '400 query_error', { errorClass: 'user', code: '42P01' }],
    ['has too many columns', '400 query_error', { errorClass: 'too_large' }],
    ['was asked by a runner that shuts down', '503 service_unavailable', { errorClass: 'runner_lost' }],
  ] as const)('of a source that %s is %s', async (_, expected, failure) => {
    const [status, type] = expected.split(' ');
    const answer = schema(Number(status));
    await runner.fail(await runner.take('describe'), failure);
    expect((await answer).body).toMatchObject({ message: 'It failed', error: { type } });
  });

  it('that took too long is a query error', async () => {
    const answer = schema(400);
    await runner.timeOut(await runner.take('describe'));
    expect((await answer).body.error.type).toBe('query_error');
  });
});

describe('without a runner', () => {
  beforeAll(() => api.database.asOwner('UPDATE runner_sessions SET draining = true'));

  it('a test answers within its 10 s that nobody could try, a schema 503 after 15 s, and neither waits on', async () => {
    const began = performance.now();
    const [test, schema] = await Promise.all([
      sent(viewer.post(`/datasources/${id}/test`).expect(200)).then(({ body }) => ({
        body,
        ms: performance.now() - began,
      })),
      sent(viewer.get(`/datasources/${id}/schema`).expect(503)),
    ]);
    expect(test.body).toMatchObject({ success: false, latency_ms: null });
    expect(test.body.message).toMatch(/No runner/);
    expect(test.ms).toBeLessThan(11_500);
    expect(schema.body.error.type).toBe('service_unavailable');
    expect(performance.now() - began).toBeLessThan(17_000);
    await expectWaiting(0);
  });

  it('refuses one more when many wait already', async () => {
    const test = () => sent(viewer.post(`/datasources/${id}/test`));
    // Those that come in the same moment do not see each other: one after the other, so that twenty wait and no more.
    const waiting: ReturnType<typeof test>[] = [];
    for (let count = 1; count <= 20; count += 1) {
      waiting.push(test());
      await expectWaiting(count);
    }
    const refused = await Promise.all(Array.from({ length: 10 }, test));
    expect(refused.map(({ status, headers }) => [status, headers['retry-after']])).toEqual(
      refused.map(() => [429, '5']),
    );
    await api.database.asOwner('UPDATE runner_sessions SET draining = false');
    // Those that wait are let go by deleting what they test.
    await admin.delete(`/datasources/${id}`).expect(204);
    const statuses = (await Promise.all(waiting)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});

async function expectWaiting(count: number): Promise<void> {
  await eventually(`${count} checks wait`, async () => {
    const { n } = await api.engine.one<{ n: number }>({
      name: 'test.waiting',
      text: `SELECT count(*)::int AS n FROM runs WHERE pool = 'control' AND state IN ('queued', 'dispatched')`,
    });
    return n === count;
  });
}
