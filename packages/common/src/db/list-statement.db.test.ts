import { newId } from '../crypto';
import type { ListRequest } from '../models';
import { createTenant, openTestDatabase, type Tenant, type TestDatabase } from '../testing';
import type { Database } from './database';
import { listPage, type ListSource } from './list-statement';
import type { Queryable, Statement } from './statement';

// On the table of queries, which has everything that a list can be asked for.

let database: TestDatabase;
let db: Database;
let tenant: Tenant;
beforeAll(async () => {
  database = await openTestDatabase();
  db = database.open('loupe_app');
});
beforeEach(async () => {
  tenant = await createTenant(db);
});
afterAll(() => database.close());

interface Entry {
  name: string;
  description?: string | null;
  tags?: string[];
  at?: string;
  deleted?: boolean;
}

async function insert(entries: readonly Entry[], owner = tenant): Promise<void> {
  for (const {
    name,
    description = null,
    tags = [],
    at = '2026-01-01T00:00:00Z',
    deleted = false,
  } of entries) {
    await db.execute({
      name: 'test.insert',
      text: `INSERT INTO queries (id, org_id, datasource_id, name, description, sql, timeout_seconds, max_rows, tags,
               created_by, created_at, updated_at, deleted_at)
             VALUES ($1, $2, $3, $4, $5, 'SELECT 1', 30, 100, $6, $7, $8, $8, CASE WHEN $9 THEN now() END)`,
      values: [newId(), owner.orgId, owner.datasourceId, name, description, tags, owner.userId, at, deleted],
    });
  }
}

const source = (choices: Partial<ListSource> = {}): ListSource => ({
  ...{ name: 'test.list', table: 'queries', orgId: tenant.orgId, columns: ['id', 'name', 'description'] },
  sortable: { name: 'name', created_at: 'created_at', description: 'description' },
  searched: ['name', 'description'],
  ...choices,
});

async function list(
  request: Partial<ListRequest>,
  choices?: Partial<ListSource>,
): Promise<{ names: string[]; total: number }> {
  const { items, total } = await listPage<{ name: string }>(db, source(choices), {
    ...{ limit: 100, offset: 0, sort: [{ field: 'name', descending: false }] },
    ...request,
  });
  return { names: items.map(({ name }) => name), total };
}

describe('a search', () => {
  const found = async (search: string): Promise<string[]> => (await list({ search })).names;

  it('finds part of any searched column, whatever the case', async () => {
    await insert([
      { name: 'Sales' },
      { name: 'b', description: 'weekly SALES' },
      { name: 'c', description: 'costs' },
    ]);
    expect(await found('sale')).toEqual(['Sales', 'b']);
    expect(await found('nothing')).toEqual([]);
  });

  it.each([
    ['%', ['100%']],
    ['_', ['a_b']],
    ['\\', ['a\\b']],
    ['\\%', []],
    ["'", [`it's`]],
    ['?', ['why?']],
    ['$1', ['$1']],
    ['', ['$1', '100%', 'a\\b', 'a_b', 'axb', `it's`, 'why?']],
  ])('takes %j for itself', async (search, names) => {
    await insert(['100%', 'a_b', 'axb', 'a\\b', `it's`, 'why?', '$1'].map((name) => ({ name })));
    expect(await found(search)).toEqual(names);
  });
});

describe('tags', () => {
  beforeEach(() =>
    insert([{ name: 'both', tags: ['a', 'b', 'c'] }, { name: 'one', tags: ['a'] }, { name: 'none' }]),
  );
  const found = async (names: string[], match: 'all' | 'any'): Promise<string[]> =>
    (await list({ tags: { names, match } })).names;

  it('are all there, or any of them', async () => {
    expect(await found(['a', 'b'], 'all')).toEqual(['both']);
    expect(await found(['a', 'b'], 'any')).toEqual(['both', 'one']);
    expect(await found(['a'], 'all')).toEqual(['both', 'one']);
    expect(await found(['x'], 'any')).toEqual([]);
    expect(await found(['{a,b}', `'`], 'any')).toEqual([]);
  });
});

