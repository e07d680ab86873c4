import { type Ground, openGround, unknownId } from '../testing/contract/ground';

let ground: Ground;
let canvasId: string;
let nodeId: string;
let otherNodeId: string;
let thirdNodeId: string;
beforeAll(async () => {
  ground = await openGround();
});
beforeEach(async () => {
  canvasId = (await create('/canvases', { name: 'Why' }).expect(201)).body.id;
  [nodeId, otherNodeId, thirdNodeId] = [await addNode('a'), await addNode('b'), await addNode('c')];
});
afterAll(() => ground.close());

const create = (path: string, body: object) => ground.editor.post(path).send(body);
const addNode = async (title: string): Promise<string> =>
  (await create(`/canvases/${canvasId}/nodes`, { node_type: 'note', title }).expect(201)).body.id;
const addEdge = (fields: object = {}) =>
  create(`/canvases/${canvasId}/edges`, { from_node_id: nodeId, to_node_id: otherNodeId, ...fields });
const tags = (length: number): string[] => Array.from({ length }, (_, n) => `t${n}`);

type Row = [row: string, fields: object, status: number];
const given = (rows: Row[]): Row[] => rows.filter(([, fields]) => !Object.values(fields).includes(undefined));

const canvasRows: Row[] = [
  ['2.9/canvas name › absent → 400', { name: undefined }, 400],
  ['2.9/canvas name › blank → 400', { name: ' ' }, 400],
  ['2.9/canvas name › 255 characters', { name: 'x'.repeat(255) }, 201],
  ['2.9/canvas name › 256 characters → 400', { name: 'x'.repeat(256) }, 400],
  ['2.9/canvas tags › settable', { tags: ['a', 'b'] }, 201],
  ['2.9/canvas tags › 51 → 400', { tags: tags(51) }, 400],
  ['2.9/time_preset › now', { time_preset: 'now' }, 201],
  ['2.9/time_preset › 1h', { time_preset: '1h' }, 201],
  ['2.9/time_preset › 3h', { time_preset: '3h' }, 201],
  ['2.9/time_preset › 6h', { time_preset: '6h' }, 201],
  ['2.9/time_preset › 12h', { time_preset: '12h' }, 201],
  ['2.9/time_preset › 24h', { time_preset: '24h' }, 201],
  ['2.9/time_preset › 7d', { time_preset: '7d' }, 201],
  ['2.9/time_preset › 30d', { time_preset: '30d' }, 201],
  ['2.9/time_preset › 90d', { time_preset: '90d' }, 201],
  ['2.9/time_preset › custom', { time_preset: 'custom' }, 201],
  ['2.9/time_preset › another → 400', { time_preset: '1w' }, 400],
  ['2.9/time_offset › 0', { time_offset: 0 }, 201],
  ['2.9/time_offset › a year', { time_offset: 31_536_000_000 }, 201],
  ['2.9/time_offset › −1 → 400', { time_offset: -1 }, 400],
  ['2.9/time_offset › 0.5 → 400', { time_offset: 0.5 }, 400],
  ['2.9/time_custom_start, time_custom_end › a time', { time_custom_start: '2025-01-01T00:00:00.000Z' }, 201],
  ['2.9/time_custom_start, time_custom_end › no time → 400', { time_custom_end: 'yesterday' }, 400],
  ['2.9/live › true', { live: true }, 201],
  ['2.9/live › a text → 400', { live: 'true' }, 400],
];

