import { type ConnectorDescriptor, findConnector } from '@loupe/common/connectors';
import type { Sealer } from '@loupe/common/crypto';
import { invalid, LoupeError } from '@loupe/common/errors';
import { datasourceSecretPlace, type OrgScope } from '@loupe/common/models';
import type { Sealed } from '@loupe/common/repositories';

/** How a client describes a connection: one of the two. */
export interface ConnectionInput {
  connectionString?: string;
  settings?: Record<string, unknown>;
}

/** A connection as it is stored: what may be read, and what only a runner can open. */
export interface StoredConnection {
  settings: Record<string, unknown>;
  /** Undefined when the client gave no secret. */
  sealed: Sealed | undefined;
}

export function connectorOf(type: string): ConnectorDescriptor {
  const connector = findConnector(type);
  // A row outlives the build that knew its type.
  if (connector === undefined) {
    throw new LoupeError('internal', 'An internal error occurred', {
      detail: `no connector of type ${type}`,
    });
  }
  return connector;
}

export const hasConnection = ({ connectionString, settings }: ConnectionInput): boolean =>
  connectionString !== undefined || settings !== undefined;

/** Checks the input and seals its secrets for one datasource: opened for another row, they stay shut. */
export async function storedConnection(
  sealer: Sealer,
  input: ConnectionInput & { type: string },
  place: OrgScope & { id: string },
): Promise<StoredConnection> {
  const connector = connectorOf(input.type);
  const checked =
    input.connectionString === undefined
      ? connector.checkSettings(input.settings)
      : connector.parseConnectionString(input.connectionString);
  const { settings, secrets } = connector.splitSecrets(checked);
  if (Object.keys(secrets).length === 0) return { settings, sealed: undefined };
  const sealed = await sealer.seal(JSON.stringify(secrets), datasourceSecretPlace(place.orgId, place.id));
  return { settings, sealed };
}

/** Whoever may edit a datasource could otherwise send its password to a host of their own. */
export function refuseStaleSecret(input: ConnectionInput): never {
  const field = input.connectionString === undefined ? 'settings' : 'connection_string';
  const words = 'must contain the password again, because the host, port, user or TLS settings change';
  throw invalid(`${field} ${words}`, { fields: { [field]: words } });
}
