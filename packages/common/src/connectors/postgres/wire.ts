import type { Socket } from 'node:net';

/** What node-postgres hands to a query of ours: the messages of the extended protocol. */
export interface WireConnection {
  readonly stream: Socket;
  parse(message: { text: string; types?: number[] }): void;
  bind(message: { portal?: string; values?: (string | null)[] }): void;
  describe(message: { type: 'P' | 'S'; name: string }): void;
  execute(message: { portal?: string; rows?: number }): void;
  flush(): void;
  sync(): void;
  on(event: string, listener: () => void): this;
  off(event: string, listener: () => void): this;
}

/** A column as the server describes it. */
export interface WireField {
  name: string;
  dataTypeID: number;
}

/** What an error message of the server carries; node-postgres puts it on its DatabaseError. */
export interface ServerError extends Error {
  severity: string;
  code: string;
  detail?: string;
  hint?: string;
  /** Counted in characters from 1. */
  position?: string;
}

/** Whether the server said it, rather than the connection broke. */
export const isServerError = (error: unknown): error is ServerError =>
  error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string';

/** One connection of node-postgres, as far as its statements need it. */
export interface Wire {
  readonly socket: Socket;
  /** From ParameterStatus, as `18.4`; 0 when the server does not say. */
  readonly serverVersion: number;
  /** Sends an exchange once those before it are through. */
  submit(exchange: Submission): void;
}

/** An exchange, whatever comes out of it. */
export interface Submission {
  readonly done: Promise<unknown>;
  submit(connection: WireConnection): void;
}

/**
 * One request of several messages that ends with a Sync, and the answers to it, as a query object for
 * node-postgres. `done` settles when the server is ready again, so that by then nothing of the request
 * is running; it fails with the server's error, or with the connection's when that is gone.
 */
export abstract class Exchange<T> implements Submission {
  readonly done: Promise<T>;
  private settle!: { resolve: (value: T) => void; reject: (error: Error) => void };
  private failure: Error | undefined;

  constructor() {
    this.done = new Promise<T>((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    // Whoever submitted it awaits `done`, but perhaps only after something else.
    this.done.catch(() => undefined);
  }

  protected abstract send(connection: WireConnection): void;
  protected abstract result(): T;
  /** Called once, before `done` settles. */
  protected ended(): void {
    // Most exchanges hold nothing.
  }

  submit(connection: WireConnection): void {
    connection.stream.cork();
    this.send(connection);
    connection.stream.uncork();
  }

  handleError(error: Error, connection: WireConnection): void {
    if (!isServerError(error)) {
      this.finish(error);
      return;
    }
    this.failure = error;
    // The error message comes at once; the server has cleaned up only when it is ready, or has gone.
    const settled = (): void => {
      connection.off('readyForQuery', settled).off('end', settled);
      this.finish(error);
    };
    connection.on('readyForQuery', settled).on('end', settled);
  }

  handleReadyForQuery(): void {
    this.finish(this.failure);
  }

  private finish(error: Error | undefined): void {
    this.ended();
    if (error) this.settle.reject(error);
    else this.settle.resolve(this.result());
  }

  // A server that sends what was not asked for must not find a handler missing.
  handleRowDescription(_message: { fields: WireField[] }): void {
    return;
  }
  handleDataRow(_message: { fields: (string | null)[] }): void {
    return;
  }
  handleCommandComplete(): void {
    return;
  }
  handleEmptyQuery(): void {
    return;
  }
  handlePortalSuspended(): void {
    return;
  }
  handleCopyInResponse(): void {
    return;
  }
  handleCopyData(): void {
    return;
  }
}
