import { isDeepStrictEqual } from 'node:util';
import { type ConnectorDescriptor, findConnector } from '@loupe/common/connectors';
import type { Sealer } from '@loupe/common/crypto';
import { invalid, LoupeError } from '@loupe/common/errors';
import { type Datasource, datasourceSecretPlace, type OrgScope } from '@loupe/common/models';
import type { Sealed } from '@loupe/common/repositories';

/** How a client describes a connection: one of the two. */
export interface ConnectionInput {
  connectionString?: string;
  settings?: Record<string, unknown>;
}

/** A connection as it is stored: what may be read, and what only a runner can open. */
export interface StoredConnection {
  settings: Record<string, unknown>;
  /** Of the secrets that the client gave. */
  secretNames: string[];
  /** Undefined when it gave none. */
  sealed: Sealed | undefined;
}

function connectorOf(type: string): ConnectorDescriptor {
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
  const secretNames = Object.keys(secrets);
  if (secretNames.length === 0) return { settings, secretNames, sealed: undefined };
  const sealed = await sealer.seal(JSON.stringify(secrets), datasourceSecretPlace(place.orgId, place.id));
  return { settings, secretNames, sealed };
}

/** What an update writes; without `secrets`, those that are stored stay. */
interface ConnectionChange {
  settings: Record<string, unknown>;
  secrets?: Pick<StoredConnection, 'secretNames' | 'sealed'>;
}

/** Undefined when the connection stays as it is; a secret that is given counts as a change, since none can be read back. */
export function changedConnection(
  before: Datasource,
  input: ConnectionInput,
  { settings, ...secrets }: StoredConnection,
): ConnectionChange | undefined {
  if (secrets.sealed === undefined && isDeepStrictEqual(before.settings, settings)) return undefined;
  const decision = connectorOf(before.type).judgeSecrets({
    before: before.settings,
    after: settings,
    stored: before.secretNames,
    given: secrets.secretNames,
  });
  if (decision === 'keep') return { settings };
  if (decision === 'replace') return { settings, secrets };
  const field = input.connectionString === undefined ? 'settings' : 'connection_string';
  const words = `must contain every secret again, because none can be read back; missing: ${decision.missing.join(', ')}`;
  throw invalid(`${field} ${words}`, { fields: { [field]: words } });
}
