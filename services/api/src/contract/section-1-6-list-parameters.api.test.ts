import { type Ground, openGround, unknownId } from '../testing/contract/ground';
import { createQuery, createSchedule, createVisualization } from '../testing/resources';

let ground: Ground;
/** Names and tags of what every searchable list holds. */
const alpha = { name: 'Alpha 100%_\\', tags: ['x', 'y'], description: 'About owls' };
const beta = { name: 'beta', tags: ['x'] };
let ids: Record<'alpha' | 'beta', string>;

beforeAll(async () => {
  ground = await openGround();
  const { admin, editor, datasourceId } = ground;
  const made: string[] = [];
  for (const one of [alpha, beta]) {
    const query = await createQuery(editor, datasourceId, { ...one, sql: `SELECT '${one.name}' AS needle` });
    made.push(query);
    await createVisualization(editor, query, one);
    await createSchedule(editor, query, { ...one, enabled: one === alpha });
    await editor.post('/dashboards').send(one).expect(201);
    await editor.post('/canvases').send(one).expect(201);
    await admin
      .post('/datasources')
      .send({ name: one.name, connection_string: 'postgres://u@db.example.com/d' })
      .expect(201);
    await editor.post('/runs').send({ query_id: query }).expect(201);
  }
  ids = { alpha: made[0]!, beta: made[1]! };
});
afterAll(() => ground.close());

const get = (path: string) => ground.viewer.get(path);
const namesOf = async (path: string): Promise<string[]> => {
  const { body } = await get(path).expect(200);
  return body.data.map(({ name }: { name: string }) => name);
};
/** Spaces and percent signs as an address has them. */
const search = (path: string, text: string): string => `${path}?search=${encodeURIComponent(text)}`;

const all = ['/organizations/users', '/datasources', '/queries', '/runs', '/visualizations', '/dashboards', '/canvases', '/schedules']; // prettier-ignore
const sorted = all.slice(1);
const named = sorted.filter((path) => path !== '/runs');
const tagged = named.filter((path) => path !== '/datasources');

describe.each(all)('%s', (path) => {
  it.each([
    ['1.6/limit › default', '', 20],
    ['1.6/limit › 0 → 20', 'limit=0', 20],
    ['1.6/limit › below 0 → 20', 'limit=-5', 20],
    ['1.6/limit › as it is', 'limit=7', 7],
    ['1.6/limit › 100', 'limit=100', 100],
    ['1.6/limit › above 100 → 100', 'limit=101', 100],
  ])('%s', async (_row, query, expected) => {
    const { body } = await get(`${path}?${query}`).expect(200);
    expect(body.per_page).toBe(expected);
  });

  it.each([
    ['1.6/offset › default', '', 1],
    ['1.6/offset › negative → 0', 'offset=-1', 1],
    ['1.6/offset › as it is', 'offset=20', 2],
    ['1.6/offset › absurd', 'offset=9000000000000000', 450_000_000_000_001],
  ])('%s', async (_row, query, expected) => {
    const { body } = await get(`${path}?${query}`).expect(200);
    expect(body.page).toBe(expected);
  });

  it.each([
    ['1.6/limit › no integer → 400', 'limit=x', 'limit'],
    ['1.6/limit › a fraction → 400', 'limit=1.5', 'limit'],
    ['1.6/offset › no integer → 400', 'offset=x', 'offset'],
    ['1.6/additions › created_after that is no date → 400', 'created_after=x', 'created_after'],
    [
      '1.6/additions › created_before without offset → 400',
      'created_before=2026-01-01T00:00:00',
      'created_before',
    ],
  ])('%s', async (_row, query, field) => {
    const { body } = await get(`${path}?${query}`).expect(400);
    expect(Object.keys(body.details.fields)).toEqual([field]);
  });
});

describe.each(sorted)('%s', (path) => {
  it.each([
    ['1.6/sort_by › other value → 400', 'sort_by=id', 'sort_by'],
    ['1.6/sort_by › SQL → 400', 'sort_by=created_at;DROP TABLE runs', 'sort_by'],
    ['1.6/sort_direction › other value → 400', 'sort_direction=up', 'sort_direction'],
    ['1.6/additions › sort of another field → 400', 'sort=-secret', 'sort'],
    ['1.6/additions › created_by that is no UUID → 400', 'created_by=me', 'created_by'],
  ])('%s', async (_row, query, field) => {
    const { body } = await get(`${path}?${query}`).expect(400);
    expect(Object.keys(body.details.fields)).toEqual([field]);
  });

  it('1.6/additions › sort together with sort_by → 400', async () => {
    await get(`${path}?sort=created_at&sort_by=created_at`).expect(400);
  });

  it('1.6/additions › created_by nobody', async () => {
    expect((await get(`${path}?created_by=${unknownId}`).expect(200)).body.total).toBe(0);
  });
});

