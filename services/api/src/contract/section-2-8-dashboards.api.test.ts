import { type Ground, openGround, unknownId } from '../testing/contract/ground';
import {
  createDashboard,
  createDatasource,
  createQuery,
  createTile,
  createVisualization,
} from '../testing/resources';

let ground: Ground;
let visualizationId: string;
let foreignVisualization: string;
beforeAll(async () => {
  ground = await openGround();
  const { editor, stranger, queryId } = ground;
  visualizationId = await createVisualization(editor, queryId);
  const foreignQuery = await createQuery(stranger, await createDatasource(stranger));
  foreignVisualization = await createVisualization(stranger, foreignQuery);
});
afterAll(() => ground.close());

const tags = (length: number): string[] => Array.from({ length }, (_, n) => `t${n}`);
const parameters = [
  { name: 'from', param_type: 'date', default: null, label: 'From' },
  { name: 'shop', param_type: 'string' },
  { anything: ['else'] },
];

describe('dashboards', () => {
  const rows: [string, object, number][] = [
    ['2.8/dashboard name › absent → 400', { name: undefined }, 400],
    ['2.8/dashboard name › blank → 400', { name: ' ' }, 400],
    ['2.8/dashboard name › 255 characters', { name: 'x'.repeat(255) }, 201],
    ['2.8/dashboard name › 256 characters → 400', { name: 'x'.repeat(256) }, 400],
    ['2.8/dashboard description › null', { description: null }, 201],
    ['2.8/dashboard description › 2,000 characters', { description: 'x'.repeat(2_000) }, 201],
    ['2.8/dashboard description › 2,001 characters → 400', { description: 'x'.repeat(2_001) }, 400],
    ['2.8/dashboard parameters › are opaque', { parameters }, 201],
    ['2.8/dashboard parameters › an object → 400', { parameters: {} }, 400],
    ['2.8/dashboard tags › 50', { tags: tags(50) }, 201],
    ['2.8/dashboard tags › 51 → 400', { tags: tags(51) }, 400],
  ];

  it.each(rows)('%s', async (_row, fields, status) => {
    const { body } = await ground.editor
      .post('/dashboards')
      .send({ name: 'Board', ...fields })
      .expect(status);
    if (status === 201) expect(body).toMatchObject({ ...fields, tiles: [] });
    else expect(Object.keys(body.details.fields)).toEqual(Object.keys(fields));
  });

  it.each(rows.filter(([, fields]) => !Object.values(fields).includes(undefined)))(
    'on update: %s',
    async (_row, fields, status) => {
      const id = await createDashboard(ground.editor, { description: 'old' });
      const { body } = await ground.editor
        .put(`/dashboards/${id}`)
        .send(fields)
        .expect(status === 201 ? 200 : status);
      if (status === 201) expect(body).toMatchObject(fields);
    },
  );

  it.each([
    ['2.8/dashboard description › default null', 'description', null],
    ['2.8/dashboard parameters › default []', 'parameters', []],
    ['2.8/dashboard tags › default []', 'tags', []],
  ])('%s', async (_row, field, value) => {
    for (const fields of [{}, { [field]: null }]) {
      const { body } = await ground.editor
        .post('/dashboards')
        .send({ name: 'Board', ...fields })
        .expect(201);
      expect(body[field]).toEqual(value);
    }
  });

  it('2.8/dashboard object › in a list item, in one, and in the answer to PUT, with its tiles', async () => {
    const id = await createDashboard(ground.editor, { tags: ['a'], description: 'd' });
    const tile = await createTile(ground.editor, id, { visualization_id: visualizationId });
    const { body } = await ground.viewer.get(`/dashboards/${id}`).expect(200);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(body).toMatchObject({
      ...{ id, org_id: ground.orgId, name: 'Board', description: 'd', parameters: [], tags: ['a'] },
      ...{ created_by: ground.members.editor.userId, created_at: time, updated_at: time },
      tiles: [{ id: tile, dashboard_id: id, created_at: time, updated_at: time }],
    });
    const { body: list } = await ground.viewer.get('/dashboards?limit=1').expect(200);
    expect(list.data).toEqual([body]);
    const { body: changed } = await ground.editor.put(`/dashboards/${id}`).send({ name: 'New' }).expect(200);
    expect(changed.tiles).toEqual(body.tiles);
  });

  it.each(['delete', 'put', 'get'] as const)(
    '2.8/another organization’s dashboard › %s → 404',
    async (method) => {
      const id = await createDashboard(ground.editor);
      const tile = await createTile(ground.editor, id, { visualization_id: visualizationId });
      await ground.stranger[method](`/dashboards/${id}`).send({ name: 'x' }).expect(404);
      await ground.stranger[method](`/dashboards/${id}/tiles/${tile}`)
        .send({ pos_x: 1 })
        .expect(method === 'get' ? 405 : 404);
      await ground.stranger.get(`/dashboards/${id}/tiles`).expect(404);
      await ground.viewer.get(`/dashboards/${id}`).expect(200);
    },
  );
});

