import { belongingsOf } from '../testing/belongings';
import { openSourceCheckRunner } from '../testing/control-runs';
import { type Ground, openGround } from '../testing/contract/ground';
import { createSchedule } from '../testing/resources';

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.close());

it.each([
  ['1.1/base path › health lies below it', '/api/v1/health', 200],
  ['1.1/base path › metrics lie at the root', '/metrics', 200],
  ['1.1/base path › and not below it', '/api/v1/metrics', 404],
  ['1.1/base path › nothing else lies outside', '/health', 404],
])('%s', async (_row, path, status) => {
  await ground.api.anonymous.get(path).expect(status);
});

it('1.1/page origin', async () => {
  const { anonymous } = ground.api;
  // As a proxy of the page's own origin passes it on.
  const answer = await anonymous.get('/api/v1/health/live').set('Host', 'loupe.example.com').expect(200);
  expect(answer.headers.location).toBeUndefined();
});

it('1.1/no trailing slash', async () => {
  await ground.viewer.get('/queries').expect(200);
  await ground.viewer.get('/queries/').expect(404);
});

describe('1.1/POST without a body', () => {
  it.each(['enable', 'disable', 'trigger'])('%s', async (action) => {
    const id = await createSchedule(ground.editor, ground.queryId);
    await ground.editor.post(`/schedules/${id}/${action}`).expect(200);
  });

  it('cancel', async () => {
    const { body: run } = await ground.editor.post('/runs').send({ query_id: ground.queryId }).expect(201);
    await ground.editor.post(`/runs/${run.id}/cancel`).expect(200);
  });

  it('test', async () => {
    const runner = await openSourceCheckRunner(ground.api);
    const request = ground.viewer.post(`/datasources/${ground.datasourceId}/test`).expect(200);
    const answer = request.then(({ body }) => body);
    await runner.succeed(await runner.take('probe'), [[12, []]]);
    expect(await answer).toMatchObject({ success: true });
  });

  it('refresh and logout', async () => {
    const person = { email: 'bodyless@example.com', password: 'correct horse', name: 'Ada' };
    const { body } = await ground.anonymous.post('/auth/register').send(person).expect(201);
    const bearer = (token: string) => `Bearer ${token}`;
    const { body: next } = await ground.anonymous
      .post('/auth/refresh')
      .set('Authorization', bearer(body.refresh_token))
      .expect(200);
    await ground.anonymous.post('/auth/logout').set('Authorization', bearer(next.token)).expect(200);
  });
});

it('1.1/empty object body', async () => {
  const path = `/datasources/${ground.datasourceId}`;
  const { body: before } = await ground.admin.get(path).expect(200);
  const { body: after } = await ground.admin.put(path).send({}).expect(200);
  expect(after).toEqual(before);
});

it.each([
  ['1.1/unknown query-string keys › of a list', '/queries?org_id=1&limit=5&x[y]=1'],
  ['1.1/unknown query-string keys › of one', '/auth/me?org_id=1'],
])('%s', async (_row, path) => {
  await ground.viewer.get(path).expect(200);
});

it('1.1/extra response fields', async () => {
  // Who reads them by the document has to let more fields pass, and each of these has one more than the contract says.
  const { text } = await ground.anonymous.get('/openapi.json').expect(200);
  expect(text).not.toMatch(/"additionalProperties": ?false/);
  const made = await belongingsOf(ground.editor, ground.admin);
  for (const path of [
    `/datasources/${made.datasource}`,
    `/queries/${made.query}`,
    `/visualizations/${made.visualization}`,
    `/dashboards/${made.dashboard}`,
    `/schedules/${made.schedule}`,
    `/canvases/${made.canvas}`,
  ]) {
    const { body } = await ground.viewer.get(path).expect(200);
    expect(body).toMatchObject({ id: path.split('/')[2], version: expect.any(Number) });
  }
});
