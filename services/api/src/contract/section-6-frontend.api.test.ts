import { type Client } from '../testing/test-api';
import { type Ground, openGround, unknownId } from '../testing/contract/ground';
import {
  createDashboard,
  createQuery,
  createSchedule,
  createTile,
  createVisualization,
} from '../testing/resources';
import { claimRun, endRun } from '../testing/run-states';

// What each page of the frontend asks for, in its order, as whoever may open the page.

let ground: Ground;
let editor: Client;
let viewer: Client;
beforeAll(async () => {
  ground = await openGround();
  ({ editor, viewer } = ground);
});
afterAll(() => ground.close());

interface Sent {
  query_id: string;
  parameters?: object;
}

/** POST, polls, result: what every page does that shows data. */
async function runAndRead(client: Client, sent: Sent): Promise<unknown[][]> {
  const { body: run } = await client.post('/runs').send(sent).expect(201);
  expect(run.status).toBe('queued');
  await client.get(`/runs/${run.id}`).expect(200);
  await endRun(ground.api, await claimRun(ground.api, run.id), ['[1,2]']);
  const { body: polled } = await client.get(`/runs/${run.id}`).expect(200);
  expect(polled.status).toBe('completed');
  return (await client.get(`/runs/${run.id}/result`).expect(200)).body.rows;
}

const list = async (client: Client, path: string) => (await client.get(path).expect(200)).body.data;
const query = (choices: object = {}): Promise<string> => createQuery(editor, ground.datasourceId, choices);
const definition = (param_type: string, fields: object = {}) => ({
  ...{ name: `a_${param_type}`, param_type, default: null, required: true, ...fields },
});

it('6.1/no cookies', async () => {
  const answers = await Promise.all([viewer.get('/queries'), ground.anonymous.get('/queries')]);
  for (const { headers } of answers) expect(headers['set-cookie']).toBeUndefined();
});

describe('session', () => {
  it('6.2/ids of somebody else are plain 404s in JSON', async () => {
    for (const path of ['/dashboards', '/canvases', '/runs']) {
      const { body } = await viewer.get(`${path}/${unknownId}`).expect(404);
      expect([body.error.type, typeof body.message]).toEqual(['not_found', 'string']);
    }
    const theirs = await createDashboard(ground.stranger);
    await viewer.get(`/dashboards/${theirs}`).expect(404);
  });

  it('6.2/without a good token: 401 with a message', async () => {
    const { body } = await ground.anonymous.get('/queries').set('Authorization', 'Bearer old').expect(401);
    expect(body.message).toMatch(/./);
  });

  it('6.3/sign up, then sign in', async () => {
    const person = { email: 'Ada@Example.com', password: 'correct horse', name: 'Ada' };
    await ground.anonymous.post('/auth/register').send(person).expect(201);
    const { email, password } = person;
    const { body } = await ground.anonymous.post('/auth/login').send({ email, password }).expect(200);
    const me = await ground.anonymous
      .get('/auth/me')
      .set('Authorization', `Bearer ${body.token}`)
      .expect(200);
    expect(me.body).toEqual(body.user);
  });
});