describe('the order', () => {
  it('is as asked, nulls last in either direction', async () => {
    await insert([
      { name: 'first', description: 'a' },
      { name: 'without' },
      { name: 'second', description: 'b' },
    ]);
    const names = async (descending: boolean): Promise<string[]> =>
      (await list({ sort: [{ field: 'description', descending }] })).names;
    expect(await names(false)).toEqual(['first', 'second', 'without']);
    expect(await names(true)).toEqual(['second', 'first', 'without']);
  });

  it('takes several keys, each in its direction', async () => {
    await insert([
      { name: 'a', description: 'x' },
      { name: 'b', description: 'x' },
      { name: 'c', description: 'y' },
    ]);
    const sort = [
      { field: 'description', descending: true },
      { field: 'name', descending: true },
    ];
    expect((await list({ sort })).names).toEqual(['c', 'b', 'a']);
  });

  it('among equals is by id, so that pages neither repeat nor leave out', async () => {
    await insert(Array.from({ length: 23 }, (_, i) => ({ name: `n${i}`, description: 'same' })));
    for (const descending of [false, true]) {
      const seen: string[] = [];
      for (let offset = 0; offset < 23; offset += 5) {
        const request = { limit: 5, offset, sort: [{ field: 'description', descending }] };
        const { names, total } = await list(request);
        expect(total).toBe(23);
        seen.push(...names);
      }
      expect(new Set(seen).size).toBe(23);
    }
  });

  it('by a field that is not on the list is an error of ours', async () => {
    await expect(list({ sort: [{ field: 'sql', descending: true }] })).rejects.toThrow(
      'test.list cannot be sorted by sql',
    );
  });
});

describe('the total', () => {
  it('counts what matches, whatever the page', async () => {
    await insert([{ name: 'a1' }, { name: 'a2' }, { name: 'a3' }, { name: 'b' }]);
    expect(await list({ search: 'a', limit: 2 })).toEqual({ names: ['a1', 'a2'], total: 3 });
    expect(await list({ search: 'a', limit: 2, offset: 2 })).toEqual({ names: ['a3'], total: 3 });
    expect(await list({ search: 'a', limit: 2, offset: 50 })).toEqual({ names: [], total: 3 });
    expect(await list({ search: 'z' })).toEqual({ names: [], total: 0 });
    expect(await list({ search: 'z', offset: 3 })).toEqual({ names: [], total: 0 });
  });
});

describe('what belongs to it', () => {
  it('is the organization’s own, and not deleted', async () => {
    const neighbour = await createTenant(db);
    await insert([{ name: 'theirs' }], neighbour);
    await insert([{ name: 'ours' }, { name: 'gone', deleted: true }]);
    expect(await list({})).toEqual({ names: ['ours'], total: 1 });
    expect(await list({}, { deletable: false })).toEqual({ names: ['gone', 'ours'], total: 2 });
  });

  it('narrows by who made it, by times with both ends included, and by the resource’s own filter', async () => {
    await insert([
      { name: 'old', at: '2026-01-01T00:00:00Z' },
      // Shown as 00:00:00.000, so that is what finds it.
      { name: 'mid', at: '2026-02-01T00:00:00.000999Z' },
      { name: 'new', at: '2026-03-01T00:00:00Z' },
    ]);
    const mid = new Date('2026-02-01T00:00:00Z');
    expect((await list({ createdBy: tenant.userId })).total).toBe(3);
    expect((await list({ createdBy: newId() })).total).toBe(0);
    expect((await list({ createdAfter: mid })).names).toEqual(['mid', 'new']);
    expect((await list({ createdBefore: mid })).names).toEqual(['mid', 'old']);
    expect((await list({ updatedAfter: mid, updatedBefore: mid })).names).toEqual(['mid']);
    const filter: ListSource['filter'] = (query) => void query.whereIn('name', ['new', 'old']);
    expect(await list({ createdAfter: mid }, { filter })).toEqual({ names: ['new'], total: 1 });
  });

  it('is one statement, or two where a page past the end has no row to carry the total', async () => {
    await insert([{ name: 'a' }]);
    const statements: string[] = [];
    const watched = database.open('loupe_app', {
      observer: {
        acquired: () => undefined,
        acquireTimedOut: () => undefined,
        statement: (name) => statements.push(name),
      },
    });
    const request = { limit: 1, offset: 0, sort: [] };
    await listPage(watched, source(), request);
    expect(statements).toEqual(['test.list']);
    await listPage(watched, source(), { ...request, offset: 9 });
    expect(statements).toEqual(['test.list', 'test.list', 'test.list.count']);
  });
});

