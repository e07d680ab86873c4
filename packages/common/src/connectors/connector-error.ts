import { LoupeError, type ErrorKind, type ErrorParts } from '../errors';
import type { RunErrorClass } from '../models/run-errors';

const kinds: Readonly<Record<RunErrorClass, ErrorKind>> = {
  connect: 'connection',
  overload: 'connection',
  conflict: 'conflict',
  lost_connection: 'connection',
  runner_lost: 'unavailable',
  unknown: 'internal',
  timeout: 'timeout',
  cancelled: 'conflict',
  user: 'invalid',
  permission: 'forbidden',
  configuration: 'connection',
  tls: 'connection',
  too_large: 'too_large',
};

export interface ConnectorErrorParts extends ErrorParts {
  /** SQLSTATE, where the source gave one. */
  sqlState?: string;
  /** False: the statement was stopped, and may go on in the source for all that is known. */
  isStopConfirmed?: boolean;
}

/**
 * Why a source could not be used or did not answer a statement. The message is for the person whose run it is:
 * it never holds host, user or password. `errorClass` decides what happens to the run.
 */
export class ConnectorError extends LoupeError {
  readonly errorClass: RunErrorClass;
  readonly sqlState: string | undefined;
  readonly isStopConfirmed: boolean;

  constructor(errorClass: RunErrorClass, publicMessage: string, parts: ConnectorErrorParts = {}) {
    super(kinds[errorClass], publicMessage, { code: errorClass, ...parts });
    this.errorClass = errorClass;
    this.sqlState = parts.sqlState;
    this.isStopConfirmed = parts.isStopConfirmed ?? true;
  }
}

/** All that a person learns about a connection that cannot be made: more would map the network behind it. */
export type ConnectFailure = 'dns_failed' | 'refused' | 'timeout' | 'tls_failed' | 'auth_failed';

const connectFailures: Readonly<Record<ConnectFailure, { errorClass: RunErrorClass; text: string }>> = {
  dns_failed: { errorClass: 'connect', text: 'its host name cannot be resolved' },
  refused: { errorClass: 'connect', text: 'the connection was refused' },
  timeout: { errorClass: 'connect', text: 'it did not answer in time' },
  tls_failed: { errorClass: 'tls', text: 'TLS could not be set up, or its certificate is not trusted' },
  auth_failed: { errorClass: 'permission', text: 'it did not accept the user or the password' },
};

/** A failure to connect, with the reason as its `code`. */
export function connectFailure(reason: ConnectFailure, parts: ConnectorErrorParts = {}): ConnectorError {
  const { errorClass, text } = connectFailures[reason];
  return new ConnectorError(errorClass, `Could not connect to the database: ${text}`, {
    ...parts,
    code: reason,
  });
}
