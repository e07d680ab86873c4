import { type Client, startTestApi, type TestApi } from '../../testing/test-api';

let api: TestApi;
let editor: Client;
let viewer: Client;
let canvasId: string;
beforeAll(async () => {
  api = await startTestApi();
  const { orgId } = await api.member();
  editor = api.as(await api.member({ orgId, role: 'editor' }));
  viewer = api.as(await api.member({ orgId, role: 'viewer' }));
});
beforeEach(async () => {
  canvasId = await createCanvas();
});
afterAll(() => api.close());

const unknownId = '00000000-0000-7000-8000-000000000000';
const createCanvas = async (): Promise<string> =>
  (await editor.post('/canvases').send({ name: 'Why' }).expect(201)).body.id;
const postNode = (fields: object = {}) =>
  editor.post(`/canvases/${canvasId}/nodes`).send({ node_type: 'note', title: 'A thought', ...fields });
const node = async (fields: object = {}): Promise<string> => (await postNode(fields).expect(201)).body.id;
const postEdge = (from: string, to: string, fields: object = {}) =>
  editor.post(`/canvases/${canvasId}/edges`).send({ from_node_id: from, to_node_id: to, ...fields });
const edge = async (from: string, to: string): Promise<string> =>
  (await postEdge(from, to).expect(201)).body.id;
const read = async () => (await viewer.get(`/canvases/${canvasId}`).expect(200)).body;
const idsOf = (items: { id: string }[]): string[] => items.map(({ id }) => id);

describe('POST /canvases/{id}/nodes', () => {
  it('fills in the defaults', async () => {
    const { body } = await postNode({ pos_x: null, width: null, meta: null }).expect(201);
    expect(body).toEqual({
      id: expect.any(String),
      canvas_id: canvasId,
      node_type: 'note',
      title: 'A thought',
      pos_x: 0,
      pos_y: 0,
      width: 280,
      height: 160,
      meta: {},
      version: 1,
      created_by: expect.any(String),
      created_at: expect.stringMatching(/Z$/),
      updated_at: body.created_at,
    });
    expect(await read()).toMatchObject({ nodes: [body], version: 2 });
  });

  it('returns what it was given', async () => {
    const sent = { node_type: 'query', pos_x: -10_000, pos_y: 0.1, width: 50, height: 1999.75 };
    const meta = { sql: 'SELECT 1;', z: [1, null], a: { b: {} } };
    const { body } = await postNode({ ...sent, meta }).expect(201);
    expect(body).toMatchObject({ ...sent, meta });
    expect(JSON.stringify((await read()).nodes[0].meta)).toBe(JSON.stringify(meta));
  });

  it.each<[string, object, string]>([
    ['no type', { node_type: null }, 'node_type'],
    ['an unknown type', { node_type: 'chart' }, 'node_type'],
    ['no title', { title: undefined }, 'title'],
    ['a blank title', { title: ' ' }, 'title'],
    ['a title of 256 characters', { title: 'x'.repeat(256) }, 'title'],
    ['a position beyond the plane', { pos_x: 10_000.5 }, 'pos_x'],
    ['a width of 49', { width: 49 }, 'width'],
    ['a height of 2,001', { height: 2_001 }, 'height'],
    ['a list for meta', { meta: [] }, 'meta'],
  ])('refuses %s', async (_what, fields, field) => {
    const { body } = await postNode(fields).expect(400);
    expect(Object.keys(body.details.fields)).toEqual([field]);
  });

  it('refuses an unknown canvas, viewers, and requests without a token', async () => {
    const body = { node_type: 'note', title: 'x' };
    await editor.post(`/canvases/${unknownId}/nodes`).send(body).expect(404);
    await viewer.post(`/canvases/${canvasId}/nodes`).send(body).expect(403);
    await api.anonymous.post(`/api/v1/canvases/${canvasId}/nodes`).send(body).expect(401);
  });
});

