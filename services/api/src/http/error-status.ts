import type { ErrorKind, LoupeError } from '@loupe/common/errors';

/** The one place where what went wrong becomes a status and an `error.type` (REST contract, section 1.7). */
const answers: Record<ErrorKind, { status: number; type: string }> = {
  invalid: { status: 400, type: 'bad_request' },
  unauthenticated: { status: 401, type: 'unauthorized' },
  forbidden: { status: 403, type: 'forbidden' },
  not_found: { status: 404, type: 'not_found' },
  method_not_allowed: { status: 405, type: 'method_not_allowed' },
  conflict: { status: 409, type: 'conflict' },
  gone: { status: 410, type: 'gone' },
  precondition_failed: { status: 412, type: 'precondition_failed' },
  too_large: { status: 413, type: 'payload_too_large' },
  rate_limited: { status: 429, type: 'rate_limited' },
  internal: { status: 500, type: 'internal_error' },
  database: { status: 500, type: 'database_error' },
  connection: { status: 502, type: 'connection_error' },
  unavailable: { status: 503, type: 'service_unavailable' },
  timeout: { status: 504, type: 'timeout' },
};

/** Codes that the contract lists as types of their own, and their kind. Any other stays in `details`, so that no type is a surprise. */
const typesOfTheirOwn = {
  query_error: 'invalid',
  run_not_finished: 'not_found',
  run_has_no_result: 'not_found',
  result_expired: 'gone',
} as const satisfies Record<string, ErrorKind>;

/** What a route may declare that can go wrong. */
export type DeclaredError = ErrorKind | keyof typeof typesOfTheirOwn;

const isTypeOfItsOwn = (code: string): code is keyof typeof typesOfTheirOwn =>
  Object.hasOwn(typesOfTheirOwn, code);

/** Status and `error.type` of what a route declares. */
export const answerOfError = (error: DeclaredError): { status: number; type: string } =>
  isTypeOfItsOwn(error) ? { status: answers[typesOfTheirOwn[error]].status, type: error } : answers[error];

export interface ErrorBody {
  message: string;
  details: { error_id: string; code?: string; fields?: Record<string, string> };
  error: { type: string; message: string; error_id: string };
}

export const statusOfError = (error: LoupeError): number => answers[error.kind].status;

/** `errorId` is the request's id, under which the log tells the rest. */
export function bodyOfError(error: LoupeError, errorId: string): ErrorBody {
  const { kind, code, message, fields } = error;
  const type = code !== undefined && isTypeOfItsOwn(code) ? code : answers[kind].type;
  return {
    message,
    details: {
      error_id: errorId,
      ...(code !== undefined && { code }),
      ...(fields !== undefined && { fields }),
    },
    error: { type, message, error_id: errorId },
  };
}
