import { partLimits, type Resource } from '../models';

/** What every row has that users make and change. */
export interface ResourceRow {
  id: string;
  org_id: string;
  version: number;
  created_by: string;
  /** Text where PostgreSQL has made JSON of the row. */
  created_at: Date | string;
  updated_at: Date | string;
}

export const resourceColumns = ['id', 'org_id', 'version', 'created_by', 'created_at', 'updated_at'] as const;

export const resourceOf = (row: ResourceRow): Resource => ({
  id: row.id,
  orgId: row.org_id,
  version: row.version,
  createdBy: row.created_by,
  createdAt: new Date(row.created_at),
  updatedAt: new Date(row.updated_at),
});

/** A part of a WITH that counts a row as changed, because a part of it is. $1 is the organization, $2 the row. */
export const touched = (table: string): string => `touched AS (
  UPDATE ${table} SET version = version + 1, updated_at = now() WHERE org_id = $1 AND id = $2
)`;

/** Rows of a table that are parts of another row, which `key` names; `document` is the column of theirs that may be large. */
interface Parts {
  table: string;
  key: string;
  document?: string;
}

/**
 * A condition: the whole has room for a part with this document. $1 is the organization, $2 the whole, $3 the part. True
 * only until somebody else writes, so whoever asks holds the whole.
 */
export function hasRoom({ table, key, document }: Parts, value?: string): string {
  const others = `FROM ${table} WHERE org_id = $1 AND ${key} = $2 AND id <> $3 AND deleted_at IS NULL`;
  const isFew = `(SELECT count(*) < ${partLimits.count} ${others})`;
  if (document === undefined || value === undefined) return isFew;
  const bytes = `coalesce(sum(octet_length(${document}::text)), 0) + octet_length(${value}::text)`;
  return `${isFew} AND (SELECT ${bytes} <= ${partLimits.bytes} ${others})`;
}
