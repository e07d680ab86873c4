import type { ClientConfig } from 'pg';
import { invalid } from '../errors';
import { type SslMode, tlsOptions } from './tls';

/**
 * The parts of `postgres://user:password@host:port/database` as node-postgres takes them. Its own `connectionString`
 * is not used: it reads files and options that an operator did not mean to give.
 */
export function connectionOf(url: string, sslMode: SslMode): ClientConfig {
  const parsed = URL.parse(url);
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol) || parsed.hostname === '') {
    throw invalid('A database URL must look like postgres://user:password@host:port/database');
  }
  // The configuration refuses it already: DB_SSL_MODE decides, and nothing may seem to that does not.
  if (parsed.searchParams.has('sslmode')) throw invalid('A database URL must not set sslmode');
  return {
    host: decodeURIComponent(parsed.hostname.replace(/^\[|\]$/g, '')),
    port: parsed.port === '' ? 5432 : Number(parsed.port),
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    database: decodeURIComponent(parsed.pathname.slice(1)) || decodeURIComponent(parsed.username),
    ssl: tlsOptions(sslMode),
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  };
}

/** The user that a database URL names. */
export const loginOf = (url: string): string => connectionOf(url, 'disable').user ?? '';
