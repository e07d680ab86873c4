import type { ParameterDefinition } from './parameters';

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
export interface Query extends QueryContent {
  id: string;
  orgId: string;
  version: number;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
}
