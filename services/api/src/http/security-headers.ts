import type { RequestHandler } from 'express';
import helmet from 'helmet';

export interface SecurityHeaderOptions {
  cspMode: 'strict' | 'development';
  enableHsts: boolean;
}

/** The headers of every answer (REST contract, section 1.11). */
export function securityHeaders({ cspMode, enableHsts }: SecurityHeaderOptions): RequestHandler[] {
  return [
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives: contentSecurityPolicy(cspMode) },
      crossOriginResourcePolicy: { policy: 'same-origin' },
      frameguard: { action: 'deny' },
      referrerPolicy: { policy: 'strict-origin-when-cross-origin' },
      strictTransportSecurity: enableHsts && { maxAge: 31_536_000, includeSubDomains: true, preload: true },
      // Helmet would switch the old filter off; existing clients were promised the value below.
      xXssProtection: false,
    }),
    (_req, res, next) => {
      res.set({
        'Cache-Control': 'no-store, no-cache, must-revalidate, private',
        Pragma: 'no-cache',
        'Permissions-Policy': 'geolocation=(), microphone=(), camera=()',
        'X-XSS-Protection': '1; mode=block',
      });
      next();
    },
  ];
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