describe('PUT /canvases/{id}/nodes/{node_id}', () => {
  const put = (id: string, change: object) => editor.put(`/canvases/${canvasId}/nodes/${id}`).send(change);

  it('keeps absent fields, nulls and the type, and replaces meta as a whole', async () => {
    const { body: before } = await postNode({ meta: { a: 1, b: 2 } }).expect(201);
    const change = { node_type: 'query', title: null, pos_y: 7.5, meta: { b: 1 } };
    const { body: after } = await put(before.id, change).expect(200);
    expect(after).toEqual({
      ...{ ...before, pos_y: 7.5, meta: { b: 1 }, version: 2 },
      updated_at: after.updated_at,
    });
    expect(await read()).toMatchObject({ nodes: [after], version: 3 });
    expect((await put(before.id, after).expect(200)).body).toEqual(after);
    expect(await read()).toMatchObject({ version: 3 });
  });

  it('loses none of several changes at once', async () => {
    const id = await node();
    const changes = [{ title: 'new' }, { pos_x: 1.5 }, { meta: { is: 'new' } }];
    await Promise.all(changes.map((change) => put(id, change).expect(200)));
    expect((await read()).nodes).toMatchObject([Object.assign({}, ...changes)]);
  });

  it('refuses bad input, viewers, unknown ids, and requests without a token', async () => {
    const id = await node();
    const path = `/canvases/${canvasId}/nodes/${id}`;
    await put(id, { width: 1 }).expect(400);
    await put(unknownId, { title: 'x' }).expect(404);
    await editor
      .put(`/canvases/${await createCanvas()}/nodes/${id}`)
      .send({ title: 'x' })
      .expect(404);
    await viewer.put(path).send({ title: 'x' }).expect(403);
    await api.anonymous.put(`/api/v1${path}`).send({ title: 'x' }).expect(401);
  });
});

describe('DELETE /canvases/{id}/nodes/{node_id}', () => {
  it('takes its edges along, whichever end it is', async () => {
    const [a, b, c] = [await node(), await node(), await node()];
    await edge(a, b);
    await edge(c, a);
    const kept = await edge(b, c);
    await editor.delete(`/canvases/${canvasId}/nodes/${a}`).expect(204);
    const { nodes, edges, version } = await read();
    expect([idsOf(nodes), idsOf(edges), version]).toEqual([[b, c], [kept], 8]);
    await editor.delete(`/canvases/${canvasId}/nodes/${a}`).expect(404);
    await postEdge(a, b).expect(404);
  });

  it('refuses viewers, unknown ids, and another canvas’s node', async () => {
    const id = await node();
    const path = `/canvases/${canvasId}/nodes/${id}`;
    await viewer.delete(path).expect(403);
    await api.anonymous.delete(`/api/v1${path}`).expect(401);
    await editor.delete(`/canvases/${canvasId}/nodes/${unknownId}`).expect(404);
    await editor.delete(`/canvases/${await createCanvas()}/nodes/${id}`).expect(404);
  });
});

