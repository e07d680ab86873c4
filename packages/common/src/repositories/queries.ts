import { listPage, type Queryable } from '../db';
import {
  type ListRequest,
  mapPage,
  type OrgScope,
  type Page,
  type Query,
  type QueryContent,
} from '../models';
import { lockAgainstDelete, stampDeleted } from './cascade';
import {
  queryContentColumns,
  queryContentOf,
  type QueryContentRow,
  queryContentValues,
  versionInsert,
} from './query-rows';
import { resourceColumns, resourceOf, type ResourceRow } from './resource-rows';

export interface QueryListRequest extends ListRequest {
  datasourceId?: string;
}

export interface FoundQuery extends Query {
  /** Whether this version may not run: three of its runs within an hour killed what executed them. */
  isBlocked: boolean;
}

/** Methods that write belong into a transaction: a query and its version are saved together. */
export interface QueryRepository {
  find(scope: OrgScope, id: string): Promise<FoundQuery | undefined>;
  /** The same, and keeps others from changing or deleting it until the transaction ends. */
  findForUpdate(scope: OrgScope, id: string): Promise<Query | undefined>;
  /** Keeps it from being deleted until the transaction ends, and nothing else. */
  lockAgainstDelete(scope: OrgScope, id: string): Promise<boolean>;
  list(scope: OrgScope, request: QueryListRequest): Promise<Page<Query>>;
  insert(scope: OrgScope, query: QueryContent & { id: string; createdBy: string }): Promise<Query>;
  /** Raises the version by one; `savedBy` is the version's author. */
  update(scope: OrgScope, query: QueryContent & { id: string; savedBy: string }): Promise<Query | undefined>;
  /** Lets its versions run again that were blocked, until they give reason for it again. */
  acknowledge(scope: OrgScope, request: { id: string; userId: string }): Promise<void>;
  /** Stamps it and everything below it as deleted. False when there is none. */
  delete(scope: OrgScope, id: string): Promise<boolean>;
}

interface QueryRow extends QueryContentRow, ResourceRow {}

const columns = [...resourceColumns, ...queryContentColumns] as const;
const columnList = columns.join(', ');

const queryOf = (row: QueryRow): Query => ({ ...queryContentOf(row), ...resourceOf(row) });

export function createQueryRepository(db: Queryable): QueryRepository {
  return {
    async find({ orgId }, id) {
      const row = await db.row<QueryRow & { is_blocked: boolean }>({
        name: 'queries.find',
        text: `SELECT ${columnList}, EXISTS (
                 SELECT FROM blocked_query_versions
                 WHERE query_id = queries.id AND query_version = queries.version AND acknowledged_at IS NULL
               ) AS is_blocked
               FROM queries WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL`,
        values: [orgId, id],
      });
      return row && { ...queryOf(row), isBlocked: row.is_blocked };
    },
    async findForUpdate({ orgId }, id) {
      const row = await db.row<QueryRow>({
        name: 'queries.findForUpdate',
        text: `SELECT ${columnList} FROM queries
               WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE`,
        values: [orgId, id],
      });
      return row && queryOf(row);
    },
    async acknowledge({ orgId }, { id, userId }) {
      await db.execute({
        name: 'queries.acknowledge',
        text: `UPDATE blocked_query_versions SET acknowledged_at = now(), acknowledged_by = $3
               WHERE org_id = $1 AND query_id = $2 AND acknowledged_at IS NULL`,
        values: [orgId, id, userId],
      });
    },
    lockAgainstDelete: (scope, id) => lockAgainstDelete(db, scope, { table: 'queries', id }),
    list: (scope, request) => list(db, scope, request),
    insert: (scope, query) => insert(db, scope, query),
    update: (scope, query) => update(db, scope, query),
    delete: (scope, id) => stampDeleted(db, scope, { table: 'queries', id }),
  };
}

async function insert(
  db: Queryable,
  { orgId }: OrgScope,
  query: QueryContent & { id: string; createdBy: string },
): Promise<Query> {
  const row = await db.one<QueryRow>({
    name: 'queries.insert',
    text: `WITH saved AS (
             INSERT INTO queries (id, org_id, created_by, datasource_id, name, description, sql, parameters,
               timeout_seconds, max_rows, tags)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING *
           ), ${versionInsert('saved', '$3')}
           SELECT ${columnList} FROM saved`,
    values: [query.id, orgId, query.createdBy, ...queryContentValues(query)],
  });
  return queryOf(row);
}

async function update(
  db: Queryable,
  { orgId }: OrgScope,
  query: QueryContent & { id: string; savedBy: string },
): Promise<Query | undefined> {
  const row = await db.row<QueryRow>({
    name: 'queries.update',
    text: `WITH saved AS (
             UPDATE queries
             SET datasource_id = $4, name = $5, description = $6, sql = $7, parameters = $8, timeout_seconds = $9,
                 max_rows = $10, tags = $11, version = version + 1, updated_at = now()
             WHERE org_id = $2 AND id = $1 AND deleted_at IS NULL RETURNING *
           ), ${versionInsert('saved', '$3')}
           SELECT ${columnList} FROM saved`,
    values: [query.id, orgId, query.savedBy, ...queryContentValues(query)],
  });
  return row && queryOf(row);
}

async function list(db: Queryable, scope: OrgScope, request: QueryListRequest): Promise<Page<Query>> {
  const page = await listPage<QueryRow>(
    db,
    {
      name: 'queries.list',
      table: 'queries',
      orgId: scope.orgId,
      columns,
      sortable: { name: 'name', created_at: 'created_at', updated_at: 'updated_at' },
      searched: ['name', 'description', 'sql'],
      filter: (query) => {
        if (request.datasourceId !== undefined) void query.where('datasource_id', request.datasourceId);
      },
    },
    request,
  );
  return mapPage(page, queryOf);
}