describe('tiles', () => {
  const rows: [string, object, number][] = [
    ['2.8/tile visualization_id › absent → 400', { visualization_id: undefined }, 400],
    ['2.8/tile visualization_id › no UUID → 400', { visualization_id: 'x' }, 400],
    ['2.8/tile visualization_id › unknown → 404', { visualization_id: unknownId }, 404],
    ['2.8/tile title › null', { title: null }, 201],
    ['2.8/tile title › 255 characters', { title: 'x'.repeat(255) }, 201],
    ['2.8/tile title › 256 characters → 400', { title: 'x'.repeat(256) }, 400],
    ['2.8/tile pos_x › 0', { pos_x: 0 }, 201],
    ['2.8/tile pos_x › 1000', { pos_x: 1_000 }, 201],
    ['2.8/tile pos_x › −1 → 400', { pos_x: -1 }, 400],
    ['2.8/tile pos_x › 1001 → 400', { pos_x: 1_001 }, 400],
    ['2.8/tile pos_x › a text → 400', { pos_x: '1' }, 400],
    ['2.8/tile pos_y › 1000', { pos_y: 1_000 }, 201],
    ['2.8/tile pos_y › −1 → 400', { pos_y: -1 }, 400],
    ['2.8/tile pos_y › 1001 → 400', { pos_y: 1_001 }, 400],
    ['2.8/tile pos_y › 0.5 → 400', { pos_y: 0.5 }, 400],
    ['2.8/tile width › 1', { width: 1 }, 201],
    ['2.8/tile width › 100', { width: 100 }, 201],
    ['2.8/tile width › 0 → 400', { width: 0 }, 400],
    ['2.8/tile width › 101 → 400', { width: 101 }, 400],
    ['2.8/tile height › 1', { height: 1 }, 201],
    ['2.8/tile height › 100', { height: 100 }, 201],
    ['2.8/tile height › 0 → 400', { height: 0 }, 400],
    ['2.8/tile height › 101 → 400', { height: 101 }, 400],
    ['2.8/tile parameter_bindings › unchanged', { parameter_bindings: { a: 'from', b: null } }, 201],
    ['2.8/tile parameter_bindings › an array → 400', { parameter_bindings: [] }, 400],
    ['2.8/tiles may overlap', { pos_x: 0, pos_y: 0, width: 6, height: 4 }, 201],
  ];

  it.each(rows)('%s', async (_row, fields, status) => {
    const id = await createDashboard(ground.editor);
    await createTile(ground.editor, id, { visualization_id: visualizationId });
    const { body } = await ground.editor
      .post(`/dashboards/${id}/tiles`)
      .send({ visualization_id: visualizationId, ...fields })
      .expect(status);
    if (status === 201)
      expect(body).toMatchObject({ dashboard_id: id, visualization_id: visualizationId, ...fields });
    if (status === 400) expect(Object.keys(body.details.fields)).toEqual(Object.keys(fields));
  });

  it.each(rows.filter(([row]) => !row.includes('visualization_id')))(
    'on update: %s',
    async (_row, fields, status) => {
      const id = await createDashboard(ground.editor);
      const tile = await createTile(ground.editor, id, { visualization_id: visualizationId, title: 'old' });
      const { body } = await ground.editor
        .put(`/dashboards/${id}/tiles/${tile}`)
        .send(fields)
        .expect(status === 201 ? 200 : status);
      if (status === 201) expect(body).toMatchObject(fields);
    },
  );

  it.each<[string, string, unknown]>([
    ['2.8/tile title › default null', 'title', null],
    ['2.8/tile pos_x › default 0', 'pos_x', 0],
    ['2.8/tile pos_y › default 0', 'pos_y', 0],
    ['2.8/tile width › default 4', 'width', 4],
    ['2.8/tile height › default 4', 'height', 4],
    ['2.8/tile parameter_bindings › default {}', 'parameter_bindings', {}],
  ])('%s', async (_row, field, value) => {
    const id = await createDashboard(ground.editor);
    for (const fields of [{}, { [field]: null }]) {
      const { body } = await ground.editor
        .post(`/dashboards/${id}/tiles`)
        .send({ visualization_id: visualizationId, ...fields })
        .expect(201);
      expect(body[field]).toEqual(value);
    }
  });

  it('2.8/tile visualization_id › another organization’s → 404', async () => {
    const id = await createDashboard(ground.editor);
    const tile = { visualization_id: foreignVisualization };
    await ground.editor.post(`/dashboards/${id}/tiles`).send(tile).expect(404);
  });
});
