import type { ConnectorSession, OpenOptions } from '../session';
import { connectSource } from './connect';

export * from './session-source';

/**
 * A session on a connection of its own, which ends with it.
 *
 * @throws ConnectorError when the connection cannot be made, or `signal` is aborted meanwhile
 */
export async function openSession(type: string, options: OpenOptions<object>): Promise<ConnectorSession> {
  const connection = await connectSource(type, options);
  return connection.session(options);
}