describe('pages', () => {
  it('6.3/dashboards', async () => {
    const id = await createDashboard(editor);
    expect(await list(viewer, '/dashboards')).toContainEqual(expect.objectContaining({ id, tiles: [] }));
    await editor.delete(`/dashboards/${id}`).expect(204);
  });

  it('6.3/dashboard', async () => {
    const id = await createDashboard(editor);
    const queryId = await query();
    for (const pos_y of [0, 4]) {
      const visualization_id = await createVisualization(editor, queryId);
      await createTile(editor, id, { visualization_id, pos_y, width: 6 });
    }
    const { body: dashboard } = await viewer.get(`/dashboards/${id}`).expect(200);
    const show = async (tile: { visualization_id: string }): Promise<unknown[][]> => {
      const path = `/visualizations/${tile.visualization_id}`;
      const [{ body }] = await Promise.all([viewer.get(path).expect(200), viewer.get(path).expect(200)]);
      return runAndRead(viewer, { query_id: body.query_id, parameters: {} });
    };
    for (const tile of dashboard.tiles) expect(await show(tile)).toEqual([[1, 2]]);
    const [first] = await list(editor, '/visualizations');
    const { body: added } = await editor
      .post(`/dashboards/${id}/tiles`)
      .send({ visualization_id: first.id, pos_x: 0, pos_y: 8, width: 6, height: 4 })
      .expect(201);
    for (const tile of [...dashboard.tiles, added])
      await editor
        .put(`/dashboards/${id}/tiles/${tile.id}`)
        .send({ ...tile, pos_x: 6 })
        .expect(200);
    const { body: moved } = await viewer.get(`/dashboards/${id}`).expect(200);
    await editor
      .put(`/dashboards/${id}`)
      .send({ ...moved, name: 'Saved' })
      .expect(200);
    expect(moved.tiles.map(({ pos_x }: { pos_x: number }) => pos_x)).toEqual([6, 6, 6]);
  });

  it('6.3/queries', async () => {
    const queryId = await query({ tags: ['canvas'] });
    await runAndRead(viewer, { query_id: queryId });
    const [queries] = await Promise.all([list(viewer, '/queries'), list(viewer, '/datasources')]);
    for (const { id } of queries) await viewer.get(`/runs?query_id=${id}&limit=1`).expect(200);
    const [latest] = await list(viewer, `/runs?query_id=${queryId}&limit=1`);
    expect(latest.status).toBe('completed');
    const { body: file } = await editor.get('/queries/export').expect(200);
    const answer = await editor
      .post('/queries/import')
      .send({ queries: file, datasource_id: ground.datasourceId, skip_duplicates: true })
      .expect(200);
    expect(answer.body.imported).toBe(0);
  });

  it('6.3/query editor', async () => {
    const id = await query({ name: 'Edited' });
    const [{ body }] = await Promise.all([
      editor.get(`/queries/${id}`).expect(200),
      list(editor, '/datasources'),
    ]);
    await Promise.all([list(editor, '/schedules'), list(editor, '/visualizations')]);
    await editor
      .put(`/queries/${id}`)
      .send({ ...body, sql: 'SELECT 2;', max_rows: null })
      .expect(200);
    expect(await runAndRead(editor, { query_id: id, parameters: {} })).toEqual([[1, 2]]);
    const chart = {
      query_id: id,
      name: 'Edited - Visualization',
      chart_type: 'table',
      config: { columns: [] },
    };
    const { body: made } = await editor.post('/visualizations').send(chart).expect(201);
    await editor
      .put(`/visualizations/${made.id}`)
      .send({ ...made, chart_type: 'bar' })
      .expect(200);
    // A viewer is stopped by the save before the run.
    await viewer.put(`/queries/${id}`).send(body).expect(403);
  });

  it('6.3/visualizations', async () => {
    const id = await createVisualization(editor, ground.queryId);
    await Promise.all([list(viewer, '/visualizations'), list(viewer, '/queries')]);
    await editor.delete(`/visualizations/${id}`).expect(204);
  });

  it('6.3/visualization editor', async () => {
    const id = await createVisualization(editor, ground.queryId);
    await list(editor, '/queries');
    const { body } = await editor.get(`/visualizations/${id}`).expect(200);
    await editor.get(`/queries/${body.query_id}`).expect(200);
    await runAndRead(editor, { query_id: body.query_id, parameters: {} });
    await editor.put(`/visualizations/${id}`).send(body).expect(200);
  });

  it('6.3/schedules', async () => {
    const id = await createSchedule(editor, ground.queryId);
    const after = async (call: Promise<unknown>) => {
      await call;
      return (await list(editor, '/schedules')).find((one: { id: string }) => one.id === id);
    };
    expect(await after(editor.post(`/schedules/${id}/disable`).expect(200))).toMatchObject({
      enabled: false,
    });
    expect(await after(editor.post(`/schedules/${id}/enable`).expect(200))).toMatchObject({ enabled: true });
    const triggered = await after(editor.post(`/schedules/${id}/trigger`).expect(200));
    expect(triggered.last_run_at).not.toBeNull();
    expect(await after(editor.delete(`/schedules/${id}`).expect(204))).toBeUndefined();
  });

  it('6.3/schedule editor', async () => {
    const id = await createSchedule(editor, await query());
    await list(editor, '/queries');
    const { body } = await editor.get(`/schedules/${id}`).expect(200);
    await editor.get(`/queries/${body.query_id}`).expect(200);
    const change = { query_id: body.query_id, name: 'Weekly … Schedule', cron_expression: '0 0 * * 1' };
    await editor
      .patch(`/schedules/${id}`)
      .send({ ...change, parameters: {}, enabled: true })
      .expect(200);
    await editor.delete(`/schedules/${id}`).expect(204);
  });

  it('6.3/settings and datasources', async () => {
    const { admin, anonymous } = ground;
    const users = await list(admin, '/organizations/users');
    const other = users.find(({ role }: { role: string }) => role === 'viewer');
    await list(admin, '/datasources');
    const source = { name: 'New', ds_type: 'postgres', connection_string: 'postgres://a:b@db.example.com/c' };
    const { body } = await admin.post('/datasources').send(source).expect(201);
    await admin.put(`/datasources/${body.id}`).send({}).expect(200);
    await admin.delete(`/datasources/${body.id}`).expect(204);
    await admin.put(`/organizations/users/${other.id}/role`).send({ role: 'viewer' }).expect(200);
    await anonymous.get('/organizations/users').expect(401);
  });

  it('6.3/canvas', async () => {
    await list(editor, '/datasources');
    const parameters = ['start', 'end'].map((name) => ({ name, param_type: 'datetime', required: true }));
    const node = {
      ...{ datasource_id: ground.datasourceId, name: '[Canvas] Why? › node 1', tags: ['canvas'] },
      ...{ sql: 'SELECT * FROM t WHERE at BETWEEN $start AND $end;', parameters },
    };
    const { body } = await editor.post('/queries').send(node).expect(201);
    const range = { start: '2025-01-01T00:00:00.000Z', end: '2025-01-08T00:00:00.000Z' };
    await runAndRead(editor, { query_id: body.id, parameters: range });
    await editor.put(`/queries/${body.id}`).send(node).expect(200);
    expect(await runAndRead(editor, { query_id: body.id, parameters: range })).toEqual([[1, 2]]);
  });
});

