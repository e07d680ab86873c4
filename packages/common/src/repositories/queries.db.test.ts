import { newId } from '../crypto';
import type { Database } from '../db';
import type { QueryContent } from '../models';
import { createTenant, openTestDatabase, type Tenant, type TestDatabase } from '../testing';
import { createQueryRepository, type QueryRepository } from './queries';

let database: TestDatabase;
let db: Database;
let tenant: Tenant;
let queries: QueryRepository;
beforeAll(async () => {
  database = await openTestDatabase();
  db = database.open('loupe_app');
  tenant = await createTenant(db);
  queries = createQueryRepository(db);
});
afterAll(() => database.close());

const content = (more: Partial<QueryContent> = {}): QueryContent => ({
  datasourceId: tenant.datasourceId,
  name: 'Sales',
  description: null,
  sql: 'SELECT 1',
  parameters: [{ name: 'from', type: 'date', default: null, required: true }],
  timeoutSeconds: 30,
  maxRows: 100,
  tags: ['a'],
  ...more,
});

const insert = (more: Partial<QueryContent> = {}) =>
  queries.insert(tenant, { ...content(more), id: newId(), createdBy: tenant.userId });

const versions = (id: string) =>
  db.rows<{ version: number; name: string; created_by: string }>({
    name: 'test.versions',
    text: 'SELECT version, name, created_by FROM query_versions WHERE query_id = $1 ORDER BY version',
    values: [id],
  });

it('saves a query and its first version together', async () => {
  const query = await insert();
  expect(query).toMatchObject({ ...content(), orgId: tenant.orgId, version: 1, createdBy: tenant.userId });
  expect(await queries.find(tenant, query.id)).toEqual({ ...query, isBlocked: false });
  expect(await versions(query.id)).toEqual([{ version: 1, name: 'Sales', created_by: tenant.userId }]);
});

it('counts a version up at each save', async () => {
  const { id } = await insert();
  const saved = await queries.update(tenant, { ...content({ name: 'Renamed' }), id, savedBy: tenant.userId });
  expect(saved).toMatchObject({ name: 'Renamed', version: 2 });
  expect((await versions(id)).map(({ name }) => name)).toEqual(['Sales', 'Renamed']);
});

it('hides what was deleted, and deletes it once', async () => {
  const { id } = await insert();
  expect(await queries.delete(tenant, id)).toBe(true);
  expect(await queries.delete(tenant, id)).toBe(false);
  expect(await queries.find(tenant, id)).toBeUndefined();
  expect(await queries.update(tenant, { ...content(), id, savedBy: tenant.userId })).toBeUndefined();
});

it('neither finds, changes nor deletes what belongs to another organization', async () => {
  const { id } = await insert();
  const other = await createTenant(db);
  expect(await queries.find(other, id)).toBeUndefined();
  expect(await queries.delete(other, id)).toBe(false);
  const change = { ...content({ datasourceId: other.datasourceId }), id, savedBy: other.userId };
  expect(await queries.update(other, change)).toBeUndefined();
  expect((await queries.list(other, { limit: 10, offset: 0, sort: [] })).items).toEqual([]);
});

it('cannot point at another organization’s datasource, whatever the code above does', async () => {
  const other = await createTenant(db);
  await expect(insert({ datasourceId: other.datasourceId })).rejects.toMatchObject({ kind: 'database' });
});
