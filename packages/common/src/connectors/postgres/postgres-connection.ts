import type { SourceConnection } from '../connection';
import type { ConnectorSession, OpenOptions, SessionUse } from '../session';
import { PostgresSession } from './postgres-session';
import type { Target } from './dial';
import { resetConnection } from './reset-connection';
import type { PostgresSettings } from './settings';
import type { Backend } from './stop-statement';
import type { Wire } from './wire';

const goodbyeMs = 1_000;
const resetMs = 2_000;
const lostEvents = ['data', 'end', 'error', 'close'] as const;

export interface ConnectionParts {
  settings: PostgresSettings;
  wire: Wire;
  backend: Backend;
  /** The server that it leads to, by address: what stops a statement must not reach another one. */
  target: Target;
  /** Milliseconds that dialling and signing in took. */
  connectMs: number;
  /** Says goodbye to the server; settles when the connection is closed. */
  end: () => Promise<void>;
  /** Another connection to the same server. */
  connect: (options: OpenOptions<PostgresSettings>) => Promise<SourceConnection>;
}

export class PostgresConnection implements SourceConnection {
  private isRecycled = false;
  private unwatch = (): void => undefined;

  constructor(private readonly parts: ConnectionParts) {}

  session(use: SessionUse): ConnectorSession {
    this.unwatch();
    const { isRecycled } = this;
    return new PostgresSession({ ...this.parts, use, isRecycled, giveUp: () => this.close() });
  }

  async recycle(onLost: () => void): Promise<boolean> {
    const { socket } = this.parts.wire;
    const cut = setTimeout(() => socket.destroy(), resetMs);
    const isAsNew = await resetConnection(this.parts.wire).catch(() => false);
    clearTimeout(cut);
    if (isAsNew && !socket.destroyed && socket.writable) {
      this.isRecycled = true;
      this.watch(onLost);
      return true;
    }
    this.close();
    return false;
  }

  /** An idle server says nothing but that it ends, or that something changed: either way the connection is over. */
  private watch(onLost: () => void): void {
    const { socket } = this.parts.wire;
    const lost = (): void => {
      this.unwatch();
      this.close();
      onLost();
    };
    this.unwatch = () => {
      for (const event of lostEvents) socket.off(event, lost);
    };
    for (const event of lostEvents) socket.on(event, lost);
  }

  close(): void {
    const { wire, end } = this.parts;
    this.unwatch();
    if (wire.socket.closed) return;
    const cut = setTimeout(() => wire.socket.destroy(), goodbyeMs);
    wire.socket.once('close', () => clearTimeout(cut));
    // Ending the connection rolls the transaction back. Nobody needs to wait for the server's own goodbye.
    void end().catch(() => undefined);
  }
}
