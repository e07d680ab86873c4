import {
  createDashboard,
  createDatasource,
  createQuery,
  createTile,
  createVisualization,
} from '../../testing/resources';
import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
let editor: Client;
let viewer: Client;
let admin: Client;
let orgId: string;
let visualizationId: string;
let dashboardId: string;
beforeAll(async () => {
  api = await startTestApi();
  const member = await api.member();
  orgId = member.orgId;
  admin = api.as(member);
  editor = api.as(await api.member({ orgId, role: 'editor' }));
  viewer = api.as(await api.member({ orgId, role: 'viewer' }));
  const queryId = await createQuery(editor, await createDatasource(admin));
  visualizationId = await createVisualization(editor, queryId);
});
beforeEach(async () => {
  dashboardId = await createDashboard(editor);
});
afterAll(() => api.close());

const unknownId = '00000000-0000-7000-8000-000000000000';
const post = (fields: object = {}) =>
  editor.post(`/dashboards/${dashboardId}/tiles`).send({ visualization_id: visualizationId, ...fields });
const tile = (fields: object = {}) =>
  createTile(editor, dashboardId, { visualization_id: visualizationId, ...fields });
const read = async () => (await viewer.get(`/dashboards/${dashboardId}`).expect(200)).body;

describe('POST /dashboards/{id}/tiles', () => {
  it('fills in the defaults, and shows in the very next read', async () => {
    const { body } = await post({ title: null, width: null, pos_x: null, parameter_bindings: null }).expect(
      201,
    );
    expect(body).toEqual({
      id: expect.any(String),
      dashboard_id: dashboardId,
      visualization_id: visualizationId,
      title: null,
      pos_x: 0,
      pos_y: 0,
      width: 4,
      height: 4,
      parameter_bindings: {},
      version: 1,
      created_by: expect.any(String),
      created_at: expect.stringMatching(/Z$/),
      updated_at: body.created_at,
    });
    expect((await read()).tiles).toEqual([body]);
  });

  it('returns what it was given', async () => {
    const sent = {
      ...{ title: 'A\ntitle', pos_x: 1000, pos_y: 1000, width: 100, height: 1 },
      parameter_bindings: { z: 'from', a: 'to' },
    };
    const { body } = await post(sent).expect(201);
    expect(body).toMatchObject(sent);
    expect(JSON.stringify((await read()).tiles[0].parameter_bindings)).toBe('{"z":"from","a":"to"}');
  });

  it.each<[string, object, string]>([
    ['no visualization', { visualization_id: null }, 'visualization_id'],
    ['a negative position', { pos_x: -1 }, 'pos_x'],
    ['a position of 1001', { pos_y: 1001 }, 'pos_y'],
    ['half a cell', { pos_y: 0.5 }, 'pos_y'],
    ['no width', { width: 0 }, 'width'],
    ['a height of 101', { height: 101 }, 'height'],
    ['a title of 256 characters', { title: 'x'.repeat(256) }, 'title'],
    ['a list of bindings', { parameter_bindings: [] }, 'parameter_bindings'],
  ])('refuses %s', async (_what, fields, field) => {
    const { body } = await post(fields).expect(400);
    expect(Object.keys(body.details.fields)).toEqual([field]);
  });

  it('has room for a list of it to be answered, and for no more', async () => {
    const large = (kib: number) => ({ parameter_bindings: { text: 'x'.repeat(kib * 1024) } });
    for (let n = 0; n < 2; n += 1) await post(large(255)).expect(201);
    const { body: refusal } = await post(large(5)).expect(409);
    expect(refusal).toMatchObject({ error: { type: 'conflict' }, details: { code: 'no_room' } });
    const small = (await post(large(1)).expect(201)).body.id;
    const path = `/dashboards/${dashboardId}/tiles/${small}`;
    const { version } = await read();
    await editor.put(path).send(large(5)).expect(409);
    expect((await read()).version).toBe(version);
    await editor.put(path).send(large(0.5)).expect(200);
    await api.database.asOwner(
      `INSERT INTO dashboard_tiles (id, org_id, created_by, dashboard_id, visualization_id, pos_x, pos_y, width, height)
       SELECT gen_random_uuid(), org_id, created_by, dashboard_id, visualization_id, 0, 0, 4, 4
       FROM dashboard_tiles, generate_series(1, 246) WHERE id = $1`,
      [small],
    );
    await post().expect(201);
    await post().expect(409);
    await editor.put(path).send({ pos_x: 5 }).expect(200);
    await editor.delete(path).expect(204);
    await post().expect(201);
  });

  it('refuses what does not exist, viewers, and requests without a token', async () => {
    expect((await post({ visualization_id: unknownId }).expect(404)).body.message).toBe(
      'Visualization not found',
    );
    const body = { visualization_id: visualizationId };
    const answer = await editor.post(`/dashboards/${unknownId}/tiles`).send(body).expect(404);
    expect(answer.body.message).toBe('Dashboard not found');
    await viewer.post(`/dashboards/${dashboardId}/tiles`).send(body).expect(403);
    await api.anonymous.post(`/api/v1/dashboards/${dashboardId}/tiles`).send(body).expect(401);
  });
});

