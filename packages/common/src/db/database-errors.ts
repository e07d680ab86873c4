import { errorCode, errorText, LoupeError } from '../errors';

/** SQLSTATEs (PostgreSQL manual, appendix A) and Node.js codes that mean "the database is not there (now)" or full. */
const awayCodes = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH',
  '57P01', '57P02', '57P03', '53100', '53300', '25006',
]); // prettier-ignore

/** Texts of node-postgres for a connection that ended; it gives these errors no code. */
const awayTexts =
  /connection terminated|query read timeout|timeout exceeded when trying to connect|client has encountered a connection error|connection ended|not queryable/i;

/** Does this error say that PostgreSQL cannot be reached, is starting or is stopping? Trying again later may help. */
export function isDatabaseAway(thrown: unknown): boolean {
  if (thrown instanceof LoupeError) return thrown.kind === 'unavailable';
  if (thrown instanceof AggregateError) return thrown.errors.some(isDatabaseAway);
  const code = errorCode(thrown);
  if (code !== undefined) return awayCodes.has(code) || code.startsWith('08');
  return awayTexts.test(errorText(thrown));
}

/**
 * Does this error say that the same transaction may well succeed when it is tried again: it was chosen to give way in a deadlock
 * or a conflict (class 40), or did not get a lock in time (55P03)?
 */
export function isPassing(thrown: unknown): boolean {
  const code = errorCode(thrown instanceof LoupeError ? thrown.cause : thrown);
  return code !== undefined && (code.startsWith('40') || code === '55P03');
}

/** A statement or its wait for a lock was ended for its length (57014, 55P03). */
const lateCodes = new Set(['57014', '55P03']);

/** Gives a driver error the shape that the rest of Loupe knows; its text and the statement stay out of the public part. */
export function databaseError(thrown: unknown, statementName: string): LoupeError {
  if (thrown instanceof LoupeError) return thrown;
  if (isDatabaseAway(thrown)) {
    return new LoupeError('unavailable', 'The database does not answer; try again shortly', {
      detail: `${statementName}: ${errorCode(thrown) ?? 'connection lost'}`,
      retryAfterSeconds: 1,
      cause: thrown,
    });
  }
  const code = errorCode(thrown) ?? 'unknown';
  if (lateCodes.has(code)) {
    return new LoupeError('timeout', 'The request took too long; try again shortly', {
      detail: `${statementName}: SQLSTATE ${code}`,
      cause: thrown,
    });
  }
  return new LoupeError('database', 'An internal error occurred', {
    detail: `${statementName}: SQLSTATE ${code}`,
    cause: thrown,
  });
}
