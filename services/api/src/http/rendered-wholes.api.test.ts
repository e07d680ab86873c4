import { generateKeyPairSync } from 'node:crypto';
import { eventually, startTcpProxy, type TcpProxy } from '@loupe/common/testing';
import {
  createDashboard,
  createDatasource,
  createQuery,
  createTile,
  createVisualization,
} from '../testing/resources';
import type { Member } from '../testing/members';
import { type Client, startTestApi, type TestApi } from '../testing/test-api';

// Two API processes on one database, each with what it keeps: what one commits, the other shows in the next read.

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const JWT_SIGNING_KEYS = key.export({ type: 'pkcs8', format: 'pem' }).toString();

let one: TestApi;
let other: TestApi;
let uncached: TestApi;
let member: Member;
beforeAll(async () => {
  one = await startTestApi({ JWT_SIGNING_KEYS });
  const same = { JWT_SIGNING_KEYS, DATABASE_URL: one.database.url };
  other = await startTestApi(same);
  uncached = await startTestApi({ ...same, CACHE_ENABLED: 'false' });
  member = await one.member();
});
afterAll(async () => {
  for (const api of [uncached, other, one]) await api.close();
});

interface Board {
  datasource: string;
  query: string;
  chart: string;
  id: string;
  tile: string;
}

async function createBoard(client: Client): Promise<Board> {
  const datasource = await createDatasource(client);
  const query = await createQuery(client, datasource);
  const chart = await createVisualization(client, query);
  const id = await createDashboard(client);
  return { datasource, query, chart, id, tile: await createTile(client, id, { visualization_id: chart }) };
}

interface Tiled {
  id: string;
  tiles: { id: string; title: string | null }[];
}

/** Tiles of a dashboard as it is read alone, and as it is read in the list. */
async function tilesOf(client: Client, id: string): Promise<[Tiled['tiles'], Tiled['tiles'] | undefined]> {
  const { body: whole } = await client.get(`/dashboards/${id}`).expect(200);
  const { body: list } = await client.get('/dashboards?limit=100').expect(200);
  return [(whole as Tiled).tiles, (list.data as Tiled[]).find((found) => found.id === id)?.tiles];
}

async function counts(api: TestApi): Promise<{ hit: number; miss: number; rate: number }> {
  const { text } = await api.anonymous.get('/metrics').expect(200);
  const value = (name: string): number => Number(text.split('\n').find((line) => line.startsWith(name))?.split(' ')[1]); // prettier-ignore
  return {
    hit: value('loupe_cache_requests_total{result="hit"}'),
    miss: value('loupe_cache_requests_total{result="miss"}'),
    rate: value('loupe_cache_hit_rate'),
  };
}

it('makes an answer once, and counts real hits', async () => {
  const client = one.as(member);
  const { id } = await createBoard(client);
  const before = await counts(one);
  const first = await client.get(`/dashboards/${id}`).expect(200);
  expect(await counts(one)).toMatchObject({ hit: before.hit, miss: before.miss + 1 });
  const second = await client.get(`/dashboards/${id}`).expect(200);
  const { hit, miss, rate } = await counts(one);
  expect([hit, miss]).toEqual([before.hit + 1, before.miss + 1]);
  expect(rate).toBeCloseTo((100 * hit) / (hit + miss), 5);
  expect(second.text).toBe(first.text);
  expect(second.headers['content-type']).toBe(first.headers['content-type']);
  expect((await uncached.as(member).get(`/dashboards/${id}`)).body).toEqual(first.body);
});

it('answers a list from what is kept as it would without', async () => {
  const client = one.as(await one.member());
  for (let i = 0; i < 5; i += 1) await createBoard(client);
  for (const query of [
    '',
    '?limit=2',
    '?limit=2&offset=2',
    '?limit=2&offset=4',
    '?offset=9',
    '?sort=name,-created_at',
    '?search=board',
  ]) {
    const first = await client.get(`/dashboards${query}`).expect(200);
    const kept = await client.get(`/dashboards${query}`).expect(200);
    expect(kept.text).toBe(first.text);
  }
  const { body } = await client.get('/dashboards?limit=2').expect(200);
  const next = await client.get(`/dashboards?limit=2&cursor=${body.next_cursor}`).expect(200);
  expect(next.body).toMatchObject({ total: 5, page: 2, has_prev: true });
  expect(next.body.data).toHaveLength(2);
});