describe.each(named)('%s', (path) => {
  it.each([
    ['1.6/search › any letter case', 'ALPHA 100%'],
    ['1.6/search › a part', 'pha'],
    ['1.6/search › trimmed', '  alpha '],
    ['1.6/search › percent is itself', '0%_'],
    ['1.6/search › underscore is itself', '%_'],
    ['1.6/search › backslash is itself', '_\\'],
  ])('%s', async (_row, text) => {
    expect(await namesOf(search(path, text))).toEqual([alpha.name]);
  });

  it.each([
    ['1.6/search › underscore matches no other', 'bet_'],
    ['1.6/search › percent matches nothing else', 'a%a'],
  ])('%s', async (_row, text) => {
    expect(await namesOf(search(path, text))).toEqual([]);
  });

  it('1.6/search › empty → ignored', async () => {
    expect(await namesOf(`${path}?search=`)).toEqual(await namesOf(path));
    expect(await namesOf(`${path}?search=%20`)).toEqual(await namesOf(path));
  });

  it.each([
    ['1.6/search › 200 characters', 200, 200],
    ['1.6/search › longer → 400', 201, 400],
  ])('%s', async (_row, length, status) => {
    await get(search(path, '🦉'.repeat(length))).expect(status);
  });

  it('1.6/sort_by › name', async () => {
    const names = await namesOf(`${path}?sort_by=name&sort_direction=asc`);
    expect(names.indexOf(alpha.name)).toBeLessThan(names.indexOf(beta.name));
    expect(await namesOf(`${path}?sort=-name`)).toEqual(names.toReversed());
  });
});

describe.each(tagged)('%s', (path) => {
  it.each([
    ['1.6/tags › one', 'tags=x', 2],
    ['1.6/tags › all of them', 'tags=x,y', 1],
    ['1.6/tags › trimmed, empty ones dropped', 'tags=%20x%20,,y', 1],
    ['1.6/tags › none', 'tags=x,z', 0],
    ['1.6/tags › 10 tags', `tags=${Array.from({ length: 10 }, (_, i) => `t${i}`).join()}`, 0],
    ['1.6/additions › tags_match=any', 'tags=y,x&tags_match=any', 2],
    ['1.6/additions › tags_match=all', 'tags=y,x&tags_match=all', 1],
  ])('%s', async (_row, query, total) => {
    expect((await get(`${path}?${query}`).expect(200)).body.total).toBe(total);
  });

  it.each([
    ['1.6/tags › 11 tags → 400', `tags=${Array.from({ length: 11 }, (_, i) => `t${i}`).join()}`],
    ['1.6/tags › 51 characters → 400', `tags=${'x'.repeat(51)}`],
    ['1.6/additions › another tags_match → 400', 'tags=x&tags_match=some'],
  ])('%s', async (_row, query) => {
    await get(`${path}?${query}`).expect(400);
  });
});

it.each([
  ['1.6/dashboards › search in the description', '/dashboards', 'owls', 1],
  ['1.6/queries › search in the description', '/queries', 'owls', 1],
  ['1.6/queries › search in the SQL', '/queries', 'AS NEEDLE', 2],
  ['1.6/visualizations › search in the name alone', '/visualizations', 'owls', 0],
  ['1.6/schedules › search in the name alone', '/schedules', 'owls', 0],
  ['1.6/canvases › search in the name alone', '/canvases', 'owls', 0],
  ['1.6/datasources › search in the name alone', '/datasources', 'postgres', 0],
  ['1.6/runs › no search', '/runs', 'owls', 2],
  ['1.6/organization users › no search', '/organizations/users', 'owls', 3],
])('%s', async (...[, path, text, total]) => {
  expect((await get(search(path, text)).expect(200)).body.total).toBe(total);
});

it('1.6/organization users › newest first', async () => {
  const { body } = await get('/organizations/users?sort_by=nonsense&sort_direction=nonsense').expect(200);
  const { viewer, editor, admin } = ground.members;
  expect(body.data.map(({ id }: { id: string }) => id)).toEqual([viewer.userId, editor.userId, admin.userId]);
});

