/** A connected database, without its secrets. `settings` is the connector's typed document. */
export interface Datasource {
  id: string;
  orgId: string;
  name: string;
  type: string;
  settings: Record<string, unknown>;
  /** Names of the secrets that are sealed for it. */
  secretNames: string[];
  /** Rises with every change. */
  version: number;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
}

/** Where a datasource's secrets are sealed for: they open nowhere else. For crypto's sealer and opener. */
export const datasourceSecretPlace = (orgId: string, datasourceId: string) => ({
  table: 'datasource_secrets',
  column: 'sealed',
  orgId,
  rowId: datasourceId,
});
