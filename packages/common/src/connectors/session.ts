import type { ResultColumn } from '../models/result';
import type { BoundValue } from '../models/parameters';

/** Says in the source whose statement it is, so that what a dead runner left behind can be found. */
export interface SessionTag {
  runId: string;
  attempt: number;
}

/** Ceilings of one result. A result that would pass one fails as a whole; only rows are ever cut. */
export interface ResultLimits {
  /** Of the rows' JSON text in UTF-8. */
  maxBytes: number;
  maxColumns: number;
  /** Of a single value, in bytes of its text in the source. */
  maxCellBytes: number;
}

export interface ExecuteRequest {
  /** One statement, with placeholders `$1` … `$n`. */
  text: string;
  values: readonly BoundValue[];
  /** Seconds from the start of the execution. */
  timeoutSeconds: number;
  /** Rows beyond these are cut. */
  maxRows: number;
  limits: ResultLimits;
  /** Stops the statement in the source. Its reason becomes the `cause` of the error. */
  signal: AbortSignal;
}

/** Takes a result while it arrives. A slow sink slows the source down; a sink that throws stops the statement. */
export interface RowSink {
  /** Called once, before any rows, also when there are none. */
  columns(columns: ResultColumn[]): void | Promise<void>;
  /** Each row is a JSON array on one line. Not called again before the last call has ended. */
  rows(rows: string[]): void | Promise<void>;
}

export interface ExecuteOutcome {
  rowCount: number;
  /** Whether the source had more rows than `maxRows`. */
  truncated: boolean;
  /** Whole milliseconds that the source worked or sent. */
  executionTimeMs: number;
}

/** A connection to a source that executes one statement. */
export interface ConnectorSession {
  /**
   * Ends sessions that earlier attempts of the same run left in the source, where the role may see and end
   * them, and waits until they are gone. Returns how many there were.
   */
  stopEarlierAttempts(): Promise<number>;
  /**
   * Executes a statement read-only. When the promise settles, the statement is no longer running in the source,
   * as far as the source can still be reached.
   *
   * @throws ConnectorError, whose class says why; errors of the sink pass through unchanged
   */
  execute(request: ExecuteRequest, sink: RowSink): Promise<ExecuteOutcome>;
  /** Says goodbye to the source, which rolls back and closes the connection; never throws. */
  close(): Promise<void>;
}

export interface OpenOptions<Settings> {
  /** With the secrets in place. */
  settings: Settings;
  tag: SessionTag;
  signal: AbortSignal;
  /** Milliseconds until a connection that is not ready counts as failed; 10 s unless given. */
  connectTimeoutMs?: number;
}
