import { isDeepStrictEqual } from 'node:util';
import type { ConnectorDescriptor, Document } from '../descriptor';
import { parsePostgresConnectionString } from './connection-string';
import { checkPostgresSettings, postgresSettingsSchema, type PostgresSettings } from './settings';

function splitSecrets(settings: PostgresSettings): { settings: Document; secrets: Document } {
  const { password, tls, ...open } = settings;
  const { key, ...openTls } = tls;
  return {
    settings: { ...open, tls: openTls },
    secrets: { ...(password !== undefined && { password }), ...(key !== undefined && { tlsKey: key }) },
  };
}

function joinSecrets(settings: Document, secrets: Document): PostgresSettings {
  // Both documents came from splitSecrets.
  const open = settings as unknown as PostgresSettings;
  const { password, tlsKey } = secrets as { password?: string; tlsKey?: string };
  return {
    ...open,
    ...(password !== undefined && { password }),
    tls: { ...open.tls, ...(tlsKey !== undefined && { key: tlsKey }) },
  };
}

const requiresSecretsAgain = (before: Document, after: Document): boolean =>
  ['host', 'port', 'user', 'tls'].some((field) => !isDeepStrictEqual(before[field], after[field]));

/** PostgreSQL, and what speaks its protocol. */
export const postgresConnector: ConnectorDescriptor<PostgresSettings> = {
  type: 'postgres',
  label: 'PostgreSQL',
  settingsSchema: postgresSettingsSchema,
  checkSettings: checkPostgresSettings,
  parseConnectionString: parsePostgresConnectionString,
  splitSecrets,
  joinSecrets,
  requiresSecretsAgain,
};
