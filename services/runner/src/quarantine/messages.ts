import type { ExecuteRequest, OpenOptions } from '@loupe/common/connectors';
import type { ResultColumn, RunErrorClass } from '@loupe/common/models';

// What a runner and the child process that executes one run say to each other. One request at a time.

/** A signal cannot travel: the child makes one of its own, and `stop` aborts it. */
type Sent<T> = Omit<T, 'signal'>;

export type ChildRequest =
  /** With the secrets in place: this pipe is the one way by which they reach the child. */
  | { call: 'open'; type: string; options: Sent<OpenOptions<object>> }
  | { call: 'stopEarlierAttempts' }
  | { call: 'execute'; request: Sent<ExecuteRequest> };

export type ToChild =
  | ChildRequest
  /** The runner has taken the columns or rows, and the child may send more. */
  | { call: 'taken' }
  | { call: 'stop' };

/** A ConnectorError, in parts; `errorClass` is `unknown` for anything else, whose text stays in the child. */
export interface ChildFailure {
  errorClass: RunErrorClass;
  message: string;
  code: string | undefined;
  sqlState: string | undefined;
  isStopConfirmed: boolean;
}

export type FromChild =
  | { kind: 'columns'; columns: ResultColumn[] }
  | { kind: 'rows'; rows: string[] }
  | { kind: 'done'; value: unknown }
  | { kind: 'failed'; failure: ChildFailure };