describe('POST /canvases/{id}/edges', () => {
  it('connects two nodes once in each direction', async () => {
    const [a, b] = [await node(), await node()];
    const { body } = await postEdge(a, b, { label: null }).expect(201);
    expect(body).toEqual({
      id: expect.any(String),
      canvas_id: canvasId,
      from_node_id: a,
      to_node_id: b,
      label: 'motivates',
      version: 1,
      created_by: expect.any(String),
      created_at: expect.stringMatching(/Z$/),
      updated_at: body.created_at,
    });
    const { body: refusal } = await postEdge(a, b, { label: 'explains' }).expect(409);
    expect(refusal.error.type).toBe('conflict');
    const back = await postEdge(b, a, { label: 'derives_from' }).expect(201);
    const { edges } = await read();
    expect(edges).toEqual([body, back.body]);
    await editor.delete(`/canvases/${canvasId}/edges/${body.id}`).expect(204);
    await postEdge(a, b).expect(201);
  });

  it('makes one of several that come at once', async () => {
    const [a, b] = [await node(), await node()];
    const answers = await Promise.all(Array.from({ length: 5 }, () => postEdge(a, b)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
  });

  it('refuses a node and itself, in whichever case it is written', async () => {
    const id = await node();
    for (const to of [id, id.toUpperCase()]) {
      const { body } = await postEdge(id, to).expect(400);
      expect(body.details.fields).toEqual({ to_node_id: expect.any(String) });
    }
  });

  it('refuses unknown nodes, and those of another canvas', async () => {
    const id = await node();
    for (const [from, to] of [
      [id, unknownId],
      [unknownId, id],
    ] as const)
      // prettier-ignore
      expect((await postEdge(from, to).expect(404)).body.message).toBe('Node not found');
    const { body } = await editor
      .post(`/canvases/${await createCanvas()}/nodes`)
      .send({ node_type: 'note', title: 'x' })
      .expect(201);
    await postEdge(id, body.id).expect(404);
    await editor
      .post(`/canvases/${unknownId}/edges`)
      .send({ from_node_id: id, to_node_id: body.id })
      .expect(404);
  });

  it('refuses bad input, viewers, and requests without a token', async () => {
    const [a, b] = [await node(), await node()];
    await postEdge(a, b, { label: 'loves' }).expect(400);
    await postEdge(a, 'x').expect(400);
    const body = { from_node_id: a, to_node_id: b };
    await viewer.post(`/canvases/${canvasId}/edges`).send(body).expect(403);
    await api.anonymous.post(`/api/v1/canvases/${canvasId}/edges`).send(body).expect(401);
  });
});

describe('a canvas', () => {
  it('has room for a list of it to be answered, and for no more', async () => {
    const large = (kib: number) => ({ meta: { text: 'x'.repeat(kib * 1024) } });
    for (let n = 0; n < 2; n += 1) await postNode(large(255)).expect(201);
    await postNode(large(5)).expect(409);
    const id = await node(large(1));
    await editor.put(`/canvases/${canvasId}/nodes/${id}`).send(large(5)).expect(409);
    await api.database.asOwner(
      `INSERT INTO canvas_nodes (id, org_id, created_by, canvas_id, node_type, title, pos_x, pos_y, width, height)
       SELECT gen_random_uuid(), org_id, created_by, canvas_id, 'note', 'n', 0, 0, 50, 50
       FROM canvas_nodes, generate_series(1, 247) WHERE id = $1`,
      [id],
    );
    expect((await postNode().expect(409)).body.details.code).toBe('no_room');
    await api.database.asOwner(
      `INSERT INTO canvas_edges (id, org_id, created_by, canvas_id, from_node_id, to_node_id, label)
       SELECT gen_random_uuid(), a.org_id, a.created_by, a.canvas_id, a.id, b.id, 'explains'
       FROM canvas_nodes a JOIN canvas_nodes b USING (canvas_id)
       WHERE canvas_id = $1 AND b.id = $2 AND a.id <> b.id`,
      [canvasId, id],
    );
    const other = (await read()).nodes.find((one: { id: string }) => one.id !== id).id;
    await postEdge(id, other).expect(201);
    const { nodes } = await read();
    expect((await postEdge(id, nodes[1].id).expect(409)).body.details.code).toBe('no_room');
  });
});

describe('PUT and DELETE /canvases/{id}/edges/{edge_id}', () => {
  it('change the label alone', async () => {
    const [a, b] = [await node(), await node()];
    const id = await edge(a, b);
    const path = `/canvases/${canvasId}/edges/${id}`;
    const { body } = await editor.put(path).send({ label: 'questions', to_node_id: unknownId }).expect(200);
    expect(body).toMatchObject({ label: 'questions', to_node_id: b, version: 2 });
    expect((await editor.put(path).send({}).expect(200)).body).toEqual(body);
    expect((await editor.put(path).send({ label: null }).expect(200)).body).toEqual(body);
    expect((await read()).edges).toEqual([body]);
  });

  it('refuse bad input, viewers, unknown ids, and requests without a token', async () => {
    const id = await edge(await node(), await node());
    const path = `/canvases/${canvasId}/edges/${id}`;
    const other = `/canvases/${await createCanvas()}/edges/${id}`;
    await editor.put(path).send({ label: 'x' }).expect(400);
    for (const unknown of [`/canvases/${canvasId}/edges/${unknownId}`, other]) {
      await editor.put(unknown).send({ label: 'explains' }).expect(404);
      await editor.delete(unknown).expect(404);
    }
    await viewer.put(path).send({ label: 'explains' }).expect(403);
    await viewer.delete(path).expect(403);
    await api.anonymous.put(`/api/v1${path}`).send({ label: 'explains' }).expect(401);
    await api.anonymous.delete(`/api/v1${path}`).expect(401);
    await editor.delete(path).expect(204);
    await editor.delete(path).expect(404);
    expect((await read()).edges).toEqual([]);
  });
});
