import { createDatasource, createQuery, createSchedule } from '../../testing/resources';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
let editor: Client;
let editorId: string;
let viewer: Client;
let stranger: Client;
let datasourceId: string;
let queryId: string;
beforeAll(async () => {
  api = await startTestApi({ MAX_QUEUED_RUNS_PER_ORG: '20' });
  const admin = await api.member();
  const { orgId } = admin;
  datasourceId = await createDatasource(api.as(admin));
  const member = await api.member({ orgId, role: 'editor' });
  editor = api.as(member);
  editorId = member.userId;
  queryId = await createQuery(editor, datasourceId);
  viewer = api.as(await api.member({ orgId, role: 'viewer' }));
  stranger = api.as(await api.member());
});
afterAll(() => api.close());

const unknownId = '00000000-0000-7000-8000-000000000000';
const find = async (id: string) => (await viewer.get(`/schedules/${id}`).expect(200)).body;

describe.each(['enable', 'disable', 'trigger'])('POST /schedules/{id}/%s', (action) => {
  it('is for editors of the organization', async () => {
    const id = await createSchedule(editor, queryId);
    await viewer.post(`/schedules/${id}/${action}`).expect(403);
    await stranger.post(`/schedules/${id}/${action}`).expect(404);
    await editor.post(`/schedules/${unknownId}/${action}`).expect(404);
    await editor.post(`/schedules/nonsense/${action}`).expect(404);
    await api.anonymous.post(`/api/v1/schedules/${id}/${action}`).expect(401);
    await editor.post(`/schedules/${id}/${action}`).expect(200);
  });
});

describe('enable and disable', () => {
  it('can be said twice, and reckon the next time from now', async () => {
    const id = await createSchedule(editor, queryId, { enabled: false });
    const enabled = (await editor.post(`/schedules/${id}/enable`).expect(200)).body;
    expect(enabled).toMatchObject({
      enabled: true,
      next_run_at: expect.stringMatching(/T03:00:00/),
      version: 2,
    });
    expect((await editor.post(`/schedules/${id}/enable`).expect(200)).body).toEqual(enabled);
    const disabled = (await editor.post(`/schedules/${id}/disable`).expect(200)).body;
    expect(disabled).toMatchObject({ enabled: false, next_run_at: null, version: 3 });
    expect((await editor.post(`/schedules/${id}/disable`).expect(200)).body).toEqual(disabled);
  });
});

/** The next so many changes of the schedule end as PostgreSQL ends who has to give way in a deadlock. */
async function giveWay(scheduleId: string, times: number): Promise<void> {
  const name = `give_way_${scheduleId.replaceAll('-', '')}`;
  // A sequence goes on counting where its transaction is taken back.
  await api.database.asOwner(`CREATE SEQUENCE ${name}`);
  await api.database.asOwner(
    `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
       IF NEW.id = '${scheduleId}' AND nextval('public.${name}') <= ${times}
       THEN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = 'deadlock_detected'; END IF;
       RETURN NEW; END $$`,
  );
  await api.database.asOwner(
    `CREATE TRIGGER ${name} BEFORE UPDATE ON schedules FOR EACH ROW EXECUTE FUNCTION ${name}()`,
  );
}

