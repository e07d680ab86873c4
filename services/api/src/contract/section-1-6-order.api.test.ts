import { asSuperuser } from '@loupe/common/testing';
import { type Ground, openGround } from '../testing/contract/ground';
import {
  createDashboard,
  createDatasource,
  createQuery,
  createRun,
  createSchedule,
  createVisualization,
} from '../testing/resources';
import type { Client } from '../testing/test-api';

// In what order lists come, and which of their items a time or a maker leaves: of each kind three that are told apart.

type Label = 'a' | 'b' | 'c';
/** Each field puts them in an order of its own, which is not that in which they were made. */
const orders: Record<string, Label[]> = {
  name: ['a', 'b', 'c'],
  created_at: ['b', 'c', 'a'],
  updated_at: ['c', 'a', 'b'],
  next_run_at: ['c', 'b', 'a'],
  started_at: ['c', 'a', 'b'],
  completed_at: ['c', 'b', 'a'],
};
const columns: Record<string, string> = { completed_at: 'finished_at' };

const fieldsOf: Record<string, string[]> = {
  '/dashboards': ['name', 'created_at', 'updated_at'],
  '/queries': ['name', 'created_at', 'updated_at'],
  '/runs': ['created_at', 'started_at', 'completed_at'],
  '/visualizations': ['name', 'created_at', 'updated_at'],
  '/schedules': ['name', 'next_run_at', 'created_at', 'updated_at'],
  '/datasources': ['name', 'created_at', 'updated_at'],
  '/canvases': ['name', 'created_at', 'updated_at'],
};
const lists = Object.keys(fieldsOf);

let ground: Ground;
/** Makes what is called `a`. */
let other: { client: Client; userId: string };
/** List → id → which of the three it is. */
const labels = new Map<string, Map<string, Label>>(lists.map((path) => [path, new Map()]));

beforeAll(async () => {
  ground = await openGround();
  const member = await ground.api.member({ orgId: ground.orgId });
  other = { client: ground.api.as(member), userId: member.userId };
  for (const label of ['c', 'a', 'b'] as const) await make(label);
  // Times as if they had been made long ago; no trigger has a say in it.
  await asSuperuser(new URL(ground.api.database.ownerUrl).pathname.slice(1), async (client) => {
    await client.query(`SET session_replication_role = replica`);
    await client.query(`UPDATE runs SET state = 'failed', finished_at = now()`);
    for (const path of lists)
      for (const field of fieldsOf[path]!.filter((one) => one !== 'name'))
        for (const [id, label] of labels.get(path)!)
          await client.query(
            `UPDATE ${path.slice(1)} SET ${columns[field] ?? field} = $1::timestamptz WHERE id = $2`,
            [`2020-01-0${orders[field]!.indexOf(label) + 1}T00:00:00Z`, id],
          );
  });
});
afterAll(() => ground.close());

async function make(label: Label): Promise<void> {
  const client = label === 'a' ? other.client : ground.admin;
  const name = { name: label };
  const { body: canvas } = await client.post('/canvases').send(name).expect(201);
  const made: Record<string, string> = {
    '/datasources': await createDatasource(client, name),
    '/queries': await createQuery(client, ground.datasourceId, name),
    '/visualizations': await createVisualization(client, ground.queryId, name),
    '/schedules': await createSchedule(client, ground.queryId, name),
    '/dashboards': await createDashboard(client, name),
    '/runs': await createRun(client, ground.queryId),
    '/canvases': canvas.id,
  };
  for (const [path, id] of Object.entries(made)) labels.get(path)!.set(id, label);
}

const idsOf = async (path: string): Promise<string[]> => {
  const { body } = await ground.viewer.get(path).expect(200);
  return body.data.map(({ id }: { id: string }) => id);
};
/** Those of the three that come, in their order. */
const labelsOf = async (list: string, parameters: string): Promise<Label[]> =>
  (await idsOf(`${list}?${parameters}`)).flatMap((id) => labels.get(list)!.get(id) ?? []);

it.each([
  ['1.6/dashboards › sort_by', '/dashboards'],
  ['1.6/queries › sort_by', '/queries'],
  ['1.6/runs › sort_by', '/runs'],
  ['1.6/visualizations › sort_by', '/visualizations'],
  ['1.6/schedules › sort_by', '/schedules'],
  ['1.6/datasources › sort_by', '/datasources'],
  ['1.6/canvases › sort_by', '/canvases'],
])('%s', async (_row, list) => {
  for (const field of fieldsOf[list]!) {
    const ascending = orders[field]!;
    expect([field, await labelsOf(list, `sort_by=${field}&sort_direction=asc`)]).toEqual([field, ascending]);
    const descending = ascending.toReversed();
    expect([field, await labelsOf(list, `sort_by=${field}`)]).toEqual([field, descending]);
    expect([field, await labelsOf(list, `sort=-${field}`)]).toEqual([field, descending]);
  }
});