describe('a page behind a position', () => {
  const bySource = (fields: [string, boolean][]) =>
    fields.map(([field, descending]) => ({ field, descending }));

  /** All names, page by page; `between` runs after each page. */
  async function walk(
    request: Partial<ListRequest>,
    between?: (page: number) => Promise<void>,
  ): Promise<string[]> {
    const names: string[] = [];
    let after: ListRequest['after'];
    for (let page = 0; ; page += 1) {
      const { items, next } = await listPage<{ name: string }>(db, source(), {
        ...{ limit: 3, offset: 0, sort: bySource([['name', false]]) },
        ...request,
        ...(after !== undefined && { after }),
      });
      names.push(...items.map(({ name }) => name));
      if (next === undefined) return names;
      after = next;
      await between?.(page);
    }
  }

  const mixed: Entry[] = Array.from({ length: 20 }, (_, i) => ({
    name: `n${String(i % 7)}`,
    description: i % 3 === 0 ? null : `d${String(i % 2)}`,
    at: `2026-01-01T00:00:00.00000${String(i % 4)}Z`,
  }));

  it.each([
    [[['name', false]]],
    [[['name', true]]],
    [[['created_at', true]]],
    [[['description', false]]],
    [[['description', true]]],
    [
      [
        ['description', true],
        ['name', false],
      ],
    ],
    [
      [
        ['created_at', false],
        ['description', true],
        ['name', true],
      ],
    ],
  ] as [[string, boolean][]][])('by %j shows the same as one long page', async (fields) => {
    await insert(mixed);
    const sort = bySource(fields);
    const { names } = await list({ sort });
    expect(names).toHaveLength(20);
    for (const limit of [1, 3, 7]) expect(await walk({ sort, limit })).toEqual(names);
  });

  it('neither repeats nor leaves out what stays, while others come and go', async () => {
    await insert(Array.from({ length: 9 }, (_, i) => ({ name: `b${String(i)}` })));
    const names = await walk({}, async (page) => {
      await insert([{ name: `a${String(page)}` }]);
      await db.execute({
        name: 'test.delete',
        text: `UPDATE queries SET deleted_at = now() WHERE org_id = $1 AND name = $2`,
        values: [tenant.orgId, `b${String(page)}`],
      });
    });
    expect(names).toEqual(Array.from({ length: 9 }, (_, i) => `b${String(i)}`));
  });

  it('counts on from the first page, and counts nothing again', async () => {
    await insert(Array.from({ length: 5 }, (_, i) => ({ name: `n${String(i)}` })));
    const request = { limit: 2, offset: 0, sort: bySource([['name', false]]) };
    const first = await listPage(db, source(), request);
    expect(first).toMatchObject({ total: 5, next: { seen: 2, total: 5 } });
    await insert([{ name: 'late' }]);
    const second = await listPage(db, source(), { ...request, after: first.next });
    expect(second).toMatchObject({ total: 5, next: { seen: 4 } });
    const third = await listPage(db, source(), { ...request, limit: 100, after: second.next });
    expect(third).toMatchObject({ total: 5, items: [{ name: 'n4' }], next: undefined });
  });
});

describe('a page deep in a long list', () => {
  it('begins at its position in the index, and sorts nothing', async () => {
    await database.asOwner(`
      INSERT INTO queries (id, org_id, datasource_id, name, sql, timeout_seconds, max_rows, created_by, created_at)
      SELECT gen_random_uuid(), '${tenant.orgId}', '${tenant.datasourceId}', 'n' || n, 'SELECT 1', 30, 100, '${tenant.userId}',
             timestamptz '2026-01-01' + n * interval '1 minute'
      FROM generate_series(1, 5000) n`);
    await database.asOwner('ANALYZE queries');
    const plans: string[] = [];
    const explaining: Queryable = {
      ...db,
      async rows<Row extends object>(statement: Statement): Promise<Row[]> {
        const plan = await db.rows<{ 'QUERY PLAN': string }>({
          ...statement,
          text: `EXPLAIN ${statement.text}`,
        });
        plans.push(plan.map((row) => row['QUERY PLAN']).join('\n'));
        return db.rows<Row>(statement);
      },
    };
    const request = { limit: 20, sort: [{ field: 'created_at', descending: true }] };
    const { next } = await listPage(explaining, source(), { ...request, offset: 4_000 });
    await listPage(explaining, source(), { ...request, offset: 0, after: next });
    expect(plans[1]).toMatch(/Index Scan using queries_list/);
    expect(plans[1]).toMatch(/Index Cond: .*created_at <= /);
    expect(plans[1]).not.toMatch(/Sort|Aggregate/);
  });
});
