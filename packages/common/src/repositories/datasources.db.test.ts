import { newId } from '../crypto';
import type { Database } from '../db';
import { createTenant, openTestDatabase, type Tenant, type TestDatabase } from '../testing';
import { createDatasourceRepository, type DatasourceRepository } from './datasources';

let database: TestDatabase;
let db: Database;
let tenant: Tenant;
let datasources: DatasourceRepository;
beforeAll(async () => {
  database = await openTestDatabase();
  db = database.open('loupe_app');
  tenant = await createTenant(db);
  datasources = createDatasourceRepository(db);
});
afterAll(() => database.close());

const insert = () =>
  datasources.insert(tenant, {
    id: newId(),
    name: 'Warehouse',
    type: 'postgres',
    settings: { host: 'h' },
    createdBy: tenant.userId,
  });

async function secretsOf(id: string): Promise<number> {
  const text = 'SELECT datasource_id FROM datasource_secrets WHERE datasource_id = $1';
  return (await db.rows({ name: 'test.secrets', text, values: [id] })).length;
}

it('raises the version with every change', async () => {
  const { id, version } = await insert();
  expect(version).toBe(1);
  expect(await datasources.update(tenant, id, { name: 'Renamed' })).toMatchObject({
    name: 'Renamed',
    secretNames: [],
    version: 2,
  });
  const change = { settings: { host: 'i' }, secretNames: ['password'] };
  const changed = await datasources.update(tenant, id, change);
  expect(changed).toMatchObject({ name: 'Renamed', ...change, version: 3 });
  expect(await datasources.update(tenant, id, { name: 'Again' })).toMatchObject({ ...change, version: 4 });
});

it('writes secrets that its own role cannot read', async () => {
  const { id } = await insert();
  await datasources.replaceSecret(tenant, id, { v: 1, ct: 'first' });
  await datasources.replaceSecret(tenant, id, { v: 1, ct: 'second' });
  expect(await secretsOf(id)).toBe(1);
  const text = 'SELECT sealed FROM datasource_secrets WHERE datasource_id = $1';
  const statement = { name: 'test.sealed', text, values: [id] };
  await expect(db.row(statement)).rejects.toMatchObject({ kind: 'database' });
  expect(await database.open('loupe_runner').row(statement)).toEqual({ sealed: { v: 1, ct: 'second' } });
  await datasources.replaceSecret(tenant, id, undefined);
  expect(await secretsOf(id)).toBe(0);
});

it('destroys the secret with the datasource', async () => {
  const { id } = await insert();
  await datasources.replaceSecret(tenant, id, { v: 1 });
  expect(await datasources.delete(tenant, id)).toBe(true);
  expect(await secretsOf(id)).toBe(0);
  expect(await datasources.find(tenant, id)).toBeUndefined();
  expect(await datasources.delete(tenant, id)).toBe(false);
});

it('neither finds, changes nor deletes what belongs to another organization', async () => {
  const { id } = await insert();
  const other = await createTenant(db);
  expect(await datasources.find(other, id)).toBeUndefined();
  expect(await datasources.findForUpdate(other, id)).toBeUndefined();
  expect(await datasources.lockAgainstDelete(other, id)).toBe(false);
  expect(await datasources.update(other, id, { name: 'x' })).toBeUndefined();
  expect(await datasources.delete(other, id)).toBe(false);
  expect(await datasources.find(tenant, id)).toMatchObject({ name: 'Warehouse' });
});
