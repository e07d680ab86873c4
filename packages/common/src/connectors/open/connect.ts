import { ConnectorError } from '../connector-error';
import type { SourceConnection } from '../connection';
import type * as PostgresClient from '../postgres/client';
import type { PostgresSettings } from '../postgres/settings';
import type { OpenOptions } from '../session';

/**
 * Connects to a source. Each driver is loaded with the first connection of its type: a runner pays only for what
 * it uses.
 */
export async function connectSource(type: string, options: OpenOptions<object>): Promise<SourceConnection> {
  if (type !== 'postgres') throw new ConnectorError('configuration', `There is no connector "${type}"`);
  // Not `import()`: in CommonJS it would go through the loader of ES modules, which tests and tracing do not see.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { connectPostgres } = require('../postgres/client') as typeof PostgresClient;
  // The settings were checked by the descriptor of the same type when they were stored.
  return connectPostgres(options as OpenOptions<PostgresSettings>);
}
