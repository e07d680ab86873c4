import { listPage, type Queryable } from '../db';
import { type ListRequest, mapPage, type OrgScope, type Page, type QueryVersion } from '../models';
import { queryContentColumns, queryContentOf, type QueryContentRow } from './query-rows';

/** What was saved, save by save; nothing here changes. A query that is deleted has no versions any more. */
export interface QueryVersionRepository {
  find(scope: OrgScope, request: { queryId: string; version: number }): Promise<QueryVersion | undefined>;
  list(scope: OrgScope, queryId: string, request: ListRequest): Promise<Page<QueryVersion>>;
}

interface VersionRow extends QueryContentRow {
  query_id: string;
  version: number;
  created_by: string;
  created_at: Date;
}

const columns = ['query_id', 'version', ...queryContentColumns, 'created_by', 'created_at'] as const;

const versionOf = (row: VersionRow): QueryVersion => ({
  queryId: row.query_id,
  version: row.version,
  content: queryContentOf(row),
  createdBy: row.created_by,
  createdAt: row.created_at,
});

export const createQueryVersionRepository = (db: Queryable): QueryVersionRepository => ({
  async find({ orgId }, { queryId, version }) {
    const row = await db.row<VersionRow>({
      name: 'queryVersions.find',
      text: `SELECT ${columns.join(', ')} FROM query_versions
             WHERE org_id = $1 AND query_id = $2 AND version = $3
               AND EXISTS (SELECT FROM queries WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL)`,
      values: [orgId, queryId, version],
    });
    return row && versionOf(row);
  },
  list: (scope, queryId, request) => list(db, scope, { queryId, request }),
});

async function list(
  db: Queryable,
  { orgId }: OrgScope,
  { queryId, request }: { queryId: string; request: ListRequest },
): Promise<Page<QueryVersion>> {
  const page = await listPage<VersionRow>(
    db,
    {
      name: 'queryVersions.list',
      table: 'query_versions',
      orgId,
      columns,
      sortable: { created_at: 'created_at' },
      deletable: false,
      filter: (query) => void query.where('query_id', queryId),
    },
    request,
  );
  return mapPage(page, versionOf);
}
