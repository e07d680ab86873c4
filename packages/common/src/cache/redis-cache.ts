import { openFailFastRedis } from '../redis';
import { type BodyCache, type KeptBody, maxBodyBytes, millisecondsLeft } from './body-cache';

export interface RedisCacheOptions {
  /** redis:// or rediss:// */
  url: string;
  /** First part of every key. Bodies of another release may look different: it names the release as well. */
  prefix: string;
  /** An entry is forgotten that long after it was made. */
  lifetimeSeconds: number;
}

/** The database would have answered by then. */
const patienceMs = 100;
/** So long is one not asked again that did not answer: else each request would wait for it, and each answer lie in our memory. */
const restMs = 1_000;

export interface RedisCache extends BodyCache {
  close(): Promise<void>;
}

/** In a Redis that several processes share. One that is away, slow or full is a cache that has nothing. */
export function openRedisCache({ url, prefix, lifetimeSeconds }: RedisCacheOptions): RedisCache {
  const redis = openFailFastRedis({ url }, patienceMs);
  const named = (key: string): string => `${prefix}:${key}`;
  let restsUntil = 0;
  const isThere = (): boolean => redis.status === 'ready' && performance.now() >= restsUntil;
  return {
    async get(wanted) {
      const nothing = wanted.map(() => undefined);
      if (!isThere()) return nothing;
      try {
        const entries = await redis.mgetBuffer(wanted.map(({ key }) => named(key)));
        const kept = entries.map((entry) => (entry === null ? undefined : parse(entry)));
        return wanted.map(({ version }, i) => (kept[i]?.version === version ? kept[i] : undefined));
      } catch {
        restsUntil = performance.now() + restMs;
        return nothing;
      }
    },
    set(key, kept) {
      const left = Math.ceil(millisecondsLeft(kept, lifetimeSeconds));
      if (kept.body.length > maxBodyBytes || left <= 0 || !isThere()) return;
      redis.set(named(key), entryOf(kept), 'PX', left).catch(() => undefined);
    },
    close: () => {
      redis.disconnect();
      return Promise.resolve();
    },
  };
}

/** A line with version and time, then the body. */
const entryOf = ({ version, madeAt, body }: KeptBody): Buffer =>
  Buffer.concat([Buffer.from(`${version} ${madeAt}\n`), body]);

/** More than the longest line of ours. */
const longestLine = 40;

function parse(entry: Buffer): KeptBody | undefined {
  const [line, version, madeAt] =
    /^(\d{1,15}) (\d{1,15})\n/.exec(entry.toString('latin1', 0, longestLine)) ?? [];
  if (line === undefined) return undefined;
  return { version: Number(version), madeAt: Number(madeAt), body: entry.subarray(line.length) };
}
