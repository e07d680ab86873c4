import { type IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import helmet from 'helmet';

export interface SecurityHeaderOptions {
  cspMode: 'strict' | 'development';
  enableHsts: boolean;
}

/** The headers of every answer (REST contract, section 1.11). */
export function securityHeaders(options: SecurityHeaderOptions): RequestHandler {
  const headers = { ...helmetHeaders(options), ...ownHeaders };
  const entries = Object.entries(headers);
  return (_req, res, next) => {
    for (const [name, value] of entries) res.setHeader(name, value);
    next();
  };
}

const ownHeaders = {
  'Cache-Control': 'no-store, no-cache, must-revalidate, private',
  Pragma: 'no-cache',
  'Permissions-Policy': 'geolocation=(), microphone=(), camera=()',
  'X-XSS-Protection': '1; mode=block',
};

/** What helmet sets depends on nothing that a request says, so it is asked once, with an answer that nobody gets. */
function helmetHeaders({ cspMode, enableHsts }: SecurityHeaderOptions): Record<string, string> {
  const request = { method: 'GET' } as IncomingMessage;
  const answer = new ServerResponse(request);
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives: contentSecurityPolicy(cspMode) },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'strict-origin-when-cross-origin' },
    strictTransportSecurity: enableHsts && { maxAge: 31_536_000, includeSubDomains: true, preload: true },
    // Helmet would switch the old filter off; existing clients were promised the value below.
    xXssProtection: false,
  })(request, answer, (problem) => {
    if (problem !== undefined) throw problem as Error;
  });
  return answer.getHeaders() as Record<string, string>;
}

function contentSecurityPolicy(mode: SecurityHeaderOptions['cspMode']): Record<string, string[]> {
  const development = mode === 'development';
  return {
    'default-src': ["'self'"],
    'script-src': ["'self'", ...(development ? ["'unsafe-inline'", "'unsafe-eval'"] : [])],
    'style-src': ["'self'", ...(development ? ["'unsafe-inline'"] : [])],
    'img-src': ["'self'", 'data:', 'https:'],
    'font-src': ["'self'", 'data:'],
    'frame-ancestors': ["'none'"],
    'base-uri': ["'self'"],
    'form-action': ["'self'"],
    ...(!development && { 'upgrade-insecure-requests': [] }),
  };
}