describe('PUT /dashboards/{id}/tiles/{tile_id}', () => {
  const put = (id: string, change: object) =>
    editor.put(`/dashboards/${dashboardId}/tiles/${id}`).send(change);

  it('keeps absent fields and the visualization, and clears a title that is null', async () => {
    const { body: before } = await post({ title: 'old', parameter_bindings: { a: 'b' } }).expect(201);
    const change = { title: null, pos_x: 3, width: null, visualization_id: unknownId };
    const { body: after } = await put(before.id, change).expect(200);
    const { updated_at } = after;
    expect(after).toEqual({ ...before, title: null, pos_x: 3, version: 2, updated_at });
    expect(await read()).toMatchObject({ tiles: [after], version: 3 });
  });

  it('with the whole tile as it was changes neither it nor the dashboard', async () => {
    const { body: before } = await post({ title: 't' }).expect(201);
    const whole = await read();
    expect((await put(before.id, before).expect(200)).body).toEqual(before);
    expect(await read()).toEqual(whole);
  });

  it('loses neither of two changes at once, of one tile or of several', async () => {
    const ids = [await tile(), await tile()];
    const changes = [{ title: 'new' }, { pos_x: 6 }, { height: 9 }, { parameter_bindings: { a: 'b' } }];
    await Promise.all([
      ...ids.flatMap((id) => changes.map((change) => put(id, change).expect(200))),
      post({ title: 'third', pos_y: 5 }).expect(201),
      editor.put(`/dashboards/${dashboardId}`).send({ name: 'Renamed' }).expect(200),
    ]);
    const { tiles, version, name } = await read();
    const changed = Object.assign({}, ...changes);
    expect(tiles).toMatchObject([changed, changed, { title: 'third' }]);
    expect({ version, name }).toEqual({ version: 1 + 2 + 8 + 1 + 1, name: 'Renamed' });
  });

  it('refuses bad input, viewers, unknown ids, and requests without a token', async () => {
    const id = await tile();
    const path = `/dashboards/${dashboardId}/tiles/${id}`;
    await put(id, { pos_x: -1 }).expect(400);
    await put(unknownId, { pos_x: 1 }).expect(404);
    await put('nonsense', { pos_x: 1 }).expect(404);
    await editor.put(`/dashboards/${unknownId}/tiles/${id}`).send({ pos_x: 1 }).expect(404);
    await editor
      .put(`/dashboards/${await createDashboard(editor)}/tiles/${id}`)
      .send({ pos_x: 1 })
      .expect(404);
    await viewer.put(path).send({ pos_x: 1 }).expect(403);
    await api.anonymous.put(`/api/v1${path}`).send({ pos_x: 1 }).expect(401);
  });
});

describe('DELETE /dashboards/{id}/tiles/{tile_id}', () => {
  it('takes it off, and counts as a change of the dashboard', async () => {
    const [id, kept] = [await tile(), await tile()];
    await editor.delete(`/dashboards/${dashboardId}/tiles/${id}`).expect(204);
    expect(await read()).toMatchObject({ tiles: [{ id: kept }], version: 4 });
    await editor.delete(`/dashboards/${dashboardId}/tiles/${id}`).expect(404);
  });

  it('refuses viewers, unknown ids, and another dashboard’s tile', async () => {
    const id = await tile();
    const path = `/dashboards/${dashboardId}/tiles/${id}`;
    await viewer.delete(path).expect(403);
    await api.anonymous.delete(`/api/v1${path}`).expect(401);
    await editor.delete(`/dashboards/${dashboardId}/tiles/${unknownId}`).expect(404);
    await editor.delete(`/dashboards/${await createDashboard(editor)}/tiles/${id}`).expect(404);
    expect((await read()).tiles).toHaveLength(1);
  });
});

describe('GET /dashboards/{id}/tiles', () => {
  it('is a bare array, in order', async () => {
    const [low, high] = [await tile({ pos_y: 4 }), await tile({ pos_y: 1 })];
    const { body } = await viewer.get(`/dashboards/${dashboardId}/tiles`).expect(200);
    expect(body.map(({ id }: { id: string }) => id)).toEqual([high, low]);
    await viewer.get(`/dashboards/${unknownId}/tiles`).expect(404);
    await api.anonymous.get(`/api/v1/dashboards/${dashboardId}/tiles`).expect(401);
  });
});

describe('what a tile shows', () => {
  it.each(['visualization', 'query', 'datasource'] as const)(
    'takes it along when its %s is deleted, in the very next read',
    async (kind) => {
      const datasource = await createDatasource(admin);
      const query = await createQuery(editor, datasource);
      const visualization = await createVisualization(editor, query);
      const kept = await tile();
      const gone = await tile({ visualization_id: visualization });
      const { version } = await read();
      const path = {
        visualization: `/visualizations/${visualization}`,
        query: `/queries/${query}`,
        datasource: `/datasources/${datasource}`,
      }[kind];
      await admin.delete(path).expect(204);
      expect(await read()).toMatchObject({ tiles: [{ id: kept }], version: Number(version) + 1 });
      await editor.put(`/dashboards/${dashboardId}/tiles/${gone}`).send({ pos_x: 1 }).expect(404);
      await viewer.get(`/visualizations/${visualization}`).expect(404);
      await post({ visualization_id: visualization }).expect(404);
      await editor.post('/visualizations').send({ query_id: query, name: 'x', chart_type: 'bar' }).expect(kind === 'visualization' ? 201 : 404); // prettier-ignore
    },
  );

  it('is taken along even while tiles of it are made', async () => {
    const shown = await createVisualization(editor, await createQuery(editor, await createDatasource(admin)));
    const answers = await Promise.all([
      ...Array.from({ length: 8 }, () => post({ visualization_id: shown })),
      editor.delete(`/visualizations/${shown}`).expect(204),
    ]);
    expect([201, 404]).toEqual(expect.arrayContaining(answers.slice(0, 8).map(({ status }) => status)));
    expect((await read()).tiles).toEqual([]);
  });
});
