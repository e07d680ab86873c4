import { Redis, type RedisOptions } from 'ioredis';
import { invalid } from '../errors';

/** Where the queue's Redis is. The one behind Sentinels is looked up again at each connect: it may have moved. */
export type RedisAddress =
  | {
      /** redis:// or rediss:// with user, password and database number. */
      url: string;
    }
  | { sentinels: SentinelGroup };

/** Sentinels, and the Redis that they watch; its database number is 0. */
export interface SentinelGroup {
  hosts: readonly { host: string; port: number }[];
  /** The name by which they know it. */
  name: string;
  /** The login of that Redis. */
  username: string | undefined;
  password: string | undefined;
  /** The Sentinels' own. */
  sentinelPassword: string | undefined;
  /** TLS to both. */
  tls: boolean;
}

export type RedisTarget = RedisAddress & {
  /** First part of every key and channel, so that several installations can share a server. */
  namespace: string;
};

type ConnectionOptions = RedisOptions & { retryStrategy: (times: number) => number };

/** What every connection of ours has: it notices a dead peer, and comes back by itself within about 1.5 s, for ever. */
export function redisOptions(address: RedisAddress): ConnectionOptions {
  return {
    ...('url' in address ? optionsOfUrl(address.url) : optionsOfSentinels(address.sentinels)),
    connectTimeout: 4_000,
    keepAlive: 5_000,
    retryStrategy: (times) => Math.min(times * 100, 1_000) + Math.random() * 500,
  };
}

function optionsOfUrl(url: string): RedisOptions {
  const parsed = URL.parse(url);
  if (parsed === null || !/^rediss?:$/.test(parsed.protocol)) {
    throw invalid('A Redis URL must look like redis://user:password@host:port/0');
  }
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? 6379 : Number(parsed.port),
    ...(parsed.username === '' ? {} : { username: decodeURIComponent(parsed.username) }),
    ...(parsed.password === '' ? {} : { password: decodeURIComponent(parsed.password) }),
    ...(parsed.protocol === 'rediss:' ? { tls: { servername: parsed.hostname } } : {}),
    db: Number(parsed.pathname.slice(1) || 0),
  };
}

function optionsOfSentinels(group: SentinelGroup): RedisOptions {
  return {
    sentinels: [...group.hosts],
    name: group.name,
    ...(group.username === undefined ? {} : { username: group.username }),
    ...(group.password === undefined ? {} : { password: group.password }),
    ...(group.sentinelPassword === undefined ? {} : { sentinelPassword: group.sentinelPassword }),
    ...(group.tls ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
    // A Sentinel that takes the question and says nothing is passed over.
    sentinelCommandTimeout: 2_000,
    sentinelRetryStrategy: (times) => Math.min(times * 100, 1_000),
  };
}

/**
 * A connection for commands that nobody waits for: it fails at once while Redis is away instead of queueing, and a
 * command that gets no answer ends after `patienceMs`. Errors are events to count, never reasons to stop.
 */
export function openFailFastRedis(address: RedisAddress, patienceMs = 1_000): Redis {
  const redis = new Redis({
    ...redisOptions(address),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: patienceMs,
    // A peer that answers nothing for so long is gone, though nobody said so: connect anew, and be away meanwhile.
    socketTimeout: 5_000,
  });
  redis.on('error', () => undefined);
  return redis;
}