describe('canvases', () => {
  it.each(canvasRows)('%s', async (_row, fields, status) => {
    const { body } = await create('/canvases', { name: 'Why', ...fields }).expect(status);
    if (status === 201) expect(body).toMatchObject({ ...fields, nodes: [], edges: [] });
    else expect(Object.keys(body.details.fields)).toEqual(Object.keys(fields));
  });

  it.each(given(canvasRows))('on update: %s', async (_row, fields, status) => {
    const answer = status === 201 ? 200 : status;
    const { body } = await ground.editor.put(`/canvases/${canvasId}`).send(fields).expect(answer);
    if (status === 201) expect(body).toMatchObject(fields);
  });

  it.each<[string, string, unknown]>([
    ['2.9/canvas tags › default []', 'tags', []],
    ['2.9/time_preset › default 7d', 'time_preset', '7d'],
    ['2.9/time_offset › default 0', 'time_offset', 0],
    ['2.9/time_custom_start, time_custom_end › default null', 'time_custom_end', null],
    ['2.9/live › default false', 'live', false],
  ])('%s', async (_row, field, value) => {
    for (const fields of [{}, { [field]: null }]) {
      const { body } = await create('/canvases', { name: 'Why', ...fields }).expect(201);
      expect(body[field]).toEqual(value);
    }
  });

  it('2.9/nodes and edges are embedded, oldest first', async () => {
    const first = (await addEdge().expect(201)).body.id;
    const second = (await addEdge({ to_node_id: thirdNodeId }).expect(201)).body.id;
    const { body } = await ground.viewer.get(`/canvases/${canvasId}`).expect(200);
    const ids = (items: { id: string }[]) => items.map(({ id }) => id);
    expect(ids(body.nodes)).toEqual([nodeId, otherNodeId, thirdNodeId]);
    expect(ids(body.edges)).toEqual([first, second]);
    const { body: list } = await ground.viewer.get('/canvases?limit=1').expect(200);
    expect(list.data).toEqual([body]);
    const { body: put } = await ground.editor.put(`/canvases/${canvasId}`).send({ live: true }).expect(200);
    expect([put.nodes, put.edges]).toEqual([body.nodes, body.edges]);
  });
});

const nodeRows: Row[] = [
  ['2.9/node_type › absent → 400', { node_type: undefined }, 400],
  ['2.9/node_type › query', { node_type: 'query' }, 201],
  ['2.9/node_type › note', { node_type: 'note' }, 201],
  ['2.9/node_type › another → 400', { node_type: 'chart' }, 400],
  ['2.9/node title › absent → 400', { title: undefined }, 400],
  ['2.9/node title › blank → 400', { title: '\t' }, 400],
  ['2.9/node title › 255 characters', { title: 'x'.repeat(255) }, 201],
  ['2.9/node title › 256 characters → 400', { title: 'x'.repeat(256) }, 400],
  ['2.9/node pos_x, pos_y › the corners', { pos_x: -10_000, pos_y: 10_000 }, 201],
  ['2.9/node pos_x, pos_y › between', { pos_x: 0.25, pos_y: -1.5 }, 201],
  ['2.9/node pos_x, pos_y › beyond the left → 400', { pos_x: -10_001 }, 400],
  ['2.9/node pos_x, pos_y › beyond the bottom → 400', { pos_y: 10_000.1 }, 400],
  ['2.9/node width, height › smallest and largest', { width: 50, height: 2_000 }, 201],
  ['2.9/node width, height › too narrow → 400', { width: 49.9 }, 400],
  ['2.9/node width, height › too high → 400', { height: 2_000.5 }, 400],
  ['2.9/node meta › unchanged', { meta: { sql: 'SELECT 1;', z: [null, { a: '' }] } }, 201],
  ['2.9/node meta › an array → 400', { meta: [] }, 400],
];

describe('nodes', () => {
  it.each(nodeRows)('%s', async (_row, fields, status) => {
    const node = { node_type: 'note', title: 'n', ...fields };
    const { body } = await create(`/canvases/${canvasId}/nodes`, node).expect(status);
    if (status === 201) expect(body).toMatchObject({ canvas_id: canvasId, ...fields });
    else expect(Object.keys(body.details.fields)).toEqual(Object.keys(fields));
  });

  it.each(given(nodeRows).filter(([row]) => !row.includes('node_type')))(
    'on update: %s',
    async (_row, fields, status) => {
      const { body } = await ground.editor
        .put(`/canvases/${canvasId}/nodes/${nodeId}`)
        .send(fields)
        .expect(status === 201 ? 200 : status);
      if (status === 201) expect(body).toMatchObject(fields);
    },
  );

  it('2.9/node_type › stays as it was created', async () => {
    const path = `/canvases/${canvasId}/nodes/${nodeId}`;
    const { body } = await ground.editor.put(path).send({ node_type: 'query' }).expect(200);
    expect(body.node_type).toBe('note');
  });

  it.each<[string, string, unknown]>([
    ['2.9/node pos_x, pos_y › default 0', 'pos_x', 0],
    ['2.9/node width, height › default width 280', 'width', 280],
    ['2.9/node width, height › default height 160', 'height', 160],
    ['2.9/node meta › default {}', 'meta', {}],
  ])('%s', async (_row, field, value) => {
    for (const fields of [{}, { [field]: null }]) {
      const node = { node_type: 'note', title: 'n', ...fields };
      const { body } = await create(`/canvases/${canvasId}/nodes`, node).expect(201);
      expect(body[field]).toEqual(value);
    }
  });

  it('2.9/node meta › is replaced as a whole', async () => {
    const path = `/canvases/${canvasId}/nodes/${nodeId}`;
    await ground.editor
      .put(path)
      .send({ meta: { a: 1, b: 2 } })
      .expect(200);
    const { body } = await ground.editor
      .put(path)
      .send({ meta: { b: 3 } })
      .expect(200);
    expect(body.meta).toEqual({ b: 3 });
  });
});

