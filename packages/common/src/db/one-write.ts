import type { Writable } from 'node:stream';
import type { PoolClient } from 'pg';

/** The member of a connected client that its type leaves out. */
interface ClientInternals {
  connection: { stream: Writable };
}

/**
 * Lets all that is sent to the server before the event loop goes on leave in one write: a system call wakes a process at the other
 * end, and costs more than most statements take to be sent.
 */
export function inOneWrite(client: PoolClient): void {
  const { stream } = (client as unknown as ClientInternals).connection;
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}
