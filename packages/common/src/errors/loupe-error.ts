/**
 * What went wrong, in the domain's words. HTTP status codes are nobody's business here: one table in the API
 * maps a kind to a status and to the default `error.type` of the REST contract (section 1.7).
 */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'conflict'
  | 'gone'
  | 'precondition_failed'
  | 'too_large'
  | 'rate_limited'
  | 'internal'
  | 'database'
  | 'connection'
  | 'unavailable'
  | 'timeout';

export interface ErrorParts {
  /** More precise than the kind, snake_case, stable: clients switch on it (`run_not_finished`). */
  code?: string;
  /** Field → problem, for input that was refused. Safe to show. */
  fields?: Record<string, string>;
  /** For the log only. Never contains a secret, and never reaches a client. */
  detail?: string;
  /** Whole seconds after which another try makes sense. */
  retryAfterSeconds?: number;
  cause?: unknown;
}

/** An error whose `message` is written for the person who made the request, and safe to show them. */
export class LoupeError extends Error {
  override readonly name = 'LoupeError';
  readonly kind: ErrorKind;
  readonly code: string | undefined;
  readonly fields: Record<string, string> | undefined;
  readonly detail: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(kind: ErrorKind, publicMessage: string, parts: ErrorParts = {}) {
    super(publicMessage, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.kind = kind;
    this.code = parts.code;
    this.fields = parts.fields;
    this.detail = parts.detail;
    this.retryAfterSeconds = parts.retryAfterSeconds;
  }
}

/** Input that breaks a rule; `fields` says which field broke which. */
export const invalid = (message: string, parts?: ErrorParts): LoupeError =>
  new LoupeError('invalid', message, parts);

/** Absent, deleted, or another organization's: the three cannot be told apart. `noun` is for a person: "Query". */
export const notFound = (noun: string): LoupeError => new LoupeError('not_found', `${noun} not found`);

export const conflict = (message: string, parts?: ErrorParts): LoupeError =>
  new LoupeError('conflict', message, parts);