it.each<[string, (client: Client, board: Board) => Promise<unknown>, (titles: (string | null)[]) => void]>([
  [
    'a moved tile',
    (client, { id, tile }) =>
      client.put(`/dashboards/${id}/tiles/${tile}`).send({ title: 'Moved' }).expect(200),
    (titles) => expect(titles).toEqual(['Moved']),
  ],
  [
    'a new tile',
    (client, { id, chart }) => createTile(client, id, { visualization_id: chart, title: 'New', pos_y: 9 }),
    (titles) => expect(titles).toEqual([null, 'New']),
  ],
  ...(['tile', 'chart', 'query', 'datasource'] as const).map(
    (what) =>
      [
        `a deleted ${what}`,
        (client: Client, board: Board) => {
          const nouns = { chart: 'visualizations', query: 'queries', datasource: 'datasources' };
          const place = what === 'tile' ? `dashboards/${board.id}/tiles` : nouns[what];
          return client.delete(`/${place}/${board[what]}`).expect(204);
        },
        (titles: (string | null)[]) => expect(titles).toEqual([]),
      ] as [string, (client: Client, board: Board) => Promise<unknown>, (titles: (string | null)[]) => void],
  ),
])('%s shows in the next read of another process, alone and in the list', async (_what, change, expected) => {
  const [writer, reader] = [one.as(member), other.as(member)];
  const board = await createBoard(writer);
  for (let i = 0; i < 2; i += 1) await tilesOf(reader, board.id);
  await change(writer, board);
  for (const tiles of await tilesOf(reader, board.id)) expected((tiles ?? []).map(({ title }) => title));
  const [whole, listed] = await tilesOf(reader, board.id);
  expect(listed).toEqual(whole);
});

it('a deleted dashboard is gone for another process, and so is a canvas’s node', async () => {
  const [writer, reader] = [one.as(member), other.as(member)];
  const { id } = await createBoard(writer);
  const { body: canvas } = await writer.post('/canvases').send({ name: 'c' }).expect(201);
  const path = `/canvases/${canvas.id}`;
  const { body: node } = await writer
    .post(`${path}/nodes`)
    .send({ node_type: 'note', title: 'n' })
    .expect(201);
  for (let i = 0; i < 2; i += 1) {
    await tilesOf(reader, id);
    expect((await reader.get(path).expect(200)).body.nodes).toHaveLength(1);
    await reader.get('/canvases').expect(200);
  }
  await writer.delete(`/dashboards/${id}`).expect(204);
  await writer.delete(`${path}/nodes/${node.id}`).expect(204);
  await reader.get(`/dashboards/${id}`).expect(404);
  const { body: list } = await reader.get('/dashboards?limit=100').expect(200);
  expect((list.data as Tiled[]).map((one) => one.id)).not.toContain(id);
  expect((await reader.get(path).expect(200)).body.nodes).toEqual([]);
  expect((await reader.get('/canvases').expect(200)).body.data[0].nodes).toEqual([]);
});

it('a dashboard’s own name and tags show in the next read of another process, alone and in the list', async () => {
  const [writer, reader] = [one.as(member), other.as(member)];
  const { id } = await createBoard(writer);
  for (let i = 0; i < 2; i += 1) await tilesOf(reader, id);
  await writer
    .put(`/dashboards/${id}`)
    .send({ name: 'Renamed', tags: ['new'] })
    .expect(200);
  const shown = { id, name: 'Renamed', tags: ['new'] };
  expect((await reader.get(`/dashboards/${id}`).expect(200)).body).toMatchObject(shown);
  const { body: list } = await reader.get('/dashboards?limit=100').expect(200);
  expect(list.data).toContainEqual(expect.objectContaining(shown));
});

