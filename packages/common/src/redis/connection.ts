import { Redis, type RedisOptions } from 'ioredis';
import { invalid } from '../errors';

export interface RedisTarget {
  /** redis:// or rediss:// with user, password and database number. */
  url: string;
  /** First part of every key and channel, so that several installations can share a server. */
  namespace: string;
}

/** What every connection of ours has: it notices a dead peer, and comes back by itself within about 1.5 s, for ever. */
export function redisOptions(url: string): RedisOptions & { retryStrategy: (times: number) => number } {
  const parsed = URL.parse(url);
  if (parsed === null || !/^rediss?:$/.test(parsed.protocol)) {
    throw invalid('A Redis URL must look like redis://user:password@host:port/0');
  }
  const database = Number(parsed.pathname.slice(1) || 0);
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? 6379 : Number(parsed.port),
    ...(parsed.username === '' ? {} : { username: decodeURIComponent(parsed.username) }),
    ...(parsed.password === '' ? {} : { password: decodeURIComponent(parsed.password) }),
    ...(parsed.protocol === 'rediss:' ? { tls: { servername: parsed.hostname } } : {}),
    db: database,
    connectTimeout: 4_000,
    keepAlive: 5_000,
    retryStrategy: (times) => Math.min(times * 100, 1_000) + Math.random() * 500,
  };
}

/**
 * A connection for commands that nobody waits for: it fails at once while Redis is away instead of queueing, and a
 * command that gets no answer ends after a second. Errors are events to count, never reasons to stop.
 */
export function openFailFastRedis(url: string): Redis {
  const redis = new Redis({
    ...redisOptions(url),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: 1_000,
    // A peer that answers nothing for so long is gone, though nobody said so: connect anew, and be away meanwhile.
    socketTimeout: 5_000,
  });
  redis.on('error', () => undefined);
  return redis;
}
