import type { ConnectorSession, SessionUse } from './session';

/** A connection to a source, which one session after the other may use; never two at once. */
export interface SourceConnection {
  /**
   * Begins a use of the connection, and ends its watch. Costs no round trip: the tag reaches the source together
   * with the session's statement.
   */
  session(use: SessionUse): ConnectorSession;
  /**
   * Makes the connection as it was when it was new, so that nothing a session left behind reaches the next one:
   * no transaction, setting, lock, prepared statement or temporary table. Then watches it: `onLost` is called once
   * when the source ends it, or says anything while nobody asked.
   *
   * Resolves with false, never throws, where that cannot be had for certain; the connection is then closed.
   */
  recycle(onLost: () => void): Promise<boolean>;
  /** Says goodbye to the source, which rolls back and closes its side. Does not wait, never throws. */
  close(): void;
}