it('a canvas’s name and its edges show in the next read of another process, alone and in the list', async () => {
  const owner = await one.member();
  const [writer, reader] = [one.as(owner), other.as(owner)];
  const made = async (path: string, body: object): Promise<string> =>
    ((await writer.post(path).send(body).expect(201)).body as { id: string }).id;
  const path = `/canvases/${await made('/canvases', { name: 'c' })}`;
  const [from, to] = [
    await made(`${path}/nodes`, { node_type: 'note', title: 'a' }),
    await made(`${path}/nodes`, { node_type: 'note', title: 'b' }),
  ];
  const shows = async (name: string, labels: string[]): Promise<void> => {
    const { body: whole } = await reader.get(path).expect(200);
    const { body: list } = await reader.get('/canvases').expect(200);
    for (const canvas of [whole, list.data[0]] as { name: string; edges: { label: string }[] }[]) {
      expect([canvas.name, canvas.edges.map(({ label }) => label)]).toEqual([name, labels]);
    }
  };
  for (let i = 0; i < 2; i += 1) await shows('c', []);
  const edge = await made(`${path}/edges`, { from_node_id: from, to_node_id: to, label: 'explains' });
  await shows('c', ['explains']);
  await writer.put(`${path}/edges/${edge}`).send({ label: 'motivates' }).expect(200);
  await shows('c', ['motivates']);
  await writer.put(path).send({ name: 'renamed' }).expect(200);
  await shows('renamed', ['motivates']);
  await writer.delete(`${path}/edges/${edge}`).expect(204);
  await shows('renamed', []);
});

it.each(['?offset=20', '?offset=20&search=board', '?offset=1&sort=name', '?limit=1'])(
  'the total of %s rises with the next dashboard, also where the page is empty',
  async (query) => {
    const owner = await one.member();
    const [writer, reader] = [one.as(owner), other.as(owner)];
    for (let total = 0; total < 3; total += 1) {
      for (let i = 0; i < 2; i += 1) {
        expect((await reader.get(`/dashboards${query}`).expect(200)).body).toMatchObject({ total });
      }
      await createDashboard(writer);
    }
  },
);

it('keeps whole pages of plain lists only; others are made of what is kept of each dashboard', async () => {
  const client = one.as(await one.member());
  await createDashboard(client);
  const hitsOf = async (query: string): Promise<[hits: number, misses: number]> => {
    const before = await counts(one);
    const ran = await one.statementsOf(() => client.get(`/dashboards${query}`).expect(200));
    expect(ran).not.toContain('dashboards.findAll');
    const after = await counts(one);
    return [after.hit - before.hit, after.miss - before.miss];
  };
  await client.get('/dashboards').expect(200);
  expect(await hitsOf('')).toEqual([1, 0]);
  // No page is looked for: the one hit is the dashboard.
  const others = ['?search=board', '?tags=', '?created_after=2020-01-01T00:00:00Z', '?sort=name,-created_at'];
  for (const query of others) {
    for (let i = 0; i < 2; i += 1) expect([query, await hitsOf(query)]).toEqual([query, [1, 0]]);
  }
});

it('each organization finds its own of what is kept, and nothing of another’s', async () => {
  const boards: [Member, string][] = [];
  for (let i = 0; i < 2; i += 1) {
    const owner = await one.member();
    boards.push([owner, (await createBoard(one.as(owner))).id]);
  }
  for (let round = 0; round < 2; round += 1) {
    for (const [owner, own] of boards) {
      const client = one.as(owner);
      const { body } = await client.get('/dashboards').expect(200);
      expect(body).toMatchObject({ data: [{ id: own }], total: 1 });
      for (const [, id] of boards) await client.get(`/dashboards/${id}`).expect(id === own ? 200 : 404);
    }
  }
});

it('a session that has ended, or a member who was removed, is refused whatever is kept', async () => {
  const { id } = await createBoard(one.as(member));
  const [leaver, removed] = [
    await one.member({ orgId: member.orgId, role: 'viewer' }),
    await one.member({ orgId: member.orgId, role: 'viewer' }),
  ];
  for (const who of [leaver, removed]) await tilesOf(other.as(who), id);
  await one.as(leaver).post('/auth/logout').expect(200);
  await one.as(member).delete(`/organizations/users/${removed.userId}`).expect(204);
  for (const who of [leaver, removed]) {
    await other.as(who).get(`/dashboards/${id}`).expect(401);
    await other.as(who).get('/dashboards').expect(401);
  }
});

