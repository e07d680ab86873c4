import type { ParameterDefinition, QueryContent } from '../models';

// What a query has in common with its versions and with an exported one.

export interface QueryContentRow {
  datasource_id: string;
  name: string;
  description: string | null;
  sql: string;
  parameters: ParameterDefinition[];
  timeout_seconds: number;
  max_rows: number;
  tags: string[];
}

export const queryContentColumns = [
  'datasource_id',
  'name',
  'description',
  'sql',
  'parameters',
  'timeout_seconds',
  'max_rows',
  'tags',
] as const;

export const queryContentOf = (row: QueryContentRow): QueryContent => ({
  datasourceId: row.datasource_id,
  name: row.name,
  description: row.description,
  sql: row.sql,
  parameters: row.parameters,
  timeoutSeconds: row.timeout_seconds,
  maxRows: row.max_rows,
  tags: row.tags,
});

/** In the order of the columns. */
export const queryContentValues = (content: QueryContent): unknown[] => [
  content.datasourceId,
  content.name,
  content.description,
  content.sql,
  JSON.stringify(content.parameters),
  content.timeoutSeconds,
  content.maxRows,
  content.tags,
];

/**
 * A part of a WITH: copies what a save wrote into query_versions, in the same statement. Its time is read after the row was
 * locked, so that times rise as versions do.
 */
export const versionInsert = (saved: string, author: string): string => `
  version AS (
    INSERT INTO query_versions (org_id, query_id, version, ${queryContentColumns.join(', ')}, created_by, created_at)
    SELECT org_id, id, version, ${queryContentColumns.join(', ')}, ${author}::uuid,
      clock_timestamp() FROM ${saved}
  )`;
