import type { Resource } from '../models';

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