it('6.4/a dashboard of ten tiles', async () => {
  const queries = await Promise.all(Array.from({ length: 10 }, () => query()));
  const charts = await Promise.all(queries.map((id) => createVisualization(editor, id)));
  const id = await createDashboard(editor);
  for (const visualization_id of charts) await createTile(editor, id, { visualization_id });
  const { body } = await viewer.get(`/dashboards/${id}`).expect(200);
  const statuses = body.tiles.map(async ({ visualization_id: chart }: { visualization_id: string }) => {
    const path = `/visualizations/${chart}`;
    const [{ body: shown }] = await Promise.all([viewer.get(path).expect(200), viewer.get(path).expect(200)]);
    const { body: run } = await viewer
      .post('/runs')
      .send({ query_id: shown.query_id, parameters: {} })
      .expect(201);
    for (let poll = 0; poll < 4; poll += 1) await viewer.get(`/runs/${run.id}`).expect(200);
    return run.status;
  });
  expect(await Promise.all(statuses)).toEqual(Array.from({ length: 10 }, () => 'queued'));
});

describe('what the frontend sends for parameters', () => {
  const types = ['string', 'number', 'boolean', 'date', 'datetime'];

  it('3.6/dashboard tiles, visualization previews', async () => {
    const withDefaults = types.map((type, n) =>
      definition(type, { default: ['x', '5', 'true', '2025-01-01', '2025-01-01T10:00'][n] }),
    );
    const sql = 'SELECT $a_string, $a_number, $a_boolean, $a_date, $a_datetime';
    const good = await query({ sql, parameters: withDefaults });
    await viewer.post('/runs').send({ query_id: good, parameters: {} }).expect(201);
    const bad = await query({ sql, parameters: types.map((type) => definition(type)) });
    await viewer.post('/runs').send({ query_id: bad, parameters: {} }).expect(400);
  });

  it('3.6/query editor, queries list', async () => {
    const sql = 'SELECT $a_string, $a_number, $a_boolean, $a_date, $a_datetime';
    const id = await query({ sql, parameters: types.map((type) => definition(type)) });
    const values = { a_string: '', a_number: 0, a_boolean: false, a_date: '2025-01-15' };
    const parameters = { ...values, a_datetime: new Date().toISOString() };
    await viewer.post('/runs').send({ query_id: id, parameters }).expect(201);
    // While they are still the default, numbers and booleans come as texts.
    const texts = { ...parameters, a_number: '10', a_boolean: 'true' };
    await viewer.post('/runs').send({ query_id: id, parameters: texts }).expect(201);
  });

  it('3.6/canvas', async () => {
    const parameters = ['start', 'end'].map((name) => ({ name, param_type: 'datetime', required: true }));
    const id = await query({ sql: 'SELECT $start', parameters });
    const range = { start: new Date(0).toISOString(), end: new Date().toISOString() };
    await viewer.post('/runs').send({ query_id: id, parameters: range }).expect(201);
  });

  it('3.6/schedule', async () => {
    const optional = types.map((type) => definition(type, { required: false }));
    const queryId = await query({ sql: 'SELECT $a_string, $a_number, $a_datetime', parameters: optional });
    const parameters = Object.fromEntries(optional.map(({ name }) => [name, '']));
    const id = await createSchedule(editor, queryId, { parameters });
    await editor.post(`/schedules/${id}/trigger`).expect(200);
  });
});
