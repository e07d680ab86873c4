import { ConnectorError } from '../connector-error';
import type * as PostgresClient from '../postgres/client';
import type { PostgresSettings } from '../postgres/settings';
import type { ConnectorSession, OpenOptions } from '../session';

/**
 * Connects to a source. Each driver is loaded with the first session of its type: a runner pays only for what
 * it uses.
 *
 * @throws ConnectorError when the connection cannot be made, or `signal` is aborted meanwhile
 */
export async function openSession(type: string, options: OpenOptions<object>): Promise<ConnectorSession> {
  if (type !== 'postgres') throw new ConnectorError('configuration', `There is no connector "${type}"`);
  // Not `import()`: in CommonJS it would go through the loader of ES modules, which tests and tracing do not see.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { openPostgres } = require('../postgres/client') as typeof PostgresClient;
  // The settings were checked by the descriptor of the same type when they were stored.
  return openPostgres(options as OpenOptions<PostgresSettings>);
}
