import type { ErrorRequestHandler, Response } from 'express';
import { LoupeError, notFound } from '@loupe/common/errors';
import type { Logger } from '@loupe/common/observability';
import { bodyOfError, statusOfError } from './error-status';
import { requestIdOf } from './request-context';

/** Seconds, where an error that may pass does not say itself when. */
const DEFAULT_RETRY_AFTER = 1;

/** The only place where an error becomes an answer: every failure ends here, and none gets out in another shape. */
export const errorHandler =
  (logger: Logger): ErrorRequestHandler =>
  (thrown: unknown, _req, res, _next) => {
    const error = toLoupeError(thrown);
    log(logger, error);
    if (res.headersSent) {
      // Half an answer is out: breaking the connection is the one way left to say that it is not whole.
      res.destroy();
      return;
    }
    setHeaders(res, error);
    res.status(statusOfError(error)).json(bodyOfError(error, requestIdOf(res)));
  };

function toLoupeError(thrown: unknown): LoupeError {
  if (thrown instanceof LoupeError) return thrown;
  // The router could not decode a segment, so no id can be in it.
  if (thrown instanceof URIError) return notFound('Address');
  return new LoupeError('internal', 'An internal error occurred', { cause: thrown });
}

function setHeaders(res: Response, error: LoupeError): void {
  const { kind, retryAfterSeconds } = error;
  const retryAfter = retryAfterSeconds ?? (kind === 'unavailable' ? DEFAULT_RETRY_AFTER : undefined);
  if (retryAfter !== undefined) res.set('Retry-After', String(Math.ceil(retryAfter)));
  if (kind === 'unauthenticated') res.set('WWW-Authenticate', 'Bearer');
  // What the client goes on sending is not read.
  if (kind === 'too_large') res.set('Connection', 'close');
}

/** Level error is for what someone must act on. A refused request is the client's business, a dependency that is away the probes'. */
function log(logger: Logger, error: LoupeError): void {
  switch (error.kind) {
    case 'internal':
    case 'database':
    // A statement of ours was too slow, or waited too long for a lock.
    case 'timeout':
      logger.error('Request failed', { error });
      return;
    case 'unavailable':
    case 'connection':
      logger.warn('Request not served', { error });
      return;
    case 'invalid':
    case 'unauthenticated':
    case 'forbidden':
    case 'not_found':
    case 'method_not_allowed':
    case 'conflict':
    case 'gone':
    case 'precondition_failed':
    case 'too_large':
    case 'rate_limited':
      logger.debug('Request refused', { error });
  }
}
