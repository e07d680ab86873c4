import type { RunFailure } from '@loupe/common/repositories/engine';
import { createEndingRepository } from '@loupe/common/repositories/engine';
import { createDatasource, createQuery, createRun } from '../../testing/resources';
import { claimRun } from '../../testing/run-states';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
let editor: Client;
let viewer: Client;
let datasourceId: string;
beforeAll(async () => {
  api = await startTestApi();
  const admin = await api.member();
  datasourceId = await createDatasource(api.as(admin));
  editor = api.as(await api.member({ orgId: admin.orgId, role: 'editor' }));
  viewer = api.as(await api.member({ orgId: admin.orgId, role: 'viewer' }));
});
afterAll(() => api.close());

const loss: RunFailure = { errorClass: 'runner_lost', code: null, message: 'The run was given up' };

/** A run of the query that costs its third process. */
async function poison(queryId: string, failure: RunFailure = loss): Promise<string> {
  const runId = await createRun(editor, queryId);
  const endings = createEndingRepository(api.runner);
  expect(await endings.deadByLoss(await claimRun(api, runId), failure)).toBe(true);
  return runId;
}

const attempt = (queryId: string, status: number) =>
  viewer.post('/runs').send({ query_id: queryId }).expect(status);

describe('a version of a query of which three runs within an hour killed what executed them', () => {
  it('is refused with the reason, until an editor acknowledges it, and again after three more', async () => {
    const id = await createQuery(editor, datasourceId);
    for (let n = 0; n < 3; n += 1) {
      await attempt(id, 201);
      await poison(id);
    }
    const { body } = await attempt(id, 409);
    expect(body).toMatchObject({
      message: expect.stringMatching(/blocked.*acknowledge/s),
      error: { type: 'conflict' },
      details: { code: 'query_blocked' },
    });
    await viewer.post(`/queries/${id}/acknowledge`).expect(403);
    await attempt(id, 409);
    expect((await editor.post(`/queries/${id}/acknowledge`).expect(200)).body).toMatchObject({ id });
    await poison(id);
    await poison(id);
    await attempt(id, 201);
    await poison(id);
    await attempt(id, 409);
  });

  it('is not replayed either, alone or with others', async () => {
    const id = await createQuery(editor, datasourceId);
    const runs = [await poison(id), await poison(id), await poison(id)];
    const { body } = await editor.post(`/runs/${runs[0]}/replay`).expect(409);
    expect(body.details.code).toBe('query_blocked');
    const replay = async (selection: object) =>
      (
        await editor
          .post('/runs/replay')
          .send({ ...selection, dry_run: false })
          .expect(200)
      ).body;
    expect(await replay({ filter: { query_id: id } })).toMatchObject({ count: 0 });
    expect(await replay({ ids: [runs[0]] })).toMatchObject({
      ...{ count: 0, skipped: [{ run_id: runs[0], reason: 'blocked' }] },
    });
    await editor.post(`/queries/${id}/acknowledge`).expect(200);
    expect(await replay({ filter: { query_id: id } })).toMatchObject({ count: 3, run_ids: runs });
  });

  it('does not stand for the next version, nor for another query', async () => {
    const [id, other] = [await createQuery(editor, datasourceId), await createQuery(editor, datasourceId)];
    for (let n = 0; n < 3; n += 1) await poison(id);
    await attempt(id, 409);
    await attempt(other, 201);
    await editor.put(`/queries/${id}`).send({ sql: 'SELECT 2' }).expect(200);
    await attempt(id, 201);
  });

  it('sends its waiting runs to where nobody executes beside them', async () => {
    const id = await createQuery(editor, datasourceId);
    await api.database.asOwner(`UPDATE runner_sessions SET closed_at = now()`);
    const waiting = await createRun(editor, id);
    for (let n = 0; n < 3; n += 1) await poison(id);
    const poolOf = async (): Promise<unknown> =>
      (
        await api.engine.one<{ pool: string }>({
          ...{ name: 'test.pool', text: 'SELECT pool FROM runs WHERE id = $1', values: [waiting] },
        })
      ).pool;
    // No session serves quarantine: it would wait there for nobody.
    expect(await poolOf()).toBe('interactive');
    await editor.post(`/queries/${id}/acknowledge`).expect(200);
    for (let n = 0; n < 2; n += 1) await poison(id);
    await api.database.asOwner(`UPDATE runner_sessions SET pools = '{interactive,quarantine}'`);
    await poison(id);
    expect(await poolOf()).toBe('quarantine');
  });
});

it('blocks nothing for runs that were given up for another reason, or longer ago', async () => {
  const id = await createQuery(editor, datasourceId);
  for (let n = 0; n < 3; n += 1) await poison(id, { ...loss, errorClass: 'connect' });
  await attempt(id, 201);
  const old = [await poison(id), await poison(id)];
  await api.database.asOwner('BEGIN');
  // The guard lets nobody move these times.
  await api.database.asOwner(`SET LOCAL session_replication_role = 'replica'`);
  await api.database.asOwner(
    `UPDATE runs SET finished_at = finished_at - interval '61 minutes' WHERE id = ANY ($1)`,
    [old],
  );
  await api.database.asOwner('COMMIT');
  await poison(id);
  await attempt(id, 201);
});

describe('POST /queries/{id}/acknowledge', () => {
  it('answers 404 for what is not there or not ours, 401 without a token, and does nothing where nothing is blocked', async () => {
    const id = await createQuery(editor, datasourceId);
    await api.anonymous.post(`/api/v1/queries/${id}/acknowledge`).expect(401);
    const foreign = await api
      .as(await api.member())
      .post(`/queries/${id}/acknowledge`)
      .expect(404);
    const unknown = await editor
      .post('/queries/00000000-0000-7000-8000-000000000000/acknowledge')
      .expect(404);
    expect(foreign.body.message).toBe(unknown.body.message);
    await editor.post(`/queries/${id}/acknowledge`).expect(200);
  });
});
