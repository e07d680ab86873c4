import { listPage, type Queryable } from '../db';
import { type Datasource, type ListRequest, mapPage, type OrgScope, type Page } from '../models';
import { lockAgainstDelete, stampDeleted } from './cascade';

export interface NewDatasource {
  id: string;
  name: string;
  type: string;
  settings: Record<string, unknown>;
  secretNames?: readonly string[];
  createdBy: string;
}

/** Absent fields stay. */
export interface DatasourceChange {
  name?: string;
  settings?: Record<string, unknown>;
  secretNames?: readonly string[];
}

/** Sealed for the runner; the role that serves requests can write it and not read it. */
export type Sealed = object;

/** Methods that write belong into a transaction. */
export interface DatasourceRepository {
  find(scope: OrgScope, id: string): Promise<Datasource | undefined>;
  /** The same, and keeps others from changing or deleting it until the transaction ends. */
  findForUpdate(scope: OrgScope, id: string): Promise<Datasource | undefined>;
  /** Keeps it from being deleted until the transaction ends, and nothing else. */
  lockAgainstDelete(scope: OrgScope, id: string): Promise<boolean>;
  list(scope: OrgScope, request: ListRequest): Promise<Page<Datasource>>;
  insert(scope: OrgScope, datasource: NewDatasource): Promise<Datasource>;
  update(scope: OrgScope, id: string, change: DatasourceChange): Promise<Datasource | undefined>;
  /** Undefined: the settings need no secret any more. */
  replaceSecret(scope: OrgScope, id: string, sealed: Sealed | undefined): Promise<void>;
  /** Stamps it and everything below it as deleted, and destroys its secret. False when there is none. */
  delete(scope: OrgScope, id: string): Promise<boolean>;
}

interface DatasourceRow {
  id: string;
  org_id: string;
  name: string;
  ds_type: string;
  settings: Record<string, unknown>;
  secret_names: string[];
  version: number;
  created_by: string;
  created_at: Date;
  updated_at: Date;
}

const columns = [
  'id',
  'org_id',
  'name',
  'ds_type',
  'settings',
  'secret_names',
  'version',
  'created_by',
  'created_at',
  'updated_at',
] as const;
const columnList = columns.join(', ');

const datasourceOf = (row: DatasourceRow): Datasource => ({
  id: row.id,
  orgId: row.org_id,
  name: row.name,
  type: row.ds_type,
  settings: row.settings,
  secretNames: row.secret_names,
  version: row.version,
  createdBy: row.created_by,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

export function createDatasourceRepository(db: Queryable): DatasourceRepository {
  async function findOne(name: string, scope: OrgScope, request: { id: string; lock?: 'FOR UPDATE' }) {
    const row = await db.row<DatasourceRow>({
      name,
      text: `SELECT ${columnList} FROM datasources
             WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL ${request.lock ?? ''}`,
      values: [scope.orgId, request.id],
    });
    return row && datasourceOf(row);
  }
  return {
    find: (scope, id) => findOne('datasources.find', scope, { id }),
    findForUpdate: (scope, id) => findOne('datasources.findForUpdate', scope, { id, lock: 'FOR UPDATE' }),
    lockAgainstDelete: (scope, id) => lockAgainstDelete(db, scope, { table: 'datasources', id }),
    list: (scope, request) => list(db, scope, request),
    async insert({ orgId }, datasource) {
      const row = await db.one<DatasourceRow>({
        name: 'datasources.insert',
        text: `INSERT INTO datasources (id, org_id, name, ds_type, settings, created_by, secret_names)
               VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ${columnList}`,
        values: [
          datasource.id,
          orgId,
          datasource.name,
          datasource.type,
          JSON.stringify(datasource.settings),
          datasource.createdBy,
          datasource.secretNames ?? [],
        ],
      });
      return datasourceOf(row);
    },
    update: (scope, id, change) => update(db, scope, { id, change }),
    ...secretsOf(db),
    delete: (scope, id) => remove(db, scope, id),
  };
}

async function list(db: Queryable, scope: OrgScope, request: ListRequest): Promise<Page<Datasource>> {
  const page = await listPage<DatasourceRow>(
    db,
    {
      name: 'datasources.list',
      table: 'datasources',
      orgId: scope.orgId,
      columns,
      sortable: { name: 'name', created_at: 'created_at', updated_at: 'updated_at' },
      searched: ['name'],
    },
    request,
  );
  return mapPage(page, datasourceOf);
}

async function update(
  db: Queryable,
  scope: OrgScope,
  { id, change }: { id: string; change: DatasourceChange },
): Promise<Datasource | undefined> {
  const row = await db.row<DatasourceRow>({
    name: 'datasources.update',
    text: `UPDATE datasources
           SET name = coalesce($3, name), settings = coalesce($4, settings), secret_names = coalesce($5, secret_names),
               version = version + 1, updated_at = now()
           WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL RETURNING ${columnList}`,
    values: [
      scope.orgId,
      id,
      change.name ?? null,
      change.settings === undefined ? null : JSON.stringify(change.settings),
      change.secretNames ?? null,
    ],
  });
  return row && datasourceOf(row);
}

function secretsOf(db: Queryable): Pick<DatasourceRepository, 'replaceSecret'> {
  return {
    async replaceSecret({ orgId }, id, sealed) {
      if (sealed === undefined) {
        await removeSecret(db, { orgId }, id);
        return;
      }
      // The parameter twice instead of EXCLUDED: reading that would need the right to read the secret.
      await db.execute({
        name: 'datasourceSecrets.replace',
        text: `INSERT INTO datasource_secrets (org_id, datasource_id, sealed) VALUES ($1, $2, $3)
               ON CONFLICT (datasource_id) DO UPDATE SET sealed = $3, updated_at = now()`,
        values: [orgId, id, JSON.stringify(sealed)],
      });
    },
  };
}

async function removeSecret(db: Queryable, { orgId }: OrgScope, id: string): Promise<void> {
  await db.execute({
    name: 'datasourceSecrets.delete',
    text: 'DELETE FROM datasource_secrets WHERE org_id = $1 AND datasource_id = $2',
    values: [orgId, id],
  });
}

async function remove(db: Queryable, scope: OrgScope, id: string): Promise<boolean> {
  if (!(await stampDeleted(db, scope, { table: 'datasources', id }))) return false;
  await db.execute({
    name: 'datasources.forgetSecretNames',
    text: `UPDATE datasources SET secret_names = '{}' WHERE org_id = $1 AND id = $2`,
    values: [scope.orgId, id],
  });
  await removeSecret(db, scope, id);
  return true;
}