describe.each(lists)('%s', (list) => {
  const ascending = orders['created_at']!;
  const descending = ascending.toReversed();

  it.each([
    ['1.6/sort_by › default', '', descending],
    ['1.6/sort_direction › default', 'sort_by=created_at', descending],
    ['1.6/sort_direction › asc', 'sort_direction=asc', ascending],
    ['1.6/sort_direction › desc', 'sort_direction=desc', descending],
    ['1.6/sort_direction › any letter case', 'sort_direction=AsC', ascending],
    ['1.6/additions › sort', 'sort=created_at', ascending],
    ['1.6/additions › created_after', 'created_after=2020-01-01T12:00:00Z&sort=created_at', ['c', 'a']],
    ['1.6/additions › created_after, inclusive', 'created_after=2020-01-03T00:00:00Z', ['a']],
    ['1.6/additions › created_before', 'created_before=2020-01-02T12:00:00Z&sort=created_at', ['b', 'c']],
    ['1.6/additions › created_before, inclusive', 'created_before=2020-01-01T00:00:00Z', ['b']],
    [
      '1.6/additions › created_after and created_before',
      'created_after=2020-01-01T12:00:00Z&created_before=2020-01-02T12:00:00Z',
      ['c'],
    ],
  ])('%s', async (_row, parameters, expected) => {
    expect(await labelsOf(list, parameters)).toEqual(expected);
  });

  it('1.6/additions › created_by', async () => {
    expect(await labelsOf(list, `created_by=${other.userId}`)).toEqual(['a']);
    const { userId } = ground.members.admin;
    expect(await labelsOf(list, `created_by=${userId}&sort=created_at`)).toEqual(['b', 'c']);
  });
});

it.each(lists.filter((list) => list !== '/runs'))('1.6/additions › updated_after and updated_before: %s', async (list) => {
  expect(await labelsOf(list, 'updated_after=2020-01-01T12:00:00Z&sort=updated_at')).toEqual(['a', 'b']);
  expect(await labelsOf(list, 'updated_before=2020-01-02T12:00:00Z&sort=updated_at')).toEqual(['c', 'a']);
}); // prettier-ignore

describe('1.6/stable pages', () => {
  let same: Ground;
  const ids = new Map<string, string[]>(lists.map((path) => [path, []]));

  // Made one after the other, all at one time: nothing but the id is left to tell them apart.
  beforeAll(async () => {
    same = await openGround();
    const { admin, datasourceId, queryId } = same;
    ids.get('/datasources')!.push(datasourceId);
    ids.get('/queries')!.push(queryId);
    for (let n = 0; n < 7; n += 1) {
      const { body: canvas } = await admin.post('/canvases').send({ name: 'x' }).expect(201);
      ids.get('/canvases')!.push(canvas.id);
      ids.get('/datasources')!.push(await createDatasource(admin));
      ids.get('/queries')!.push(await createQuery(admin, datasourceId));
      ids.get('/visualizations')!.push(await createVisualization(admin, queryId));
      ids.get('/schedules')!.push(await createSchedule(admin, queryId));
      ids.get('/dashboards')!.push(await createDashboard(admin));
      ids.get('/runs')!.push(await createRun(admin, queryId));
    }
    await asSuperuser(new URL(same.api.database.ownerUrl).pathname.slice(1), async (client) => {
      await client.query(`SET session_replication_role = replica`);
      for (const path of lists) await client.query(`UPDATE ${path.slice(1)} SET created_at = '2020-01-01Z'`);
    });
  });
  afterAll(() => same.close());

  it.each(lists.flatMap((list) => ['asc', 'desc'].map((direction) => [list, direction] as const)))(
    '1.6/stable pages › %s %s',
    async (list, direction) => {
      const pages: string[] = [];
      for (let offset = 0; offset < 9; offset += 3) {
        const page = `limit=3&offset=${offset}&sort_by=created_at&sort_direction=${direction}`;
        const { body } = await same.viewer.get(`${list}?${page}`).expect(200);
        pages.push(...body.data.map(({ id }: { id: string }) => id));
      }
      const ascending = ids.get(list)!.toSorted();
      expect(pages).toEqual(direction === 'asc' ? ascending : ascending.toReversed());
    },
  );
});
