import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import express from 'express';
import type { LoupeError } from '@loupe/common/errors';
import { crossOrigin } from './cross-origin';
import { bodyOfError } from './error-status';
import { requestContext } from './request-context';
import { securityHeaders, type SecurityHeaderOptions } from './security-headers';

export interface Refusal {
  /** Status code and reason. */
  line: string;
  error: LoupeError;
  headers?: Record<string, string>;
}

/** Answers on a connection whose request never became one that the application could see, and closes it. */
export type Refuse = (connection: Duplex, refusal: Refusal) => void;

/** What is refused so early carries the headers of every other answer, made by the same middleware. */
export function createRefuse(
  options: SecurityHeaderOptions & { corsAllowedOrigins: readonly string[] | undefined },
): Refuse {
  const middleware = express();
  middleware.disable('x-powered-by');
  middleware.use(requestContext, securityHeaders(options), crossOrigin(options.corsAllowedOrigins));
  middleware.use((_req, _res) => undefined);
  const commonHeaders = (): Record<string, string> => {
    const req = new IncomingMessage(new Socket());
    req.method = 'GET';
    req.url = '/';
    const res = new ServerResponse(req);
    // All of it is synchronous, and nothing is sent.
    middleware(req, res);
    return Object.fromEntries(Object.entries(res.getHeaders()).map(([name, value]) => [name, String(value)]));
  };
  return (connection, { line, error, headers }) => {
    const common = commonHeaders();
    const body = JSON.stringify(bodyOfError(error, common['x-request-id'] ?? 'unknown'));
    const all = {
      ...common,
      ...headers,
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      Connection: 'close',
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
    connection.end([`HTTP/1.1 ${line}`, ...lines, '', body].join('\r\n'));
  };
}
