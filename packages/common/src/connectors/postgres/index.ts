import { isDeepStrictEqual } from 'node:util';
import type { ConnectorDescriptor, Document, SecretChange, SecretDecision } from '../descriptor';
import { parsePostgresConnectionString } from './connection-string';
import { checkPostgresSettings, postgresSettingsSchema, type PostgresSettings } from './settings';

function splitSecrets(settings: PostgresSettings): {
  settings: Document;
  secrets: Record<string, string>;
} {
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

/** Where a client gives each secret. */
const secretFields: Readonly<Record<string, string>> = { password: 'password', tlsKey: 'tls.key' };

const leadsElsewhere = (before: Document, after: Document): boolean =>
  ['host', 'port', 'user', 'tls'].some((field) => !isDeepStrictEqual(before[field], after[field]));

function judgeSecrets({ before, after, stored, given }: SecretChange): SecretDecision {
  if (given.length === 0 && !leadsElsewhere(before, after)) return 'keep';
  const { cert } = after['tls'] as PostgresSettings['tls'];
  // A key whose certificate goes is given up with it.
  const wanted = stored.filter((name) => name !== 'tlsKey' || cert !== undefined);
  const missing = wanted.filter((name) => !given.includes(name)).map((name) => secretFields[name] ?? name);
  return missing.length === 0 ? 'replace' : { missing };
}

/** PostgreSQL, and what speaks its protocol. */
export const postgresConnector: ConnectorDescriptor<PostgresSettings> = {
  type: 'postgres',
  label: 'PostgreSQL',
  dialect: 'postgres',
  settingsSchema: postgresSettingsSchema,
  checkSettings: checkPostgresSettings,
  parseConnectionString: parsePostgresConnectionString,
  splitSecrets,
  joinSecrets,
  judgeSecrets,
};
