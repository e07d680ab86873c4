/** A connected database, without its secrets. `settings` is the connector's typed document. */
export interface Datasource {
  id: string;
  orgId: string;
  name: string;
  type: string;
  settings: Record<string, unknown>;
  version: number;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
}
