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

/** What bounds a statement of the connector's own. */
export type TaskRequest = Pick<ExecuteRequest, 'timeoutSeconds' | 'limits' | 'signal'>;

export interface ProbeOutcome extends ExecuteOutcome {
  /** Whole milliseconds from the first attempt to connect until the source had answered a trivial statement. */
  latencyMs: number;
  /** For a person: what the account may do that a reader should not be able to. Nothing is refused for it. */
  warnings: string[];
}

/** The use of a connection to a source by one run: it executes, probes or describes, once. */
export interface ConnectorSession {
  /**
   * Ends sessions that earlier attempts of the same run left in the source, where the account may see and end
   * them, and waits until they are gone. Returns how many there were.
   */
  stopEarlierAttempts(): Promise<number>;
  /**
   * Executes a statement read-only. When the promise settles, the statement is no longer running in the source,
   * as far as the source can still be reached; where that is not known, the error says so (`isStopConfirmed`).
   *
   * @throws ConnectorError, whose class says why; errors of the sink pass through unchanged
   */
  execute(request: ExecuteRequest, sink: RowSink): Promise<ExecuteOutcome>;
  /**
   * Tries the source with a trivial read-only statement, and looks at what the account may do. As a result it is
   * one row: `latency_ms` (a number) and `warnings` (a JSON array of texts).
   *
   * @throws as `execute` does
   */
  probe(request: TaskRequest, sink: RowSink): Promise<ProbeOutcome>;
  /**
   * Lists the tables and views that the account may read, without the system's. As a result it is one row for
   * each, ordered by schema and name: `schema`, `name`, and `columns`, a JSON array of
   * `{name, data_type, is_nullable}` in their own order (REST contract, section 2.3). Takes at most 15 s.
   *
   * @throws as `execute` does; `too_large` where there are more columns than anybody could browse
   */
  describe(request: TaskRequest, sink: RowSink): Promise<ExecuteOutcome>;
  /** Gives the connection up: whatever the session still held in the source ends. Does not wait, never throws. */
  close(): Promise<void>;
}

/** Whose use of a connection it is, and what ends it. */
export interface SessionUse {
  tag: SessionTag;
  signal: AbortSignal;
}

export interface OpenOptions<Settings> extends SessionUse {
  /** With the secrets in place. */
  settings: Settings;
  /** Milliseconds until a connection that is not ready counts as failed; 10 s unless given. */
  connectTimeoutMs?: number;
}
