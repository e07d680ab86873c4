import { type Ground, openGround } from '../testing/contract/ground';
import { createQuery } from '../testing/resources';

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.close());

it.each([
  ['1.4/too low a role › editor needed', 'viewer', '/queries', 'editor'],
  ['1.4/too low a role › admin needed', 'editor', '/datasources', 'admin'],
] as const)('%s', async (...[, role, path, needed]) => {
  const bodies = {
    '/queries': { name: 'x', sql: 'SELECT 1', datasource_id: ground.datasourceId },
    '/datasources': { name: 'x', connection_string: 'postgres://u@db.example.com/d' },
  };
  const { body } = await ground[role].post(path).send(bodies[path]).expect(403);
  expect(body.error.type).toBe('forbidden');
  expect(body.message).toContain(needed);
});

it('1.4/roles include those below', async () => {
  for (const client of [ground.admin, ground.editor, ground.viewer]) await client.get('/queries').expect(200);
  for (const client of [ground.admin, ground.editor])
    await client.post('/dashboards').send({ name: 'x' }).expect(201);
});

describe('1.5', () => {
  const lists = [
    ['1.5/envelope › datasources', '/datasources'],
    ['1.5/envelope › queries', '/queries'],
    ['1.5/envelope › runs', '/runs'],
    ['1.5/envelope › visualizations', '/visualizations'],
    ['1.5/envelope › dashboards', '/dashboards'],
    ['1.5/envelope › canvases', '/canvases'],
    ['1.5/envelope › schedules', '/schedules'],
  ] as const;

  it.each(lists)('%s', async (_row, path) => {
    const empty = ground.api.as(await ground.api.member());
    const { body } = await empty.get(path).expect(200);
    expect(body).toMatchObject({
      ...{ data: [], total: 0, page: 1, per_page: 20, total_pages: 0, has_next: false, has_prev: false },
    });
  });

  it('1.5/envelope › organization users', async () => {
    const { body } = await ground.stranger.get('/organizations/users').expect(200);
    expect(body).toMatchObject({ total: 1, page: 1, total_pages: 1, has_next: false, has_prev: false });
  });

  it.each([
    ['1.5/not of an export', '/queries/export'],
    ['1.5/not of a tile list', 'tiles'],
  ])('%s', async (_row, path) => {
    const { body: board } = await ground.editor.post('/dashboards').send({ name: 'x' }).expect(201);
    const { body } = await ground.viewer
      .get(path === 'tiles' ? `/dashboards/${board.id}/tiles` : path)
      .expect(200);
    expect(Array.isArray(body)).toBe(true);
  });

  it.each([
    ['1.5/total', 'limit=10', { total: 25 }],
    ['1.5/data', 'limit=10&offset=20', { data: { length: 5 } }],
    ['1.5/page › first', 'limit=10', { page: 1 }],
    ['1.5/page › second', 'limit=10&offset=10', { page: 2 }],
    ['1.5/page › rounds down', 'limit=10&offset=5', { page: 1, has_prev: false }],
    [
      '1.5/page › beyond the end',
      'limit=10&offset=90',
      { page: 10, data: [], has_next: false, has_prev: true },
    ],
    ['1.5/per_page', 'limit=7', { per_page: 7 }],
    ['1.5/total_pages › rounds up', 'limit=10', { total_pages: 3 }],
    ['1.5/total_pages › even', 'limit=5', { total_pages: 5 }],
    ['1.5/has_next › yes', 'limit=10&offset=10', { has_next: true }],
    ['1.5/has_next › no', 'limit=10&offset=20', { has_next: false }],
    ['1.5/has_prev › yes', 'limit=10&offset=10', { has_prev: true }],
    ['1.5/has_prev › no', 'limit=10', { has_prev: false }],
  ])('%s', async (_row, query, expected) => {
    const { body } = await owner.get(`/queries?${query}`).expect(200);
    expect(body).toMatchObject(expected);
  });

  let owner: Ground['admin'];
  beforeAll(async () => {
    owner = ground.stranger;
    const { body: source } = await owner
      .post('/datasources')
      .send({ name: 'x', connection_string: 'postgres://u@db.example.com/d' })
      .expect(201);
    for (let i = 0; i < 25; i += 1) await createQuery(owner, source.id);
  });
});
