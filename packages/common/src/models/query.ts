import type { ParameterDefinition } from './parameters';
import type { Resource } from './resource';

/** What a save of a query can change. */
export interface QueryContent {
  datasourceId: string;
  name: string;
  description: string | null;
  sql: string;
  parameters: ParameterDefinition[];
  timeoutSeconds: number;
  maxRows: number;
  tags: string[];
}

/** A saved statement with its parameters and limits. `version` rises with each save. */
export interface Query extends QueryContent, Resource {}

/** What one save of a query wrote; it never changes. */
export interface QueryVersion {
  queryId: string;
  version: number;
  content: QueryContent;
  /** Who saved it. */
  createdBy: string;
  createdAt: Date;
}

/** A query as it leaves its organization. */
export interface ExportedQuery extends Omit<QueryContent, 'datasourceId'> {
  datasourceName: string | null;
}
