import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';
import { withLogContext } from '@loupe/common/observability';

const REQUEST_ID = 'X-Request-Id';
/** Visible ASCII: an id goes into headers and log lines, and must not be able to end one. */
const acceptable = /^[\x21-\x7e]{1,128}$/;

/** Gives each request an id, the caller's own if it is fit for a log line, and puts it on the answer and on every log line. */
export const requestContext: RequestHandler = (req, res, next) => {
  const given = req.get(REQUEST_ID);
  const requestId = given !== undefined && acceptable.test(given) ? given : randomUUID();
  res.set(REQUEST_ID, requestId);
  withLogContext({ request_id: requestId }, next);
};

export const requestIdOf = (res: Response): string => res.get(REQUEST_ID) ?? 'unknown';
