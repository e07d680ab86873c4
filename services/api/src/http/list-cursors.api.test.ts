import { createDatasource } from '../testing/resources';
import { type Client, startTestApi, type TestApi } from '../testing/test-api';

let api: TestApi;
let admin: Client;
beforeAll(async () => {
  api = await startTestApi();
  admin = api.as(await api.member());
  const datasourceId = await createDatasource(admin);
  for (let i = 0; i < 7; i += 1) {
    const query = { datasource_id: datasourceId, name: `Query ${i % 3}`, sql: 'SELECT 1', tags: ['x'] };
    await admin.post('/queries').send(query).expect(201);
  }
});
afterAll(() => api.close());

interface List {
  data: { id: string }[];
  page: number;
  total: number;
  has_next: boolean;
  has_prev: boolean;
  next_cursor: string | null;
}

const page = async (query: string): Promise<List> => (await admin.get(`/queries?${query}`).expect(200)).body;

async function pages(query: string): Promise<List[]> {
  const all = [await page(query)];
  for (let cursor = all[0]?.next_cursor; cursor; cursor = all.at(-1)?.next_cursor) {
    all.push(await page(`${query}&cursor=${cursor}`));
  }
  return all;
}

const idsOf = (lists: List[]): string[] => lists.flatMap(({ data }) => data.map(({ id }) => id));

describe('the pages of a list', () => {
  it.each(['', 'sort_by=name', 'sort=name,-updated_at', 'search=query&tags=x&sort_direction=asc'])(
    'are followed by cursor, with ?%s',
    async (query) => {
      const walked = await pages(`${query}&limit=3`);
      expect(idsOf(walked)).toEqual(idsOf([await page(`${query}&limit=100`)]));
      expect(
        walked.map(({ page: number, total, has_next, has_prev }) => [number, total, has_next, has_prev]),
      ).toEqual([
        [1, 7, true, false],
        [2, 7, true, true],
        [3, 7, false, true],
      ]);
    },
  );

  it('may begin at an offset, and change their size on the way', async () => {
    const first = await page('limit=3&offset=2');
    const rest = await page(`limit=50&cursor=${first.next_cursor}`);
    expect(idsOf([first, rest])).toEqual(idsOf([await page('limit=100')]).slice(2));
    expect(rest.next_cursor).toBeNull();
  });

  it('show nobody what belongs to another organization', async () => {
    const { next_cursor: cursor } = await page('limit=1&sort_by=name');
    const stranger = api.as(await api.member());
    const { body } = await stranger.get(`/queries?limit=1&sort_by=name&cursor=${cursor}`).expect(200);
    expect(body.data).toEqual([]);
  });
});

describe('a cursor', () => {
  it('of another order or other filters is refused', async () => {
    const { next_cursor: cursor } = await page('limit=3');
    for (const other of ['sort_by=name', 'sort_direction=asc', 'search=q', 'tags=x', 'offset=1']) {
      const { body } = await admin.get(`/queries?limit=3&${other}&cursor=${cursor}`).expect(400);
      expect(body.details.fields).toHaveProperty('cursor');
    }
  });

  it.each(['', 'x', '%00', '0', 'e30', 'bnVsbA', 'a'.repeat(9_000)])(
    'that is none is refused: "%s"',
    async (text) => {
      for (const path of ['/queries', '/datasources', '/runs', '/runs/dead']) {
        await admin.get(`${path}?cursor=${text}`).expect(400);
      }
    },
  );
});
