import type { Queryable } from '../db';
import type { ExportedQuery, OrgScope, QueryContent } from '../models';
import { queryContentColumns, queryContentOf, type QueryContentRow, versionInsert } from './query-rows';

/** Queries by the many: out of an organization and into one. */
export interface QueryTransferRepository {
  /** All queries, newest first, some at a time. */
  exported(scope: OrgScope): AsyncGenerator<ExportedQuery[]>;
  /** Until the transaction ends, nobody else imports into the organization. */
  lockImports(scope: OrgScope): Promise<void>;
  /** Those of the names that queries have already. */
  takenNames(scope: OrgScope, names: readonly string[]): Promise<string[]>;
  /** Each with its first version, all in one statement. */
  insertAll(
    scope: OrgScope,
    queries: readonly (QueryContent & { id: string })[],
    createdBy: string,
  ): Promise<void>;
}

/** So many at a time: each may have 100,000 characters of SQL. */
const BATCH = 100;

interface ExportRow extends QueryContentRow {
  id: string;
  datasource_name: string | null;
  /** created_at with all its digits, which a Date would lose. */
  position: string;
}

const contentList = queryContentColumns.join(', ');

export const createQueryTransferRepository = (db: Queryable): QueryTransferRepository => ({
  exported: (scope) => exported(db, scope),
  async lockImports({ orgId }) {
    await db.execute({
      name: 'queries.lockImports',
      text: `SELECT pg_advisory_xact_lock(hashtextextended('import of queries ' || $1, 0))`,
      values: [orgId],
    });
  },
  async takenNames({ orgId }, names) {
    const rows = await db.rows<{ name: string }>({
      name: 'queries.takenNames',
      text: 'SELECT DISTINCT name FROM queries WHERE org_id = $1 AND name = ANY ($2) AND deleted_at IS NULL',
      values: [orgId, names],
    });
    return rows.map(({ name }) => name);
  },
  async insertAll({ orgId }, queries, createdBy) {
    await db.execute({
      name: 'queries.insertAll',
      text: `WITH saved AS (
               INSERT INTO queries (org_id, created_by, id, ${contentList})
               SELECT $1, $2, id, ${contentList} FROM json_to_recordset($3) AS given (
                 id uuid, datasource_id uuid, name text, description text, sql text, parameters jsonb,
                 timeout_seconds integer, max_rows integer, tags text[])
               RETURNING *
             ), ${versionInsert('saved', '$2')}
             SELECT FROM saved`,
      values: [orgId, createdBy, JSON.stringify(queries.map(rowOf))],
    });
  },
});

async function* exported(db: Queryable, { orgId }: OrgScope): AsyncGenerator<ExportedQuery[]> {
  let last: ExportRow | undefined;
  do {
    const rows: ExportRow[] = await db.rows<ExportRow>({
      name: 'queries.export',
      text: `SELECT id, ${contentList}, created_at::text AS position,
               (SELECT name FROM datasources WHERE org_id = $1 AND id = datasource_id) AS datasource_name
             FROM queries
             WHERE org_id = $1 AND deleted_at IS NULL AND (created_at, id) < ($2::timestamptz, $3::uuid)
             ORDER BY created_at DESC, id DESC LIMIT $4`,
      values: [
        orgId,
        last?.position ?? 'infinity',
        last?.id ?? 'ffffffff-ffff-ffff-ffff-ffffffffffff',
        BATCH,
      ],
    });
    last = rows.length < BATCH ? undefined : rows.at(-1);
    if (rows.length > 0)
      yield rows.map((row) => ({ ...queryContentOf(row), datasourceName: row.datasource_name }));
  } while (last !== undefined);
}

const rowOf = (query: QueryContent & { id: string }): QueryContentRow & { id: string } => ({
  id: query.id,
  datasource_id: query.datasourceId,
  name: query.name,
  description: query.description,
  sql: query.sql,
  parameters: query.parameters,
  timeout_seconds: query.timeoutSeconds,
  max_rows: query.maxRows,
  tags: query.tags,
});