describe('edges', () => {
  it.each<Row>([
    ['2.9/edge label › motivates', { label: 'motivates' }, 201],
    ['2.9/edge label › explains', { label: 'explains' }, 201],
    ['2.9/edge label › contradicts', { label: 'contradicts' }, 201],
    ['2.9/edge label › supports', { label: 'supports' }, 201],
    ['2.9/edge label › derives_from', { label: 'derives_from' }, 201],
    ['2.9/edge label › questions', { label: 'questions' }, 201],
    ['2.9/edge label › another → 400', { label: 'likes' }, 400],
    ['2.9/edge from_node_id, to_node_id › absent → 400', { to_node_id: undefined }, 400],
    ['2.9/edge from_node_id, to_node_id › no UUID → 400', { from_node_id: 'x' }, 400],
    ['2.9/edge from_node_id, to_node_id › unknown → 404', { from_node_id: unknownId }, 404],
  ])('%s', async (_row, fields, status) => {
    const { body } = await addEdge(fields).expect(status);
    if (status === 201) expect(body).toMatchObject({ canvas_id: canvasId, ...fields });
    if (status !== 201) return;
    const path = `/canvases/${canvasId}/edges/${body.id}`;
    expect((await ground.editor.put(path).send(fields).expect(200)).body).toMatchObject(fields);
  });

  it('2.9/edge label › default motivates', async () => {
    expect((await addEdge().expect(201)).body.label).toBe('motivates');
  });

  it('2.9/edge from_node_id, to_node_id › must differ, else 400', async () => {
    await addEdge({ to_node_id: nodeId }).expect(400);
  });

  it('2.9/edge from_node_id, to_node_id › the same ordered pair twice → 409, the other way round 201', async () => {
    await addEdge().expect(201);
    const { body } = await addEdge({ label: 'explains' }).expect(409);
    expect(body.error.type).toBe('conflict');
    await addEdge({ from_node_id: otherNodeId, to_node_id: nodeId }).expect(201);
  });
});

it('2.9/writes are for editors', async () => {
  const { body: edge } = await addEdge().expect(201);
  const canvas = `/canvases/${canvasId}`;
  const parts = [canvas, `${canvas}/nodes/${nodeId}`, `${canvas}/edges/${edge.id}`];
  const writes = [
    ...['/canvases', `${canvas}/nodes`, `${canvas}/edges`].map((path) => ['post', path] as const),
    ...parts.map((path) => ['put', path] as const),
    ...parts.map((path) => ['delete', path] as const),
  ];
  const body = {
    ...{ name: 'x', node_type: 'note', title: 'x', label: 'explains' },
    ...{ from_node_id: nodeId, to_node_id: thirdNodeId },
  };
  for (const [method, path] of writes) {
    const { body: refusal } = await ground.viewer[method](path).send(body).expect(403);
    expect(refusal.message).toContain('editor');
    await ground.anonymous[method](path).send(body).expect(401);
    if (path !== '/canvases') await ground.stranger[method](path).send(body).expect(404);
  }
  const { body: after } = await ground.viewer.get(canvas).expect(200);
  expect([after.nodes.length, after.edges.length, after.name]).toEqual([3, 1, 'Why']);
});
