import type { ConnectionOptions } from 'node:tls';

/** libpq's `sslmode`, https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS */
export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/**
 * What node-postgres calls `ssl`, for one mode. `allow` and `prefer` connect without TLS here: node-postgres cannot
 * fall back, and both promise nothing. Production refuses them (config).
 */
export function tlsOptions(mode: SslMode): false | ConnectionOptions {
  switch (mode) {
    case 'disable':
    case 'allow':
    case 'prefer':
      return false;
    case 'require':
      return { rejectUnauthorized: false };
    case 'verify-ca':
      return { rejectUnauthorized: true, checkServerIdentity: () => undefined };
    case 'verify-full':
      return { rejectUnauthorized: true };
  }
}
