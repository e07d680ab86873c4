import cors from 'cors';
import type { RequestHandler } from 'express';

const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];
const allowedHeaders = [
  'Authorization', 'Accept', 'Content-Type', 'X-Request-Id', 'Idempotency-Key', 'If-Match', 'If-None-Match',
  'Last-Event-ID', 'X-Device-Token', 'Prefer',
]; // prettier-ignore
const exposedHeaders = [
  'X-Request-Id',
  'Retry-After',
  'ETag',
  'Content-Disposition',
  'Idempotent-Replayed',
  'Preference-Applied',
];

/** REST contract, section 7.4. Without a list, any page may call: it still needs a token, and there are no cookies. */
export function crossOrigin(allowedOrigins: readonly string[] | undefined): RequestHandler {
  const common = { methods, exposedHeaders, credentials: false, maxAge: 3_600, optionsSuccessStatus: 204 };
  return allowedOrigins === undefined
    ? cors({ ...common, origin: '*' })
    : cors({ ...common, origin: [...allowedOrigins], allowedHeaders });
}
