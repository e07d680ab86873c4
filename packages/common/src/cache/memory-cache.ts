import { LRUCache } from 'lru-cache';
import { type BodyCache, type KeptBody, maxBodyBytes } from './body-cache';

export interface MemoryCacheOptions {
  /** Of all that is kept, keys and bookkeeping included. */
  maxBytes: number;
  /** An entry is forgotten that long after it was made. */
  lifetimeSeconds: number;
}

/** Of the maps and lists that an entry stands in, roughly. */
const bookkeepingBytes = 300;

/** In this process; what was used least lately goes first. */
export function createMemoryCache({ maxBytes, lifetimeSeconds }: MemoryCacheOptions): BodyCache {
  const entries = new LRUCache<string, KeptBody>({
    maxSize: maxBytes,
    sizeCalculation: ({ body }, key) => body.length + 2 * key.length + bookkeepingBytes,
    ttl: lifetimeSeconds * 1_000,
  });
  return {
    get: (keys) => Promise.resolve(keys.map((key) => entries.get(key))),
    set(key, { version, body }) {
      if (body.length > maxBodyBytes) return;
      // A small buffer may be a slice of a larger one, which would stay in memory uncounted.
      const own = Buffer.allocUnsafeSlow(body.length);
      body.copy(own);
      entries.set(key, { version, body: own });
    },
  };
}