describe('trigger', () => {
  it('makes a run of the caller now, enabled or not, and leaves the next time alone', async () => {
    const parameters = [{ name: 'n', param_type: 'number', required: true }];
    const query = await createQuery(editor, datasourceId, { sql: 'SELECT $n::int', parameters, max_rows: 5 });
    for (const enabled of [true, false]) {
      const id = await createSchedule(editor, query, { enabled, parameters: { n: 7 } });
      const before = await find(id);
      const { body } = await editor.post(`/schedules/${id}/trigger`).expect(200);
      expect(body).toEqual({ run_id: expect.any(String), message: expect.any(String) });
      const after = await find(id);
      expect(after).toEqual({ ...before, last_run_at: expect.stringMatching(/Z$/) });
      const { body: run } = await viewer.get(`/runs/${body.run_id}`).expect(200);
      expect(run).toMatchObject({
        ...{ status: 'queued', query_id: query, schedule_id: id, created_by: editorId, origin: 'trigger' },
      });
      const [row] = await api.database.asOwner(
        'SELECT pool, bound_values, max_rows FROM runs WHERE id = $1',
        [body.run_id],
      );
      expect(row).toEqual({ pool: 'scheduled', bound_values: ['7'], max_rows: 5 });
      const { body: runs } = await viewer.get(`/runs?schedule_id=${id}`).expect(200);
      expect(runs.data.map((one: { id: string }) => one.id)).toEqual([body.run_id]);
    }
  });

  it('keeps large integers exact', async () => {
    const parameters = [{ name: 'n', param_type: 'number', required: true }];
    const query = await createQuery(editor, datasourceId, { sql: 'SELECT $n::int8', parameters });
    const { text, body: made } = await editor
      .post('/schedules')
      .type('json')
      .send(
        `{"query_id":"${query}","name":"x","cron_expression":"@daily","parameters":{"n":9007199254740993}}`,
      )
      .expect(201);
    expect(text).toContain('"parameters":{"n":9007199254740993}');
    const { body } = await editor.post(`/schedules/${made.id}/trigger`).expect(200);
    const rows = await api.database.asOwner('SELECT bound_values FROM runs WHERE id = $1', [body.run_id]);
    expect(rows).toEqual([{ bound_values: ['9007199254740993'] }]);
  });

  it('makes no run when the parameters cannot be bound any more', async () => {
    const query = await createQuery(editor, datasourceId);
    const id = await createSchedule(editor, query);
    const definition = { name: 'n', param_type: 'number', required: true };
    await editor
      .put(`/queries/${query}`)
      .send({ sql: 'SELECT $n', parameters: [definition] })
      .expect(200);
    const { body } = await editor.post(`/schedules/${id}/trigger`).expect(400);
    expect(body.details.fields).toEqual({ 'parameters.n': 'is required' });
    expect((await find(id)).last_run_at).toBeNull();
    expect((await viewer.get(`/runs?schedule_id=${id}`).expect(200)).body.total).toBe(0);
  });

  it('is tried again, once, when it has to give way to another transaction', async () => {
    const id = await createSchedule(editor, queryId);
    await giveWay(id, 1);
    const { body } = await editor.post(`/schedules/${id}/trigger`).expect(200);
    const { body: runs } = await viewer.get(`/runs?schedule_id=${id}`).expect(200);
    expect(runs.data.map((run: { id: string }) => run.id)).toEqual([body.run_id]);

    const other = await createSchedule(editor, queryId);
    await giveWay(other, 2);
    await editor.post(`/schedules/${other}/trigger`).expect(500);
    expect((await viewer.get(`/runs?schedule_id=${other}`).expect(200)).body.total).toBe(0);
  });

  it('is refused for a blocked version of the query', async () => {
    const query = await createQuery(editor, datasourceId);
    const id = await createSchedule(editor, query);
    await api.database.asOwner(
      `INSERT INTO blocked_query_versions (org_id, query_id, query_version) SELECT org_id, id, version FROM queries WHERE id = $1`,
      [query],
    );
    const { body } = await editor.post(`/schedules/${id}/trigger`).expect(409);
    expect(body.details.code).toBe('query_blocked');
  });

  it('is refused when too many runs of the organization wait', async () => {
    const id = await createSchedule(editor, queryId);
    const trigger = () => editor.post(`/schedules/${id}/trigger`);
    let answer = await trigger();
    for (let n = 0; n < 25 && answer.status === 200; n += 1) answer = await trigger();
    expect(answer.status).toBe(429);
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    expect(answer.body.details.code).toBe('queue_full');
  });
});