it('a client that has the version is told so, until there is another one', async () => {
  const client = other.as(member);
  const { id, tile } = await createBoard(client);
  const { headers } = await client.get(`/dashboards/${id}`).expect(200);
  const ask = () => client.get(`/dashboards/${id}`).set('If-None-Match', headers['etag'] as string);
  await ask().expect(304);
  await one.as(member).put(`/dashboards/${id}/tiles/${tile}`).send({ pos_x: 3 }).expect(200);
  await ask().expect(200);
});

it('keeps nothing with CACHE_ENABLED=false', async () => {
  const client = uncached.as(member);
  const { id } = await createBoard(client);
  for (let i = 0; i < 2; i += 1) {
    const ran = await uncached.statementsOf(() => tilesOf(client, id));
    expect(ran.filter((name) => name.startsWith('dashboards.'))).toEqual([
      ...['dashboards.findAll', 'dashboards.list', 'dashboards.findAll'],
    ]);
  }
  expect(await counts(uncached)).toEqual({ hit: 0, miss: 0, rate: 0 });
});

it('answers a page of large dashboards in several reads, whole and in order', async () => {
  const owner = await one.member();
  const client = one.as(owner);
  const { chart } = await createBoard(client);
  await one.database.asOwner(
    `WITH made AS (
       INSERT INTO dashboards (id, org_id, created_by, name) SELECT gen_random_uuid(), $1, $2, 'd' || n
       FROM generate_series(101, 112) n RETURNING id)
     INSERT INTO dashboard_tiles (id, org_id, created_by, dashboard_id, visualization_id, pos_x, pos_y, width, height, parameter_bindings)
     SELECT gen_random_uuid(), $1, $2, made.id, $3, 0, n, 6, 4, json_build_object('text', repeat('x', 250000))
     FROM made, generate_series(1, 2) n`,
    [owner.orgId, owner.userId, chart],
  );
  for (const statements of [3, 3]) {
    const ran = await one.statementsOf(async () => {
      const { body } = await client.get('/dashboards?sort=name&limit=100').expect(200);
      expect(body.data.map(({ name }: { name: string }) => name)).toEqual([
        'Board',
        ...Array.from({ length: 12 }, (_, i) => `d${101 + i}`),
      ]);
      expect(body.data.map(({ tiles }: Tiled) => tiles.length)).toEqual([1, ...Array(12).fill(2)]);
      expect(body).toMatchObject({ total: 13, has_next: false });
    });
    expect(ran).toEqual(['users.findBySession', 'dashboards.list', ...Array(statements - 1).fill('dashboards.findAll')]); // prettier-ignore
  }
});

describe('with a Redis that processes share', () => {
  let proxy: TcpProxy;
  let pair: TestApi[];
  beforeAll(async () => {
    const url = process.env['LOUPE_TEST_REDIS_URL'] as string;
    proxy = await startTcpProxy(url);
    const shared = { JWT_SIGNING_KEYS, DATABASE_URL: one.database.url, CACHE_REDIS_URL: proxy.lead(url) };
    pair = [await startTestApi(shared), await startTestApi(shared)];
  });
  afterAll(async () => {
    for (const api of pair) await api.close();
    await proxy.close();
  });

  it('one process answers with what another has made', async () => {
    const [maker, taker] = pair as [TestApi, TestApi];
    await eventually('a dashboard that was made there is a hit here', async () => {
      const id = await createDashboard(maker.as(member));
      await maker.as(member).get(`/dashboards/${id}`).expect(200);
      const { hit } = await counts(taker);
      await taker.as(member).get(`/dashboards/${id}`).expect(200);
      return (await counts(taker)).hit > hit;
    });
  });

  it('a change shows at once, and a Redis that freezes or dies fails no request', async () => {
    const [writer, reader] = pair.map((api) => api.as(member)) as [Client, Client];
    const board = await createBoard(writer);
    const rename = async (title: string): Promise<void> => {
      const path = `/dashboards/${board.id}/tiles/${board.tile}`;
      await writer.put(path).send({ title }).expect(200);
      for (const client of [reader, writer]) {
        const [whole, listed] = await tilesOf(client, board.id);
        expect([whole[0]?.title, listed?.[0]?.title]).toEqual([title, title]);
      }
    };
    await rename('With Redis');
    proxy.freeze();
    await rename('Frozen');
    await proxy.cut();
    await rename('Away');
    await proxy.restore();
    await rename('Back');
  });
});