describe('filters', () => {
  const day = 86_400_000;
  const at = (ms: number): string => new Date(Date.now() + ms).toISOString();

  it.each<[string, () => string, number]>([
    ['1.6/queries › datasource_id', () => `/queries?datasource_id=${ground.datasourceId}`, 3],
    ['1.6/queries › another datasource_id', () => `/queries?datasource_id=${unknownId}`, 0],
    ['1.6/visualizations › query_id', () => `/visualizations?query_id=${ids.alpha}`, 1],
    ['1.6/runs › query_id', () => `/runs?query_id=${ids.beta}&limit=1`, 1],
    ['1.6/schedules › enabled', () => '/schedules?enabled=true', 1],
    ['1.6/schedules › disabled', () => '/schedules?enabled=false', 1],
    ['1.6/status › any letter case', () => '/runs?status=QuEued', 2],
    ['1.6/start_date and end_date', () => `/runs?start_date=${at(-day)}&end_date=${at(day)}`, 2],
    ['1.6/start_date and end_date › only a start', () => `/runs?start_date=${at(day)}`, 0],
    ['1.6/start_date and end_date › only an end', () => `/runs?end_date=${at(day)}`, 2],
    [
      '1.6/start_date and end_date › 3,650 days',
      () => `/runs?start_date=${at(-3_650 * day)}&end_date=${at(0)}`,
      2,
    ],
  ])('%s', async (_row, path, total) => {
    expect((await get(path()).expect(200)).body.total).toBe(total);
  });

  it('1.6/start_date and end_date › both ends inclusive', async () => {
    const { body: run } = await ground.editor.post('/runs').send({ query_id: ground.queryId }).expect(201);
    const own = `/runs?query_id=${ground.queryId}`;
    const shown: string = run.created_at;
    const elsewhere = new Date(new Date(shown).getTime() + 3_600_000).toISOString().replace('Z', '%2B01:00');
    for (const dates of [
      `start_date=${shown}&end_date=${at(day)}`,
      `start_date=${at(-day)}&end_date=${shown}`,
      `start_date=${at(-day)}&end_date=${elsewhere}`,
    ])
      expect((await get(`${own}&${dates}`).expect(200)).body.total).toBe(1);
  });

  it.each([
    ['1.6/status › other value → 400', '/runs?status=done'],
    ['1.6/start_date and end_date › without offset → 400', '/runs?start_date=2026-01-01T00:00:00'],
    ['1.6/start_date and end_date › a date alone → 400', '/runs?start_date=2026-01-01'],
    ['1.6/start_date and end_date › reversed → 400', `/runs?start_date=${at(day)}&end_date=${at(0)}`],
    [
      '1.6/start_date and end_date › equal → 400',
      '/runs?start_date=2026-01-01T00:00:00Z&end_date=2026-01-01T00:00:00Z',
    ],
    [
      '1.6/start_date and end_date › more than 3,650 days → 400',
      `/runs?start_date=${at(-3_651 * day)}&end_date=${at(0)}`,
    ],
    ['1.6/filter of the wrong type › query_id of runs → 400', '/runs?query_id=1'],
    ['1.6/filter of the wrong type › datasource_id → 400', '/queries?datasource_id=1'],
    ['1.6/filter of the wrong type › query_id of visualizations → 400', '/visualizations?query_id=1'],
    ['1.6/filter of the wrong type › enabled → 400', '/schedules?enabled=perhaps'],
  ])('%s', async (_row, path) => {
    const { body } = await get(path).expect(400);
    expect(body.error.type).toBe('bad_request');
  });
});

it('1.6/nulls last', async () => {
  const finished = `/runs?query_id=${ids.alpha}`;
  await ground.editor.post('/runs').send({ query_id: ids.alpha }).expect(201);
  const { body: last } = await get(`${finished}&limit=1`).expect(200);
  await ground.editor.post(`/runs/${last.data[0].id}/cancel`).expect(200);
  for (const direction of ['asc', 'desc']) {
    const { body } = await get(`${finished}&sort_by=completed_at&sort_direction=${direction}`).expect(200);
    expect(body.data.map((run: { completed_at: unknown }) => run.completed_at === null)).toEqual([
      false,
      true,
    ]);
  }
});

it('1.6/default page size', async () => {
  const own = await openGround({ DEFAULT_PAGE_SIZE: '3' });
  try {
    expect((await own.viewer.get('/queries').expect(200)).body.per_page).toBe(3);
    expect((await own.viewer.get('/queries?limit=0').expect(200)).body.per_page).toBe(3);
  } finally {
    await own.close();
  }
});
