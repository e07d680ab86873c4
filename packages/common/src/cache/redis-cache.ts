import { openFailFastRedis } from '../redis';
import { type BodyCache, type KeptBody, maxBodyBytes } from './body-cache';

export interface RedisCacheOptions {
  /** redis:// or rediss:// */
  url: string;
  /** First part of every key. Bodies of another release may look different: it names the release as well. */
  prefix: string;
  lifetimeSeconds: number;
}

/** The database would have answered by then. */
const patienceMs = 100;
const lineFeed = 10;

export interface RedisCache extends BodyCache {
  close(): Promise<void>;
}

/** In a Redis that several processes share. One that is away, slow or full is a cache that has nothing. */
export function openRedisCache({ url, prefix, lifetimeSeconds }: RedisCacheOptions): RedisCache {
  const redis = openFailFastRedis({ url }, patienceMs);
  const named = (key: string): string => `${prefix}:${key}`;
  return {
    async get(keys) {
      try {
        return (await redis.mgetBuffer(keys.map(named))).map((entry) => entry === null ? undefined : parse(entry)); // prettier-ignore
      } catch {
        return keys.map(() => undefined);
      }
    },
    set(key, kept) {
      if (kept.body.length > maxBodyBytes) return;
      redis.set(named(key), entryOf(kept), 'EX', lifetimeSeconds).catch(() => undefined);
    },
    close: () => {
      redis.disconnect();
      return Promise.resolve();
    },
  };
}

/** The version in a line of its own, then the body. */
const entryOf = ({ version, body }: KeptBody): Buffer => Buffer.concat([Buffer.from(`${version}\n`), body]);

function parse(entry: Buffer): KeptBody | undefined {
  const end = entry.indexOf(lineFeed);
  const version = Number(entry.toString('latin1', 0, Math.max(end, 0)));
  return end > 0 && Number.isSafeInteger(version) ? { version, body: entry.subarray(end + 1) } : undefined;
}
