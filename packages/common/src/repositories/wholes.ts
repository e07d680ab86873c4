import type { Queryable } from '../db';
import type { OrgScope } from '../models';

// Dashboards and canvases are answered with all their parts. Their bytes may be kept by version, so there is a way to ask for
// versions alone, and one to read the wholes that are not kept.

/** Bytes of JSON that one statement brings, unless the first whole alone is larger: of a hundred, each may be large. */
const wholesBytes = 4_194_304;

/** The version that holds now, by the primary key. */
export async function versionOf(
  db: Queryable,
  { orgId }: OrgScope,
  { table, id }: { table: string; id: string },
): Promise<number | undefined> {
  const row = await db.row<{ version: number }>({
    name: `${table}.versionOf`,
    joins: true,
    text: `SELECT version FROM ${table} WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL`,
    values: [orgId, id],
  });
  return row?.version;
}

interface Wholes {
  table: string;
  columns: string;
  /** The JSON columns among them, which count. */
  large: readonly string[];
  ids: readonly string[];
}

/** Those of `ids` that are there, in this order, each of one moment: from the first on as many as `wholesBytes` hold. */
export function findWholes<Row extends object>(
  db: Queryable,
  { orgId }: OrgScope,
  { table, columns, large, ids }: Wholes,
): Promise<Row[]> {
  const bytes = large.map((column) => `octet_length(${column}::text)`).join(' + ');
  return db.rows<Row>({
    name: `${table}.findAll`,
    // OFFSET 0: without it the parts would be read once for the bytes, and once more for the answer.
    text: `SELECT * FROM (
             SELECT *, sum(${bytes}) OVER (ORDER BY position) - (${bytes}) AS bytes_before FROM (
               SELECT ${columns}, array_position($2::uuid[], id) AS position FROM ${table}
               WHERE org_id = $1 AND id = ANY ($2::uuid[]) AND deleted_at IS NULL OFFSET 0
             ) AS whole
           ) AS sized WHERE bytes_before < ${wholesBytes} ORDER BY position`,
    values: [orgId, ids],
  });
}
