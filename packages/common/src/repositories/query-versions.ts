import type { Queryable } from '../db';
import type { OrgScope, Page, QueryVersion } from '../models';
import { queryContentColumns, queryContentOf, type QueryContentRow } from './query-rows';

/** What was saved, save by save; nothing here changes. A query that is deleted has no versions any more. */
export interface QueryVersionRepository {
  find(scope: OrgScope, request: { queryId: string; version: number }): Promise<QueryVersion | undefined>;
  /** Newest first. */
  list(
    scope: OrgScope,
    request: { queryId: string; limit: number; offset: number },
  ): Promise<Page<QueryVersion>>;
}

interface VersionRow extends QueryContentRow {
  query_id: string;
  version: number;
  created_by: string;
  created_at: Date;
}

const columnList = ['query_id', 'version', ...queryContentColumns, 'created_by', 'created_at'].join(', ');

/** $1 is the organization, $2 the query. */
const live = `org_id = $1 AND query_id = $2
  AND EXISTS (SELECT FROM queries WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL)`;

const versionOf = (row: VersionRow): QueryVersion => ({
  ...queryContentOf(row),
  queryId: row.query_id,
  version: row.version,
  createdBy: row.created_by,
  createdAt: row.created_at,
});

export const createQueryVersionRepository = (db: Queryable): QueryVersionRepository => ({
  async find({ orgId }, { queryId, version }) {
    const row = await db.row<VersionRow>({
      name: 'queryVersions.find',
      text: `SELECT ${columnList} FROM query_versions WHERE ${live} AND version = $3`,
      values: [orgId, queryId, version],
    });
    return row && versionOf(row);
  },
  async list({ orgId }, { queryId, limit, offset }) {
    // The total comes even with a page that lies past the end.
    const rows = await db.rows<(VersionRow | Record<keyof VersionRow, null>) & { total: string }>({
      name: 'queryVersions.list',
      text: `SELECT page.*, total FROM (SELECT count(*) AS total FROM query_versions WHERE ${live}) AS all_of_them
             LEFT JOIN (
               SELECT ${columnList} FROM query_versions WHERE ${live} ORDER BY version DESC LIMIT $3 OFFSET $4
             ) AS page ON true
             ORDER BY version DESC`,
      values: [orgId, queryId, limit, offset],
    });
    const items = rows.filter((row) => row.version !== null).map(versionOf);
    return { items, total: Number(rows[0]?.total ?? 0) };
  },
});
